"""Kinds of files: by content alone, one answer for each, and none for what is two things at once."""

from pathlib import Path

import pytest

from foundation.storage import Storage
from foundation.uploads import SealedFile, sealed_from
from submissions import attachments, file_kinds
from submissions.attachments import FileRefused, media_type_of
from submissions.cleaning import program
from submissions.file_kinds import ALLOWED, ARCHIVE, ENDINGS, kind_of
from tests import sample_files
from tests.sample_files import DOCX, ODT, zipped

ZIP = zipped({"anything.txt": "words"})
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"


def boxed(brand: bytes, *others: bytes) -> bytes:
    named = b"ftyp" + brand + bytes(4) + b"".join(others)
    return (len(named) + 4).to_bytes(4) + named + b"\0\0\0\x08mdat" + bytes(range(256))


def ogg(codec: bytes) -> bytes:
    return b"OggS" + bytes(22) + b"\x01\x13" + codec + bytes(40)


KNOWN = {
    "application/pdf": [("paper.pdf", PDF)],
    "image/jpeg": [("a.jpg", sample_files.picture()), ("a.JFIF", sample_files.picture() + b"MotionPhoto" * 9)],
    "image/png": [("a.png", sample_files.picture("PNG"))],
    "image/webp": [("a.webp", sample_files.picture("WEBP"))],
    "image/heic": [("a.heic", sample_files.picture("HEIF")), ("a.heif", boxed(b"mif1", b"heic"))],
    DOCX: [("a.docx", sample_files.docx())],
    ODT: [("a.odt", sample_files.odt())],
    f"{OFFICE}.spreadsheetml.sheet": [("a.xlsx", zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""}))],
    f"{OFFICE}.presentationml.presentation": [("a.pptx", zipped({"ppt/presentation.xml": ""}))],
    f"{OPEN}.spreadsheet": [("a.ods", zipped({"mimetype": f"{OPEN}.spreadsheet", "content.xml": ""}))],
    f"{OPEN}.presentation": [("a.odp", zipped({"mimetype": f"{OPEN}.presentation", "content.xml": ""}))],
    "audio/mpeg": [("a.mp3", b"ID3\x04" + bytes(99)), ("a.mp3", b"\xff\xfb\x90\x64" + bytes(99))],
    "audio/mp4": [("voice.m4a", boxed(b"M4A ", b"mp42", b"isom"))],
    "audio/aac": [("a.aac", b"\xff\xf1\x50\x80" + bytes(99))],
    "audio/amr": [("a.amr", b"#!AMR\n" + bytes(99))],
    "audio/ogg": [("a.opus", ogg(b"OpusHead")), ("a.ogg", ogg(b"\x01vorbis"))],
    "audio/wav": [("a.wav", b"RIFF\x24\0\0\0WAVEfmt " + bytes(99))],
    "video/mp4": [
        ("a.mp4", boxed(b"isom", b"mp41")),
        ("voice.m4a", boxed(b"mp42")),
        ("a.mp4", boxed(b"xxxx", b"avc1")),
    ],
    "video/quicktime": [("a.MOV", boxed(b"qt  "))],
    "video/3gpp": [("a.3gp", boxed(b"3gp4", b"isom"))],
    "video/webm": [("a.webm", b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm" + bytes(99))],
    "text/plain": [
        ("a.txt", "كتبت هذا".encode()),
        ("a.txt", "\ufeffЭто случилось".encode()),
        ("a.txt", "Это случилось".encode("utf-16")),
        ("a.txt", "Это случилось".encode("cp1251")),
        ("a.txt", "كتبت هذا".encode("cp1256")),
        ("a.txt", "这件事发生了".encode("gb18030")),
        ("a.txt", b"BZhukov was there, and MSCF too"),
    ],
}
CASES = [(kind, name, content) for kind, files in KNOWN.items() for name, content in files]


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(f"file://{tmp_path / 'blobs'}")


def sealed(storage: Storage, content: bytes) -> SealedFile:
    return sealed_from(storage, content)


@pytest.mark.parametrize(("kind", "name", "content"), CASES)
def test_each_kind_that_is_taken_is_known_by_its_content(
    storage: Storage, kind: str, name: str, content: bytes
) -> None:
    assert media_type_of(name, sealed(storage, content)) == kind


def test_every_kind_that_is_taken_has_been_tried() -> None:
    assert set(KNOWN) == set(ALLOWED)
    assert len(ENDINGS) == len(set(ENDINGS))


@pytest.mark.parametrize(
    "content",
    [
        ZIP,
        zipped({}),
        b"Rar!\x1a\x07\x01\x00" + bytes(40),
        b"7z\xbc\xaf\x27\x1c" + bytes(40),
        b"\x1f\x8b\x08" + bytes(40),
        b"BZh91AY&SY" + bytes(40),
        b"\xfd7zXZ\x00" + bytes(40),
        b"name.txt" + bytes(249) + b"ustar" + bytes(250),
        zipped({"mimetype": "application/epub+zip", "content.xml": ""}),
    ],
)
@pytest.mark.parametrize("name", ["papers.zip", "papers.rar", "photo.jpg", "papers", "paper.pdf"])
def test_an_archive_is_refused_as_one_whatever_it_is_called(storage: Storage, content: bytes, name: str) -> None:
    assert kind_of(sealed(storage, content)) == ARCHIVE
    with pytest.raises(FileRefused) as refused:
        media_type_of(name, sealed(storage, content))
    assert refused.value.reason == attachments.ARCHIVE


TWO_THINGS = {
    "a zip behind a PDF": PDF + ZIP,
    "a zip behind a photograph": sample_files.picture() + ZIP,
    "a zip with a comment behind a photograph": sample_files.picture() + ZIP[:-2] + b"\x05\x00words",
    "a zip behind a film": boxed(b"isom") + ZIP,
    "a zip behind sound": b"ID3\x04" + bytes(99) + ZIP,
    "a PDF inside a photograph": sample_files.picture()[:20] + PDF + sample_files.picture()[20:],
    "a PDF behind a little text": b"Dear all,\n" + PDF,
    "a PDF that does not begin with its head": b"\n\x00" + PDF,
    "a program": b"MZ\x90\x00" + bytes(60),
    "a picture of a kind that is not taken": boxed(b"avif", b"mif1"),
    "film in a case that is not taken": b"\x1a\x45\xdf\xa3\x9fB\x82\x88matroska" + bytes(99),
    "a box with a false length": b"\xff\xff\xff\xffftypisom" + bytes(99),
    "sixteen bits without a mark": "words".encode("utf-16-le"),
    "half a letter of sixteen bits": "words".encode("utf-16") + b"x",
    "signs that move the cursor": b"words\x1b[2J",
}


@pytest.mark.parametrize("content", TWO_THINGS.values(), ids=TWO_THINGS)
def test_what_is_two_things_or_none_is_nothing_that_is_taken(storage: Storage, content: bytes) -> None:
    assert kind_of(sealed(storage, content)) is None
    for name in ("a.pdf", "a.jpg", "a.txt", "a.mp4"):
        with pytest.raises(FileRefused) as refused:
            media_type_of(name, sealed(storage, content))
        assert refused.value.reason == attachments.FALSE_ENDING


def test_a_document_is_not_another_by_its_ending(storage: Storage) -> None:
    for name, content in (("a.odt", sample_files.docx()), ("a.docx", sample_files.odt()), ("a.xlsx", ZIP)):
        with pytest.raises(FileRefused) as refused:
            media_type_of(name, sealed(storage, content))
        assert refused.value.reason == attachments.FALSE_ENDING


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("C:\\Users\\ilse\\report.pdf", "report.pdf"),
        ("../../etc/report.pdf", "report.pdf"),
        ("re\u202eport\x00\x07\x1b.pdf\r\n", "report.pdf"),
        ("n" * 300 + ".pdf", "n" * 116 + ".pdf"),
    ],
)
def test_a_name_is_neither_a_path_nor_holds_signs_that_act(sent: str, name: str) -> None:
    assert attachments.name_of(sent) == name


class Counting(Storage):
    """Counts the parts that were asked for."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.parts = 0

    def part(self, blob_id: str, index: int) -> bytes:
        self.parts += 1
        return super().part(blob_id, index)


def test_of_a_large_file_no_more_is_read_than_tells_its_kind(storage: Storage) -> None:
    counting = Counting(storage.url)
    assert kind_of(sealed(counting, b"\xff\xd8\xff" + bytes(12 * 1024 * 1024))) == "image/jpeg"
    assert counting.parts <= 3


def test_every_kind_is_cleaned_kept_as_text_or_withheld() -> None:
    others = {kind for kind in ALLOWED if kind.startswith(("audio/", "video/"))} | {file_kinds.TEXT}
    assert set(program.CLEANERS) == set(ALLOWED) - others
