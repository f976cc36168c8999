"""Files that a source adds: their kind is decided by content, and each is sealed under a key of its own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from foundation import sealing
from foundation.keys import Keyring
from foundation.means import Means
from foundation.uploads import SealedFile, Upload, sealed_from
from submissions import drafts, file_kinds
from submissions.drafts import DraftFile, OpenDraft, Visitor
from submissions.file_kinds import ALLOWED
from submissions.models import Attachment, Author, Message, Submission

FILES_MOST = 20
# In all, after sending too.
ADDED_MOST = 40
BYTES_MOST = 50 * 1024 * 1024
NAME_MOST = 120


class FileRefused(Exception):
    """The file cannot be added; `reason` is one of the constants below."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that came after sending, with its name and its kind; sealed as it arrived."""

    name: str
    upload: Upload
    media_type: str


EMPTY, TOO_LARGE, TOO_MANY, KIND_NOT_ALLOWED, FALSE_ENDING = "empty", "too_large", "too_many", "kind", "false_ending"
ARCHIVE = file_kinds.ARCHIVE


def name_of(sent: str) -> str:
    """The name of a file without folders, which some browsers send too, and without signs that nobody can see.

    What stands before the name may tell whose computer it is.
    """
    own = sent.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in own if sign.isprintable())[-NAME_MOST:]


def media_type_of(name: str, file: SealedFile) -> str:
    """The kind of a file by its content. Raises FileRefused, also when its name claims to be something else."""
    if not file.size:
        raise FileRefused(EMPTY)
    if file.size > BYTES_MOST:
        raise FileRefused(TOO_LARGE)
    kind, ending = file_kinds.kind_of(file), _ending(name)
    if kind == file_kinds.ARCHIVE and not file_kinds.is_zip_kind(ending):
        raise FileRefused(ARCHIVE)
    if kind is None or ending not in ALLOWED.get(kind, ()):
        raise FileRefused(FALSE_ENDING if ending in file_kinds.ENDINGS else KIND_NOT_ALLOWED)
    return kind


def add_file(means: Means, visitor: Visitor, today: date, name: str, content: Upload | bytes) -> DraftFile:
    """Put a file, and the key under which it was sealed, into the draft. Bytes are sealed first.

    Raises FileRefused, StorageFull, or what opening a draft raises.
    """
    upload = content if isinstance(content, Upload) else sealed_from(means.storage, content)
    try:
        file = DraftFile(upload.id, name[-NAME_MOST:], media_type_of(name, upload), upload.size, upload.identity)
        with means.database.transaction() as session:
            session.add(Attachment(id=file.id, source_id=visitor.source_id, media_type=file.media_type, size=file.size))
            session.flush()
            # Kept before the commit: if its answer is lost, a row may name the file, and what no row names is swept.
            upload.keep()
    except Exception:
        upload.discard()
        raise
    try:
        drafts.change_draft(means.database, visitor, today, lambda draft: _with(draft, file))
    except Exception:
        _erase(means, visitor, file.id)
        raise
    return file


def remove_file(means: Means, visitor: Visitor, today: date, file_id: str) -> None:
    """Take a file out of the draft, its key with it, and erase it."""
    drafts.change_draft(means.database, visitor, today, lambda draft: _without(draft, file_id))
    _erase(means, visitor, file_id)


def receive(name: str, upload: Upload) -> ReceivedFile:
    """A file that comes after sending. Raises FileRefused; then the upload is to be discarded, as all that fail."""
    return ReceivedFile(name[-NAME_MOST:], upload, media_type_of(name, upload))


def received(keys: Keyring, file: ReceivedFile, submission: Submission, readers: Sequence[str]) -> Attachment:
    """The row of a file that came after sending, its key sealed to the mandate at once, and to `readers`."""
    draft_file = DraftFile(file.upload.id, file.name, file.media_type, file.upload.size, file.upload.identity)
    return Attachment(
        id=file.upload.id,
        source_id=submission.source_id,
        submission_id=submission.id,
        media_type=file.media_type,
        size=file.upload.size,
        envelope=seal_key(keys, draft_file, readers),
    )


def keep(session: Session, submission_id: str, files: Sequence[ReceivedFile], rows: Sequence[Attachment]) -> None:
    """Write the rows of files of a source that came after sending, and let the files stay.

    The caller holds the row of the submission. Raises FileRefused if there would be too many.
    """
    if rows and files_by_source(session, submission_id) + len(rows) > ADDED_MOST:
        raise FileRefused(TOO_MANY)
    stay(session, files, rows)


def stay(session: Session, files: Sequence[ReceivedFile], rows: Sequence[Attachment]) -> None:
    """Write the rows of files, and let the files stay."""
    session.add_all(rows)
    session.flush()
    # Kept before the commit: if its answer is lost, a row may name the file, and what no row names is swept.
    for file in files:
        file.upload.keep()


def files_by_source(session: Session, submission_id: str) -> int:
    """How many files a source has sent, in messages too."""
    written = select(func.count()).select_from(Attachment).outerjoin(Message, Message.id == Attachment.message_id)
    own = or_(Attachment.message_id.is_(None), Message.author == Author.SOURCE)
    return session.scalar(written.where(Attachment.submission_id == submission_id, own)) or 0


def seal_key(keys: Keyring, file: DraftFile, readers: Sequence[str] = ()) -> bytes:
    """The key and the name of a file, sealed to the mandate, and to `readers`."""
    text = json.dumps({"identity": file.identity, "name": file.name}).encode()
    recipients = [*readers, *keys.recipients("mandate")]
    return sealing.seal(text, recipients, sealing.label_of("attachment", "envelope", file.id))


def open_key(keys: Keyring, attachment: Attachment) -> tuple[str, str]:
    """Name and key of a submitted file. Raises CannotOpen or KeyMissing."""
    return key_for(attachment, keys.identity("mandate"))


def key_for(attachment: Attachment, identity: str | Sequence[str]) -> tuple[str, str]:
    """Name and key of a file, for one to whom it is sealed. Raises CannotOpen."""
    place = sealing.label_of("attachment", "envelope", attachment.id)
    text = json.loads(sealing.open_sealed(attachment.envelope or b"", identity, place))
    return text["name"], text["identity"]


def read_file(means: Means, attachment: Attachment) -> tuple[str, bytes]:
    """Name and content of a submitted file."""
    name, identity = open_key(means.keys, attachment)
    return name, sealing.open_parts(means.storage.get(attachment.id), identity, attachment.id)


def opened(means: Means, attachment: Attachment) -> tuple[str, SealedFile]:
    """Name of a submitted file, and its content to be read part by part. Raises CannotOpen or KeyMissing."""
    name, identity = open_key(means.keys, attachment)
    return name, SealedFile(means.storage, attachment.id, identity, attachment.size)


def _erase(means: Means, visitor: Visitor, file_id: str) -> None:
    own = (Attachment.id == file_id, Attachment.source_id == visitor.source_id, Attachment.submission_id.is_(None))
    with means.database.transaction() as session:
        erased = session.scalar(delete(Attachment).where(*own).returning(Attachment.id))
    if erased:
        means.storage.delete(file_id)


def _with(draft: OpenDraft, file: DraftFile) -> OpenDraft:
    if len(draft.files) >= FILES_MOST:
        raise FileRefused(TOO_MANY)
    return replace(draft, files=(*draft.files, file))


def _without(draft: OpenDraft, file_id: str) -> OpenDraft:
    return replace(draft, files=tuple(file for file in draft.files if file.id != file_id))


def _ending(name: str) -> str:
    return "." + name.rpartition(".")[2].lower() if "." in name else ""
