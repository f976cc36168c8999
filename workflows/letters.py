"""Letters: from an officer's fields to a text, and from the text to a preview and a PDF.

One whole document per kind and language lies in templates/letters. A field that is missing or blank is an error and
never a gap in a letter. Nothing here knows a database, a page, or who the source is.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from mandate.vocabulary import LetterKind
from workflows.letter_cautions import WordingWarning, first_person_warnings, identity_traces
from workflows.letter_pdf import LETTERS, LetterError, LetterMeta, SignsNotCovered, sha256, to_pdf
from workflows.letter_text import Document, as_text, clean, parse, plain, to_html

__all__ = [
    "AnnexRefused",
    "Document",
    "LetterError",
    "LetterMeta",
    "MissingField",
    "NoSuchLetter",
    "SignsNotCovered",
    "WordingWarning",
    "compose",
    "first_person_warnings",
    "frame",
    "identity_traces",
    "manifest",
    "parse",
    "plain",
    "sha256",
    "suggested_questions",
    "template_version",
    "to_html",
    "to_pdf",
]

DRAFT_DECLARATION = re.compile(
    r"\b(draft|projet|proyecto)\b.*\bd[ée]clara(tion|ción|cion)\b.*\bsolidari|\bA/HRC/(35/35|53/32)\b", re.IGNORECASE
)
AND = {"en": "and", "fr": "et"}
DAY = {"en": ("day", "days"), "fr": ("jour", "jours")}
GENDERS = frozenset({"f", "m"})
VOWELS = "aeiouyàâäéèêëîïôöùûüœæh"


class MissingField(LetterError):
    """A field that the letter needs is missing or blank. `field` is its name."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the letter needs {field}")
        self.field = field


class NoSuchLetter(LetterError):
    """There is no letter of this kind in this language."""


class AnnexRefused(LetterError):
    """The annex cites no existing right: nothing at all, or the draft declaration alone."""


class Formed(str):
    """Markdown that is already in order and goes into a letter as it is."""

    __slots__ = ()


def compose(kind: LetterKind, language: str, context: Mapping[str, Any]) -> str:
    """Return a whole letter as Markdown, ready for an officer to edit.

    The fields are named in the manifest of the kind. Single-line fields are shown as typed; `facts` and `concern`
    are the officer's own Markdown. Raises NoSuchLetter, MissingField, AnnexRefused.
    """
    known = manifest(kind)
    if language not in known["languages"]:
        raise NoSuchLetter(f"{kind} in {language}")
    _refuse_gaps(known["required"], context)
    _refuse_unknown_gender(context["holder_gender"])
    _refuse_weak_annex(context["legal_basis"])
    given = {**context, **{name: Formed(clean(context[name]).strip()) for name in known["markdown"]}}
    try:
        text = _environment(language).get_template(_path(kind, language)).render(given)
    except TemplateError as error:
        raise LetterError(str(error)) from error
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def manifest(kind: LetterKind) -> Mapping[str, Any]:
    """Return the manifest of a kind: version, languages, required fields, and how far to trust each phrase."""
    path = LETTERS / _folder(kind) / "manifest.toml"
    if not path.is_file():
        raise NoSuchLetter(str(kind))
    return tomllib.loads(path.read_text(encoding="utf-8"))


def suggested_questions(kind: LetterKind, language: str) -> list[str]:
    """Return questions an officer may start from; the first question of every letter is in its text already."""
    questions: Mapping[str, list[str]] = manifest(kind)["suggested_questions"]
    if language not in questions:
        raise NoSuchLetter(f"{kind} in {language}")
    return list(questions[language])


@cache
def frame(kind: LetterKind, language: str) -> str:
    """Return the text of a letter before anything is filled in. Raises NoSuchLetter."""
    path = LETTERS / _path(kind, language)
    if not path.is_file():
        raise NoSuchLetter(f"{kind} in {language}")
    return path.read_text(encoding="utf-8")


@cache
def template_version(kind: LetterKind, language: str) -> str:
    """Return a hash of all that shapes a letter besides its fields: text, manifest, page, letterhead, fonts, Typst."""
    own = [LETTERS / _path(kind, language), LETTERS / _folder(kind) / "manifest.toml"]
    page = [LETTERS / "letter.typ", LETTERS / "letterhead.toml", *sorted((LETTERS / "fonts").glob("*.ttf"))]
    if not own[0].is_file():
        raise NoSuchLetter(f"{kind} in {language}")
    sums = [f"{path.relative_to(LETTERS)} {_sum(path)}" for path in own + page]
    return hashlib.sha256("\n".join([*sums, f"typst {version('typst')}"]).encode()).hexdigest()


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _folder(kind: LetterKind) -> str:
    # A kind that was read from the database is its plain text.
    return LetterKind(kind).name.lower()


def _path(kind: LetterKind, language: str) -> str:
    return f"{_folder(kind)}/{language}.md"


def _refuse_gaps(required: Sequence[str], context: Mapping[str, Any]) -> None:
    for name in required:
        value = context.get(name)
        parts = value if isinstance(value, list | tuple) else [value]
        if not parts or any(_is_blank(part) for part in parts):
            raise MissingField(name)


def _refuse_unknown_gender(gender: str) -> None:
    """Raise where a third spelling would quietly be written in the masculine."""
    if gender not in GENDERS:
        raise LetterError(f"holder_gender is one of {sorted(GENDERS)}, not {gender!r}")


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return all(sign.isspace() or unicodedata.category(sign) == "Cf" for sign in clean(value))
    return value is None


def _refuse_weak_annex(legal_basis: Sequence[Mapping[str, Any]]) -> None:
    for entry in legal_basis:
        if _is_blank(entry.get("instrument")):
            raise MissingField("instrument")
    if all(DRAFT_DECLARATION.search(entry["instrument"]) for entry in legal_basis):
        raise AnnexRefused("every letter rests on at least one existing right")


@cache
def _environment(language: str) -> Environment:
    # Nothing is escaped as HTML here, because the letter is Markdown; `_shown` does the escaping that Markdown needs.
    made = Environment(  # noqa: S701
        loader=FileSystemLoader(LETTERS),
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "long_date": lambda value: long_date(value, language),
        "listed": lambda values: listed(values, language),
        "days": lambda number: f"{int(number)}\N{NO-BREAK SPACE}{DAY[language][int(number) != 1]}",
        "lines": lambda values: Formed("\\\n".join(as_text(value) for value in values)),
        "cited": lambda articles: cited(articles, language),
        "of_with_article": french_of,
        "of_without_article": french_de,
    }
    return made


def _shown(value: object) -> object:
    """Show a field as it was typed. A field that is nothing is an error, as a missing one is."""
    if value is None or isinstance(value, bool):
        raise TemplateError("a field of the letter is nothing")
    return value if isinstance(value, Formed | StrictUndefined) else as_text(str(value))


def cited(articles: str | Sequence[str], language: str) -> str:
    """Return `article 9` or `articles 9, 14 and 19`; English and French write the word alike. A range is plural."""
    parts = articles.split(",") if isinstance(articles, str) else articles
    numbers = [str(part).strip() for part in parts if str(part).strip()]
    plural = len(numbers) > 1 or re.search(r"\d[-–]\d", numbers[0])
    return f"{'articles' if plural else 'article'} {listed(numbers, language)}"


def long_date(value: date, language: str) -> str:
    """Return a date as letters write it: day, month in words, year."""
    written = format_date(value, "d MMMM y", locale=language)
    return re.sub(r"^1 ", "1er ", written) if language == "fr" else written


def listed(values: Sequence[str], language: str) -> str:
    """Return `a`, `a and b` or `a, b and c`, in the letter's language; the last is kept off a line of its own."""
    *rest, last = values
    return f"{', '.join(rest)} {AND[language]}\N{NO-BREAK SPACE}{last}" if rest else str(last)


def french_of(title: str, gender: str) -> str:
    """Return a French title behind `de` and its article: `de l’Experte`, `du Rapporteur`, `de la Rapporteuse`."""
    if title[:1].lower() in VOWELS:
        return f"de l’{title}"
    return f"de la {title}" if gender == "f" else f"du {title}"


def french_de(title: str) -> str:
    """Return a French title behind a bare `de`: `d’Experte`, `de Rapporteuse`."""
    return f"d’{title}" if title[:1].lower() in VOWELS else f"de {title}"
