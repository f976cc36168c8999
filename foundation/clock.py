"""Time, as something that is handed over: deeds take `now` and never look at a wall clock themselves."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

GENEVA = ZoneInfo("Europe/Zurich")

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def geneva_day(instant: datetime) -> date:
    """The calendar day in Geneva, in which the terms of letters are counted."""
    return instant.astimezone(GENEVA).date()
