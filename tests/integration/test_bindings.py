"""A key that was swapped: what the mandate answers does not go to it, and what came under it is not lost unseen."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import alarms, sealing
from foundation.jobs import Job
from foundation.means import Means
from submissions import intake
from submissions.models import Source, Submission
from tests import factories
from tests.desk_visits import Colleague, page_of, submission_of
from workflows import bindings, cases, triage
from workflows.models import Case, CaseEvent, KeptAssessment

THIEF = sealing.new_identity()


def swap_recipient(session: Session, means: Means, submission_id: str) -> None:
    source_id = session.get_one(Submission, submission_id).source_id
    session.get_one(Source, source_id).recipient = sealing.recipient_of(THIEF)


def replace_facts(session: Session, means: Means, submission_id: str) -> None:
    place = sealing.label_of("submission", "facts", submission_id)
    planted = sealing.seal(b"{}", means.keys.recipients("mandate"), place)
    session.get_one(Submission, submission_id).facts = planted


def damage_facts(session: Session, means: Means, submission_id: str) -> None:
    session.get_one(Submission, submission_id).facts = b"damaged"


def open_alarms(means: Means) -> list[tuple[str, str]]:
    with means.database.reading() as session:
        return [(alarm.code, alarm.subject) for alarm in alarms.open_alarms(session)]


def messages(means: Means, submission_id: str) -> list[str]:
    with means.database.reading() as session:
        found = intake.messages_of(session, submission_id, means.keys.identity("mandate"))
    return [message.text for message in found]


def test_a_message_is_left_under_the_key_that_triage_saw(means: Means) -> None:
    case = factories.triaged(means)
    submission = submission_of(means, case)
    triage.write_to_source(means, case.id, submission.id, "When was it?", factories.actor(means))
    assert (messages(means, submission.id), open_alarms(means)) == (["When was it?"], [])


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (swap_recipient, bindings.SOURCE_KEY_SWAPPED),
        (replace_facts, bindings.SUBMISSION_CHANGED),
        (damage_facts, bindings.ENVELOPE_NOT_OPENED),
    ],
)
def test_nothing_is_written_to_a_source_whose_submission_or_key_was_swapped(
    noor: Colleague, means: Means, write: Callable[[Session, Means, str], None], code: str
) -> None:
    case = factories.triaged(means)
    submission = submission_of(means, case)
    with means.database.transaction() as session:
        write(session, means, submission.id)
    form, name = f"{page_of(case)}/messages/{submission.id}", f"s{submission.id[:6]}-message"
    for _ in range(2):
        answer = noor.send(form, page_of(case), **{name: "Where are you now?"})
        assert answer.status_code == 409
        assert "changed past the system" in answer.text
        assert "Where are you now?" in answer.text, "what was typed is kept"
    assert messages(means, submission.id) == []
    assert open_alarms(means) == [(code, submission.id)]
    with means.database.reading() as session:
        told = session.scalars(select(CaseEvent.action).where(CaseEvent.case_id == case.id))
        assert list(told) == ["begin_triage"], "no event says that a message was left"


def test_a_submission_under_a_swapped_mandate_key_raises_an_alarm_and_waits_for_a_person(means: Means) -> None:
    submission = factories.submitted(means)
    place = sealing.label_of("submission", "facts", submission.id)
    with means.database.transaction() as session:
        facts = sealing.seal(b"{}", [sealing.recipient_of(THIEF)], place)
        session.get_one(Submission, submission.id).facts = facts
    factories.work(means)
    with means.database.reading() as session:
        job = session.scalars(select(Job).where(Job.name == intake.RECEIVED)).one()
        assert cases.case_of(session, submission.id) is None
    assert job.gave_up_at is not None
    assert job.error == "what was submitted is not sealed to the mandate's key, or was damaged"
    assert open_alarms(means) == [(bindings.ENVELOPE_NOT_OPENED, submission.id)]


def damage_all(session: Session, means: Means, case: Case) -> None:
    damage_facts(session, means, cases.submissions_of(session, case.id)[0])
    session.scalars(select(KeptAssessment).where(KeptAssessment.case_id == case.id)).one().envelope = b"damaged"
    for event in session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id)):
        event.note = b"damaged"
    by = factories.actor(means)
    cases.save_summary(session, means.keys, case.id, "en", "A summary.", by, means.clock()).envelope = b"damaged"


def test_the_page_of_a_case_says_what_cannot_be_opened(noor: Colleague, means: Means) -> None:
    case = factories.accepted(means)
    assert "cannot be opened" not in noor.text(page_of(case))
    with means.database.transaction() as session:
        damage_all(session, means, case)
    answer = noor.get(page_of(case))
    assert answer.status_code == 200
    assert "What the source told cannot be opened." in answer.text
    assert "Something on this page cannot be opened" in answer.text
