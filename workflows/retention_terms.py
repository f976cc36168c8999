"""How long what is kept: terms as data (data/retention.toml), counted in Geneva days. Pure.

A term says from which day on something *may* be disposed of. That it is, two persons decide.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from foundation.clock import GENEVA, geneva_day
from workflows.lifecycle import CaseStatus

TERMS_FILE: Final = Path(__file__).parent / "data" / "retention.toml"
ONE_DAY: Final = timedelta(days=1)

# In which statuses nobody works on a case. In all others its record is needed, however old it is.
AT_REST: Final = (CaseStatus.DECLINED, CaseStatus.REFERRED, CaseStatus.WITHDRAWN, CaseStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long one kind of record is kept, and where that is expected to stand. Without a length it is kept always."""

    length: timedelta | None
    source: str
    unverified: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """The terms of all kinds of records."""

    cases: Mapping[CaseStatus, Keeping]
    sign_ins: Keeping
    letters: Keeping


@cache
def shipped_schedule() -> Schedule:
    """The terms as they stand in the repository."""
    return read_schedule(TERMS_FILE.read_text(encoding="utf-8"))


def read_schedule(text: str) -> Schedule:
    """Read terms from TOML. Raises KeyError if a kind is missing, ValueError if a length makes no sense."""
    rows = tomllib.loads(text)
    cases = MappingProxyType({status: _keeping(rows[status.value]) for status in AT_REST})
    return Schedule(cases, _keeping(rows["sign_ins"]), _keeping(rows["letters"]))


def due_on(status: CaseStatus, moved_on: date, schedule: Schedule) -> date | None:
    """The first day on which a case may be disposed of because its term is over; None while it has no term.

    `moved_on` is the day of its last move. The whole term must have passed: a case moves at some hour of a day, and
    the hours before it do not count.
    """
    keeping = schedule.cases.get(status)
    return None if keeping is None or keeping.length is None else moved_on + keeping.length + ONE_DAY


def is_due(status: CaseStatus, moved_at: datetime, schedule: Schedule, today: date) -> bool:
    """Whether the term of a case is over."""
    due = due_on(status, geneva_day(moved_at), schedule)
    return due is not None and due <= today


def moved_before(status: CaseStatus, schedule: Schedule, today: date) -> datetime | None:
    """The instant before which a case must have moved last for its term to be over today: `is_due` for a query."""
    keeping = schedule.cases.get(status)
    if keeping is None or keeping.length is None:
        return None
    return datetime.combine(today - keeping.length, time.min, GENEVA)


def _keeping(row: Mapping[str, Any]) -> Keeping:
    if row.get("permanent", False):
        return Keeping(None, row["source"], row["unverified"])
    if row["days"] <= 0:
        raise ValueError("a term needs days above zero")
    return Keeping(timedelta(days=row["days"]), row["source"], row["unverified"])
