"""What stands in for the world in tests: a clock that is set by hand, and mail that is only kept."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from foundation.mail import Letterbox

MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until a test moves it. Call it as the product does, or set `now`."""

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **distance: float) -> datetime:
        """Move forward, in the words of timedelta: `clock.advance(minutes=20)`."""
        self.now += timedelta(**distance)
        return self.now


class FakeMailer:
    """Keeps each mail in `sent`. While `fault` is set, it raises that instead and keeps nothing."""

    def __init__(self) -> None:
        self.sent: list[Letterbox] = []
        self.asked = 0
        self.fault: Exception | None = None

    def send(self, mail: Letterbox) -> None:
        """Keep one mail, or raise the fault that a test has set."""
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        self.sent.append(mail)


class Nudges:
    """Remembers the names and ids of jobs that a database told it about, in place of the queue."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, str]] = []
        self.fault: Exception | None = None

    def __call__(self, jobs: Sequence[tuple[str, str]]) -> None:
        self.jobs.extend(jobs)
        if self.fault is not None:
            raise self.fault
