"""Days are Geneva's, whatever the machine's own time zone."""

import os
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from foundation.clock import geneva_day, now


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # In winter Geneva is one hour ahead of UTC, in summer two.
        (datetime(2026, 1, 14, 22, 59, 59, tzinfo=UTC), date(2026, 1, 14)),
        (datetime(2026, 1, 14, 23, 0, tzinfo=UTC), date(2026, 1, 15)),
        (datetime(2026, 7, 14, 21, 59, 59, tzinfo=UTC), date(2026, 7, 14)),
        (datetime(2026, 7, 14, 22, 0, tzinfo=UTC), date(2026, 7, 15)),
        # The clocks go forward on 29 March 2026 and back on 25 October 2026, at 01:00 UTC.
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        # A year ends in Geneva before it ends in UTC.
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
        # The offset that an instant is written with makes no difference.
        (datetime(2026, 1, 15, 7, 59, tzinfo=timezone(timedelta(hours=9))), date(2026, 1, 14)),
    ],
)
@pytest.mark.parametrize("machine", ["UTC", "Pacific/Auckland", "America/New_York"])
def test_the_day_is_that_of_geneva(monkeypatch: pytest.MonkeyPatch, machine: str, instant: datetime, day: date) -> None:
    monkeypatch.setitem(os.environ, "TZ", machine)
    time.tzset()
    try:
        assert geneva_day(instant) == day
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_present_is_aware_and_in_utc() -> None:
    before = datetime.now(UTC)
    assert before <= now() <= datetime.now(UTC)
    assert now().tzinfo is UTC
