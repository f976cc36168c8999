"""The record of what was done: whole after a letter's whole way, and broken by whoever writes to it past the deeds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from foundation import sealing
from foundation.actor import WORKER
from foundation.means import Means
from submissions import intake
from submissions.models import Source, Submission
from tests import factories
from tests.factories import case_now, work
from workflows import audit, cases, chain, replies
from workflows.audit import BrokenChain, Fault
from workflows.cases import Deed, Happening
from workflows.models import Case, CaseEvent, CaseSubmission, Communication, Release


@pytest.fixture
def case(means: Means) -> Case:
    """A case with a letter that was sent, opened, acknowledged and answered."""
    letter = factories.sent(means)
    with means.database.transaction() as session:
        release_id = session.scalars(select(Release.id)).one()
        replies.acknowledge(session, release_id, means.clock())
    work(means)
    replies.reply(means, release_id, "A reply.", [])
    work(means)
    return case_now(means, letter.case_id)


def broken(means: Means) -> list[BrokenChain]:
    with means.database.reading() as session:
        return audit.verify(session, means.keys)


def events(session: Session, case: Case) -> list[CaseEvent]:
    return list(session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.sequence)))


def change(means: Means, case: Case, sequence: int, **values: object) -> None:
    with means.database.transaction() as session:
        own = update(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.sequence == sequence)
        session.execute(own.values(**values))


def test_a_letters_whole_way_is_in_the_chain_and_every_seal_can_be_made_again(means: Means, case: Case) -> None:
    with means.database.reading() as session:
        told = events(session, case)
    assert [event.action for event in told] == [
        "begin_triage",
        "accept",
        "letter_drafted",
        "summary_saved",
        "letter_edited",
        "submit",
        "approve",
        "begin_sending",
        "confirm_sent",
        "letter_acknowledged",
        "record_reply",
    ]
    before = chain.FIRST
    for event in told:
        assert event.seal == cases.seal_of(means.keys.secret("chain"), before, event)
        before = event.seal
    assert broken(means) == []


def test_the_chains_of_several_cases_do_not_touch_each_other(means: Means, case: Case) -> None:
    other = factories.accepted(means)
    assert broken(means) == []
    change(means, other, 1, to_status="closed")
    assert broken(means) == [BrokenChain(other.id, 1, Fault.EVENT_CHANGED)]


def test_another_key_verifies_nothing(means: Means, case: Case) -> None:
    with means.database.reading() as session:
        other = replace(means.keys, secrets={**means.keys.secrets, "chain": bytes(32)})
        assert BrokenChain(case.id, 1, Fault.EVENT_CHANGED) in audit.verify(session, other)


@pytest.mark.parametrize(
    "changed",
    [
        {"action": "decline"},
        {"from_status": "received"},
        {"by": "account:somebody-else"},
        {"communication_id": None},
        {"seal": "0" * 64},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_edited_event_is_found(means: Means, case: Case, changed: dict[str, object]) -> None:
    change(means, case, 7, **changed)
    assert BrokenChain(case.id, 7, Fault.EVENT_CHANGED) in broken(means)


def test_an_event_that_was_moved_in_time_is_found(means: Means, case: Case) -> None:
    change(means, case, 7, at=means.clock().replace(year=2025))
    assert broken(means) == [BrokenChain(case.id, 7, Fault.EVENT_CHANGED)]


def another_note(means: Means, case: Case) -> bytes:
    with means.database.reading() as session:
        event_id = events(session, case)[1].id
    place = sealing.label_of("case_event", "note", event_id)
    return sealing.seal(b"Another reason.", means.keys.recipients("mandate"), place)


def test_an_edited_note_is_found(means: Means, case: Case) -> None:
    change(means, case, 2, note=another_note(means, case))
    assert broken(means) == [BrokenChain(case.id, 2, Fault.NOTE_CHANGED)]


def test_an_edited_note_with_its_hash_is_found(means: Means, case: Case) -> None:
    change(means, case, 2, note=another_note(means, case), note_digest="0" * 64)
    assert broken(means) == [BrokenChain(case.id, 2, Fault.NOTE_CHANGED)]


def test_a_note_that_was_taken_away_is_found(means: Means, case: Case) -> None:
    change(means, case, 2, note=None)
    assert broken(means) == [BrokenChain(case.id, 2, Fault.NOTE_REMOVED)]


def test_an_erased_note_breaks_nothing_where_an_event_tells_of_the_erasure(means: Means, case: Case) -> None:
    dispose(means, case)
    change(means, case, 2, note=None)
    assert broken(means) == []


def dispose(means: Means, case: Case) -> None:
    with means.database.transaction() as session:
        cases.note_happening(session, means.keys, case.id, Deed(Happening.DISPOSED, WORKER, means.clock()))


def test_a_note_that_was_put_in_the_place_of_another_is_found(means: Means, case: Case) -> None:
    with means.database.transaction() as session:
        accept, begun = events(session, case)[1], events(session, case)[0]
        accept.note, accept.note_digest = begun.note, begun.note_digest
    assert broken(means) == [BrokenChain(case.id, 2, Fault.EVENT_CHANGED)]


def test_events_that_were_exchanged_between_cases_are_found(means: Means, case: Case) -> None:
    other = factories.accepted(means)
    with means.database.transaction() as session:
        mine, theirs = events(session, case)[1], events(session, other)[1]
        # One after the other, since no case may have two events of one number.
        for event, case_id, sequence in ((mine, case.id, 99), (theirs, case.id, 2), (mine, other.id, 2)):
            event.case_id, event.sequence = case_id, sequence
            session.flush()
    assert {(found.case_id, found.fault) for found in broken(means)} == {
        (case.id, Fault.EVENT_CHANGED),
        (other.id, Fault.EVENT_CHANGED),
    }


def test_a_seal_that_was_copied_from_another_event_is_found(means: Means, case: Case) -> None:
    with means.database.transaction() as session:
        told = events(session, case)
        told[6].seal = told[4].seal
    assert broken(means) == [BrokenChain(case.id, 7, Fault.EVENT_CHANGED)]


def test_what_is_sealed_anew_with_the_same_words_is_whole(means: Means, case: Case) -> None:
    with means.database.transaction() as session:
        for event in events(session, case):
            if event.note is not None:
                place = sealing.label_of("case_event", "note", event.id)
                words = cases.note_of(means.keys, event).encode()
                event.note = sealing.seal(words, means.keys.recipients("mandate"), place)
        submission = session.get_one(Submission, cases.submissions_of(session, case.id)[0])
        submission.facts = sealed_facts(means, submission, intake.facts_of(means.keys, submission))
    assert broken(means) == []


def sealed_facts(means: Means, submission: Submission, facts: Mapping[str, object]) -> bytes:
    place = sealing.label_of("submission", "facts", submission.id)
    return sealing.seal(json.dumps(facts).encode(), means.keys.recipients("mandate"), place)


def other_facts(session: Session, means: Means, submission: Submission) -> None:
    told = intake.facts_of(means.keys, submission)
    submission.facts = sealed_facts(means, submission, {**told, "what_happened": "Nothing happened."})


def damaged_facts(session: Session, means: Means, submission: Submission) -> None:
    submission.facts = submission.facts[:-1]


def other_time(session: Session, means: Means, submission: Submission) -> None:
    submission.received_at = means.clock().replace(year=2025)


def other_recipient(session: Session, means: Means, submission: Submission) -> None:
    session.get_one(Source, submission.source_id).recipient = sealing.recipient_of(sealing.new_identity())


def other_source(session: Session, means: Means, submission: Submission) -> None:
    planted = Source(lookup="planted", language="en", begun_on=means.clock().date())
    planted.recipient = sealing.recipient_of(sealing.new_identity())
    session.add(planted)
    session.flush()
    submission.source_id = planted.id


def no_seal(session: Session, means: Means, submission: Submission) -> None:
    session.get_one(CaseSubmission, submission.id).seal = ""


def no_submission(session: Session, means: Means, submission: Submission) -> None:
    session.delete(session.get_one(CaseSubmission, submission.id))


def erased(session: Session, means: Means, submission: Submission) -> None:
    submission.facts, submission.identity, submission.source_copy = b"", None, b""
    submission.erased_at = means.clock()


@pytest.mark.parametrize(
    ("write", "fault"),
    [
        (other_facts, Fault.SUBMISSION_CHANGED),
        (other_time, Fault.SUBMISSION_CHANGED),
        (damaged_facts, Fault.ENVELOPE_NOT_OPENED),
        (other_recipient, Fault.SOURCE_KEY_SWAPPED),
        (other_source, Fault.SOURCE_KEY_SWAPPED),
        (no_seal, Fault.NOT_SEALED),
        (no_submission, Fault.NO_SUBMISSION),
        (erased, Fault.ERASED_UNDECIDED),
    ],
)
def test_a_submission_that_was_written_to_past_the_deeds_is_found(
    means: Means, case: Case, write: Callable[[Session, Means, Submission], None], fault: Fault
) -> None:
    with means.database.transaction() as session:
        write(session, means, session.get_one(Submission, cases.submissions_of(session, case.id)[0]))
    assert broken(means) == [BrokenChain(case.id, 0, fault)]


def test_a_submission_under_another_case_is_found(means: Means, case: Case) -> None:
    other = factories.triaged(means)
    with means.database.transaction() as session:
        mine, theirs = (
            session.get_one(CaseSubmission, cases.submissions_of(session, one.id)[0]) for one in (case, other)
        )
        mine.case_id, theirs.case_id = theirs.case_id, mine.case_id
    assert {found.fault for found in broken(means)} == {Fault.SUBMISSION_CHANGED}


def test_a_submission_whose_erasure_an_event_tells_of_is_no_fault(means: Means, case: Case) -> None:
    with means.database.transaction() as session:
        erased(session, means, session.get_one(Submission, cases.submissions_of(session, case.id)[0]))
    dispose(means, case)
    assert broken(means) == []


def test_what_is_found_twice_is_what_is_wrong(means: Means, case: Case) -> None:
    other = factories.triaged(means)
    change(means, other, 1, by="account:nobody")
    with means.database.reading() as session:
        assert audit.verify_twice(session, means.keys) == [BrokenChain(other.id, 1, Fault.EVENT_CHANGED)]
        assert audit.verify(session, means.keys, case.id) == []


def remove(means: Means, case: Case, *sequences: int) -> None:
    with means.database.transaction() as session:
        own = delete(CaseEvent).where(CaseEvent.case_id == case.id)
        session.execute(own.where(CaseEvent.sequence.in_(sequences)) if sequences else own)


def renumber(means: Means, case: Case, above: int) -> None:
    with means.database.transaction() as session:
        for event in events(session, case):
            if event.sequence > above:
                event.sequence -= 1
                session.flush()


def test_a_removed_event_is_found(means: Means, case: Case) -> None:
    remove(means, case, 5)
    assert broken(means) == [BrokenChain(case.id, 6, Fault.MISSING)]


def test_a_removed_event_is_found_also_when_the_others_close_ranks(means: Means, case: Case) -> None:
    remove(means, case, 5)
    renumber(means, case, 5)
    assert broken(means) == [BrokenChain(case.id, 5, Fault.EVENT_CHANGED)]


def test_a_move_that_was_cut_off_at_the_end_is_found_by_its_status(means: Means, case: Case) -> None:
    remove(means, case, 11)
    assert broken(means) == [BrokenChain(case.id, 10, Fault.STATUS_DIFFERS)]


def test_a_case_without_any_event_is_found(means: Means, case: Case) -> None:
    remove(means, case)
    assert {fault.fault for fault in broken(means)} == {Fault.STATUS_DIFFERS}


def edit_case(session: Session, case: Case) -> None:
    session.execute(update(Case).where(Case.id == case.id).values(status="declined"))


def edit_letter(session: Session, case: Case) -> None:
    session.execute(update(Communication).where(Communication.case_id == case.id).values(status="sent"))


@pytest.mark.parametrize("edit", [edit_case, edit_letter])
def test_a_status_that_was_edited_past_the_deeds_is_found(
    means: Means, case: Case, edit: Callable[[Session, Case], None]
) -> None:
    with means.database.transaction() as session:
        edit(session, case)
    assert [fault.fault for fault in broken(means)] == [Fault.STATUS_DIFFERS]


def test_the_note_of_an_event_can_be_read_by_whoever_holds_the_mandate_key(means: Means, case: Case) -> None:
    with means.database.reading() as session:
        accept = events(session, case)[1]
    assert cases.note_of(means.keys, accept) == "It is within the mandate."
    assert b"within the mandate" not in (accept.note or b"")
