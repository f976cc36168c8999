"""A visit to the public face: how it begins, who is there, and how it ends. Holds the blueprint of all its pages."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from logging import Logger
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from foundation.clock import geneva_day
from foundation.faults import place_of
from foundation.i18n import page_language
from foundation.languages import UN_LANGUAGES
from foundation.means import Means
from foundation.web import means
from mandate import facts
from submissions import confidentiality, drafts
from submissions.confidentiality import OTHER, STATE
from submissions.drafts import AlreadySubmitted, OpenDraft, VisitEnded, Visitor
from submissions.forms import Offers
from submissions.wording import AUDIENCES

bp = Blueprint("submissions", __name__)

CODES = tuple(language.code for language in UN_LANGUAGES)
LANG = f"/<any({','.join(CODES)}):lang>"
SOMEWHERE_ELSE = "https://www.un.org/"
IDLE_MINUTES = 20
VISIT = "visit"
SEE_OTHER = 303
# A few addresses only receive; these are the pages on which they are sent from.
SENT_FROM = {
    "submissions.begin": "submissions.start",
    "submissions.write": "submissions.status",
    "submissions.remove_file": "submissions.show_files",
    "submissions.make_code": "submissions.show_choice",
}


@bp.before_request
def refuse_what_is_no_form() -> None:
    """Every form of ours carries a hidden field; what has none would read as if all boxes had been unticked."""
    if request.method == "POST" and not request.form:
        abort(400)


@bp.get("/")
def choose_language() -> AnyResponse:
    """Send a visitor to the start page in the language that suits them best."""
    return redirect(url_for("submissions.start", lang=page_language()))


@bp.get(f"{LANG}/leave")
def leave(lang: str) -> AnyResponse:
    """Quick exit: show something else at once, forget the visit in this browser, and end it on the server.

    Nothing that was saved is lost. It asks for no token, so that it works from any page: all that a page of somebody
    else could do with it is end a visit, and a cookie that is SameSite=Strict does not come along from there.
    """
    if "prefetch" in request.headers.get("Sec-Purpose", ""):
        # A browser that fetches what might be pressed next must not end a visit that nobody left.
        abort(503)
    visitor = here() if VISIT in session else None
    session.clear()
    response = redirect(current_app.config.get("LEAVE_TO", SOMEWHERE_ELSE), SEE_OTHER)
    response.headers["Clear-Site-Data"] = '"cache"'
    if visitor is not None:
        # Once the answer has left: whoever must go does not wait for a database that is slow, or away.
        response.call_on_close(partial(_end_if_there, means(), visitor, current_app.logger))
    return response


def _end_if_there(own: Means, visitor: Visitor, log: Logger) -> None:
    try:
        with own.database.transaction() as database:
            # A cookie from before an earlier end must not end what was begun after it.
            if drafts.is_there(database, visitor):
                drafts.end_visits(database, visitor)
    except Exception as error:  # noqa: BLE001 - whoever left has left; what failed must not quote who it was.
        log.error("a visit was left and not ended on the server: %s", place_of(error))


@bp.post(f"{LANG}/end")
def end(lang: str) -> AnyResponse:
    """End this and every other visit with the same code."""
    if VISIT in session:
        with means().database.transaction() as database:
            drafts.end_visits(database, here())
    session.clear()
    response = make_response(go_to("ended"))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@bp.get(f"{LANG}/ended")
def ended(lang: str) -> str:
    """Say that the visit has ended."""
    return render_template("public/ended.html")


@bp.errorhandler(VisitEnded)
def visit_has_ended(error: VisitEnded) -> AnyResponse:
    """Explain, and ask for the code."""
    session.pop(VISIT, None)
    return go_to("come_back", ended=1)


@bp.errorhandler(AlreadySubmitted)
def was_submitted(error: AlreadySubmitted) -> AnyResponse:
    """Whatever was to be changed has been sent: show how far it is."""
    return go_to("status")


@bp.context_processor
def page_words() -> dict[str, Any]:
    """The same page in the other languages."""
    endpoint = SENT_FROM.get(request.endpoint or "", request.endpoint or "submissions.start")
    given: dict[str, Any] = {**(request.view_args or {}), **({"back": "check"} if is_from_check() else {})}
    return {"language_urls": {code: url_for(endpoint, **{**given, "lang": code}) for code in CODES}}


def here() -> Visitor:
    """The source who is there. Raises VisitEnded when nobody is; what the visit is worth is asked by each deed."""
    kept = session.get(VISIT)
    if kept is None:
        raise VisitEnded
    return Visitor(kept["source_id"], kept["identity"], kept["epoch"])


def remember(visitor: Visitor) -> None:
    """Put a source into the sealed cookie, in the place of whoever came in with a code of another kind."""
    session.pop("person", None)
    session[VISIT] = {"source_id": visitor.source_id, "identity": visitor.identity, "epoch": visitor.epoch}


def today() -> date:
    """The day in Geneva."""
    return geneva_day(means().clock())


def draft_here() -> OpenDraft:
    """The draft of the source who is there. Raises VisitEnded or AlreadySubmitted."""
    with means().database.reading() as database:
        return drafts.open_draft(database, here(), today())


def go_to(page: str, **parts: Any) -> AnyResponse:
    """Send the browser to a page of this face in the same language, by GET."""
    return redirect(url_for(f"submissions.{page}", lang=page_language(), **parts), SEE_OTHER)


def offers(answers: Mapping[str, Any]) -> Offers:
    """States, violation types, and those whom this source is asked about, with their names in the page's language."""
    language = page_language()
    listed = [*facts.states().values(), *(facts.demo_states().values() if means().demo else ())]
    types = [kind for kind in facts.violation_types().values() if not kind.retired]
    states = [(state.code, state.names[language]) for state in facts.in_order_of_name(listed, language)]
    return Offers(
        states=states,
        violation_types=[(kind.code, kind.label[language]) for kind in types],
        audiences=_named(confidentiality.asked_audiences(answers), answers, dict(states)),
        addressees=_named(confidentiality.addressees(answers), answers, dict(states)),
    )


def _named(audiences: Sequence[str], answers: Mapping[str, Any], states: Mapping[str, str]) -> list[tuple[str, str]]:
    others = {f"{OTHER}{each['id']}": str(each.get("name", "")) for each in answers.get("stakeholders", ())}
    names = {f"{STATE}{code}": name for code, name in states.items()} | others
    words = {audience: str(_(text)) for audience, text in AUDIENCES.items()}
    return [(one, words.get(one) or names.get(one) or str(_("Somebody whom you have not named"))) for one in audiences]


def is_from_check() -> bool:
    """Whether a step was opened to change one answer, and leads back to the page on which all are checked."""
    return request.args.get("back") == "check"


def idle_minutes() -> int:
    """After how many minutes without a page a visit ends."""
    minutes: int = current_app.config.get("IDLE_MINUTES", IDLE_MINUTES)
    return minutes


def with_error_code(page: str) -> Response:
    """A page on which something must be mended before it can go on."""
    return make_response(page, 422)


def step_title(current: int, total: int) -> str:
    """A title that tells nothing to whoever looks into the browser's history."""
    return str(_("Form - step %(current)s of %(total)s", current=current, total=total))
