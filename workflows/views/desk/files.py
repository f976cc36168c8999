"""Files to download. Whatever they are, a browser saves them and opens none by itself."""

from io import BytesIO
from typing import IO, cast

from flask import abort, current_app, send_file
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from accounts.permissions import Permission
from accounts.session import requires
from foundation.sealing import CannotOpen
from foundation.storage import BlobMissing
from foundation.uploads import SealedFile
from foundation.web import means
from foundation.words import N_
from submissions import attachments, cleaned
from submissions.cleaned import Result
from submissions.intake import SubmissionErased
from workflows import cases, communications, drafting, letter_queries, queries, replies
from workflows.drafting import NothingGiven
from workflows.letters import LetterError
from workflows.models import Communication
from workflows.views.desk.door import an_id, bp, go_to, the_letter

ANY_KIND = "application/octet-stream"
NO_COPY = N_("There is no cleaned copy of this file.")


@bp.get("/attachments/<attachment_id>")
@requires(Permission.SEE_CASES)
def attachment(attachment_id: str) -> ResponseReturnValue:
    """The cleaned copy of a file that came with a submission; where there is none, the page of the case says why."""
    with means().database.reading() as session:
        found = queries.attachment_of_case(session, an_id(attachment_id)) or abort(404)
        copy, case = cleaned.copy_of(session, found.id), cases.case_of(session, found.submission_id or "")
    if copy is None or copy.outcome not in (Result.MADE, Result.KEPT):
        return go_to("case", NO_COPY, case_id=case.id if case else "", _anchor="files")
    try:
        if copy.outcome == Result.KEPT:
            return stream(*attachments.opened(means(), found))
        return stream(*cleaned.open_copy(means(), copy))
    except (BlobMissing, CannotOpen) as error:
        return lost(error, found.id)


@bp.get("/reply-files/<file_id>")
@requires(Permission.SEE_CASES)
def reply_file(file_id: str) -> ResponseReturnValue:
    """A file that came with a reply."""
    with means().database.reading() as session:
        found = letter_queries.reply_file_of_case(session, an_id(file_id))
    if found is None:
        abort(404)
    try:
        return download(*replies.read_reply_file(means(), found, "mandate"))
    except (BlobMissing, CannotOpen) as error:
        return lost(error, found.id)


@bp.get("/letters/<letter_id>/letter.pdf")
@requires(Permission.SEE_CASES)
def letter_pdf(letter_id: str) -> ResponseReturnValue:
    """The frozen PDF once a letter is approved; before that a draft, with a word across each page that says so."""
    with means().database.reading() as session:
        letter = the_letter(session, letter_id).letter
    if letter.pdf_id is not None:
        return _frozen(letter)
    try:
        return download(_file_name(letter, "-draft"), _draft(letter))
    except (LetterError, NothingGiven, SubmissionErased):
        # The page of the letter says what is missing.
        return go_to("letter", letter_id=letter.id)


def stream(name: str, content: SealedFile) -> Response:
    """A file as something to be saved, opened part by part as it is sent. Aborts with 404 if its beginning is gone."""
    try:
        content.read(1)
        content.seek(0)
    except (BlobMissing, CannotOpen) as error:
        return lost(error, content.id)
    answer = send_file(cast("IO[bytes]", content), ANY_KIND, as_attachment=True, download_name=name, etag=False)
    answer.content_length = content.size
    return answer


def download(name: str, content: bytes) -> Response:
    """A file as something to be saved."""
    return send_file(BytesIO(content), ANY_KIND, as_attachment=True, download_name=name, etag=False)


def _frozen(letter: Communication) -> Response:
    try:
        return download(_file_name(letter), communications.frozen_pdf(means(), letter))
    except (BlobMissing, CannotOpen) as error:
        return lost(error, letter.id)


def _draft(letter: Communication) -> bytes:
    with means().database.reading() as session:
        composed = drafting.compose(session, means().keys, letter)
    return communications.render(letter, composed.text, is_draft=True)


def _file_name(letter: Communication, more: str = "") -> str:
    return f"{letter.reference.replace(' ', '_').replace('/', '-')}{more}.pdf"


def lost(error: Exception, file_id: str) -> Response:
    """Say that a file is not there, and log that it should be. Aborts with 404."""
    # A row without its file must alarm: nothing that was received may be lost.
    current_app.logger.error("file %s cannot be read: %s", file_id, type(error).__name__)
    abort(404)
