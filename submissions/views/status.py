"""What a source sees of a submission: how far it is, what they told, and messages both ways."""

from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from foundation.web import means
from submissions import drafts, intake, shown
from submissions.drafts import VisitEnded, Visitor
from submissions.forms import MessageForm
from submissions.intake import OpenMessage
from submissions.models import Author, Stage, Submission
from submissions.views.steps import first_open_page
from submissions.views.visit import LANG, bp, draft_here, go_to, here, offers, today, with_error_code
from submissions.wording import STAGE_MEANINGS, STAGE_TITLES


@bp.get(f"{LANG}/status")
def status(lang: str) -> str | Response:
    """How far the submission is. A draft has no status: its source goes on writing."""
    submission = _submission_of(here())
    if submission is None:
        return first_open_page(draft_here().answers)
    return _status_page(submission, MessageForm(formdata=None))


@bp.post(f"{LANG}/messages")
def write(lang: str) -> Response:
    """Take a message. The same words twice in a row are one message: an answer was lost, or a finger slipped."""
    submission = _submission_of(here())
    if submission is None:
        return first_open_page(draft_here().answers)
    form = MessageForm(formdata=request.form)
    words = form.words.data
    if form.validate() and not words:
        form.words.errors = [_("Write your message first")]
    if form.words.errors:
        return with_error_code(_status_page(submission, form))
    if not _is_last(submission, words):
        intake.write_to_mandate(means(), here(), words)
    return go_to("status", _anchor="messages")


@bp.get(f"{LANG}/withdraw")
def ask_to_withdraw(lang: str) -> str | Response:
    """Ask once more before a submission is taken back."""
    submission = _submission_of(here())
    if submission is None or submission.stage == Stage.WITHDRAWN:
        return go_to("status")
    return render_template("public/withdraw.html", reference=submission.reference)


@bp.post(f"{LANG}/withdraw")
def withdraw(lang: str) -> Response:
    """Take the submission back. A draft has nothing to take back, and its visit goes on."""
    if _submission_of(here()):
        intake.withdraw(means(), here())
    return go_to("status")


def _submission_of(visitor: Visitor) -> Submission | None:
    """The submission of a source who is there, if there is one. Raises VisitEnded."""
    with means().database.reading() as database:
        if not drafts.is_there(database, visitor):
            raise VisitEnded
        return drafts.submission_of(database, visitor.source_id)


def _messages(database: Session, submission: Submission) -> list[OpenMessage]:
    return intake.messages_of(database, submission.id, here().identity)


def _is_last(submission: Submission, words: str) -> bool:
    with means().database.reading() as database:
        messages = _messages(database, submission)
    return bool(messages) and messages[-1].author == Author.SOURCE and messages[-1].text == words


def _status_page(submission: Submission, form: MessageForm) -> str:
    with means().database.reading() as database:
        stages = intake.stages_of(database, submission.id)
        messages = _messages(database, submission)
        files = len(intake.files_of(database, submission.id))
        unread = intake.unread_from_mandate(database, submission.id)
    page = render_template(
        "public/status.html",
        form=form,
        reference=submission.reference,
        stage=_(STAGE_TITLES[submission.stage]),
        meaning=_(STAGE_MEANINGS[submission.stage]),
        stages=[_stage_row(stage.stage, stage.reached_on, stage is stages[-1]) for stage in stages],
        messages=[_message_row(message) for message in messages],
        told=shown.answered_rows(intake.own_copy(here(), submission), offers()),
        files=files,
        received="received" in request.args,
        withdrawn=submission.stage == Stage.WITHDRAWN,
    )
    if unread:
        with means().database.transaction() as database:
            intake.mark_read(database, submission.id, Author.MANDATE, today())
    return page


def _stage_row(stage: Stage, day: Any, current: bool) -> dict[str, Any]:
    return {
        "what": _(STAGE_TITLES[stage]),
        "when": shown.shown_day(day),
        "when_iso": day.isoformat(),
        "current": current,
    }


def _message_row(message: OpenMessage) -> dict[str, Any]:
    ours = message.author == Author.MANDATE
    return {
        "from_us": ours,
        "who": _("Office of the Independent Expert") if ours else _("You"),
        "when": shown.shown_day(message.written_on),
        "when_iso": message.written_on.isoformat(),
        "text": message.text,
    }
