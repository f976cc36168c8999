"""Reading the data files: rows as they stand, refused with file and field named where something is wrong."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from foundation.languages import UN_LANGUAGES
from mandate.vocabulary import Texts

DATA = Path(__file__).parent / "data"
SIX = tuple(language.code for language in UN_LANGUAGES)
CLAIMS = frozenset({"reviewed_by", "confirmed_on"})


class FactsWrong(ValueError):
    """A data file cannot be used; the message names the file, the row and the field."""


Table = Mapping[str, Any]


def read(name: str, folder: Path = DATA) -> Table:
    """The content of a data file. Raises FactsWrong when a row claims that somebody reviewed it."""
    content = tomllib.loads((folder / name).read_text(encoding="utf-8"))
    claimed = CLAIMS.intersection(keys_in(content))
    if claimed:
        raise FactsWrong(f"{name}: only a signed-in person can say that a row was reviewed: {sorted(claimed)}")
    return content


def keys_in(content: object) -> Iterator[str]:
    """Every key at any depth of a file's content."""
    if isinstance(content, dict):
        yield from content
        for value in content.values():
            yield from keys_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from keys_in(value)


def texts(table: Table, what: str, languages: tuple[str, ...] = SIX) -> Texts:
    """The text in each of `languages`. Raises FactsWrong where one is missing or blank."""
    missing = [language for language in languages if not str(table.get(language, "")).strip()]
    if missing:
        raise FactsWrong(f"{what}: no text in {', '.join(missing)}")
    return {language: str(table[language]) for language in languages}


def prefixed(row: Table, prefix: str, what: str, languages: tuple[str, ...] = SIX) -> Texts:
    """The same for fields that carry the language at their end, as `short_fr`."""
    return texts({language: row.get(f"{prefix}_{language}", "") for language in languages}, what, languages)


def word(row: Table, field: str, what: str) -> str:
    """A required, non-blank string."""
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise FactsWrong(f"{what}: {field} is missing")
    return value


def day(row: Table, field: str, what: str) -> date | None:
    """A calendar day, or None where the file gives none."""
    value = row.get(field)
    if value is not None and type(value) is not date:
        raise FactsWrong(f"{what}: {field} is not a day")
    return value


def listed(row: Table, field: str) -> tuple[str, ...]:
    """A list of strings, empty where the file gives none."""
    return tuple(str(value) for value in row.get(field, ()))
