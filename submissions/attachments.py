"""Files that a source adds: their kind is decided by content, and each is sealed under a key of its own."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO
from zipfile import BadZipFile, ZipFile

import puremagic
from sqlalchemy import delete

from foundation import sealing
from foundation.db import new_id
from foundation.keys import Keyring
from foundation.means import Means
from submissions import drafts
from submissions.drafts import DraftFile, OpenDraft, Visitor
from submissions.models import Attachment

FILES_MOST = 5
BYTES_MOST = 10 * 1024 * 1024
NAME_MOST = 120

# What may be added, by content, with the endings that may stand at the end of its name.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "audio/mpeg": (".mp3",),
    "video/mp4": (".mp4",),
    "text/plain": (".txt",),
}


TELLING_PARTS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "word/document.xml",
    "application/vnd.oasis.opendocument.text": "content.xml",
}


# Control signs stand in no text but line ends and tabs; the marks and spaces of right-to-left languages do.
NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")


class FileRefused(Exception):
    """The file cannot be added; `reason` is one of the constants below."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


EMPTY, TOO_LARGE, TOO_MANY, KIND_NOT_ALLOWED, FALSE_ENDING = "empty", "too_large", "too_many", "kind", "false_ending"


def media_type_of(name: str, content: bytes) -> str:
    """The kind of a file by its content. Raises FileRefused, also when its name claims to be something else."""
    if not content:
        raise FileRefused(EMPTY)
    if len(content) > BYTES_MOST:
        raise FileRefused(TOO_LARGE)
    found = _kinds_by_content(content)
    matching = next((kind for kind in found if _ending(name) in ALLOWED.get(kind, ())), None)
    if matching is None or not _is_whole(matching, content):
        raise FileRefused(FALSE_ENDING if _ending(name) in _endings() else KIND_NOT_ALLOWED)
    return matching


def add_file(means: Means, visitor: Visitor, today: date, name: str, content: bytes) -> DraftFile:
    """Seal a file, store it, and put its key into the draft. Raises FileRefused, or what opening a draft raises."""
    media_type = media_type_of(name, content)
    file = DraftFile(new_id(), name[-NAME_MOST:], media_type, len(content), sealing.new_identity())
    parts = sealing.seal_parts(content, sealing.recipient_of(file.identity), file.id)
    means.storage.put(file.id, parts)
    with means.database.transaction() as session:
        session.add(Attachment(id=file.id, source_id=visitor.source_id, media_type=media_type, size=file.size))
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


def seal_key(keys: Keyring, file: DraftFile) -> bytes:
    """The key and the name of a file, sealed to the mandate."""
    text = json.dumps({"identity": file.identity, "name": file.name}).encode()
    return sealing.seal(text, keys.recipients("mandate"), sealing.label_of("attachment", "envelope", file.id))


def open_key(keys: Keyring, attachment: Attachment) -> tuple[str, str]:
    """Name and key of a submitted file. Raises CannotOpen or KeyMissing."""
    place = sealing.label_of("attachment", "envelope", attachment.id)
    text = json.loads(sealing.open_sealed(attachment.envelope or b"", keys.identity("mandate"), place))
    return text["name"], text["identity"]


def read_file(means: Means, attachment: Attachment) -> tuple[str, bytes]:
    """Name and content of a submitted file."""
    name, identity = open_key(means.keys, attachment)
    return name, sealing.open_parts(means.storage.get(attachment.id), identity, attachment.id)


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


def _kinds_by_content(content: bytes) -> list[str]:
    try:
        found = [match.mime_type for match in puremagic.magic_string(content)]
    except puremagic.PureError:
        found = []
    return [*found, "text/plain"] if _is_text(content) else found


def _is_whole(kind: str, content: bytes) -> bool:
    """Whether a document that is a zip file inside holds what makes it that document: any zip could claim to be one."""
    telling = TELLING_PARTS.get(kind)
    if telling is None:
        return True
    try:
        return telling in ZipFile(BytesIO(content)).namelist()
    except BadZipFile:
        return False


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return NOT_IN_TEXT.search(text) is None


def _ending(name: str) -> str:
    return "." + name.rpartition(".")[2].lower() if "." in name else ""


def _endings() -> set[str]:
    return {ending for endings in ALLOWED.values() for ending in endings}
