"""The record of what was done: whole after a letter's whole way, and broken by whoever writes to it past the deeds."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from foundation import sealing
from foundation.means import Means
from tests import factories
from tests.factories import case_now, work
from workflows import audit, cases, chain, replies
from workflows.audit import BrokenChain, Fault
from workflows.models import Case, CaseEvent, Communication, Release


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


def test_an_erased_note_breaks_nothing(means: Means, case: Case) -> None:
    change(means, case, 2, note=None)
    assert broken(means) == []


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
