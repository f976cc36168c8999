"""The outbox on both engines: nothing is lost, nothing counts twice, and what fails ends where a person sees it."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation import jobs
from foundation.db import Database
from foundation.jobs import Claim, Job, LeaseLost, NotNow, Tasks, Transient
from foundation.means import Means
from tests.fakes import FakeClock, Nudges

LEASE = timedelta(seconds=60)
DEED = "tests.deed"
SECRET = "the source lives at number nine"


def enqueue(database: Database, clock: FakeClock, key: str | None = None) -> None:
    with database.transaction() as session:
        jobs.enqueue(session, DEED, clock.now, key, submission_id="abc")


def one(database: Database) -> Job:
    with database.reading() as session:
        return session.scalars(select(Job).where(Job.name == DEED)).one()


def count(database: Database, name: str = DEED) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.name == name)) or 0


def claim(database: Database, clock: FakeClock, lease: timedelta = LEASE) -> Claim | None:
    with database.transaction() as session:
        return jobs.claim(session, one(database).id, clock.now, lease)


def claimed(database: Database, clock: FakeClock) -> Claim:
    taken = claim(database, clock)
    assert taken is not None
    return taken


def claimed_in(session: Session, database: Database, clock: FakeClock) -> Claim:
    taken = jobs.claim(session, one(database).id, clock.now, LEASE)
    assert taken is not None
    return taken


def waiting(database: Database, clock: FakeClock) -> list[tuple[str, str]]:
    with database.reading() as session:
        return jobs.waiting(session, clock.now)


def mark_sent(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        jobs.mark_sent(session, [one(database).id], clock.now)


def leave_a_mark(means: Means, taken: Claim) -> None:
    """A deed: it writes something of its own, and closes its job in the same transaction."""
    with means.database.transaction() as session:
        jobs.enqueue(session, "tests.mark", means.clock())
        jobs.finish(session, taken, means.clock())


# What is written


def test_a_job_keeps_its_ids_and_is_nudged_after_the_commit(
    database: Database, clock: FakeClock, nudges: Nudges
) -> None:
    with database.transaction() as session:
        jobs.enqueue(session, DEED, clock.now, submission_id="abc")
        assert nudges.jobs == []
    written = one(database)
    assert written.ids == {"submission_id": "abc"}
    assert nudges.jobs == [(DEED, written.id)]


def test_a_job_of_a_deed_that_failed_is_not_there(database: Database, clock: FakeClock, nudges: Nudges) -> None:
    def fails() -> None:
        with database.transaction() as session:
            jobs.enqueue(session, DEED, clock.now)
            session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    assert count(database) == 0
    assert nudges.jobs == []


def test_a_key_that_was_used_before_writes_nothing(database: Database, clock: FakeClock, nudges: Nudges) -> None:
    enqueue(database, clock, key="triage:abc")
    enqueue(database, clock, key="triage:abc")
    with database.transaction() as session:
        jobs.enqueue(session, DEED, clock.now, "triage:xyz")
        jobs.enqueue(session, DEED, clock.now, "triage:xyz")
    assert count(database) == 2
    assert len(nudges.jobs) == 2


def test_a_key_of_a_job_that_is_done_still_counts_as_used(database: Database, clock: FakeClock) -> None:
    enqueue(database, clock, key="triage:abc")
    with database.transaction() as session:
        jobs.finish(session, claimed_in(session, database, clock), clock.now)
    enqueue(database, clock, key="triage:abc")
    assert count(database) == 1


def test_of_two_deeds_at_once_with_one_key_both_succeed_and_one_job_is_written(
    database: Database, clock: FakeClock
) -> None:
    together = Barrier(8)

    def deed(number: int) -> None:
        together.wait()
        with database.transaction() as session:
            jobs.enqueue(session, DEED, clock.now, "triage:abc")
            jobs.enqueue(session, "tests.mark", clock.now, f"mark:{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deed, range(8)))
    assert count(database) == 1
    assert count(database, "tests.mark") == 8


# Claiming, and the fence


def test_a_job_is_claimed_by_one_of_many_workers(database: Database, clock: FakeClock) -> None:
    enqueue(database, clock)
    together = Barrier(12)

    def work(_: int) -> Claim | None:
        together.wait()
        return claim(database, clock)

    with ThreadPoolExecutor(12) as pool:
        taken = [found for found in pool.map(work, range(12)) if found]
    assert len(taken) == 1
    assert taken[0].ids == {"submission_id": "abc"}
    assert one(database).attempts == taken[0].attempt == 1


def test_a_job_that_is_not_yet_due_or_is_closed_cannot_be_claimed(database: Database, clock: FakeClock) -> None:
    enqueue(database, clock)
    clock.advance(seconds=-1)
    assert claim(database, clock) is None
    clock.advance(seconds=1)
    with database.transaction() as session:
        jobs.finish(session, claimed_in(session, database, clock), clock.now)
    clock.advance(days=1)
    assert claim(database, clock) is None
    assert waiting(database, clock) == []


def test_nobody_takes_a_job_while_its_lease_lasts_and_anybody_after(database: Database, clock: FakeClock) -> None:
    enqueue(database, clock)
    first = claimed(database, clock)
    clock.advance(seconds=59)
    assert claim(database, clock) is None
    clock.advance(seconds=1)
    second = claimed(database, clock)
    assert second.token != first.token
    assert second.attempt == 2


def test_a_deed_that_outlived_its_lease_has_no_effect_once_another_took_the_job(means: Means, clock: FakeClock) -> None:
    enqueue(means.database, clock)
    slow = claimed(means.database, clock)
    clock.advance(seconds=61)
    quick = claimed(means.database, clock)
    with pytest.raises(LeaseLost):
        leave_a_mark(means, slow)
    assert count(means.database, "tests.mark") == 0
    leave_a_mark(means, quick)
    with pytest.raises(LeaseLost):
        leave_a_mark(means, slow)
    assert count(means.database, "tests.mark") == 1


def test_a_late_deed_still_counts_if_nobody_else_took_the_job(means: Means, clock: FakeClock) -> None:
    enqueue(means.database, clock)
    slow = claimed(means.database, clock)
    clock.advance(seconds=61)
    leave_a_mark(means, slow)
    assert one(means.database).done_at == clock.now


def test_a_deed_takes_effect_once_however_often_it_is_finished(means: Means, clock: FakeClock) -> None:
    enqueue(means.database, clock)
    taken = claimed(means.database, clock)
    leave_a_mark(means, taken)
    with pytest.raises(LeaseLost):
        leave_a_mark(means, taken)
    assert count(means.database, "tests.mark") == 1


# Putting off, giving up, taking up again


def test_a_job_is_put_off_at_growing_distances_up_to_a_ceiling_and_then_given_up(
    database: Database, clock: FakeClock
) -> None:
    enqueue(database, clock)
    distances = []
    for _ in range(jobs.ATTEMPTS_MOST):
        taken = claimed(database, clock)
        with database.transaction() as session:
            jobs.put_off(session, taken, clock.now, "the mail server said 450")
        left = one(database)
        distances.append(left.due_at - clock.now)
        clock.now = max(clock.now, left.due_at)
    assert distances[0] == jobs.RETRY_FIRST
    assert distances[1] == 2 * jobs.RETRY_FIRST
    assert distances[-2] == min(jobs.RETRY_FIRST * 2 ** (jobs.ATTEMPTS_MOST - 2), jobs.RETRY_MOST)
    assert max(distances) <= jobs.RETRY_MOST
    assert one(database).gave_up_at == clock.now
    assert claim(database, clock) is None


def test_a_job_that_was_put_off_is_sent_and_claimed_again_when_it_is_due(database: Database, clock: FakeClock) -> None:
    enqueue(database, clock)
    with database.transaction() as session:
        jobs.put_off(session, claimed_in(session, database, clock), clock.now, "later")
    clock.advance(seconds=4)
    assert waiting(database, clock) == []
    assert claim(database, clock) is None
    clock.advance(seconds=1)
    assert waiting(database, clock) == [(DEED, one(database).id)]
    assert claimed(database, clock).attempt == 2


def test_what_was_given_up_is_shown_with_its_reason_until_a_person_takes_it_up_again(
    database: Database, clock: FakeClock, nudges: Nudges
) -> None:
    enqueue(database, clock)
    with database.transaction() as session:
        jobs.give_up(session, claimed_in(session, database, clock), clock.now, "the mail server said 550")
    with database.reading() as session:
        assert [job.error for job in jobs.given_up(session)] == ["the mail server said 550"]
        assert jobs.oldest_waiting(session, clock.now) is None
    clock.advance(days=2)
    assert waiting(database, clock) == []
    nudges.jobs.clear()
    with database.transaction() as session:
        assert jobs.take_up_again(session, one(database).id, clock.now)
    assert nudges.jobs == [(DEED, one(database).id)]
    assert claimed(database, clock).attempt == 1
    with database.reading() as session:
        assert jobs.given_up(session) == []


def test_only_a_job_that_was_given_up_can_be_taken_up_again(database: Database, clock: FakeClock) -> None:
    enqueue(database, clock)
    with database.transaction() as session:
        assert not jobs.take_up_again(session, one(database).id, clock.now)
        assert not jobs.take_up_again(session, "nowhere", clock.now)


def test_a_worker_from_before_cannot_close_a_job_that_was_taken_up_again(database: Database, clock: FakeClock) -> None:
    enqueue(database, clock)
    old = claimed(database, clock)
    with database.transaction() as session:
        jobs.give_up(session, old, clock.now, "no reason")
        jobs.take_up_again(session, old.job_id, clock.now)
    with pytest.raises(LeaseLost), database.transaction() as session:
        jobs.finish(session, old, clock.now)


# The sweep


def test_a_job_whose_nudge_was_lost_is_sent_by_the_sweep_after_a_moment(database: Database, clock: FakeClock) -> None:
    enqueue(database, clock)
    assert waiting(database, clock) == []
    clock.now += jobs.GRACE
    assert waiting(database, clock) == [(DEED, one(database).id)]


def test_messages_for_a_job_that_nobody_takes_are_spaced_out_up_to_a_ceiling(
    database: Database, clock: FakeClock
) -> None:
    enqueue(database, clock)
    clock.now += jobs.GRACE
    distances = []
    for _ in range(8):
        mark_sent(database, clock)
        assert waiting(database, clock) == []
        distances.append(one(database).resend_at - clock.now)
        clock.now = one(database).resend_at
        assert waiting(database, clock) == [(DEED, one(database).id)]
    assert distances[:2] == [jobs.RESEND_FIRST, 2 * jobs.RESEND_FIRST]
    assert distances == sorted(distances)
    assert distances[-1] == jobs.RESEND_MOST


@pytest.mark.parametrize("sends", [1, 8])
def test_a_job_whose_worker_was_killed_is_sent_again_as_soon_as_its_lease_ran_out(
    database: Database, clock: FakeClock, sends: int
) -> None:
    enqueue(database, clock)
    for _ in range(sends):
        clock.now = one(database).resend_at
        mark_sent(database, clock)
    claimed(database, clock)
    # The message that the worker took was sent a moment ago, and is noted only now.
    mark_sent(database, clock)
    clock.now += LEASE - timedelta(seconds=1)
    assert waiting(database, clock) == []
    clock.advance(seconds=1)
    assert waiting(database, clock) == [(DEED, one(database).id)]
    assert claimed(database, clock).attempt == 2


def test_noting_what_was_sent_does_not_overwrite_a_claim_made_meanwhile(database: Database, clock: FakeClock) -> None:
    enqueue(database, clock)
    for _ in range(8):
        clock.now = one(database).resend_at
        mark_sent(database, clock)
    clock.now = one(database).resend_at
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            jobs.mark_sent(session, [one(database).id], clock.now)
            taken = pool.submit(claim, database, clock)
            with pytest.raises(TimeoutError):
                taken.result(timeout=0.3)
        assert taken.result(timeout=10) is not None
    assert one(database).resend_at == clock.now + LEASE


def test_the_oldest_waiting_job_is_what_an_operator_is_told(database: Database, clock: FakeClock) -> None:
    with database.reading() as session:
        assert jobs.oldest_waiting(session, clock.now) is None
    enqueue(database, clock)
    clock.advance(seconds=90)
    enqueue(database, clock)
    with database.reading() as session:
        assert jobs.oldest_waiting(session, clock.now) == timedelta(seconds=90)


# Running


def run(means: Means, doing: jobs.Doing) -> Job:
    tasks = Tasks()
    tasks.add(DEED, doing)
    tasks.run(means, one(means.database).id)
    return one(means.database)


def test_a_deed_that_succeeds_closes_its_job_and_runs_once(means: Means, clock: FakeClock) -> None:
    enqueue(means.database, clock)
    assert run(means, leave_a_mark).done_at == clock.now
    run(means, leave_a_mark)
    assert count(means.database, "tests.mark") == 1


def test_one_name_has_one_task() -> None:
    tasks = Tasks()
    tasks.add(DEED, leave_a_mark)
    with pytest.raises(ValueError, match=DEED):
        tasks.add(DEED, leave_a_mark)
    assert list(tasks) == [DEED]


def test_a_transient_fault_is_tried_again_later_with_its_reason_kept(means: Means, clock: FakeClock) -> None:
    def cannot_now(means: Means, taken: Claim) -> None:
        raise Transient("the mail server said 450")

    enqueue(means.database, clock)
    left = run(means, cannot_now)
    assert left.error == "the mail server said 450"
    assert left.due_at == clock.now + jobs.RETRY_FIRST
    clock.now = left.due_at
    assert run(means, leave_a_mark).error is None


def test_what_may_not_happen_now_is_looked_at_again_each_minute_and_never_given_up(
    means: Means, clock: FakeClock
) -> None:
    def not_allowed(means: Means, taken: Claim) -> None:
        raise NotNow("the journal was not replayed")

    enqueue(means.database, clock)
    for _ in range(3 * jobs.ATTEMPTS_MOST):
        left = run(means, not_allowed)
        assert (left.attempts, left.gave_up_at) == (0, None)
        assert left.due_at == left.resend_at == clock.now + jobs.NOT_NOW
        assert left.error == "the journal was not replayed"
        clock.now = left.due_at
    assert run(means, leave_a_mark).done_at == clock.now


def test_an_unexpected_error_leaves_its_kind_and_place_and_never_its_text(
    means: Means, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(means: Means, taken: Claim) -> None:
        raise RuntimeError(SECRET)

    enqueue(means.database, clock)
    with caplog.at_level(logging.DEBUG):
        left = run(means, breaks)
    assert left.gave_up_at == clock.now
    assert left.error is not None
    assert left.error.startswith("RuntimeError at tests.integration.test_jobs:")
    assert "RuntimeError" in caplog.text
    assert SECRET not in left.error + caplog.text
    # The check would find it: had the error been logged as errors usually are, it would be there.
    logging.getLogger("planted").exception("usual", exc_info=RuntimeError(SECRET))
    assert SECRET in caplog.text


def test_a_deed_that_fails_leaves_nothing_of_itself(means: Means, clock: FakeClock) -> None:
    def breaks_at_the_end(means: Means, taken: Claim) -> None:
        with means.database.transaction() as session:
            jobs.enqueue(session, "tests.mark", means.clock())
            jobs.finish(session, taken, means.clock())
            raise RuntimeError

    enqueue(means.database, clock)
    left = run(means, breaks_at_the_end)
    assert left.done_at is None
    assert left.gave_up_at == clock.now
    assert count(means.database, "tests.mark") == 0


def test_a_name_that_nobody_registered_ends_where_a_person_sees_it(means: Means, clock: FakeClock) -> None:
    enqueue(means.database, clock)
    Tasks().run(means, one(means.database).id)
    assert one(means.database).gave_up_at == clock.now


def test_a_slow_worker_neither_closes_nor_puts_off_what_another_has(means: Means, clock: FakeClock) -> None:
    def overtaken(means: Means, taken: Claim) -> None:
        clock.advance(seconds=61)
        claimed(means.database, clock)
        raise Transient("too late")

    enqueue(means.database, clock)
    left = run(means, overtaken)
    assert left.error is None
    assert left.due_at < clock.now
    assert left.lease_until == clock.now + LEASE


def test_a_job_at_which_the_worker_dies_each_time_ends_where_a_person_sees_it(means: Means, clock: FakeClock) -> None:
    enqueue(means.database, clock)
    for _ in range(jobs.ATTEMPTS_MOST):
        claimed(means.database, clock)
        clock.now += LEASE
    left = run(means, leave_a_mark)
    assert left.gave_up_at == clock.now
    assert "stopped" in (left.error or "")
    assert count(means.database, "tests.mark") == 0
