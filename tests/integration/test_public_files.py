"""Files at the public face: what is refused is said with the file's name, and leaves nothing behind."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from flask import Flask
from sqlalchemy import func, select

from foundation.sealing import PART
from foundation.storage import BlobWriter, Storage, StorageFull
from foundation.uploads import SealedFile
from submissions.attachments import BYTES_MOST, FILES_MOST, NAME_MOST
from submissions.models import Attachment
from submissions.wording import REFUSALS
from tests.fakes import FakeClock
from tests.public_answers import answers_to_all
from tests.public_visits import (
    Browser,
    begin,
    draft_of,
    means_of,
    public_face,
    said,
    send,
    walk,
)
from tests.reading_pages import Page

DOCX = "word/document.xml"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"
NOTE = b"A note about what happened."
PROGRAM = b"MZ\x90\x00" + b"\x00" * 60
ADDRESS = "/{}/steps/files"


@pytest.fixture
def face(instance: Path, database_url: str, clock: FakeClock) -> Iterator[Flask]:
    with public_face(instance, database_url, clock) as made:
        yield made


@pytest.fixture
def browser(face: Flask) -> Browser:
    made = Browser(face)
    begin(made)
    return made


def zipped(*names: str, size: int = 5) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_STORED) as archive:
        for name in names:
            archive.writestr(name, b"w" * size)
    return made.getvalue()


def add(browser: Browser, *files: tuple[str, bytes], language: str = "en", go: str = "add") -> Page:
    form = browser.get(ADDRESS.format(language)).form("/steps/files")
    return browser.press(form, go=go, files=files)


def kept(browser: Browser) -> list[str]:
    return [file.name for file in draft_of(browser).files]


def stored(browser: Browser, instance: Path) -> tuple[int, int]:
    """How many files there are in the database, and how many where they are stored."""
    with means_of(browser.app).database.reading() as session:
        rows = session.scalar(select(func.count()).select_from(Attachment)) or 0
    return rows, len(list((instance / "blobs").glob("*/*")))


REFUSED = {
    "empty": ("empty.pdf", b"", "empty"),
    "too large": ("large.txt", b"a" * (BYTES_MOST + 1), "too_large"),
    "of no kind that is taken": ("program.exe", PROGRAM, "kind"),
    "without an ending": ("program", PROGRAM, "kind"),
    "a program with a false ending": ("letter.pdf", PROGRAM, "false_ending"),
    "a document with a false ending": ("picture.jpg", PDF, "false_ending"),
    "two endings": ("letter.pdf.exe", PDF, "kind"),
    "a zip that claims to be a document": ("letter.docx", zipped("anything.txt"), "false_ending"),
    "a broken zip that claims to be a document": ("letter.odt", b"PK\x03\x04" + b"\0" * 40, "false_ending"),
    "an archive": ("papers.zip", zipped("anything.txt"), "archive"),
    "an archive that claims to be a picture": ("picture.jpg", b"Rar!\x1a\x07\x01\x00" + b"\0" * 40, "archive"),
    "a document with an archive behind it": ("letter.pdf", PDF + zipped("anything.txt"), "false_ending"),
    "text with signs that cannot be seen": ("note.txt", b"a\0b\x1b[2J", "false_ending"),
    "a page with a script": ("page.html", b"<script>alert(1)</script>", "kind"),
}


@pytest.mark.parametrize(("name", "content", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_taken_is_named_with_the_reason(
    browser: Browser, instance: Path, name: str, content: bytes, reason: str
) -> None:
    for language in ("en", "fr", "ar"):
        page = add(browser, ("first.pdf", PDF), (name, content), ("last.txt", NOTE), language=language)
        assert (page.status, page.read.language) == (422, language)
        assert page.summary == [said(browser.app, language, REFUSALS[reason], name=name)]
        # The others that were chosen with it are taken.
        assert kept(browser) == ["first.pdf", "last.txt"]
        assert stored(browser, instance) == (2, 2)
        for _ in kept(browser):
            browser.send(browser.get(ADDRESS.format(language)).form("/remove"))
        assert (kept(browser), stored(browser, instance)) == ([], (0, 0))


def test_a_file_of_fifty_megabytes_is_taken(browser: Browser, instance: Path) -> None:
    page = add(browser, ("large.txt", b"a" * BYTES_MOST))
    assert (page.status, kept(browser)) == (200, ["large.txt"])
    assert "50.0 MB" in page.words
    assert stored(browser, instance) == (1, 1)


def test_one_file_too_many_is_refused_and_the_others_stay(browser: Browser, instance: Path) -> None:
    page = add(browser, *((f"{number}.txt", NOTE) for number in range(FILES_MOST + 2)))
    assert page.status == 422
    late = (FILES_MOST, FILES_MOST + 1)
    assert page.summary == [said(browser.app, "en", REFUSALS["too_many"], name=f"{number}.txt") for number in late]
    assert kept(browser) == [f"{number}.txt" for number in range(FILES_MOST)]
    again = browser.post(
        ADDRESS.format("en"),
        data={**page.form("/steps/files").filled({}), "files": (BytesIO(NOTE), "forged.txt"), "go": "add"},
    )
    assert (again.status, stored(browser, instance)) == (422, (FILES_MOST, FILES_MOST))


def test_adding_without_choosing_says_so_and_going_on_without_choosing_goes_on(browser: Browser) -> None:
    for language in ("en", "fr", "ar"):
        page = add(browser, language=language)
        assert (page.status, page.summary) == (422, [said(browser.app, language, "Choose a file first")])
        assert add(browser, language=language, go="on").path == f"/{language}/steps/check"


# A backslash in a header stands for the sign after it, so that it takes two to make one.
NAMES = {
    r"C:\\Users\\ilse\\report.pdf": "report.pdf",
    "/home/ilse/report.pdf": "report.pdf",
    "../../../etc/passwd.pdf": "passwd.pdf",
    "n" * 296 + ".pdf": "n" * (NAME_MOST - 4) + ".pdf",
    "photo\u202efdp.exe.pdf": "photofdp.exe.pdf",
    "تقرير.pdf": "تقرير.pdf",
    "<script>alert(1)</script>.pdf": "script>.pdf",
    "<b>bold&amp;.pdf": "<b>bold&amp;.pdf",
    "%(name)s {0} %s.pdf": "%(name)s {0} %s.pdf",
    "report.PDF": "report.PDF",
    ".pdf": ".pdf",
}


def test_the_name_of_a_file_is_only_a_name(browser: Browser, instance: Path) -> None:
    for name, shown in NAMES.items():
        page = add(browser, (name, PDF))
        assert (page.status, kept(browser)) == (200, [shown])
        assert shown in page.words
        refused = add(browser, (name, PROGRAM))
        assert refused.summary == [said(browser.app, "en", REFUSALS["false_ending"], name=shown)]
        assert all(path.name.isalnum() for path in (instance / "blobs").glob("**/*"))
        browser.send(page.form("/remove"))


def test_a_name_with_a_line_break_or_a_null_byte_does_no_harm(browser: Browser) -> None:
    token = browser.token()
    head = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
    for name in ("a\n.pdf", "a\0.pdf", "a%0d%0a.pdf", 'a".pdf', "a;b=c.pdf", "\udcff.pdf"):
        file = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        body = (head + file).encode("utf-8", "surrogateescape") + PDF + b"\r\n--x--\r\n"
        page = browser.post(ADDRESS.format("en"), data=body, content_type="multipart/form-data; boundary=x")
        assert page.status in {303, 400, 422}
    assert all(shown.isprintable() for shown in kept(browser))
    assert kept(browser)


def test_files_of_others_and_files_that_are_not_there_are_not_removed(face: Flask, browser: Browser) -> None:
    other = Browser(face)
    begin(other)
    add(other, ("theirs.pdf", PDF))
    add(browser, ("mine.pdf", PDF))
    theirs = draft_of(other).files[0].id
    form = browser.get(ADDRESS.format("en")).form("/remove")
    for file_id in (theirs, "", "\0", "x" * 10_000, "../" + theirs, theirs.upper()):
        assert browser.send(form, {"file": file_id}).status == 303
    assert (kept(other), kept(browser)) == (["theirs.pdf"], ["mine.pdf"])
    assert browser.send(form).status == browser.send(form).status == 303
    assert (kept(other), kept(browser)) == (["theirs.pdf"], [])


def test_after_sending_no_file_is_added_or_removed(face: Flask, instance: Path) -> None:
    browser = Browser(face)
    walk(browser, answers_to_all())
    page = add(browser, ("report.pdf", PDF))
    remove, more = page.form("/remove"), page.form("/steps/files")
    send(browser)
    assert browser.press(remove).path == "/en/status"
    assert browser.press(more, go="add", files=[("late.pdf", PDF)]).path == "/en/status"
    assert stored(browser, instance) == (1, 1)


def test_a_text_with_the_spaces_and_marks_of_its_language_is_taken(browser: Browser) -> None:
    texts = ("Il a dit\u202f:\u00a0oui", "他说：\u3000不", "می\u200cخواهم", "\u200fقائمة (1)", "One page\fanother")
    for number, text in enumerate(texts):
        assert add(browser, (f"{number}.txt", text.encode())).status == 200


def test_a_letter_that_is_cut_by_the_end_of_a_part_is_still_a_letter(browser: Browser) -> None:
    for before in (PART - 1, PART - 2, 2 * PART - 1):
        page = add(browser, ("note.txt", b"a" * before + "لا".encode()))
        assert (page.status, kept(browser)) == (200, ["note.txt"])
        browser.send(page.form("/remove"))
    assert add(browser, ("note.txt", b"a" * (PART - 1) + "لا".encode()[:1] + b"\x02")).status == 422
    assert add(browser, ("note.txt", b"a" * PART + b"\0")).status == 422


def test_a_document_is_known_by_the_list_at_its_end_however_long_it_is(browser: Browser) -> None:
    large = zipped("[Content_Types].xml", "_rels/.rels", DOCX, size=PART)
    assert add(browser, ("report.docx", large)).status == 200
    assert add(browser, ("report.docx", zipped("[Content_Types].xml", "_rels/.rels", size=PART))).status == 422


def test_a_document_with_a_list_that_would_fill_the_memory_is_refused(browser: Browser, instance: Path) -> None:
    names = [f"{number}{'x' * 1000}" for number in range(1200)]
    page = add(browser, ("report.docx", zipped("[Content_Types].xml", DOCX, *names)))
    assert page.summary == [said(browser.app, "en", REFUSALS["false_ending"], name="report.docx")]
    assert stored(browser, instance) == (0, 0)


def test_a_file_is_stored_in_parts_that_open_for_its_own_key(browser: Browser) -> None:
    content = b"A line of what happened.\n" * 100_000
    add(browser, ("note.txt", content))
    (file,) = draft_of(browser).files
    storage = means_of(browser.app).storage
    assert len(storage.get(file.id)) == 3
    assert SealedFile(storage, file.id, file.identity, file.size).read() == content


class FullStorage(Storage):
    """A store in which there is room for one part more."""

    def writer(self, blob_id: str) -> BlobWriter:
        class FullWriter(BlobWriter):
            def append(self, part: bytes) -> None:
                if self._count:
                    raise StorageFull
                super().append(part)

        return FullWriter(*self._open(), blob_id)


def test_when_the_disk_is_full_the_page_says_so_and_what_was_kept(browser: Browser, instance: Path) -> None:
    add(browser, ("first.txt", NOTE))
    own = means_of(browser.app)
    browser.app.extensions["means"] = replace(own, storage=FullStorage(f"file://{instance / 'blobs'}"))
    for language in ("en", "fr", "ar"):
        data = {"csrf_token": browser.token(), "files": (BytesIO(b"a" * 3 * PART), "large.txt"), "go": "add"}
        answer = browser.client.post(ADDRESS.format(language), data=data, content_type="multipart/form-data")
        answer.request.environ["wsgi.input"].close()
        page = Page(answer)
        assert (page.status, page.read.language) == (507, language)
        kept_text = "Everything that you had saved before is kept. What you sent just now was not saved."
        assert said(browser.app, language, kept_text) in page.words
        assert (kept(browser), stored(browser, instance)) == (["first.txt"], (1, 1))
