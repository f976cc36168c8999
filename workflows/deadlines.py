"""The three clocks of a letter and how a reply stands to them.

All are days in Geneva, counted from the date of the letter. The terms are data (data/terms.toml), since most of
them rest on practice that may change.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from foundation.words import N_
from mandate.vocabulary import LetterKind

TERMS_FILE: Final = Path(__file__).parent / "data" / "terms.toml"
DUE_SOON: Final = timedelta(days=7)
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time with the document it is expected to stand in."""

    length: timedelta
    source: str
    unverified: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one kind of letter."""

    reply: Term
    reminder: Term
    publication: Term


@dataclass(frozen=True, slots=True)
class Clocks:
    """Three days in Geneva: the last for a reply in time, the one for a reminder, the first for publication."""

    reply_due_on: date
    reminder_due_on: date
    publishable_from: date


class Standing(StrEnum):
    """How a reply stands to the day on which it is due."""

    NOT_DUE = "not_due"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    ANSWERED = "answered"


STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.NOT_DUE: N_("Not due yet"),
    Standing.DUE_SOON: N_("Due soon"),
    Standing.OVERDUE: N_("Overdue"),
    Standing.ANSWERED: N_("Answered"),
}


@cache
def shipped_terms() -> Mapping[LetterKind, Terms]:
    """The terms as they stand in the repository."""
    return read_terms(TERMS_FILE.read_text(encoding="utf-8"))


def read_terms(text: str) -> Mapping[LetterKind, Terms]:
    """Read terms from TOML. Raises KeyError if a kind or a term is missing, ValueError if a length makes no sense."""
    rows = tomllib.loads(text)
    return MappingProxyType({kind: _terms(rows[kind.value]) for kind in LetterKind})


def _terms(row: Mapping[str, Any]) -> Terms:
    return Terms(*(_term(row[name]) for name in ("reply", "reminder", "publication")))


def _term(row: Mapping[str, Any]) -> Term:
    length = timedelta(days=row.get("days", 0), hours=row.get("hours", 0))
    if length <= timedelta(0):
        raise ValueError("a term needs days or hours above zero")
    return Term(length=length, source=row["source"], unverified=row["unverified"])


def clocks_for(kind: LetterKind, dated_on: date, terms: Mapping[LetterKind, Terms]) -> Clocks:
    """The clocks of a letter dated `dated_on` in Geneva.

    A reply is in time until the end of the day on which it is due. A letter may be published only when the whole
    term has passed, and that is from the day after its last day on: a letter leaves at some hour of its date, and
    what was promised to the recipient must not be cut short by the hours before it.
    """
    own = terms[kind]
    return Clocks(
        reply_due_on=dated_on + _whole_days(own.reply),
        reminder_due_on=dated_on + _whole_days(own.reminder),
        publishable_from=dated_on + _whole_days(own.publication) + ONE_DAY,
    )


def _whole_days(term: Term) -> timedelta:
    return -(-term.length // ONE_DAY) * ONE_DAY


def standing(due_on: date, replied: bool, today: date) -> Standing:
    """How things stand on `today`, a day in Geneva. It is never stored: time alone would make it wrong."""
    if replied:
        return Standing.ANSWERED
    if today > due_on:
        return Standing.OVERDUE
    return Standing.DUE_SOON if due_on - today <= DUE_SOON else Standing.NOT_DUE
