"""The page of one case and its buttons: each is a permission, a form, one deed, and a redirect."""

from collections.abc import Sequence
from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from accounts.session import actor, requires
from foundation.sealing import CannotOpen
from foundation.web import means
from foundation.words import N_
from mandate.vocabulary import LetterKind
from submissions import intake
from submissions.attachments import ReceivedFile
from submissions.models import Author, Submission
from workflows import cases, communications, letter_queries, queries, sources, triage
from workflows.communications import LetterChanged
from workflows.forms import (
    DECISIONS,
    DecisionForm,
    DraftForm,
    IdentityForm,
    MessageForm,
    OriginalForm,
    ReadForm,
    SummaryForm,
)
from workflows.models import Case, Communication
from workflows.views.desk.case_files import file_prefix
from workflows.views.desk.case_page import SUMMARY_LANGUAGES, case_page, messages_in, offer_states
from workflows.views.desk.case_source import form_prefix
from workflows.views.desk.door import CANNOT_BE_USED, NOT_AS_IT_WAS, an_id, bp, go_to, now, opened, page, the_case
from workflows.views.desk.files import lost, stream
from workflows.views.desk.message_files import message_files
from workflows.views.desk.people import names_apart
from workflows.views.desk.refusals import REFUSALS, refuse
from workflows.views.desk.wording import IDENTITY

DECIDED = N_("Your decision is recorded.")
SAVED = N_("The summary is saved.")
LEFT = N_("The message is left for the source.")
READ = N_("The messages are marked as read.")


@bp.get("/cases/<case_id>")
@requires(Permission.SEE_CASES)
def case(case_id: str) -> ResponseReturnValue:
    """All that is known of a case, but for who its sources are."""
    return case_page(case_id)


@bp.post("/cases/<case_id>/decision")
@requires(Permission.DECIDE_CASE)
def decide(case_id: str) -> ResponseReturnValue:
    """Record what becomes of a case, with the reason."""
    form, _known = DecisionForm(), _exists(case_id)
    if not form.validate():
        return case_page(case_id, CANNOT_BE_USED, decision=form)
    try:
        with means().database.transaction() as session:
            _decide(session, case_id, form.decision.data, form.why.data)
    except REFUSALS as error:
        refuse(form, error)
        return case_page(case_id, NOT_AS_IT_WAS, decision=form)
    return go_to("case", DECIDED, case_id=case_id)


@bp.post("/cases/<case_id>/summary/<language>")
@requires(Permission.WRITE_SUMMARY)
def save_summary(case_id: str, language: str) -> ResponseReturnValue:
    """Keep a new version of the summary of facts."""
    form, _known = SummaryForm(), _exists(case_id)
    if language not in SUMMARY_LANGUAGES:
        abort(404)
    if not form.validate():
        return case_page(case_id, CANNOT_BE_USED, language, summary=form)
    try:
        with means().database.transaction() as session:
            _save_summary(session, case_id, language, form)
    except REFUSALS as error:
        refuse(form, error)
        return case_page(case_id, NOT_AS_IT_WAS, language, summary=form)
    return go_to("case", SAVED, case_id=case_id, summary=language, _anchor="summary-of-facts")


@bp.post("/cases/<case_id>/letters")
@requires(Permission.DRAFT_LETTER)
def draft_letter(case_id: str) -> ResponseReturnValue:
    """Begin a letter."""
    form, found = DraftForm(), _exists(case_id)
    offer_states(form, found)
    if not form.validate():
        return case_page(case_id, CANNOT_BE_USED, draft=form)
    try:
        with means().database.transaction() as session:
            letter = _draft(session, case_id, form)
    except REFUSALS as error:
        refuse(form, error)
        return case_page(case_id, NOT_AS_IT_WAS, draft=form)
    return go_to("letter", letter_id=letter.id)


@bp.post("/cases/<case_id>/messages/<submission_id>")
@requires(Permission.WRITE_TO_SOURCE)
def write_to_source(case_id: str, submission_id: str) -> ResponseReturnValue:
    """Leave a message for a source. The same words twice in a row are one message: the answer was lost."""
    _require_of_case(case_id, submission_id)
    form = MessageForm(prefix=form_prefix(submission_id))
    if not form.validate():
        return case_page(case_id, CANNOT_BE_USED, message=form)
    files, refused = message_files(form.files.name)
    if refused:
        form.files.errors = refused
        return case_page(case_id, CANNOT_BE_USED, message=form)
    try:
        if not _is_last_message(submission_id, form.message.data, files):
            triage.write_to_source(means(), case_id, submission_id, form.message.data, actor(), files)
    except REFUSALS as error:
        refuse(form, error)
        return case_page(case_id, NOT_AS_IT_WAS, message=form)
    return go_to("case", LEFT, case_id=case_id, _anchor="messages")


@bp.post("/cases/<case_id>/read")
@requires(Permission.WRITE_TO_SOURCE)
def mark_read(case_id: str) -> ResponseReturnValue:
    """Take the case off the list of those whose source wrote."""
    form, _known = ReadForm(), _exists(case_id)
    seen = form.seen.data or ""
    if not form.validate() or not seen.isascii() or not seen.isdigit():
        abort(400)
    try:
        with means().database.transaction() as session:
            sources.read_messages(session, case_id, int(seen), actor(), now())
    except REFUSALS as error:
        refuse(form, error)
        return case_page(case_id, NOT_AS_IT_WAS, read=form)
    return go_to("case", READ, case_id=case_id, _anchor="messages")


@bp.post("/cases/<case_id>/identity/<submission_id>")
@requires(Permission.OPEN_IDENTITY)
def open_identity(case_id: str, submission_id: str) -> ResponseReturnValue:
    """Show once who the source is, after the reason was written down. No other page of the desk shows it."""
    found = _require_of_case(case_id, submission_id)
    form = IdentityForm(prefix=form_prefix(submission_id))
    if not form.validate():
        return case_page(case_id, CANNOT_BE_USED, identity=form)
    try:
        told = sources.open_identity(means(), case_id, submission_id, actor(), form.purpose.data)
    except REFUSALS as error:
        refuse(form, error)
        return case_page(case_id, NOT_AS_IT_WAS, identity=form)
    known = [(_(label), told[name]) for name, label in IDENTITY.items() if told.get(name)]
    apart = names_apart(told, _facts(submission_id))
    return page("identity", "queue", narrow=True, case=found, known=known, apart=apart, purpose=form.purpose.data)


def _facts(submission_id: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    with means().database.reading() as session:
        submission = session.get_one(Submission, submission_id)
        place = f"submission {submission_id}"
        return opened(place, lambda: intake.current_facts(session, means().keys, submission), nothing)


@bp.post("/cases/<case_id>/files/<attachment_id>")
@requires(Permission.OPEN_ORIGINAL)
def open_original(case_id: str, attachment_id: str) -> ResponseReturnValue:
    """A file as it was received, after the reason was written down. No other page of the desk gives it."""
    _require_file_of_case(case_id, attachment_id)
    form = OriginalForm(prefix=file_prefix(attachment_id))
    if not form.validate():
        return case_page(case_id, CANNOT_BE_USED, original=form)
    try:
        name, content = sources.open_original(means(), case_id, attachment_id, actor(), form.reason.data)
    except REFUSALS as error:
        refuse(form, error)
        return case_page(case_id, NOT_AS_IT_WAS, original=form)
    except CannotOpen as error:
        return lost(error, attachment_id)
    return stream(name, content)


def _exists(case_id: str) -> Case:
    with means().database.reading() as session:
        return the_case(session, case_id)


def _require_of_case(case_id: str, submission_id: str) -> Case:
    with means().database.reading() as session:
        found = the_case(session, case_id)
        if an_id(submission_id) not in cases.submissions_of(session, case_id):
            abort(404)
    return found


def _require_file_of_case(case_id: str, attachment_id: str) -> None:
    with means().database.reading() as session:
        found = queries.attachment_of_case(session, an_id(attachment_id))
        if found is None or found.submission_id not in cases.submissions_of(session, the_case(session, case_id).id):
            abort(404)


def _decide(session: Session, case_id: str, value: str, why: str) -> None:
    chosen = DECISIONS[value]
    if chosen.kind is not None:
        triage.accept(session, means().keys, case_id, chosen.kind, actor(), now(), why)
    else:
        triage.decide(session, means().keys, case_id, chosen.action, actor(), now(), why)


def _save_summary(session: Session, case_id: str, language: str, form: SummaryForm) -> None:
    # Two officers may write at once, so a version is written only upon the one that was on the page.
    cases.lock(session, case_id)
    newest = queries.newest_summary(session, case_id, language)
    if cases.latest_summary(session, means().keys, case_id, language) == form.summary.data:
        return
    if form.version.data != str(newest.version if newest else 0):
        raise LetterChanged
    cases.save_summary(session, means().keys, case_id, language, form.summary.data, actor(), now())


def _draft(session: Session, case_id: str, form: DraftForm) -> Communication:
    cases.lock(session, case_id)
    if form.letters.data != str(len(letter_queries.letters_of(session, case_id))):
        raise LetterChanged
    kind, state = LetterKind(form.kind.data), form.state.data
    return communications.draft(session, means().keys, case_id, kind, state, actor(), now())


def _is_last_message(submission_id: str, words: str, files: Sequence[ReceivedFile]) -> bool:
    with means().database.reading() as session:
        messages = messages_in(session, submission_id)
    last = messages[-1] if messages else None
    if last is None or last.author != Author.MANDATE or last.text != words:
        return False
    return [(file.name, file.size) for file in last.files] == [(file.name, file.upload.size) for file in files]
