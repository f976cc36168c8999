"""What a source adds after sending: more facts, corrections, files, a reprisal."""

from collections.abc import Sequence
from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from foundation.receiving import upload_of
from foundation.sealing import PART, CannotOpen
from foundation.storage import BlobMissing
from foundation.uploads import SealedFile
from foundation.web import means
from foundation.words import N_
from submissions import additions, attachments, drafts, file_kinds, intake, shown
from submissions.adding_forms import MoreFilesForm, ReprisalForm, WordsForm
from submissions.attachments import ADDED_MOST, FileRefused, ReceivedFile
from submissions.believed import Opened
from submissions.drafts import VisitEnded
from submissions.models import AddedBy, AdditionKind, Submission
from submissions.views.visit import LANG, bp, go_to, here, with_error_code
from submissions.wording import REFUSALS

KINDS = {"more": AdditionKind.FACTS, "correction": AdditionKind.CORRECTION}
TITLES = {"more": N_("Tell us more"), "correction": N_("Correct something")}
LEADS = {
    "more": N_("What you told before stays as it is; this is read beside it."),
    "correction": N_("Say what is not right, and how it is. What you told before is kept, with this beside it."),
}
ADDED = {
    AdditionKind.FACTS: N_("You told us more"),
    AdditionKind.CORRECTION: N_("You corrected something"),
    AdditionKind.FILES: N_("You added files"),
    AdditionKind.REPRISAL: N_("You reported a threat or a punishment"),
    AdditionKind.CONSENT: N_("You changed what may be told"),
    AdditionKind.KEY: N_("You made a code for one person"),
}
DECIDED_HERSELF = N_("One person decided what may be told about them. What they chose is not shown to you.")
ACCEPTED = ",".join(file_kinds.ENDINGS)
FULL = N_("%(name)s was not added: there are as many files as can be taken already.")
ANY_KIND = "application/octet-stream"


@bp.get(f"{LANG}/add/<any(more,correction):what>")
def ask_for_more(lang: str, what: str) -> str | Response:
    """A field for more words."""
    if received_here() is None:
        return go_to("status")
    return _words_page(what, WordsForm(formdata=None))


@bp.post(f"{LANG}/add/<any(more,correction):what>")
def tell_more(lang: str, what: str) -> Response:
    """Add more words."""
    if received_here() is None:
        return go_to("status")
    form = WordsForm(formdata=request.form)
    if form.validate() and not form.words.data:
        form.words.errors = [_("Write it first")]
    if form.words.errors:
        return with_error_code(_words_page(what, form))
    additions.tell(means(), here(), KINDS[what], {"words": form.words.data})
    return go_to("status", added=1)


@bp.get(f"{LANG}/add/files")
def ask_for_files(lang: str) -> str | Response:
    """A field for more files."""
    submission = received_here()
    return go_to("status") if submission is None else _files_page(submission, [])


@bp.post(f"{LANG}/add/files")
def add_more_files(lang: str) -> Response:
    """Add files: all of them, or none and the reason."""
    submission = received_here()
    if submission is None:
        return go_to("status")
    files, refused = chosen_files()
    if not files and not refused:
        refused = [_("Choose a file first")]
    if not refused:
        refused = _add(files)
    if refused:
        return with_error_code(_files_page(submission, refused))
    return go_to("status", added=1)


@bp.get(f"{LANG}/urgent")
def ask_about_reprisal(lang: str) -> str | Response:
    """One page, with nothing on it that must be filled in."""
    if received_here() is None:
        return go_to("status")
    return _reprisal_page(ReprisalForm(formdata=None))


@bp.post(f"{LANG}/urgent")
def report_reprisal(lang: str) -> Response:
    """Put it before the mandate at once."""
    if received_here() is None:
        return go_to("status")
    form = ReprisalForm(formdata=request.form)
    if not form.validate():
        return with_error_code(_reprisal_page(form))
    said = {"words": form.words.data, "danger": form.danger.data}
    additions.tell(means(), here(), AdditionKind.REPRISAL, said)
    return go_to("status", added=1)


@bp.get(f"{LANG}/messages/files/<file_id>")
def message_file(lang: str, file_id: str) -> Response:
    """A file of a message, part by part as it is opened."""
    if received_here() is None:
        abort(404)
    with means().database.reading() as database:
        found = intake.file_for_source(database, here(), file_id)
    if found is None:
        abort(404)
    try:
        name, identity = attachments.key_for(found, here().identity)
        file = SealedFile(means().storage, found.id, identity, found.size)
        first = file.read(PART)
    except (CannotOpen, BlobMissing):
        abort(404)
    answer = Response(_parts(first, file), mimetype=ANY_KIND)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.content_length = found.size
    return answer


def received_here() -> Submission | None:
    """The submission of a source who is there; None while there is only a draft. Raises VisitEnded."""
    with means().database.reading() as database:
        if not drafts.is_there(database, here()):
            raise VisitEnded
        return drafts.submission_of(database, here().source_id)


def chosen_files() -> tuple[list[ReceivedFile], list[str]]:
    """The files that were sent with a form, and why some of them cannot be taken."""
    files, refused = [], []
    for sent in (file for file in request.files.getlist("files") if file.filename):
        name = attachments.name_of(sent.filename or "")
        try:
            files.append(_received(name, sent))
        except FileRefused as error:
            refused.append(refusal(error, name))
    return files, refused


def refusal(error: FileRefused, name: str) -> str:
    """Why a file that comes after sending is not taken, in words."""
    return str(_(FULL if error.reason == attachments.TOO_MANY else REFUSALS[error.reason], name=name))


def added_rows(every: Sequence[Opened]) -> list[dict[str, Any]]:
    """What was added after sending, for the source to see; what a person decided is told without what it was."""
    return [
        {
            "what": _(DECIDED_HERSELF) if one.author == AddedBy.PERSON else _(ADDED[AdditionKind(one.kind)]),
            "when": shown.shown_day(one.made_on),
            "when_iso": one.made_on.isoformat(),
            "note": _note(one),
        }
        for one in every
    ]


def _note(one: Opened) -> str:
    content = one.content or {}
    return "\n".join(file["name"] for file in content.get("files", ())) or str(content.get("words", ""))


def _received(name: str, sent: FileStorage) -> ReceivedFile:
    return attachments.receive(name, upload_of(sent))


def _add(files: Sequence[ReceivedFile]) -> list[str]:
    try:
        additions.add_files(means(), here(), files)
    except FileRefused as error:
        return [refusal(error, files[-1].name)]
    return []


def _parts(first: bytes, file: SealedFile) -> Any:
    yield first
    while piece := file.read(PART):
        yield piece


def _words_page(what: str, form: WordsForm) -> str:
    return render_template("public/add_words.html", form=form, what=what, title=_(TITLES[what]), lead=_(LEADS[what]))


def _files_page(submission: Submission, refused: list[str]) -> str:
    with means().database.reading() as database:
        have = attachments.files_by_source(database, submission.id)
    return render_template(
        "public/add_files.html",
        form=MoreFilesForm(formdata=None),
        left=max(ADDED_MOST - have, 0),
        accepted=ACCEPTED,
        errors=[{"text": words, "field_id": "files"} for words in refused],
    )


def _reprisal_page(form: ReprisalForm) -> str:
    return render_template("public/urgent.html", form=form)
