"""Notices and jobs that wait for a person."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts.permissions import Role
from foundation.db import new_id
from foundation.jobs import Job
from foundation.means import Means
from tests import factories
from tests.desk_visits import (
    Colleague,
    actions_on,
    by_role,
    count,
)
from workflows.lifecycle import CommunicationStatus
from workflows.models import Case, Communication, Notice, NoticeStatus


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
