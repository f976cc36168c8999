"""What an operator is shown of jobs that are not done: names, ids, attempts and reasons, and no word of a source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from foundation.jobs import Job


class Standing(StrEnum):
    """How it stands with a job that is not done."""

    WAITING = "waiting"
    IN_FLIGHT = "in_flight"
    PUT_OFF = "put_off"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class OpenJobs:
    """The first jobs that a worker has or will have, oldest first, and how many of each name stand how."""

    listed: list[tuple[Job, Standing]]
    numbers: Mapping[str, Mapping[Standing, int]]

    def number(self, *standings: Standing) -> int:
        """How many there are in all that stand so."""
        return sum(of_name.get(standing, 0) for of_name in self.numbers.values() for standing in standings)


def open_jobs(session: Session, now: datetime, most: int) -> OpenJobs:
    """All jobs that are not done, counted by name, and the first `most` of those that nobody gave up."""
    standing = _standing(now).label("standing")
    first = select(Job, standing).where(Job.done_at.is_(None), Job.gave_up_at.is_(None))
    rows = session.execute(first.order_by(Job.due_at, Job.id).limit(most))
    counted = select(Job.name, standing, func.count()).where(Job.done_at.is_(None)).group_by(Job.name, "standing")
    numbers: dict[str, dict[Standing, int]] = {}
    for name, how, number in session.execute(counted.order_by(Job.name)):
        numbers.setdefault(name, {})[Standing(how)] = number
    return OpenJobs([(job, Standing(how)) for job, how in rows], numbers)


def _standing(now: datetime) -> ColumnElement[str]:
    free = or_(Job.lease_until.is_(None), Job.lease_until <= now)
    return case(
        (Job.gave_up_at.is_not(None), Standing.GIVEN_UP.value),
        (and_(Job.due_at > now, free), Standing.PUT_OFF.value),
        (free, Standing.WAITING.value),
        else_=Standing.IN_FLIGHT.value,
    )
