import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader

from mandate.vocabulary import LetterKind
from tests.unit.workflows.letter_samples import ENGLISH, SAMPLES
from workflows.letters import Document, LetterMeta, SignsNotCovered, compose, parse, sha256, to_pdf

UA, AL = LetterKind.urgent_appeal, LetterKind.letter_of_allegation
ROOT = Path(__file__).resolve().parents[3]
META = LetterMeta("UA XXA 3/2026", "en", "UA XXA 3/2026", date(2026, 11, 1), draft=False)


def letter(kind: LetterKind = UA, language: str = "en", **changes: Any) -> Document:
    return parse(compose(kind, language, {**SAMPLES[language], **changes}))


def extracted(pdf: bytes) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", text)


def tags(pdf: bytes) -> set[str]:
    with pikepdf.open(io.BytesIO(pdf)) as file:
        return set(_tags(file.Root.StructTreeRoot))


def _tags(node: Any) -> Any:
    if isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield str(node.S)
        yield from _tags(node.get("/K"))
    elif isinstance(node, pikepdf.Array):
        for child in node:
            yield from _tags(child)


@pytest.mark.parametrize("kind", [UA, AL])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_pdf_contains_the_facts(kind: LetterKind, language: str) -> None:
    text = extracted(to_pdf(letter(kind, language), replace(META, language=language)))
    assert "Idalia Venn" in text
    assert "Lumara" in text
    assert ("officers reportedly arrested" if language == "en" else "auraient arrêté") in text


def test_the_same_letter_gives_the_same_bytes() -> None:
    first = to_pdf(letter(), META)
    to_pdf(letter(subject="something else"), replace(META, draft=True))
    assert to_pdf(letter(), META) == first
    assert sha256(first) == sha256(to_pdf(letter(), META))
    assert to_pdf(letter(subject="something else"), META) != first


def test_the_pdf_is_tagged_and_says_its_language_and_title() -> None:
    pdf = to_pdf(letter(language="fr"), replace(META, language="fr"))
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert bool(file.Root.MarkInfo.Marked)
        assert str(file.Root.Lang) == "fr"
        assert bool(file.Root.ViewerPreferences.DisplayDocTitle)
        with file.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "2"
            assert metadata["pdfaid:conformance"] == "A"
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "UA XXA 3/2026"
    assert {"/H1", "/H2", "/P", "/L", "/LI"} <= tags(pdf)


def test_the_metadata_names_nobody() -> None:
    with pikepdf.open(io.BytesIO(to_pdf(letter(), META))) as file:
        info = {str(key): str(value) for key, value in file.docinfo.items()}
        with file.open_metadata() as metadata:
            every = " ".join([*info.values(), *(str(value) for value in metadata.values())])
    assert "UA XXA 3/2026" in every, "the search must be able to find what is there"
    assert "/Author" not in info
    for name in ("Amara", "Exemple", "Venn"):
        assert name not in every
    assert info["/CreationDate"].startswith("D:20261101")


def test_a_draft_says_so_on_its_pages_and_in_its_title() -> None:
    draft = to_pdf(letter(language="fr"), replace(META, language="fr", draft=True))
    assert "PROJET" in extracted(draft)
    assert PdfReader(io.BytesIO(draft)).metadata.title == "UA XXA 3/2026 (PROJET)"  # type: ignore[union-attr]
    assert "PROJET" not in extracted(to_pdf(letter(language="fr"), replace(META, language="fr")))


def test_every_page_has_its_number_and_the_reference() -> None:
    pages = PdfReader(io.BytesIO(to_pdf(letter(), META))).pages
    assert len(pages) >= 2
    for number, page in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in page.extract_text()
        assert "UA XXA 3/2026" in page.extract_text()


def test_the_annex_begins_a_page() -> None:
    last = PdfReader(io.BytesIO(to_pdf(letter(), META))).pages[-1].extract_text()
    assert last.lstrip().startswith("Annex: Reference")


@pytest.mark.parametrize(
    "hostile",
    [
        '#import "@preview/evil:0.1.0": *',
        '#read("/etc/passwd")',
        "#eval(1+1) #{ 1 } #panic()",
        "$x^2$ = a",
        "C:\\new #text(red)[x]",
        "@label <label> // comment /* more */",
        "<script>alert(1)</script>",
        "{{ holder_name }}",
    ],
)
def test_hostile_text_reaches_the_page_as_text(hostile: str) -> None:
    text = extracted(to_pdf(letter(facts=f"Before {hostile} after."), META))
    assert f"Before {hostile} after." in text


def test_names_in_arabic_cyrillic_greek_and_african_letters_are_shown() -> None:
    pdf = to_pdf(letter(facts="يوسف النموذجي; Олена Ґалаґан; Ελένη; Ɔkɔn Ɓala; Nguyễn Thị Hạnh; Łukasz Şahin"), META)
    fonts = pdf.count(b"NotoNaskhArabic"), pdf.count(b"LibertinusSerif")
    assert all(fonts), fonts
    assert "Олена Ґалаґан" in extracted(pdf)


def test_a_sign_without_a_font_is_refused_and_never_an_empty_box() -> None:
    with pytest.raises(SignsNotCovered) as caught:
        to_pdf(letter(facts="Mr. 王 was arrested."), META)
    assert caught.value.signs == "王"
    assert to_pdf(letter(), META), "the next letter is not affected"


def test_only_our_fonts_are_used() -> None:
    with pikepdf.open(io.BytesIO(to_pdf(letter(facts="**bold** *slanted* يوسف"), META))) as file:
        names = {str(o.BaseFont) for o in file.objects if isinstance(o, pikepdf.Dictionary) and "/BaseFont" in o}
    assert names
    assert all("LibertinusSerif" in name or "NotoNaskhArabic" in name for name in names), names


def test_odd_documents_can_still_be_printed() -> None:
    for text in ("", "one", "---", "a\\\nb", "# only", "1. a\n   - b\n\n     c", "---\n\n---\n\na\\\nb", "-\n-"):
        assert to_pdf(parse(text), META).startswith(b"%PDF")


def test_the_fields_of_the_sample_are_on_the_page() -> None:
    text = extracted(to_pdf(letter(), META))
    for field in ("mandate_title", "holder_name", "reference", "recipient_name", "subject", "concern"):
        assert ENGLISH[field] in text


FORKED = """
import os
from datetime import date
from workflows.letters import LetterError, LetterMeta, parse, to_pdf
meta = LetterMeta("t", "en", "r", date(2026, 11, 1), False)
to_pdf(parse("x"), meta)
child = os.fork()
if child == 0:
    try:
        to_pdf(parse("x"), meta)
    except LetterError:
        os._exit(42)
    os._exit(1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_of_a_process_that_rendered_says_so_and_does_not_hang() -> None:
    ran = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=30, cwd=ROOT)
    assert ran.stdout.strip() == "42", ran.stderr
