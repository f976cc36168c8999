"""Notices and jobs that wait for a person."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts.permissions import Role
from foundation import alarms
from foundation.alarms import Alarm
from foundation.db import new_id
from foundation.jobs import Job
from foundation.means import Means
from tests import factories
from tests.desk_visits import (
    BY_ROLE,
    Colleague,
    actions_on,
    by_role,
    count,
)
from workflows import communications
from workflows.lifecycle import CommunicationStatus
from workflows.models import Case, Communication, Notice, NoticeStatus
from workflows.views.desk import jobs as jobs_page


@pytest.fixture
def unconfirmed(means: Means) -> Notice:
    """A notice of which nobody knows whether it arrived."""
    letter = factories.sending(means)
    notice = factories.notices_of(means, letter.id)[0]
    with means.database.transaction() as session:
        known = {"status": NoticeStatus.UNCONFIRMED, "explanation": "the mail server hung up"}
        session.execute(update(Notice).where(Notice.id == notice.id).values(**known))
    return notice


@pytest.mark.parametrize(
    ("answer", "status"),
    [("arrived", CommunicationStatus.SENT), ("not-arrived", CommunicationStatus.UNDELIVERED)],
)
def test_a_persons_word_settles_a_notice_once(
    noor: Colleague, means: Means, unconfirmed: Notice, answer: str, status: CommunicationStatus
) -> None:
    assert "the mail server hung up" in noor.text("/desk/notices")
    path = f"/desk/notices/{unconfirmed.id}/{answer}"
    assert "Your answer is recorded." in noor.press(path, "/desk/notices").text
    assert factories.letter_now(means, unconfirmed.communication_id).status == status
    again = noor.send(f"/desk/notices/{unconfirmed.id}/arrived")
    assert again.status_code == 409
    assert "settled already" in again.text
    assert factories.letter_now(means, unconfirmed.communication_id).status == status


def test_an_answer_that_is_not_offered_is_not_taken(noor: Colleague, means: Means, unconfirmed: Notice) -> None:
    assert noor.send(f"/desk/notices/{unconfirmed.id}/perhaps").status_code == 404


def test_a_notice_that_was_refused_stays_on_the_list_until_another_is_written(noor: Colleague, means: Means) -> None:
    letter = factories.sending(means)
    with means.database.transaction() as session:
        session.execute(update(Notice).values(status=NoticeStatus.REFUSED, explanation="the mail server said 550"))
        session.execute(update(Communication).values(status=CommunicationStatus.UNDELIVERED))
    page = noor.get("/desk/notices")
    assert "the mail server said 550" in page.text
    assert not [action for action in actions_on(page) if action.startswith("/desk/notices/")]
    with means.database.transaction() as session:
        later = means.clock() + timedelta(minutes=5)
        session.add(Notice(id=new_id(), communication_id=letter.id, message_id="<2@x>", status="due", written_at=later))
    assert "No notice waits for you." in noor.text("/desk/notices")


def test_a_notice_that_no_job_will_send_any_more_is_on_the_list_with_the_reason(noor: Colleague, means: Means) -> None:
    factories.sending(means)
    assert "No notice waits for you." in noor.text("/desk/notices"), "a worker is about to send it"
    with means.database.transaction() as session:
        given_up = {"gave_up_at": means.clock(), "error": "the mail server said 450"}
        session.execute(update(Job).where(Job.name == communications.DELIVER).values(**given_up))
    page = noor.get("/desk/notices")
    assert "the mail server said 450" in page.text
    assert "was given up, so nothing leaves by itself" in page.text
    assert not [action for action in actions_on(page) if action.startswith("/desk/notices/")]


def test_a_job_that_was_given_up_is_tried_again_once(desk: Flask, means: Means) -> None:
    operator = by_role(desk, means, Role.OPERATOR)
    factories.submitted(means)
    with means.database.transaction() as session:
        job = session.scalars(select(Job)).one()
        job.gave_up_at, job.attempts, job.error = means.clock(), 10, "BlobMissing at foundation.storage:55"
    page = operator.text("/desk/jobs")
    assert "Triage of a submission" in page
    assert "BlobMissing at foundation.storage:55" in page
    assert "The job is tried again." in operator.press(f"/desk/jobs/{job.id}/again", "/desk/jobs").text
    assert operator.send(f"/desk/jobs/{job.id}/again").status_code == 409
    factories.work(means)
    assert count(means, Case) == 1


def test_an_alarm_is_shown_by_code_and_id_until_an_operator_looked_into_it(desk: Flask, means: Means) -> None:
    operator, auditor = by_role(desk, means, Role.OPERATOR), by_role(desk, means, Role.AUDITOR)
    with means.database.transaction() as session:
        alarms.raise_alarm(session, "tests.something_broke", "0123456789abcdef", means.clock())
        alarm = alarms.open_alarms(session)[0]
    path = f"/desk/alarms/{alarm.id}/settled"
    assert "tests.something_broke 0123456789abcdef" in operator.text("/desk/jobs")
    assert path in actions_on(operator.get("/desk/jobs"))
    assert path not in actions_on(auditor.get("/desk/jobs"))
    page = operator.press(path, "/desk/jobs").text
    assert "The alarm is settled." in page
    assert "No alarm is open." in page
    assert operator.send(path).status_code == 409
    assert operator.send(f"/desk/alarms/{new_id()}/settled").status_code == 404
    with means.database.reading() as session:
        assert session.get_one(Alarm, alarm.id).settled_by == factories.actor(means, BY_ROLE[Role.OPERATOR])


def test_an_operator_sees_how_it_stands_with_every_job_and_no_word_of_a_source(desk: Flask, means: Means) -> None:
    operator = by_role(desk, means, Role.OPERATOR)
    factories.submitted(means)
    now = means.clock()
    with means.database.transaction() as session:
        first = session.scalars(select(Job)).one()
        flying, later, left = (Job(id=new_id(), **common(first)) for _ in range(3))
        flying.lease_until, flying.attempts = now + timedelta(seconds=30), 4
        later.due_at, later.error = now + timedelta(minutes=5), "the mail server said 450"
        left.gave_up_at, left.error = now, "the mail server said 550"
        session.add_all([flying, later, left])
    page = operator.text("/desk/jobs")
    assert "Triage of a submission 1 1 1 1" in page
    for job, told in ((first, "Waiting"), (flying, "Under way"), (later, "Put off")):
        assert f"{job.id} submission_id {job.ids['submission_id']} {told}" in page
    assert "the mail server said 450" in page
    assert "Idalia" not in page


def test_long_lists_of_jobs_are_cut_off_and_say_so(desk: Flask, means: Means) -> None:
    operator = by_role(desk, means, Role.OPERATOR)
    factories.submitted(means)
    with means.database.transaction() as session:
        first = session.scalars(select(Job)).one()
        waiting = [Job(id=new_id(), **common(first)) for _ in range(jobs_page.MOST_SHOWN + 2)]
        left = [Job(id=new_id(), gave_up_at=means.clock(), **common(first)) for _ in range(jobs_page.MOST_SHOWN + 5)]
        session.add_all([*waiting, *left])
    page = operator.text("/desk/jobs")
    assert "3 more are not shown." in page
    assert "5 more are not shown." in page


def common(first: Job) -> dict[str, Any]:
    """What another job of the same name is made of."""
    at = {"written_at": first.written_at, "due_at": first.due_at, "resend_at": first.resend_at}
    return {"name": first.name, "ids": first.ids, "sends": 0, "attempts": 0, **at}
