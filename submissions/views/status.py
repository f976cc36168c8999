"""What a source sees of a submission: how far it is, what they told, and messages both ways."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from foundation.i18n import page_language
from foundation.web import means
from submissions import additions, intake, shown
from submissions.adding_forms import MessageWithFilesForm
from submissions.attachments import FileRefused, ReceivedFile
from submissions.intake import OpenMessage
from submissions.models import Author, Stage, Submission
from submissions.views.adding import ACCEPTED, added_rows, chosen_files, received_here, refusal
from submissions.views.steps import first_open_page
from submissions.views.visit import LANG, bp, draft_here, go_to, here, offers, today, with_error_code
from submissions.wording import STAGE_MEANINGS, STAGE_TITLES

# From these stages on a letter has left; what it says cannot be called back.
HAVE_LEFT = frozenset({Stage.LETTER_SENT, Stage.REPLY_RECEIVED})


@bp.get(f"{LANG}/status")
def status(lang: str) -> str | Response:
    """How far the submission is. A draft has no status: its source goes on writing."""
    submission = received_here()
    if submission is None:
        return first_open_page(draft_here().answers)
    return _status_page(submission, MessageWithFilesForm(formdata=None))


@bp.post(f"{LANG}/messages")
def write(lang: str) -> Response:
    """Take a message. The same words twice in a row are one message: an answer was lost, or a finger slipped."""
    submission = received_here()
    if submission is None:
        return first_open_page(draft_here().answers)
    form = MessageWithFilesForm(formdata=request.form)
    words = form.words.data
    if form.validate() and not words:
        form.words.errors = [_("Write your message first")]
    files, refused = chosen_files()
    if not form.words.errors and not refused and not _is_last(submission, words, files):
        refused = _write(words, files)
    form.files.errors = refused
    if form.words.errors or refused:
        return with_error_code(_status_page(submission, form))
    return go_to("status", _anchor="messages")


@bp.get(f"{LANG}/withdraw")
def ask_to_withdraw(lang: str) -> str | Response:
    """Ask once more before a submission is taken back."""
    submission = received_here()
    if submission is None or submission.stage == Stage.WITHDRAWN:
        return go_to("status")
    with means().database.reading() as database:
        has_left = has_left_already(database, submission)
    return render_template("public/withdraw.html", reference=submission.reference, has_left=has_left)


@bp.post(f"{LANG}/withdraw")
def withdraw(lang: str) -> Response:
    """Take the submission back. A draft has nothing to take back, and its visit goes on."""
    if received_here():
        intake.withdraw(means(), here())
    return go_to("status")


def has_left_already(database: Session, submission: Submission) -> bool:
    """Whether a letter has left, which nothing calls back."""
    return any(one.stage in HAVE_LEFT for one in intake.stages_of(database, submission.id))


def _messages(database: Session, submission: Submission) -> list[OpenMessage]:
    return intake.messages_of(database, submission.id, here().identity)


def _write(words: str, files: list[ReceivedFile]) -> list[str]:
    """Take a message; what to say if its files are too many."""
    try:
        intake.write_to_mandate(means(), here(), words, files)
    except FileRefused as error:
        return [refusal(error, files[-1].name)]
    return []


def _is_last(submission: Submission, words: str, files: list[ReceivedFile]) -> bool:
    with means().database.reading() as database:
        messages = _messages(database, submission)
    last = messages[-1] if messages else None
    if last is None or last.author != Author.SOURCE or last.text != words:
        return False
    return [(file.name, file.size) for file in last.files] == [(file.name, file.upload.size) for file in files]


def _status_page(submission: Submission, form: MessageWithFilesForm) -> str:
    with means().database.reading() as database:
        stages = intake.stages_of(database, submission.id)
        messages = _messages(database, submission)
        files = len(intake.files_of(database, submission.id))
        unread = intake.unread_from_mandate(database, submission.id)
        added = added_rows(additions.readable(database, here()))
    page = render_template(
        "public/status.html",
        form=form,
        reference=submission.reference,
        stage=_(STAGE_TITLES[submission.stage]),
        meaning=_(STAGE_MEANINGS[submission.stage]),
        stages=[_stage_row(stage.stage, stage.reached_on, stage is stages[-1]) for stage in stages],
        messages=[_message_row(message) for message in messages],
        told=_told(intake.own_copy(here(), submission)),
        files=files,
        added=added,
        just_added="added" in request.args,
        accepted=ACCEPTED,
        received="received" in request.args,
        withdrawn=submission.stage == Stage.WITHDRAWN,
    )
    if unread:
        with means().database.transaction() as database:
            intake.mark_read(database, submission.id, Author.MANDATE, today())
    return page


def _told(own_copy: dict[str, Any]) -> list[shown.Row]:
    return shown.answered_rows(own_copy, offers(own_copy))


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
        "files": [
            {"name": file.name, "url": url_for("submissions.message_file", lang=page_language(), file_id=file.id)}
            for file in message.files
        ],
    }
