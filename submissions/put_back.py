"""Deeds on what submissions remember, after a database was put back to an earlier day."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from foundation.clock import geneva_day
from submissions.models import ReferenceCounter, Source

# More than are received between two backups, and told at a glance from a number given before.
SKIPPED = 1000


def skip_references(session: Session, now: datetime) -> int:
    """Let this year's references go on at a full thousand, at least a thousand further; gives that number.

    Which references were given after the backup is not known, and none may be given twice.
    """
    year = geneva_day(now).year
    counter = session.get(ReferenceCounter, year, with_for_update=True)
    if counter is None:
        counter = ReferenceCounter(year=year, last=0)
        session.add(counter)
    counter.last = -(-(counter.last + SKIPPED) // SKIPPED) * SKIPPED
    return counter.last


def end_all_visits(session: Session) -> None:
    """End the visits of all sources: one that was ended after the backup must not hold again."""
    session.execute(update(Source).values(epoch=Source.epoch + SKIPPED))
