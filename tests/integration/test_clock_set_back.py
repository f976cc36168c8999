"""The machine's clock is set back by hours: what was received is worked on all the same, and nothing needs repair."""

from sqlalchemy import func, select

from foundation import jobs
from foundation.jobs import Job
from foundation.means import Means
from tests import factories
from tests.fakes import FakeClock, FakeMailer
from workflows import audit
from workflows.lifecycle import CommunicationStatus
from workflows.models import Case


def open_jobs(means: Means) -> int:
    with means.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.done_at.is_(None))) or 0


def sweep_and_work(means: Means) -> None:
    """What the sweep would send is what a worker takes: jobs it does not see would wait for the clock."""
    with means.database.transaction() as session:
        jobs.set_right(session, means.clock(), means.lease)
    with means.database.reading() as session:
        due = jobs.waiting(session, means.clock())
    for _, job_id in due:
        factories.TASKS.run(means, job_id)


def test_what_was_submitted_before_is_triaged_after(means: Means, clock: FakeClock) -> None:
    factories.submitted(means)
    clock.advance(hours=-3)
    sweep_and_work(means)
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
    assert open_jobs(means) == 0


def test_a_job_whose_worker_died_before_does_not_wait_for_the_clock(means: Means, clock: FakeClock) -> None:
    factories.submitted(means)
    (job_id,) = factories.due_jobs(means)
    with means.database.transaction() as session:
        assert jobs.claim(session, job_id, clock(), means.lease) is not None
    clock.advance(hours=-3)
    sweep_and_work(means)
    assert open_jobs(means) == 1, "its worker may be at work for as long as a lease lasts"
    clock.advance(seconds=means.lease.total_seconds() + 1)
    sweep_and_work(means)
    assert open_jobs(means) == 0


def test_a_clock_that_was_not_touched_changes_no_job(means: Means, clock: FakeClock) -> None:
    factories.submitted(means)
    (job_id,) = factories.due_jobs(means)
    with means.database.transaction() as session:
        claim = jobs.claim(session, job_id, clock(), means.lease)
        assert claim is not None
        jobs.put_off(session, claim, clock(), "the database went away")
    with means.database.transaction() as session:
        assert jobs.set_right(session, clock(), means.lease) == 0


def test_a_job_that_was_put_off_before_is_tried_again_after(means: Means, clock: FakeClock) -> None:
    factories.submitted(means)
    (job_id,) = factories.due_jobs(means)
    with means.database.transaction() as session:
        claim = jobs.claim(session, job_id, clock(), means.lease)
        assert claim is not None
        jobs.put_off(session, claim, clock(), "the database went away")
    clock.advance(hours=-3)
    sweep_and_work(means)
    assert open_jobs(means) == 0


def test_a_letter_leaves_once_and_the_record_holds(means: Means, clock: FakeClock, mailer: FakeMailer) -> None:
    letter = factories.sending(means)
    clock.advance(hours=-3)
    sweep_and_work(means)
    sweep_and_work(means)
    assert factories.letter_now(means, letter.id).status == CommunicationStatus.SENT
    assert len(mailer.sent) == 1
    with means.database.reading() as session:
        assert audit.verify(session, means.keys) == []
