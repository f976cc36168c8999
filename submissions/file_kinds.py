"""What kind of file something is, by its content alone.

Only kinds in `ALLOWED` are taken, and each is known by what stands at its very beginning: a library that guesses by
many weak signs gives several answers for a file that was made to be several things, and here one answer must hold.

What is two things at once is refused, since whoever opens it cannot know which one they get: a file with a zip behind
it or with the head of a PDF near its beginning, a PDF that begins with something else, and a zip that claims to be a
document and holds no such document. Archives are refused with a reason of their own: what is in them can be neither
looked through nor cleaned. What a telephone puts behind a photograph (a short film, a map of depths) is no such case.
"""

import os
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from foundation.sealing import PART
from foundation.uploads import SealedFile

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"
TEXT, PDF, MP4, QUICKTIME, THREE_GP = "text/plain", "application/pdf", "video/mp4", "video/quicktime", "video/3gpp"

# What may be added, by content, with the endings that may stand at the end of its name. Telephones write sound and film
# in the same family of files, and name one like another.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    PDF: (".pdf",),
    "image/jpeg": (".jpg", ".jpeg", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    f"{OFFICE}.wordprocessingml.document": (".docx",),
    f"{OFFICE}.spreadsheetml.sheet": (".xlsx",),
    f"{OFFICE}.presentationml.presentation": (".pptx",),
    f"{OPEN}.text": (".odt",),
    f"{OPEN}.spreadsheet": (".ods",),
    f"{OPEN}.presentation": (".odp",),
    "audio/mpeg": (".mp3",),
    "audio/mp4": (".m4a", ".mp4", ".aac"),
    "audio/aac": (".aac", ".m4a"),
    "audio/amr": (".amr", ".3gp"),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/wav": (".wav",),
    MP4: (".mp4", ".m4v", ".m4a", ".3gp", ".mov"),
    QUICKTIME: (".mov", ".qt", ".mp4"),
    THREE_GP: (".3gp", ".3gpp", ".3g2", ".mp4", ".m4a"),
    "video/webm": (".webm",),
    TEXT: (".txt",),
}
ENDINGS = tuple(dict.fromkeys(ending for endings in ALLOWED.values() for ending in endings))
ARCHIVE = "archive"
ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b",
    b"\x1f\x9d",
    *(b"BZh%d1AY&SY" % level for level in range(1, 10)),
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"MSCF\x00\x00\x00\x00",
    b"LZIP\x01",
)
TAR_AT, TAR = 257, b"ustar"

# Of ISO/IEC 14496-12: a file of this family names its brand behind the word ftyp.
BRANDS: Mapping[bytes, str] = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    **dict.fromkeys((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV"), MP4),
    b"qt  ": QUICKTIME,
    **dict.fromkeys(
        (b"3gp3", b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3gr6", b"3gs6", b"3ge6", b"3g2a", b"3g2b"), THREE_GP
    ),
}
NOT_HEIC = (b"avif", b"avis")
# A document of this kind holds a part of this name.
TELLING_PARTS = {
    f"{OFFICE}.wordprocessingml.document": "word/document.xml",
    f"{OFFICE}.spreadsheetml.sheet": "xl/workbook.xml",
    f"{OFFICE}.presentationml.presentation": "ppt/presentation.xml",
    f"{OPEN}.text": "content.xml",
    f"{OPEN}.spreadsheet": "content.xml",
    f"{OPEN}.presentation": "content.xml",
}
# A zip file lists at its end what is in it. No document needs a longer list, and a long one would fill the memory.
ZIP_LIST_MOST = 1024 * 1024
# Its last record: these signs, the first of one disk, and fourteen bytes on what is where.
ZIP_END = re.compile(rb"PK\x05\x06\x00{4}.{14}", re.DOTALL)
ZIP_END_SIZE, ZIP_COMMENT_MOST = 22, 65_535
# Readers of PDF look for its head this far, so that a file can be a PDF and something else.
HEAD = 1024
PDF_HEAD = b"%PDF-"

# Control signs stand in no text but line ends and tabs; the marks and spaces of right-to-left languages do.
NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
NOT_IN_OLD_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def kind_of(file: SealedFile) -> str | None:
    """A kind in ALLOWED, ARCHIVE, or None for everything else, and for what is two things at once."""
    head = _head(file)
    kind = _kind_by_head(head, file)
    if kind is None or kind == ARCHIVE:
        return kind
    if kind != PDF and PDF_HEAD in head:
        return None
    return None if kind not in TELLING_PARTS and _has_zip_behind(file) else kind


def is_zip_kind(ending: str) -> bool:
    """Whether files with this ending are zip files inside."""
    return any(ending in ALLOWED[kind] for kind in TELLING_PARTS)


def _head(file: SealedFile) -> bytes:
    file.seek(0)
    return file.read(HEAD) or b""


def _kind_by_head(head: bytes, file: SealedFile) -> str | None:
    if head.startswith(ARCHIVES) or head[TAR_AT : TAR_AT + len(TAR)] == TAR:
        return _document_in_zip(head, file) or ARCHIVE
    known = next((kind for kind, looks_so in SIGNS.items() if looks_so(head)), None)
    if known is not None or head[4:8] == b"ftyp":
        return known or _brand(head)
    return TEXT if _is_text(file) else None


def _brand(head: bytes) -> str | None:
    length = int.from_bytes(head[:4])
    if not 16 <= length <= HEAD:
        return None
    # The brand itself, a version, and the brands as which it may be read as well.
    named = [head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))]
    if any(one in NOT_HEIC for one in named):
        return None
    return next((BRANDS[one] for one in named if one in BRANDS), None)


def _is_mp3(head: bytes) -> bool:
    # Of ISO/IEC 11172-3: eleven bits set, layer III, and neither a free rate nor one that is not given.
    frame = head[:3]
    is_frame = len(frame) == 3 and frame[0] == 0xFF and frame[1] & 0xE6 == 0xE2 and frame[1] & 0x18 != 0x08
    return head.startswith(b"ID3") or (is_frame and frame[2] & 0xF0 not in (0x00, 0xF0) and frame[2] & 0x0C != 0x0C)


def _is_aac(head: bytes) -> bool:
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and (head[2] & 0x3C) >> 2 < 13


def _is_ogg(head: bytes) -> bool:
    return head.startswith(b"OggS") and head[28:36].startswith((b"OpusHead", b"\x01vorbis", b"Speex   "))


def _is_webm(head: bytes) -> bool:
    return head.startswith(b"\x1a\x45\xdf\xa3") and b"\x42\x82\x84webm" in head[:64]


def _is_riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(b"RIFF") and head[8:12] == form


def _begins(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signs)


SIGNS: Mapping[str, Callable[[bytes], bool]] = {
    PDF: _begins(PDF_HEAD),
    "image/jpeg": _begins(b"\xff\xd8\xff"),
    "image/png": _begins(b"\x89PNG\r\n\x1a\n"),
    "image/webp": _is_riff(b"WEBP"),
    "audio/wav": _is_riff(b"WAVE"),
    "audio/ogg": _is_ogg,
    "audio/amr": _begins(b"#!AMR\n", b"#!AMR-WB\n"),
    "video/webm": _is_webm,
    "audio/aac": _is_aac,
    "audio/mpeg": _is_mp3,
}


def _document_in_zip(head: bytes, file: SealedFile) -> str | None:
    """Which document a zip file is: any could claim to be one, so it must hold what makes it that document."""
    if not head.startswith(b"PK\x03\x04"):
        return None
    names = _names_in_zip(file)
    claimed = head[38:].split(b"PK", 1)[0] if head[30:38] == b"mimetype" else b""
    for kind, telling in TELLING_PARTS.items():
        if telling in names and (claimed.decode("ascii", "replace") == kind if kind.startswith(OPEN) else not claimed):
            return kind
    return None


def _names_in_zip(file: SealedFile) -> set[str]:
    file.seek(-min(file.size, ZIP_LIST_MOST), os.SEEK_END)
    try:
        return set(ZipFile(BytesIO(file.read())).namelist())
    except BadZipFile:
        return set()


def _has_zip_behind(file: SealedFile) -> bool:
    """Whether it ends as a zip file does: with a last record that says so, and at most a comment behind it."""
    file.seek(-min(file.size, ZIP_END_SIZE + ZIP_COMMENT_MOST), os.SEEK_END)
    return ZIP_END.search(file.read() or b"") is not None


def _is_text(file: SealedFile) -> bool:
    """Text in UTF-8; in UTF-16 with the mark at its beginning that says so; or in an older way of writing.

    Nobody can tell for sure which of the older ways it is, nor need it be told here: in all of them, as in no program
    and no picture, control signs do not occur.
    """
    file.seek(0)
    mark = file.read(2) or b""
    if mark in (BOM_UTF16_BE, BOM_UTF16_LE):
        return _decodes(file, "utf-16")
    return _decodes(file, "utf-8") or not any(NOT_IN_OLD_TEXT.search(piece) for piece in _pieces(file))


def _decodes(file: SealedFile, encoding: str) -> bool:
    decoder = getincrementaldecoder(encoding)()
    try:
        if any(NOT_IN_TEXT.search(decoder.decode(piece)) for piece in _pieces(file)):
            return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _pieces(file: SealedFile) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PART):
        yield piece
