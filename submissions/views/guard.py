"""Before something is written: is it a flood, was it pressed by a machine? Whoever writes is slowed, never shut out.

The form that begins a draft and the one that sends it carry a signed token, which says when the page was made, and a
field that no person sees (templates/public/_guard.html).
"""

from typing import cast

from flask import Response, current_app, g, make_response, render_template, request, session
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import ngettext

from foundation.receiving import SealingRequest
from foundation.sealing import derive
from foundation.web import means
from submissions import form_tokens
from submissions.crowd import Crowd, Writing
from submissions.pacing import Pace
from submissions.views.visit import VISIT, bp

TOO_MANY = 429
NOT_YET = 422
MEGABYTE = 1024 * 1024
TOKEN, TICKET, TRAP = "form_token", "waited_since", "homepage"

WRITINGS = {
    "submissions.begin": Writing.BEGIN,
    "submissions.send_now": Writing.SEND,
    "submissions.write": Writing.MESSAGE,
    "submissions.add_files": Writing.UPLOAD,
}
GUARDED = (Writing.BEGIN, Writing.SEND)
ROOM = {Writing.BEGIN: 60, Writing.SEND: 60, Writing.MESSAGE: 60, Writing.UPLOAD: 2_000}
SECONDS_LEAST = 1.0


@bp.record_once
def keep_count(state: BlueprintSetupState) -> None:
    """Give the face its counters, with the limits of its settings."""
    config = state.app.config
    state.app.extensions["crowd"] = Crowd(config.get("ROOM_A_MINUTE", ROOM))
    state.app.extensions["form_pace"] = Pace()


@bp.before_request
def let_in() -> Response | None:
    """Answer in the view's place where somebody must wait or is asked; None lets them in."""
    writing = WRITINGS.get(request.endpoint or "") if request.method == "POST" else None
    if writing is None:
        return None
    if writing in GUARDED and request.form.get(TRAP, "").strip():
        return _ask_about_trap()
    if writing in GUARDED and not _is_old_enough(writing):
        return _wait_page(1)
    seconds = _crowd().seconds_to_wait(writing, _now(), _amount(), _whose(writing), _ticket())
    return _wait_page(seconds) if seconds else None


@bp.app_template_global()
def form_token(purpose: str) -> str:
    """A token for the form of a page that is made now."""
    return form_tokens.make(_secret(), purpose, _now())


def _is_old_enough(writing: Writing) -> bool:
    """Whether the page has been open as long as a person needs. Waits for what is missing, if not too many do so."""
    least: float = current_app.config.get("FORM_SECONDS_LEAST", SECONDS_LEAST)
    token = form_tokens.read(_secret(), writing, request.form.get(TOKEN, ""))
    # A page that was kept in a browser from before is as good as one that was made just now.
    age = max(0.0, _now() - token.made_at) if token else 0.0
    pace: Pace = current_app.extensions["form_pace"]
    return age >= least or pace.wait(least - age)


def _amount() -> int:
    return max(1, sum(upload.size for upload in cast("SealingRequest", request).uploads) // MEGABYTE)


def _whose(writing: Writing) -> str:
    grows = writing in {Writing.MESSAGE, Writing.UPLOAD} and VISIT in session
    return str(session[VISIT]["source_id"]) if grows else ""


def _ticket() -> form_tokens.Token | None:
    return form_tokens.read(_secret(), TICKET, request.form.get(TICKET, ""))


def _wait_page(seconds: int) -> Response:
    has_files = any(upload.size for upload in cast("SealingRequest", request).uploads)
    words = {
        "title": _("Many people are writing just now"),
        "what_happened": ngettext(
            "Please try again in %(num)s second. Nobody is shut out: it only takes longer at this moment.",
            "Please try again in %(num)s seconds. Nobody is shut out: it only takes longer at this moment.",
            seconds,
        ),
        "what_was_kept": _kept_words(has_files),
        "what_next": _("Wait until then, go back and choose your files again.")
        if has_files
        else _("Wait until then and press the button below. Please do not close this page."),
    }
    typed = None if has_files else [*_typed(TICKET), (TICKET, _ticket_kept())]
    page = make_response(render_template("layout/error.html", show_leave=True, typed=typed, **words), TOO_MANY)
    page.headers["Retry-After"] = str(seconds)
    return page


def _kept_words(has_files: bool) -> str:
    if has_files:
        return str(_("Everything that you had saved before is kept. The files that you sent just now were not saved."))
    return str(_("Nothing is lost: what you typed is kept in this page and is sent with the button below."))


def _ticket_kept() -> str:
    """The ticket of whoever waits already, since it tells how long; else one that is made now."""
    return request.form[TICKET] if _ticket() else form_tokens.make(_secret(), TICKET, _now())


def _ask_about_trap() -> Response:
    page = render_template(
        "public/one_question.html", written=request.form[TRAP].strip(), typed=_typed(TRAP), trap=TRAP
    )
    return make_response(page, NOT_YET)


def _typed(without: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.form.items(multi=True) if name != without]


def _crowd() -> Crowd:
    crowd: Crowd = current_app.extensions["crowd"]
    return crowd


def _secret() -> bytes:
    if "form_secret" not in g:
        g.form_secret = derive(means().keys.secret("public_cookies"), b"", "form tokens")
    secret: bytes = g.form_secret
    return secret


def _now() -> float:
    return means().clock().timestamp()
