"""What goes once its time is over: drafts, blobs that nothing names, and sign-ins."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from accounts import visits
from accounts.models import SignIn
from foundation.alarms import open_alarms
from foundation.db import Base, new_id
from foundation.jobs import Job, Tasks
from foundation.means import Means
from foundation.recurring import DAY
from foundation.storage import Storage
from submissions import drafts, expiry, intake
from submissions.models import Attachment, Draft, Source
from tests import factories
from tests.fakes import FakeClock
from workflows import sweeps


def count(means: Means, kind: type[Base]) -> int:
    with means.database.reading() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def run(means: Means, name: str) -> None:
    """Do one daily job, as the worker does."""
    with means.database.transaction() as session:
        job = Job(name=name, ids={}, written_at=means.clock(), due_at=means.clock(), resend_at=means.clock())
        session.add(job)
        session.flush()
        job_id = job.id
    factories.TASKS.run(means, job_id)
    with means.database.reading() as session:
        assert session.get_one(Job, job_id).done_at is not None, session.get_one(Job, job_id).error


def stored(means: Means) -> set[str]:
    return {blob_id for blob_id, _ in means.storage.ids()}


def test_a_draft_goes_with_its_file_and_its_source_once_it_expired(means: Means, clock: FakeClock) -> None:
    factories.prepared(means)
    factories.visited(means, files={"list.txt": b"a list"})
    clock.advance(days=31)
    run(means, expiry.EXPIRE)
    assert (count(means, Draft), count(means, Source)) == (1, 1), "it still opens for whoever stands before midnight"
    clock.advance(days=1)
    run(means, expiry.EXPIRE)
    assert (count(means, Draft), count(means, Source), count(means, Attachment)) == (0, 0, 0)
    assert stored(means) == set()


def test_other_drafts_and_what_was_submitted_stay(means: Means, clock: FakeClock) -> None:
    factories.submitted(means, files={"kept.txt": b"a list"})
    clock.advance(days=20)
    visitor = factories.visited(means, files={"young.txt": b"a list"})
    clock.advance(days=20)
    run(means, expiry.EXPIRE)
    assert (count(means, Draft), count(means, Source), count(means, Attachment)) == (1, 2, 2)
    assert len(stored(means)) == 2
    with means.database.reading() as session:
        assert drafts.open_draft(session, visitor, clock().date()).answers


def test_a_file_that_was_left_beside_a_submitted_draft_goes(means: Means) -> None:
    factories.prepared(means)
    visitor = factories.visited(means)
    stray = new_id()
    means.storage.put(stray, [b"sealed"])
    with means.database.transaction() as session:
        session.add(Attachment(id=stray, source_id=visitor.source_id, media_type="text/plain", size=6))
    run(means, expiry.EXPIRE)
    assert stored(means) == {stray}, "its draft is still there"
    intake.submit(means, visitor)
    run(means, expiry.EXPIRE)
    assert (stored(means), count(means, Attachment), count(means, Source)) == (set(), 0, 1)


class BrokenStorage(Storage):
    """A store that refuses to delete."""

    def delete(self, blob_id: str) -> None:
        raise OSError("the disk is away")


def test_while_the_store_is_away_no_row_goes_and_the_job_waits(means: Means, clock: FakeClock, instance: Path) -> None:
    factories.prepared(means)
    factories.visited(means, files={"list.txt": b"a list"})
    clock.advance(days=40)
    broken = replace(means, storage=BrokenStorage(f"file://{instance / 'blobs'}"))
    with pytest.raises(AssertionError, match="the store is away"):
        run(broken, expiry.EXPIRE)
    assert (count(means, Draft), count(means, Attachment)) == (1, 1)
    run(means, expiry.EXPIRE)
    assert (count(means, Draft), stored(means)) == (0, set())


def age(instance: Path, blob_id: str, days: float, now: datetime) -> None:
    """Make a blob look as if it had been written so many days ago."""
    for path in (instance / "blobs" / blob_id[:2] / blob_id).rglob("*"):
        os.utime(path, ((now - timedelta(days=days)).timestamp(),) * 2)


def test_a_blob_that_no_row_names_goes_once_no_draft_can_still_name_it(
    means: Means, clock: FakeClock, instance: Path
) -> None:
    old, young = new_id(), new_id()
    for blob_id, days in ((old, 31), (young, 29)):
        means.storage.put(blob_id, [b"sealed"])
        age(instance, blob_id, days, clock())
    run(means, sweeps.SWEEP_BLOBS)
    assert stored(means) == {young}


def test_every_blob_that_a_row_names_stays_however_old(means: Means, clock: FakeClock, instance: Path) -> None:
    factories.sent(means, files={"list.txt": b"a list"})
    before = stored(means)
    assert len(before) == 3, "a file, the frozen letter, and the portal's copy of it"
    for blob_id in before:
        age(instance, blob_id, 4000, clock())
    run(means, sweeps.SWEEP_BLOBS)
    assert stored(means) == before
    assert alarms(means) == []


def alarms(means: Means) -> list[tuple[str, str]]:
    with means.database.reading() as session:
        return [(one.code, one.subject) for one in open_alarms(session)]


def test_a_row_without_its_blob_alarms_once(means: Means) -> None:
    factories.triaged(means, files={"list.txt": b"a list"})
    (missing,) = stored(means)
    means.storage.delete(missing)
    for _ in range(2):
        run(means, sweeps.SWEEP_BLOBS)
    assert alarms(means) == [(sweeps.BLOB_MISSING, missing)]


class HurriedStorage(Storage):
    """A store in which a blob and its row appear just after it was listed."""

    def ids(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


def test_a_blob_that_came_while_the_store_was_listed_raises_no_alarm(means: Means, instance: Path) -> None:
    factories.triaged(means, files={"list.txt": b"a list"})
    run(replace(means, storage=HurriedStorage(f"file://{instance / 'blobs'}")), sweeps.SWEEP_BLOBS)
    assert alarms(means) == []


def test_sign_ins_go_once_their_term_is_over(means: Means, clock: FakeClock) -> None:
    factories.prepared(means)
    account = factories.actor(means).removeprefix("account:")
    for days in (0, 80, 20):
        clock.advance(days=days)
        with means.database.transaction() as session:
            token = visits.begin_visit(session, means.keys, account, clock())
    run(means, sweeps.FORGET_SIGN_INS)
    assert count(means, SignIn) == 2, "the first was a hundred days ago"
    with means.database.reading() as session:
        assert visits.account_of(session, means.keys, token, clock(), timedelta(hours=1)) is not None


def test_the_sweeps_are_daily() -> None:
    tasks: Tasks = factories.TASKS
    for name in (expiry.EXPIRE, sweeps.SWEEP_BLOBS, sweeps.FORGET_SIGN_INS):
        assert tasks.every[name] == DAY


def test_a_draft_that_the_clock_has_not_reached_is_not_touched(means: Means) -> None:
    factories.prepared(means)
    factories.visited(means)
    with means.database.transaction() as session:
        session.execute(update(Draft).values(expires_on=datetime(2026, 11, 22, tzinfo=UTC).date()))
    run(means, expiry.EXPIRE)
    assert count(means, Draft) == 1
