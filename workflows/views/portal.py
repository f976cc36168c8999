"""The portal: a letter for its addressee, who comes with a link that works once.

A link is only looked at by GET and HEAD, since mail servers open every link they see; a button exchanges it for a
session on that letter alone. Nothing here can reach a case, a communication, or a letter other than that one.
"""

from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from flask_babel import format_date, format_time
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from foundation.clock import GENEVA, geneva_day
from foundation.i18n import page_language
from foundation.languages import ENGLISH, UN_LANGUAGES
from foundation.web import means
from mandate.facts import mandate_facts
from mandate.vocabulary import LETTER_KIND_LABELS, LetterKind
from workflows import deadlines, replies
from workflows.deadlines import Standing
from workflows.letter_hold import LetterHeld
from workflows.models import Release, Reply, ReplyFile
from workflows.portal_forms import ACCEPTED, PressForm, ReplyForm
from workflows.replies import LetterClosed, LinkUnknown, LinkUsed, NotAsApproved

bp = Blueprint("portal", __name__, url_prefix="/portal")

CODES = tuple(language.code for language in UN_LANGUAGES)
LANG = f"/<any({','.join(CODES)}):lang>"
LETTER = "letter"
IDLE = timedelta(minutes=30)
SEE_OTHER, GONE, FORBIDDEN, NOT_FOUND, MEND = 303, 410, 403, 404, 422
# A few addresses only receive; these are the pages on which they are sent from.
SENT_FROM = {"reply": "letter", "acknowledge": "letter", "open_letter": "link", "ask_link": "link", "leave": "home"}
TONES = {Standing.DUE_SOON: "attention", Standing.OVERDUE: "attention", Standing.ANSWERED: "good"}


class NobodyHere(Exception):
    """No link was exchanged, or the session that it gave has ended."""


@bp.get("/")
def choose_language() -> AnyResponse:
    """Send a visitor to the first page in the language that suits them best."""
    return redirect(url_for("portal.home", lang=page_language()))


@bp.get(f"{LANG}/")
def home(lang: str) -> str:
    """What this site is, for somebody who comes without a link."""
    return render_template("portal/home.html", here=LETTER in session)


@bp.get(f"{LANG}/letter/<token>")
def link(lang: str, token: str) -> Response:
    """What a link is worth. Changes nothing, and shows nothing of the letter."""
    with means().database.reading() as database:
        state = replies.link_state(database, means().keys, token)
    if state == "held":
        return _held()
    if state == "open":
        return make_response(render_template("portal/link.html", form=PressForm()))
    return _used(token) if state == "used" else _unknown()


@bp.post(f"{LANG}/letter/<token>")
def open_letter(lang: str, token: str) -> AnyResponse:
    """Exchange a link for a session on its letter alone."""
    own = means()
    try:
        with own.database.transaction() as database:
            release = replies.exchange(database, own.keys, token, own.clock())
    except LinkUsed:
        return _used(token)
    except LinkUnknown:
        return _unknown()
    session.clear()
    session[LETTER] = release.id
    return _go_to("letter")


@bp.post(f"{LANG}/letter/<token>/new")
def ask_link(lang: str, token: str) -> AnyResponse:
    """Have a new link mailed to the mailbox on record, and to no other."""
    own = means()
    try:
        with own.database.transaction() as database:
            replies.ask_new_link(database, own.keys, token, own.clock())
    except LinkUnknown:
        return _unknown()
    return _go_to("link_asked")


@bp.get(f"{LANG}/link-asked")
def link_asked(lang: str) -> str:
    """Say that a new link is on its way."""
    return render_template("portal/link_asked.html")


@bp.get(f"{LANG}/letter")
def letter(lang: str) -> str:
    """The letter with its dates, what was replied, and a form for a reply."""
    return _letter_page(ReplyForm(formdata=None))


@bp.post(f"{LANG}/letter")
def reply(lang: str) -> AnyResponse:
    """Receive a reply; on a fault the page comes back with the text."""
    release = _here()
    form = ReplyForm()
    if not form.validate():
        return make_response(_letter_page(form), MEND)
    replies.reply(means(), release.id, form.words.data, form.chosen, form.attempt.data or "")
    flash(_("Your reply was received. It is listed below."))
    return _go_to("letter")


@bp.post(f"{LANG}/acknowledge")
def acknowledge(lang: str) -> AnyResponse:
    """Record that the letter was received."""
    own = means()
    with own.database.transaction() as database:
        replies.acknowledge(database, _letter_id(), own.clock())
    flash(_("Receipt of the letter has been acknowledged."))
    return _go_to("letter")


@bp.get(f"{LANG}/pdf")
def pdf(lang: str) -> Response:
    """The letter as it was approved."""
    release = _here()
    name = release.reference.replace("/", "-").replace(" ", "-") + ".pdf"
    return _download(name, "application/pdf", replies.read_letter(means(), release))


@bp.get(f"{LANG}/files/<file_id>")
def file(lang: str, file_id: str) -> Response:
    """A file of an earlier reply to this letter."""
    release, own = _here(), means()
    with own.database.reading() as database:
        own_files = select(ReplyFile).join(Reply).where(ReplyFile.id == file_id, Reply.release_id == release.id)
        found = database.scalar(own_files)
    if found is None:
        abort(NOT_FOUND)
    name, content = replies.read_reply_file(own, found, "portal")
    return _download(name, found.media_type, content)


@bp.post(f"{LANG}/leave")
def leave(lang: str) -> AnyResponse:
    """End the session in this browser."""
    session.clear()
    response = _go_to("left")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@bp.get(f"{LANG}/left")
def left(lang: str) -> str:
    """Say that the session has ended."""
    return render_template("portal/left.html")


@bp.errorhandler(NobodyHere)
def nobody_here(error: NobodyHere) -> Response:
    """Explain how to come back."""
    session.pop(LETTER, None)
    return make_response(render_template("portal/ended.html"), FORBIDDEN)


@bp.errorhandler(LetterClosed)
def letter_closed(error: LetterClosed) -> Response:
    """Explain that the letter is no longer here."""
    session.pop(LETTER, None)
    return make_response(render_template("portal/closed.html", **_contact()), GONE)


@bp.errorhandler(LetterHeld)
@bp.errorhandler(NotAsApproved)
def letter_held(error: Exception) -> Response:
    """Explain that the letter cannot be opened just now. No link is used up, and nothing is told of the letter."""
    session.pop(LETTER, None)
    return _held()


@bp.app_context_processor
def page_words() -> dict[str, Any]:
    """What the frame of every page of this face asks for. Needs no database, since errors are shown in it too."""
    code = page_language()
    return {
        "home_url": url_for("portal.home", lang=code),
        "mandate_url": f"{means().public_url}/{code}/mandate",
        "language_urls": _same_page(),
        "mandate_title": mandate_facts().title[code],
    }


def _same_page() -> dict[str, str]:
    name = (request.endpoint or "").removeprefix("portal.")
    endpoint, given = f"portal.{SENT_FROM.get(name, name)}", request.view_args or {}
    if "lang" not in given:
        return {}
    return {code: url_for(endpoint, **{**given, "lang": code}) for code in CODES}


def _letter_id() -> str:
    if LETTER not in session:
        raise NobodyHere
    return str(session[LETTER])


def _here() -> Release:
    """The one letter that this session opens. Raises NobodyHere, LetterClosed."""
    with means().database.reading() as database:
        return replies.open_release(database, _letter_id())


def _letter_page(form: ReplyForm) -> str:
    release, own = _here(), means()
    with own.database.reading() as database:
        earlier = replies.replies_of(database, own.keys, release.id, "portal")
    kind = LetterKind(release.kind)
    clocks = deadlines.clocks_for(kind, release.dated_on, deadlines.shipped_terms())
    standing = deadlines.standing(release.reply_due_on, bool(earlier), geneva_day(own.clock()))
    return render_template(
        "portal/letter.html",
        form=form,
        press=PressForm(formdata=None),
        release=release,
        kind=_(LETTER_KIND_LABELS[kind]),
        standing=_(deadlines.STANDINGS[standing]),
        standing_tone=TONES.get(standing, "neutral"),
        published_from=clocks.publishable_from,
        earlier=earlier,
        accepted=ACCEPTED,
        idle_minutes=current_app.config.get("IDLE_TIME", IDLE) // timedelta(minutes=1),
        day=_day,
        time=_time,
        size=_size,
        signed_in={"name": release.recipient_name},
        sign_out_url=url_for("portal.leave", lang=page_language()),
        **_contact(),
    )


def _contact() -> dict[str, Any]:
    # An address is written for the post, which reads it in English where we have no other form.
    contact, code = mandate_facts().contact, page_language()
    return {"contact": contact, "address_language": code if code in contact.address else "en"}


def _used(token: str) -> Response:
    return make_response(render_template("portal/link_used.html", form=PressForm(formdata=None), token=token), GONE)


def _held() -> Response:
    return make_response(render_template("portal/held.html", **_contact()), FORBIDDEN)


def _unknown() -> Response:
    return make_response(render_template("portal/link_unknown.html", **_contact()), NOT_FOUND)


def _day(value: date | datetime) -> str:
    """A day in words; for an instant, its day in Geneva. In English the United Nations put the day first."""
    on = geneva_day(value) if isinstance(value, datetime) else value
    return str(format_date(on, "d MMMM y" if page_language() == ENGLISH.code else "long"))


def _time(instant: datetime) -> str:
    return str(format_time(instant.astimezone(GENEVA), "HH:mm", rebase=False))


def _size(size: int) -> str:
    # Less than a tenth of a megabyte is told as such, so that no file seems to be empty.
    return str(_("%(size)s MB", size=f"{max(size / (1024 * 1024), 0.1):.1f}"))


def _download(name: str, media_type: str, content: bytes) -> Response:
    return send_file(BytesIO(content), media_type, as_attachment=True, download_name=name)


def _go_to(page: str) -> AnyResponse:
    return redirect(url_for(f"portal.{page}", lang=page_language()), SEE_OTHER)
