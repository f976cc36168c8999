"""Cleaners of files: what was planted in the file is found there, and not in the copy; what the file shows stays."""

from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest
from PIL import Image

from foundation.confinement import Refused
from submissions.cleaning import program
from tests import sample_files
from tests.sample_files import ATTACHED, DELETED, DOCX, LINK, MAKER, ODT, SCRIPT, WRITER

PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic"}
PDF = "application/pdf"


@pytest.mark.parametrize(("form", "kind"), PICTURES.items())
def test_a_picture_loses_its_place_its_camera_and_its_maker_and_stands_upright(form: str, kind: str) -> None:
    original = sample_files.picture(form)
    assert MAKER.encode() in original
    assert sample_files.place_in(original)
    made_kind, copy = program.make(kind, original)
    assert made_kind == ("image/jpeg" if form == "HEIF" else kind)
    assert MAKER.encode() not in copy
    assert WRITER.encode() not in copy
    assert sample_files.place_in(copy) == {}
    with Image.open(BytesIO(copy)) as opened:
        # A HEIC picture that was made here is upright already; what it says of itself is taken back on opening.
        assert opened.size == (30, 40) or form == "HEIF"
        assert not opened.getexif()
        assert not {"comment", "icc_profile", "exif", "xmp"} & set(opened.info)


def test_what_stands_behind_a_picture_and_beside_its_pixels_goes() -> None:
    plain = BytesIO()
    Image.new("RGB", (8, 8)).save(plain, "JPEG", comment=WRITER.encode(), icc_profile=b"x" * 200)
    original = plain.getvalue() + b"MotionPhoto" + ATTACHED.encode()
    _, copy = program.make("image/jpeg", original)
    for planted in (WRITER, "MotionPhoto", ATTACHED, "x" * 50):
        assert planted.encode() in original
        assert planted.encode() not in copy


def test_a_picture_with_parts_that_can_be_seen_through_stays_so() -> None:
    clear = BytesIO()
    Image.new("RGBA", (8, 8), (200, 0, 0, 90)).save(clear, "PNG")
    with Image.open(BytesIO(program.make("image/png", clear.getvalue())[1])) as opened:
        assert opened.getpixel((0, 0)) == (200, 0, 0, 90)


def test_a_tiff_inside_a_document_loses_what_it_tells_too() -> None:
    original = sample_files.picture("TIFF")
    assert WRITER.encode() in original
    copy = program.make(DOCX, sample_files.docx(**{"word/media/image2.tiff": original}))[1]
    with ZipFile(BytesIO(copy)) as package:
        assert WRITER.encode() not in package.read("word/media/image2.tiff")


def test_a_pdf_keeps_what_its_pages_show_and_loses_what_acts_or_tells() -> None:
    original = sample_files.pdf()
    copy = program.make(PDF, original)[1]
    before, after = sample_files.everything_in_pdf(original), sample_files.everything_in_pdf(copy)
    for planted in (SCRIPT, "JavaScript", "OpenAction", WRITER, ATTACHED, "planted", MAKER, "20261103", "Launch"):
        assert planted.encode() in before.replace(b"\\(", b"(").replace(b"\\)", b")"), planted
        assert planted.encode() not in after.replace(b"\\(", b"(").replace(b"\\)", b")"), planted
    for shown in ("what the page shows", "a remark", LINK):
        assert shown.encode() in after


def test_earlier_versions_of_a_pdf_are_not_in_its_copy() -> None:
    first = sample_files.pdf()
    later = first + b"\n999 0 obj\n(an earlier version)\nendobj\n"
    assert b"an earlier version" not in sample_files.everything_in_pdf(program.make(PDF, later)[1])


OFFICE: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
    DOCX: (sample_files.docx, ("kept words", "inserted words", "a remark", "words of a link", LINK)),
    ODT: (sample_files.odt, ("kept words", "inserted words", "a remark", "words of a link", "words behind", LINK)),
}


@pytest.mark.parametrize("kind", OFFICE)
def test_a_document_keeps_its_words_and_loses_who_when_where_and_what_was_deleted(kind: str) -> None:
    make, kept = OFFICE[kind]
    before, copy = sample_files.everything_in_zip(make()), program.make(kind, make())[1]
    after = sample_files.everything_in_zip(copy)
    for planted in (WRITER, DELETED, ATTACHED, "00C0FFEE", "planted.example", MAKER, "2026-11-03"):
        assert planted.encode() in before, planted
        assert planted.encode() not in after, planted
    for words in kept:
        assert words.encode() in after, words
    with ZipFile(BytesIO(copy)) as package:
        assert {one.date_time for one in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert package.namelist()[0] in ("mimetype", "[Content_Types].xml")


def test_no_part_of_a_document_leads_to_one_that_went() -> None:
    after = sample_files.everything_in_zip(program.make(DOCX, sample_files.docx())[1]).decode("latin-1")
    assert "docProps" not in after
    assert "w:del" not in after
    assert "attachedTemplate" not in after
    assert 'r:link="r2"' not in after
    assert 'r:embed="r1"' in after


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        ("image/png", sample_files.huge_picture(), "too_many_pixels"),
        ("image/jpeg", b"\xff\xd8\xff\xe0" + b"x" * 99, "damaged"),
        (PDF, b"%PDF-1.7\nnothing\n%%EOF", "damaged"),
        (PDF, sample_files.pdf("a word"), "locked"),
        (DOCX, b"PK\x03\x04" + b"x" * 99, "damaged"),
        (DOCX, sample_files.docx(**{"word/x.xml": "<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>"}), "damaged"),
        (DOCX, sample_files.docx(**{"word/x.xml": "<x>"}), "damaged"),
        (DOCX, sample_files.docx(**{"word/media/image1.jpeg": "no picture"}), "damaged"),
        (DOCX, sample_files.docx(**{f"word/{number}.xml": "<x/>" for number in range(5_000)}), "too_much_inside"),
        (ODT, sample_files.odt(**{"META-INF/manifest.xml": "<m><encryption-data/></m>"}), "locked"),
        ("application/zip", b"PK", "no_cleaner"),
    ],
)
def test_what_cannot_be_cleaned_is_refused_and_never_passed_on(kind: str, content: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        program.make(kind, content)
    assert refused.value.reason == reason
