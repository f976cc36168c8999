"""Days as people know them: sometimes only the month, or the year. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

EARLIEST, LATEST = 1900, 2200
LONGEST = 4
YEAR_DIGITS = 4
# Somewhere on Earth the next day has begun already.
AHEAD = timedelta(days=1)


class Wrong(StrEnum):
    """Why three boxes do not hold a day."""

    NOT_NUMBERS = "not_numbers"
    NO_YEAR = "no_year"
    NO_MONTH = "no_month"
    NO_DAY = "no_day"
    NO_SUCH_DAY = "no_such_day"
    OTHER_CALENDAR = "other_calendar"
    FUTURE = "future"


class DayWrong(ValueError):
    """What was typed is not a day that can be meant."""

    def __init__(self, why: Wrong) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class PartialDay:
    """A day; a month when `day` is not known; a year when `month` is not known either."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def from_iso(cls, text: str) -> "PartialDay":
        """Read "YYYY-MM-DD", "YYYY-MM" or "YYYY". Raises ValueError for anything else."""
        parts = [int(part) for part in text.split("-")]
        if len(parts) > len(("year", "month", "day")):
            raise ValueError(text)
        return cls(*parts)

    @property
    def iso(self) -> str:
        """ "YYYY-MM-DD", or as much of it as is known."""
        known = [part for part in (self.month, self.day) if part is not None]
        return "-".join([f"{self.year:04}", *(f"{part:02}" for part in known)])

    @property
    def first(self) -> date:
        """The day itself, or the first of the month or year."""
        return date(self.year, self.month or 1, self.day or 1)

    def strftime(self, pattern: str) -> str:
        """One part of the day, for the box in which it is typed; nothing for what is not known."""
        unknown = {"%d": self.day is None, "%m": self.month is None}
        return "" if unknown.get(pattern) else self.first.strftime(pattern)


def read_day(boxes: Sequence[str]) -> PartialDay | None:
    """The day in three boxes, in either order of languages; None if all are empty. Raises DayWrong."""
    typed = [box.strip() for box in boxes[:3]]
    if not any(typed):
        return None
    year, month, day = _in_order([*typed, "", ""][:3])
    _require_what_a_day_needs(year, month, day)
    return _real_day(_number(year), _number(month) if month else None, _number(day) if day else None)


def require_full(day: PartialDay) -> None:
    """Raises DayWrong unless month and day are known too."""
    if day.month is None:
        raise DayWrong(Wrong.NO_MONTH)
    if day.day is None:
        raise DayWrong(Wrong.NO_DAY)


def require_past(day: PartialDay, today: date) -> None:
    """Raises DayWrong for a day that has not begun anywhere."""
    if day.first > today + AHEAD:
        raise DayWrong(Wrong.FUTURE)


def _in_order(typed: list[str]) -> tuple[str, str, str]:
    # Chinese pages ask for the year first; four digits in the first box cannot be a day.
    first, second, third = typed
    return (first, second, third) if len(first) == YEAR_DIGITS else (third, second, first)


def _require_what_a_day_needs(year: str, month: str, day: str) -> None:
    if not year:
        raise DayWrong(Wrong.NO_YEAR)
    if day and not month:
        raise DayWrong(Wrong.NO_MONTH)


def _number(text: str) -> int:
    # Digits of every script count: int() reads them, as long as they are decimal ones.
    if not text.isdecimal() or len(text) > LONGEST:
        raise DayWrong(Wrong.NOT_NUMBERS)
    return int(text)


def _real_day(year: int, month: int | None, day: int | None) -> PartialDay:
    if not EARLIEST <= year <= LATEST:
        raise DayWrong(Wrong.OTHER_CALENDAR)
    found = PartialDay(year, month, day)
    try:
        found.first.isoformat()
    except ValueError:
        raise DayWrong(Wrong.NO_SUCH_DAY) from None
    if 0 in {month, day}:
        raise DayWrong(Wrong.NO_SUCH_DAY)
    return found
