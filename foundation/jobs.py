"""The outbox: work that must be done later is a row written in the deed's own transaction.

The database is the truth and the queue only hurries. A job is *claimed* under a lease with a fresh token, and what
it did counts only if the same transaction can still close the job under that token: so a job that was killed runs
again, and one that outlived its lease has no second effect. The column that spaces out the sending of messages
(`resend_at`) and the lease are apart, since sharing one leaves killed jobs stuck.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import JSON, Index, String, Text, case, or_, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation.db import AFTER_COMMIT, Base, new_id
from foundation.faults import place_of
from foundation.means import Means

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=3)
RESEND_FIRST = timedelta(seconds=10)
RESEND_MOST = timedelta(minutes=5)
RETRY_FIRST = timedelta(seconds=5)
RETRY_MOST = timedelta(minutes=30)
NOT_NOW = timedelta(minutes=1)
ATTEMPTS_MOST = 10
# No job waits longer than the longest distance between two attempts, nor has a lease of more than an hour.
AHEAD_MOST = timedelta(hours=1, minutes=5)
BATCH = 200


class Job(Base):
    """One piece of work. `ids` holds ids only, never anything that a source told us."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_waiting", "done_at", "gave_up_at", "resend_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    ids: Mapped[dict[str, str]] = mapped_column(JSON)
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    sends: Mapped[int] = mapped_column(default=0)
    resend_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker may do until its lease ends."""

    job_id: str
    name: str
    ids: Mapping[str, str]
    token: str
    attempt: int


class LeaseLost(Exception):
    """Somebody else has claimed or closed the job since; nothing of this attempt may count."""


class Transient(Exception):
    """The job could not be done now and may be tried again, since nothing has happened yet."""


class NotNow(Exception):
    """Nothing may happen at present, by a rule and not by a fault. Looking again later counts as no attempt."""


def enqueue(session: Session, name: str, now: datetime, key: str | None = None, **ids: str) -> None:
    """Write a job in the transaction at hand; with a `key` that was used before, write nothing."""
    if key is not None and session.scalar(select(Job.id).where(Job.key == key)):
        return
    job = Job(id=new_id(), name=name, ids=ids, key=key, written_at=now, due_at=now, resend_at=now + GRACE)
    if key is None:
        session.add(job)
    elif not _is_first(session, job):
        return
    session.info.setdefault(AFTER_COMMIT, []).append((name, job.id))


def _is_first(session: Session, job: Job) -> bool:
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:
        # Another transaction used the key at the same moment, and has written the job.
        return False
    return True


def claim(session: Session, job_id: str, now: datetime, lease: timedelta) -> Claim | None:
    """Take a job for as long as `lease`; None if it is done, given up, not yet due or somebody else's."""
    token = new_id()
    free = or_(Job.lease_until.is_(None), Job.lease_until <= now)
    statement = (
        update(Job)
        .where(Job.id == job_id, Job.done_at.is_(None), Job.gave_up_at.is_(None), Job.due_at <= now, free)
        .values(lease_token=token, lease_until=now + lease, resend_at=now + lease, sends=0)
        .values(attempts=Job.attempts + 1)
        .returning(Job.name, Job.ids, Job.attempts)
    )
    row = session.execute(statement).one_or_none()
    return Claim(job_id, row.name, row.ids, token, row.attempts) if row else None


def finish(session: Session, claim: Claim, now: datetime) -> None:
    """Close the job as the last act of the deed's own transaction. Raises LeaseLost, which undoes the deed."""
    _close(session, claim, done_at=now, error=None)


def renew(session: Session, claim: Claim, now: datetime, lease: timedelta) -> None:
    """Take the lease anew in the transaction before an act that cannot be undone. Raises LeaseLost."""
    _close(session, claim, lease_until=now + lease, resend_at=now + lease)


def put_off(session: Session, claim: Claim, now: datetime, reason: str) -> None:
    """Try again later, at growing distances; after the last attempt give up, so that a person sees it."""
    if claim.attempt >= ATTEMPTS_MOST:
        give_up(session, claim, now, reason)
        return
    again_at = now + min(RETRY_FIRST * 2 ** (claim.attempt - 1), RETRY_MOST)
    _close(session, claim, due_at=again_at, resend_at=again_at, lease_until=None, error=reason)


def wait(session: Session, claim: Claim, now: datetime, reason: str) -> None:
    """Look again in a minute, for as long as it takes: an attempt that was not allowed to begin is not counted."""
    again_at = now + NOT_NOW
    attempts = claim.attempt - 1
    _close(session, claim, due_at=again_at, resend_at=again_at, lease_until=None, error=reason, attempts=attempts)


def give_up(session: Session, claim: Claim, now: datetime, reason: str) -> None:
    """Leave the job to a person, with the reason."""
    _close(session, claim, gave_up_at=now, error=reason)


def take_up_again(session: Session, job_id: str, now: datetime) -> bool:
    """A person's decision to try a job again that was given up. Says whether there was such a job."""
    statement = (
        update(Job)
        .where(Job.id == job_id, Job.gave_up_at.is_not(None), Job.done_at.is_(None))
        .values(gave_up_at=None, attempts=0, due_at=now, resend_at=now + GRACE, lease_until=None, lease_token=None)
        .returning(Job.name)
    )
    name = session.scalar(statement)
    if name is not None:
        session.info.setdefault(AFTER_COMMIT, []).append((name, job_id))
    return name is not None


def given_up(session: Session, most: int | None = None) -> list[Job]:
    """Jobs that wait for a person, oldest first, and no more than `most`."""
    waiting = select(Job).where(Job.gave_up_at.is_not(None), Job.done_at.is_(None))
    return list(session.scalars(waiting.order_by(Job.gave_up_at).limit(most)))


def oldest_waiting(session: Session, now: datetime) -> timedelta | None:
    """How long the oldest job that is due has been waiting; None if none is."""
    due = select(Job.due_at).where(Job.done_at.is_(None), Job.gave_up_at.is_(None), Job.due_at <= now)
    first = session.scalar(due.order_by(Job.due_at).limit(1))
    return now - first if first else None


def waiting(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Names and ids of jobs for which a message should be sent (again)."""
    due = select(Job.name, Job.id).where(Job.done_at.is_(None), Job.gave_up_at.is_(None), Job.resend_at <= now)
    return [(row.name, row.id) for row in session.execute(due.order_by(Job.resend_at).limit(BATCH))]


def set_right(session: Session, now: datetime, lease: timedelta) -> int:
    """Make due what waits for an instant that no job can wait for: the clock was set back. Says how many did."""
    far = now + AHEAD_MOST
    open_ = (Job.done_at.is_(None), Job.gave_up_at.is_(None))
    lost = or_(Job.written_at > now, Job.due_at > far, Job.resend_at > far, Job.lease_until > far)
    # Whoever holds a lease keeps it for as long as a lease lasts; its worker may be at work.
    held_until = case((Job.lease_until.is_not(None), now + lease), else_=None)
    statement = update(Job).where(*open_, lost).returning(Job.id)
    return len(
        session.scalars(statement.values(written_at=now, due_at=now, resend_at=now, lease_until=held_until)).all()
    )


def mark_sent(session: Session, job_ids: list[str], now: datetime) -> None:
    """Remember that messages were sent, so that the next are sent at growing distances."""
    # Locked, so that what a worker claims meanwhile is not overwritten; in one order, so that no two sweeps cross.
    sent = select(Job).where(Job.id.in_(job_ids), Job.done_at.is_(None)).order_by(Job.id).with_for_update()
    for job in session.scalars(sent):
        live = job.lease_until is not None and job.lease_until > now
        distance = min(RESEND_FIRST * 2**job.sends, RESEND_MOST)
        job.sent_at, job.sends = now, job.sends + 1
        job.resend_at = max(job.resend_at, now + distance) if live else now + distance


def _close(session: Session, claim: Claim, **values: object) -> None:
    statement = (
        update(Job)
        .where(Job.id == claim.job_id, Job.lease_token == claim.token, Job.done_at.is_(None))
        .values(**values)
        .returning(Job.id)
    )
    if session.scalar(statement) is None:
        raise LeaseLost(claim.job_id)


Doing = Callable[[Means, Claim], None]


@dataclass(frozen=True, slots=True)
class Tasks:
    """What follows from each name. A task does its deed and calls `finish` in the deed's own transaction.

    `urgent` names travel in a queue of their own. For each name in `every` one job is written in each period.
    """

    by_name: dict[str, Doing] = field(default_factory=dict)
    urgent: set[str] = field(default_factory=set)
    every: dict[str, timedelta] = field(default_factory=dict)

    def add(self, name: str, doing: Doing, *, urgent: bool = False, every: timedelta | None = None) -> None:
        """Register the one task for a name. Raises ValueError for a second one."""
        if name in self.by_name:
            raise ValueError(f"there is a task for {name} already")
        self.by_name[name] = doing
        if urgent:
            self.urgent.add(name)
        if every is not None:
            self.every[name] = every

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def run(self, means: Means, job_id: str) -> None:
        """Claim one job and do it; on failure put it off or leave it to a person. Never raises for a failed deed."""
        with means.database.transaction() as session:
            claimed = claim(session, job_id, means.clock(), means.lease)
        if claimed is not None:
            self._do(means, claimed)

    def _do(self, means: Means, claimed: Claim) -> None:
        try:
            if claimed.attempt > ATTEMPTS_MOST:
                _settle(means, claimed, give_up, "the worker stopped each time while doing this")
                return
            self.by_name[claimed.name](means, claimed)
        except LeaseLost:
            log.warning("job %s: another worker has it; this attempt does not count", claimed.job_id)
        except NotNow as error:
            _settle(means, claimed, wait, str(error))
        except Transient as error:
            _settle(means, claimed, put_off, str(error))
        except OperationalError as error:
            # The database went away or chose this transaction to end a deadlock; nothing of the deed was written.
            _settle(means, claimed, put_off, place_of(error))
        except Exception as error:  # noqa: BLE001 - whatever a deed raises, its job must end where a person sees it.
            # The text of an unexpected error may quote what a source told us, so only its kind and place are kept.
            log.error("job %s (%s): %s", claimed.job_id, claimed.name, place_of(error))
            _settle(means, claimed, give_up, place_of(error))


def _settle(means: Means, claimed: Claim, how: Callable[[Session, Claim, datetime, str], None], why: str) -> None:
    try:
        with means.database.transaction() as session:
            how(session, claimed, means.clock(), why)
    except LeaseLost:
        log.warning("job %s: its lease ended before it could be settled", claimed.job_id)
