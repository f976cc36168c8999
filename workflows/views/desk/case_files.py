"""The files of one source on the page of a case: which copy there is, and the form that asks for the file itself."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from foundation.scanning import Finding
from foundation.web import means
from foundation.words import N_
from submissions import attachments, cleaned, intake
from submissions.cleaned import Result
from submissions.models import Attachment, CleanedCopy
from workflows.forms import OriginalForm
from workflows.views.desk import shown
from workflows.views.desk.door import opened

READY: Final = (Result.MADE, Result.KEPT)
NOT_YET: Final = N_("A cleaned copy is being made.")
RESULTS: Final[Mapping[Result, str]] = {
    Result.MADE: N_("Cleaned copy"),
    Result.KEPT: N_("Plain text, as it was received"),
    Result.WITHHELD: N_("Sound and film cannot be cleaned. They are opened only when somebody asks."),
    Result.REFUSED: N_("No cleaned copy: the file is damaged, or built in a way that cannot be cleaned."),
    Result.TOO_LONG: N_("No cleaned copy: cleaning took too long and was stopped."),
    Result.TOO_LARGE: N_("No cleaned copy: cleaning took too much memory and was stopped."),
    Result.CRASHED: N_("No cleaned copy: the program that cleans files broke down over this one."),
}
REASONS: Final[Mapping[str, str]] = {
    "locked": N_("No cleaned copy: the file is locked with a password."),
    "too_many_pixels": N_("No cleaned copy: the picture is too large to be cleaned."),
    "too_much_inside": N_("No cleaned copy: too much is packed into the file."),
}
SCANS: Final[Mapping[Finding, tuple[str, str]]] = {
    Finding.CLEAN: (N_("No virus found"), "good"),
    Finding.INFECTED: (N_("Virus found: %(name)s"), "urgent"),
    Finding.NOT_SCANNED: (N_("Not scanned for viruses"), "neutral"),
    Finding.AWAY: (N_("Not scanned: the virus scanner could not be reached"), "attention"),
}


def file_prefix(file_id: str) -> str:
    """What stands before the name of the field of one file, since a page has one for each."""
    return f"f{file_id[:8]}"


def files_words(session: Session, submission_id: str, sent: OriginalForm | None) -> list[dict[str, Any]]:
    """The files of a submission. `sent` is the form that was sent for one of them and must be shown again."""
    files, copies = intake.files_of(session, submission_id), cleaned.copies_of(session, submission_id)
    return [_file(file, copies.get(file.id), sent) for file in files]


def _file(file: Attachment, copy: CleanedCopy | None, sent: OriginalForm | None) -> dict[str, Any]:
    fresh = OriginalForm(formdata=None, prefix=file_prefix(file.id))
    result = Result(copy.outcome) if copy else None
    return {
        "id": file.id,
        "name": opened(f"attachment {file.id}", lambda: attachments.open_key(means().keys, file)[0], "?"),
        "size": shown.size(file.size),
        "is_ready": result in READY,
        "is_whole": result == Result.KEPT,
        "says": _says(copy),
        "scan": _scan(copy),
        "ask": sent if sent is not None and sent.reason.name == fresh.reason.name else fresh,
    }


def _says(copy: CleanedCopy | None) -> str:
    if copy is None:
        return str(_(NOT_YET))
    return str(_(REASONS.get(copy.reason) or RESULTS[Result(copy.outcome)]))


def _scan(copy: CleanedCopy | None) -> dict[str, str] | None:
    if copy is None:
        return None
    words, tone = SCANS[Finding(copy.scan)]
    return {"text": str(_(words, name=copy.scan_name)), "tone": tone}
