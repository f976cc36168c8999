"""What happens once in each period, however many look; and what is left of a job that was done long ago."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from foundation import jobs, recurring
from foundation.db import Database
from foundation.jobs import Job, Tasks
from foundation.means import Means
from foundation.recurring import Calendar
from tests.fakes import MONDAY_MORNING, FakeClock, Nudges

DAILY, HOURLY, ONCE, MONTHLY = "tests.daily", "tests.hourly", "tests.once", "tests.monthly"
EVERY = {DAILY: timedelta(days=1), HOURLY: timedelta(hours=1)}


def all_jobs(database: Database) -> list[Job]:
    with database.reading() as session:
        return list(session.scalars(select(Job).order_by(Job.written_at, Job.name)))


def done(database: Database, name: str, at: datetime, key: str | None = None) -> str:
    """A job that was written, claimed and finished at some time; gives its id."""
    with database.transaction() as session:
        jobs.enqueue(session, name, at, key, message_id="abc")
        session.flush()
        job_id = session.scalars(select(Job.id).where(Job.name == name, Job.done_at.is_(None))).one()
        jobs.mark_sent(session, [job_id], at)
        claim = jobs.claim(session, job_id, at, timedelta(seconds=60))
        assert claim is not None
        jobs.finish(session, claim, at)
    return job_id


def tidied(means: Means, clock: FakeClock, every: dict[str, timedelta]) -> None:
    """Run the task as a worker does, on a job of its own."""
    tasks = Tasks()
    tasks.add(recurring.TIDY, recurring.tidying(every), every=recurring.DAY)
    Calendar(tasks.every).keep(means.database, clock.now)
    job = next(job for job in all_jobs(means.database) if job.name == recurring.TIDY and job.done_at is None)
    tasks.run(means, job.id)
    assert next(left.done_at for left in all_jobs(means.database) if left.id == job.id) == clock.now


# Once in each period


def test_each_period_has_one_job_and_it_is_nudged_at_once(database: Database, clock: FakeClock, nudges: Nudges) -> None:
    calendar = Calendar(EVERY)
    for _ in range(5):
        calendar.keep(database, clock.now)
        clock.advance(minutes=10)
    assert [job.key for job in all_jobs(database)] == [
        "tests.daily:2026-11-23T00:00:00Z",
        "tests.hourly:2026-11-23T09:00:00Z",
    ]
    assert all(job.ids == {} for job in all_jobs(database))
    assert len(nudges.jobs) == 2
    clock.now = MONDAY_MORNING + timedelta(hours=1)
    calendar.keep(database, clock.now)
    assert [job.name for job in all_jobs(database)] == [DAILY, HOURLY, HOURLY]
    clock.advance(days=1)
    calendar.keep(database, clock.now)
    assert [job.name for job in all_jobs(database)] == [DAILY, HOURLY, HOURLY, DAILY, HOURLY]


def test_many_that_look_at_once_write_one_job_for_each_period(database: Database, clock: FakeClock) -> None:
    together = Barrier(6)

    def look(_: int) -> None:
        calendar = Calendar(EVERY)
        together.wait()
        calendar.keep(database, clock.now)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(look, range(6)))
    assert sorted(job.name for job in all_jobs(database)) == [DAILY, HOURLY]


def test_a_period_that_is_known_costs_no_look_at_the_database(database: Database, clock: FakeClock) -> None:
    asked: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    calendar = Calendar(EVERY)
    calendar.keep(database, clock.now)
    assert asked
    asked.clear()
    for _ in range(100):
        clock.advance(seconds=30)
        calendar.keep(database, clock.now)
    assert asked == []


class FullDisk(Database):
    """A database of which no transaction ends well."""

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with super().transaction() as session:
            yield session
            raise OSError("the disk is full")


def test_a_period_whose_job_could_not_be_written_is_not_forgotten(database: Database, clock: FakeClock) -> None:
    calendar = Calendar(EVERY)
    full = FullDisk(database.engine.url.render_as_string(hide_password=False))
    with pytest.raises(OSError, match="full"):
        calendar.keep(full, clock.now)
    full.engine.dispose()
    assert all_jobs(database) == []
    calendar.keep(database, clock.now)
    assert len(all_jobs(database)) == 2


def test_periods_in_which_nobody_looked_are_left_out(database: Database, clock: FakeClock) -> None:
    calendar = Calendar(EVERY)
    calendar.keep(database, clock.now)
    clock.advance(days=3)
    calendar.keep(database, clock.now)
    assert [job.name for job in all_jobs(database)].count(DAILY) == 2


def test_a_clock_that_is_set_back_makes_no_second_job(database: Database, clock: FakeClock) -> None:
    calendar = Calendar(EVERY)
    for hours in (0, 1, -1, 0):
        clock.advance(hours=hours)
        calendar.keep(database, clock.now)
    assert sorted(job.name for job in all_jobs(database)) == [DAILY, HOURLY, HOURLY]


# Tidying


def test_a_job_done_a_week_ago_loses_its_times_and_keeps_its_key(means: Means, clock: FakeClock) -> None:
    at = clock.now - timedelta(days=9, hours=2, minutes=17)
    job_id = done(means.database, ONCE, at, key="once:abc")
    fresh_id = done(means.database, ONCE, clock.now - timedelta(days=6), key="once:xyz")
    tidied(means, clock, {})
    old, fresh = ({job.id: job for job in all_jobs(means.database)}[one] for one in (job_id, fresh_id))
    day = datetime(at.year, at.month, at.day, tzinfo=UTC)
    assert {old.written_at, old.due_at, old.resend_at, old.done_at} == {day}
    assert (old.sent_at, old.lease_until, old.lease_token, old.gave_up_at) == (None, None, None, None)
    assert (old.key, old.ids) == ("once:abc", {"message_id": "abc"})
    assert fresh.done_at == clock.now - timedelta(days=6)
    with means.database.transaction() as session:
        jobs.enqueue(session, ONCE, clock.now, "once:abc")
    assert len([job for job in all_jobs(means.database) if job.name == ONCE]) == 2


def test_jobs_of_many_days_are_tidied_each_to_its_own_day(means: Means, clock: FakeClock) -> None:
    for days in (30, 20, 12, 12, 9):
        done(means.database, ONCE, clock.now - timedelta(days=days, minutes=days))
    tidied(means, clock, {})
    found = [job.done_at for job in all_jobs(means.database) if job.name == ONCE]
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    assert found == [midnight - timedelta(days=days) for days in (30, 20, 12, 12, 9)]


def test_what_is_not_done_keeps_its_times(means: Means, clock: FakeClock) -> None:
    long_ago = clock.now - timedelta(days=40)
    with means.database.transaction() as session:
        for key in ("waits", "left"):
            jobs.enqueue(session, ONCE, long_ago, key)
        session.flush()
        left = session.scalars(select(Job).where(Job.key == "left")).one()
        left.gave_up_at = long_ago + timedelta(minutes=5)
    tidied(means, clock, {})
    assert [job.written_at for job in all_jobs(means.database) if job.name == ONCE] == [long_ago, long_ago]


def test_recurring_jobs_are_forgotten_a_week_after_they_were_done(means: Means, clock: FakeClock) -> None:
    for days in (9, 8, 6, 1):
        done(means.database, DAILY, clock.now - timedelta(days=days), key=f"{DAILY}:{days}")
    tidied(means, clock, dict(EVERY))
    assert [job.key for job in all_jobs(means.database) if job.name == DAILY] == [f"{DAILY}:6", f"{DAILY}:1"]


def test_a_recurring_job_is_not_forgotten_while_its_period_lasts(means: Means, clock: FakeClock) -> None:
    every = {MONTHLY: timedelta(days=30)}
    start = recurring.start_of(every[MONTHLY], clock.now)
    job_id = done(means.database, MONTHLY, start, key=recurring.key_of(MONTHLY, start))
    clock.now = start + timedelta(days=29)
    tidied(means, clock, every)
    Calendar(every).keep(means.database, clock.now)
    assert [job.id for job in all_jobs(means.database) if job.name == MONTHLY] == [job_id]
