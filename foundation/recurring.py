"""What must happen once in each period, whoever looks first: a job with the period in its key, and tidying behind it.

Nothing ticks here. The sweep asks often and cheaply; the database decides whether the job of a period exists already,
so that any number of beats and workers make one. A period in which nobody looked is left out.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from foundation import jobs
from foundation.db import Database
from foundation.jobs import Claim, Doing, Job
from foundation.means import Means

TIDY = "foundation.tidy"
KEPT = timedelta(days=7)
DAY = timedelta(days=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Calendar:
    """Remembers, for one process, the periods of which the job is known to exist."""

    def __init__(self, every: Mapping[str, timedelta]) -> None:
        self._every = every
        self._known: dict[str, datetime] = {}

    def keep(self, database: Database, now: datetime) -> None:
        """Write the jobs of the periods that began since the last look; as a rule there is none, and no look."""
        begun = {name: start_of(every, now) for name, every in self._every.items()}
        new = {name: start for name, start in begun.items() if self._known.get(name) != start}
        if not new:
            return
        with database.transaction() as session:
            for name, start in new.items():
                jobs.enqueue(session, name, now, key_of(name, start))
        self._known.update(new)


def start_of(every: timedelta, now: datetime) -> datetime:
    """When the period began in which `now` lies; days begin at midnight UTC."""
    return now - (now - BEGINNING) % every


def key_of(name: str, start: datetime) -> str:
    """What makes the job of a period one, however many ask for it."""
    return f"{name}:{start:%Y-%m-%dT%H:%M:%SZ}"


def tidying(every: Mapping[str, timedelta]) -> Doing:
    """The task that tidies, where the names in `every` recur."""

    def tidy(means: Means, claim: Claim) -> None:
        with means.database.transaction() as session:
            now = means.clock()
            forget_recurred(session, every, now)
            blur_done(session, every, now)
            jobs.finish(session, claim, now)

    return tidy


def forget_recurred(session: Session, every: Mapping[str, timedelta], now: datetime) -> None:
    """Delete recurring jobs that were done more than a week ago, once their period is over as well.

    Within its period the key must stay, or the job would be written, and done, a second time.
    """
    for name, period in every.items():
        session.execute(delete(Job).where(Job.name == name, Job.done_at < now - max(KEPT, period)))


def blur_done(session: Session, every: Mapping[str, timedelta], now: datetime) -> None:
    """Take from jobs done more than a week ago the times of day, which would tell when a source was there.

    The key stays: what may happen once stays done. A token that is gone tells that a job was seen to.
    """
    sharp = (Job.done_at < start_of(DAY, now - KEPT), Job.lease_token.is_not(None), Job.name.not_in(list(every)))
    while first := session.scalar(select(func.min(Job.done_at)).where(*sharp)):
        day = start_of(DAY, first)
        blurred = {"written_at": day, "due_at": day, "resend_at": day, "done_at": day}
        gone = {"sent_at": None, "lease_until": None, "lease_token": None, "gave_up_at": None}
        session.execute(update(Job).where(*sharp, Job.done_at < day + DAY).values(**blurred, **gone))
