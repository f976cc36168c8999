"""What is added after sending: kept beside what was told, signed, and believed from nobody else."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from foundation import alarms, sealing, signing
from foundation.db import new_id
from foundation.jobs import Job
from foundation.keys import new_signing_key, public_half_of_signing
from foundation.means import Means
from foundation.uploads import sealed_from
from submissions import additions, attachments, codes, confidentiality, consent_codes, erasure, intake
from submissions.attachments import ADDED_MOST, FileRefused
from submissions.believed import Opened
from submissions.drafts import CodeUnknown, VisitEnded
from submissions.models import AddedBy, Addition, AdditionKind, Attachment, ConsentCode, Submission
from tests import factories
from tests.after_sending import CLOSED, ODAN, OPEN, VENN, Sent, come_in, facts_now, holder_of, levels, sent
from tests.databases import acting_as
from tests.fakes import FakeClock
from workflows import added, cases
from workflows.cases import Happening
from workflows.models import CaseEvent

PLANTED = "Plantedword"
NAMED, INITIALS, NONE = "name", "initials", "none"


def rows(means: Means) -> list[Addition]:
    with means.database.reading() as session:
        return list(session.scalars(select(Addition).order_by(Addition.sequence)))


def forge(means: Means, one: Sent, signer: str | None = None, **row: Any) -> None:
    """A row as whoever has the database writes one: sealed to the mandate, and signed with a key of their own."""
    content = row.pop("content", OPEN)
    made = {
        "id": new_id(),
        "submission_id": one.submission.id,
        "sequence": len(rows(means)) + 1,
        "kind": "consent",
        "author": "source",
        "person_id": None,
        "made_on": means.clock().date(),
        **row,
    }
    signature = signing.sign(signer or new_signing_key(), Opened(**made, content=content).text)
    text = json.dumps({"content": content, "signature": signature})
    place = sealing.label_of("addition", "envelope", made["id"])
    envelope = sealing.seal(text.encode(), means.keys.recipients("mandate"), place)
    with means.database.transaction() as session:
        session.add(
            Addition(
                **{**made, "kind": AdditionKind(made["kind"]), "author": AddedBy(made["author"])}, envelope=envelope
            )
        )


def signs(means: Means, one: Sent) -> str:
    return codes.signing_key(one.visitor.identity, means.keys.secret("pepper"))


def test_what_is_added_stands_beside_what_was_told_and_nothing_is_edited(means: Means) -> None:
    one = sent(means)
    before = facts_now(means, one)
    additions.tell(means, one.visitor, AdditionKind.FACTS, {"words": "She was moved."})
    additions.tell(means, one.visitor, AdditionKind.CORRECTION, {"words": "It was on the 13th."})
    additions.tell(means, one.visitor, AdditionKind.CORRECTION, {"words": "It was on the 13th."})
    with means.database.reading() as session:
        every = additions.judged(session, means.keys, one.submission, before)
    assert [(each.opened.kind, (each.opened.content or {})["words"]) for each in every] == [
        ("facts", "She was moved."),
        ("correction", "It was on the 13th."),
    ]
    assert all(each.is_believed for each in every)
    assert facts_now(means, one) == before
    with means.database.reading() as session:
        assert [each.content for each in additions.readable(session, one.visitor)] == [
            {"words": "She was moved."},
            {"words": "It was on the 13th."},
        ]


def test_a_source_loosens_and_tightens_what_may_be_told_about_one_and_about_all(means: Means) -> None:
    one = sent(means, **CLOSED)
    assert levels(means, one) == {VENN: NONE, ODAN: NONE}
    additions.decide(means, one.visitor, OPEN)
    assert levels(means, one) == {VENN: NAMED, ODAN: NAMED}
    additions.decide(means, one.visitor, CLOSED, VENN)
    assert levels(means, one) == {VENN: NONE, ODAN: NAMED}
    additions.decide(means, one.visitor, {"consent_to_send": "no"})
    assert not confidentiality.may_be_sent(facts_now(means, one))


def test_a_person_decides_for_herself_and_her_source_can_only_be_stricter(means: Means) -> None:
    one = sent(means)
    holder = holder_of(means, one)
    consent_codes.decide(means, holder, {"naming": {**OPEN["naming"], "state:XXB": INITIALS}, "precision": {}})
    assert levels(means, one) == {VENN: INITIALS, ODAN: NAMED}
    additions.decide(means, one.visitor, OPEN, VENN)
    assert levels(means, one)[VENN] == INITIALS
    additions.decide(means, one.visitor, CLOSED, VENN)
    assert levels(means, one)[VENN] == NONE


def test_her_code_shows_what_is_chosen_for_her_and_no_other_word(means: Means) -> None:
    one = sent(means)
    holder = holder_of(means, one)
    with means.database.reading() as session:
        shown = consent_codes.choices_of(session, holder)
        closed = additions.opened_with(session, one.submission.id, holder.identity)
    assert (shown.called, shown.person["naming"], shown.decided_on) == ("Idalia Venn", OPEN["naming"], None)
    assert shown.audiences["other:firm"] == "Harbour Freight"
    assert not any(word in repr(shown) for word in ("Odan", "details", "harbour kitchen", "Lantern"))
    assert [each.content for each in closed] == [None]
    additions.decide(means, one.visitor, CLOSED, VENN)
    additions.decide(means, one.visitor, OPEN, ODAN)
    consent_codes.decide(means, holder, {**OPEN, "naming": {"mandate": NAMED}})
    with means.database.reading() as session:
        shown = consent_codes.choices_of(session, holder)
        every = additions.opened_with(session, one.submission.id, holder.identity)
    assert shown.person["naming"] == {"mandate": NAMED}
    assert shown.decided_on == means.clock().date()
    assert [each.person_id for each in every if each.content] == [VENN, VENN]


def test_the_source_is_not_told_what_a_person_decided(means: Means) -> None:
    one = sent(means)
    consent_codes.decide(means, holder_of(means, one), CLOSED)
    with means.database.reading() as session:
        last = additions.readable(session, one.visitor)[-1]
        chosen = additions.own_choices(session, one.visitor, means.keys, one.own())
    assert (last.author, last.person_id, last.content) == ("person", VENN, None)
    assert chosen["naming"] == OPEN["naming"]


def test_a_code_that_nobody_used_is_replaced_and_one_in_use_is_not(means: Means) -> None:
    one = sent(means)
    first = consent_codes.make(means, one.visitor, one.own(), VENN)
    second = consent_codes.make(means, one.visitor, one.own(), VENN)
    with pytest.raises(CodeUnknown):
        come_in(means, first)
    holder = come_in(means, second)
    consent_codes.decide(means, holder, {"naming": {}})
    with pytest.raises(consent_codes.CodeInUse):
        consent_codes.make(means, one.visitor, one.own(), VENN)
    with pytest.raises(consent_codes.NotConcerned):
        consent_codes.make(means, one.visitor, one.own(), "nobody")


def test_whoever_makes_a_second_key_for_a_person_who_decided_cannot_loosen_it(means: Means) -> None:
    one = sent(means)
    consent_codes.decide(means, holder_of(means, one), CLOSED)
    other = new_signing_key()
    key = {"key": public_half_of_signing(other), "recipient": "age1nobody"}
    forge(means, one, signs(means, one), kind="key", person_id=VENN, content=key)
    forge(means, one, other, author="person", person_id=VENN)
    assert levels(means, one)[VENN] == NONE


@pytest.mark.parametrize("row", [{}, {"person_id": VENN}, {"person_id": VENN, "author": "person"}])
def test_nobody_loosens_a_consent_without_the_code(means: Means, row: dict[str, Any]) -> None:
    one = sent(means, **CLOSED)
    forge(means, one, **row)
    assert levels(means, one) == {VENN: NONE, ODAN: NONE}


def test_nobody_has_a_letter_sent_without_the_code(means: Means) -> None:
    one = sent(means, consent_to_send="no")
    forge(means, one, content={"consent_to_send": "yes", "not_to": []})
    assert not confidentiality.may_be_sent(facts_now(means, one))
    other = sent(means, consent_to_send="no")
    additions.decide(means, other.visitor, {"consent_to_send": "yes"})
    assert confidentiality.may_be_sent(facts_now(means, other))


def test_a_key_that_nobody_signed_is_the_key_of_nobody(means: Means) -> None:
    one = sent(means, **CLOSED)
    own = new_signing_key()
    forge(means, one, own, kind="key", content={"key": public_half_of_signing(own)})
    forge(means, one, own)
    assert levels(means, one) == {VENN: NONE, ODAN: NONE}


def test_a_key_that_the_source_signed_takes_the_place_of_the_one_before(means: Means) -> None:
    one, renewed = sent(means, **CLOSED), new_signing_key()
    forge(means, one, signs(means, one), kind="key", content={"key": public_half_of_signing(renewed)})
    forge(means, one, signs(means, one))
    assert levels(means, one)[VENN] == NONE
    forge(means, one, renewed)
    assert levels(means, one)[VENN] == NAMED


def test_a_signed_addition_counts_only_in_its_own_place(means: Means) -> None:
    one = sent(means, **CLOSED)
    additions.decide(means, one.visitor, OPEN, VENN)
    additions.decide(means, one.visitor, CLOSED, VENN)
    with means.database.transaction() as session:
        # The older consent is put behind the newer one.
        for before, after in ((1, 3), (2, 1), (3, 2)):
            session.execute(update(Addition).where(Addition.sequence == before).values(sequence=after))
    assert levels(means, one)[VENN] == NONE


def test_a_signed_addition_is_given_to_no_other_person_and_no_other_submission(means: Means) -> None:
    one, other = sent(means, **CLOSED), sent(means, **CLOSED)
    additions.decide(means, one.visitor, OPEN, ODAN)
    assert levels(means, one) == {VENN: NONE, ODAN: NAMED}
    with means.database.transaction() as session:
        session.execute(update(Addition).values(person_id=VENN))
    assert levels(means, one)[VENN] == NONE
    with means.database.transaction() as session:
        session.execute(update(Addition).values(person_id=ODAN, submission_id=other.submission.id))
    assert levels(means, other) == {VENN: NONE, ODAN: NONE}


def test_what_nobody_signed_does_not_stand_in_the_way_of_a_stricter_choice(means: Means) -> None:
    one = sent(means)
    forge(means, one, person_id=VENN)
    forge(means, one, content={"naming": {**OPEN["naming"], "public": NONE}})
    assert levels(means, one) == {VENN: NAMED, ODAN: NAMED}
    additions.decide(means, one.visitor, CLOSED)
    assert levels(means, one) == {VENN: NONE, ODAN: NONE}


def test_what_is_not_signed_still_makes_things_stricter(means: Means) -> None:
    one = sent(means)
    forge(means, one, person_id=VENN, content=CLOSED)
    assert levels(means, one) == {VENN: NONE, ODAN: NAMED}
    forge(means, one, person_id=ODAN, content={"basis": "refused"})
    assert levels(means, one)[ODAN] == NONE
    forge(means, one, content={"consent_to_send": "no"})
    assert not confidentiality.may_be_sent(facts_now(means, one))


@pytest.mark.parametrize(
    "content", [{"naming": "name"}, {"naming": {"state:XXB": 5}}, {"not_to": [1]}, {"victims": []}]
)
def test_an_addition_without_the_shape_of_one_changes_nothing_and_raises_nothing(means: Means, content: Any) -> None:
    one = sent(means, **CLOSED)
    forge(means, one, content=content)
    assert levels(means, one) == {VENN: NONE, ODAN: NONE}


def test_a_choice_that_nobody_offers_is_no_choice(means: Means) -> None:
    one = sent(means)
    additions.decide(means, one.visitor, {"naming": {"state:XXB": "everything"}}, VENN)
    assert levels(means, one) == {VENN: NONE, ODAN: NAMED}


def test_a_reprisal_and_a_changed_consent_take_the_urgent_way(means: Means) -> None:
    one = sent(means)
    additions.tell(means, one.visitor, AdditionKind.REPRISAL, {"words": "", "danger": True})
    additions.decide(means, one.visitor, CLOSED)
    additions.tell(means, one.visitor, AdditionKind.FACTS, {"words": "One."})
    with means.database.reading() as session:
        own = select(Job.name).where(Job.name.in_([additions.URGENT, additions.RECEIVED]))
        assert sorted(session.scalars(own)) == [additions.RECEIVED, additions.URGENT, additions.URGENT]
    assert additions.URGENT in factories.TASKS.urgent
    assert additions.RECEIVED not in factories.TASKS.urgent


def test_an_addition_that_is_missing_or_does_not_open_stops_every_letter(means: Means) -> None:
    one = sent(means)
    additions.tell(means, one.visitor, AdditionKind.FACTS, {"words": "One."})
    additions.tell(means, one.visitor, AdditionKind.FACTS, {"words": "Two."})
    assert confidentiality.may_be_sent(facts_now(means, one))
    with means.database.transaction() as session:
        session.execute(update(Addition).where(Addition.sequence == 1).values(envelope=b"damaged"))
    assert not confidentiality.may_be_sent(facts_now(means, one))
    with means.database.transaction() as session:
        session.execute(delete(Addition).where(Addition.sequence == 1))
    assert not confidentiality.may_be_sent(facts_now(means, one))


def test_files_come_to_forty_in_all_and_are_sealed_to_the_mandate_at_once(means: Means) -> None:
    one = sent(means)
    additions.add_files(means, one.visitor, [a_file(means, f"{n}.txt") for n in range(ADDED_MOST - 1)])
    with means.database.reading() as session:
        kept = intake.files_of(session, one.submission.id)
    assert {attachments.read_file(means, each)[1] for each in kept} == {PLANTED.encode()}
    intake.write_to_mandate(means, one.visitor, "With a file.", [a_file(means, "last.txt")])
    with pytest.raises(FileRefused):
        additions.add_files(means, one.visitor, [a_file(means, "one more.txt")])
    assert len(rows(means)) == 1


def a_file(means: Means, name: str) -> attachments.ReceivedFile:
    return attachments.receive(name, sealed_from(means.storage, PLANTED.encode()))


def test_messages_carry_files_both_ways_which_both_sides_open(means: Means) -> None:
    one = sent(means)
    intake.write_to_mandate(means, one.visitor, "See this.", [a_file(means, "mine.txt")])
    intake.write_to_source(means, one.submission.id, recipient(one), "And this.", [a_file(means, "yours.txt")])
    for identity in (one.visitor.identity, means.keys.identity("mandate")):
        with means.database.reading() as session:
            told = intake.messages_of(session, one.submission.id, identity)
        assert [[file.name for file in each.files] for each in told] == [["mine.txt"], ["yours.txt"]]
    with means.database.reading() as session:
        found = intake.file_for_source(session, one.visitor, told[1].files[0].id)
        assert intake.files_of(session, one.submission.id) == []
    assert found is not None
    _name, identity = attachments.key_for(found, one.visitor.identity)
    assert sealing.open_parts(means.storage.get(found.id), identity, found.id) == PLANTED.encode()


def recipient(one: Sent) -> str:
    return sealing.recipient_of(one.visitor.identity)


def test_a_source_opens_no_file_of_another_nor_one_of_the_account(means: Means) -> None:
    one, other = sent(means), sent(means)
    intake.write_to_source(means, other.submission.id, recipient(other), "For the other.", [a_file(means, "a.txt")])
    additions.add_files(means, one.visitor, [a_file(means, "b.txt")])
    with means.database.reading() as session:
        every = session.scalars(select(Attachment.id)).all()
        assert len(every) == 2
        assert [intake.file_for_source(session, one.visitor, each) for each in every] == [None, None]


def test_nothing_of_it_is_readable_in_the_database(means: Means) -> None:
    one = sent(means)
    additions.tell(means, one.visitor, AdditionKind.FACTS, {"words": PLANTED})
    additions.tell(means, one.visitor, AdditionKind.REPRISAL, {"words": PLANTED, "danger": True})
    additions.decide(means, one.visitor, {"given_by": PLANTED})
    additions.add_files(means, one.visitor, [a_file(means, f"{PLANTED}.txt")])
    intake.write_to_mandate(means, one.visitor, PLANTED, [a_file(means, f"{PLANTED}.txt")])
    code = consent_codes.make(means, one.visitor, one.own(), VENN)
    everything = in_rows(means)
    for word in (PLANTED, "Venn", code, *codes.groups_of(code), one.visitor.identity):
        assert word not in everything
    with means.database.transaction() as session:
        session.execute(update(ConsentCode).values(lookup=PLANTED))
    assert PLANTED in in_rows(means)


def in_rows(means: Means) -> str:
    kinds = (Addition, ConsentCode, Attachment, Submission, Job)
    with means.database.reading() as session:
        every = [vars(row) for kind in kinds for row in session.scalars(select(kind))]
    return repr([{key: value for key, value in row.items() if key != "_sa_instance_state"} for row in every])


def test_erasing_leaves_no_addition_no_code_and_no_key_of_a_file(means: Means) -> None:
    one = sent(means)
    holder = holder_of(means, one)
    intake.write_to_mandate(means, one.visitor, "See this.", [a_file(means, "a.txt")])
    worker = replace(means, database=acting_as(means.database, "worker"))
    with worker.database.transaction() as session:
        erasure.empty_submission(session, one.submission.id, means.clock())
    with means.database.reading() as session:
        assert session.scalars(select(Attachment.envelope)).all() == [None]
    erasure.erase_files(worker, one.submission.id)
    with means.database.reading() as session:
        assert [session.scalars(select(kind)).all() for kind in (Addition, ConsentCode, Attachment)] == [[], [], []]
        with pytest.raises(VisitEnded):
            consent_codes.choices_of(session, holder)
    with pytest.raises(VisitEnded):
        additions.tell(means, one.visitor, AdditionKind.FACTS, {"words": "Too late."})


def test_the_case_learns_of_it_and_a_reprisal_comes_to_the_front(means: Means, clock: FakeClock) -> None:
    past = {"going_on": "no", "at_stake": ["none"], "may_happen": None, "may_happen_by": None}
    one = sent(means, **past, happened_on="2026-02")
    factories.work(means)
    additions.tell(means, one.visitor, AdditionKind.FACTS, {"words": PLANTED})
    factories.work(means)
    with means.database.reading() as session:
        case = cases.case_of(session, one.submission.id)
    assert case is not None
    assert (case.source_wrote_at, case.reprisal_at) == (means.clock(), None)
    assert case.priority > 1
    clock.advance(hours=1)
    additions.tell(means, one.visitor, AdditionKind.REPRISAL, {"words": "", "danger": True})
    factories.work(means)
    with means.database.reading() as session:
        case = session.get_one(type(case), case.id)
        told = session.scalars(select(CaseEvent).where(CaseEvent.action == Happening.SOURCE_ADDED)).all()
        assert alarms.open_alarms(session) == []
    assert (case.reprisal_at, case.priority, len(told)) == (means.clock(), 1, 2)


def test_what_nobody_signed_raises_an_alarm(means: Means) -> None:
    one = sent(means)
    factories.work(means)
    forge(means, one)
    [row] = rows(means)
    with means.database.transaction() as session:
        added.receive(session, means.keys, row.id, means.clock())
    with means.database.reading() as session:
        assert [alarm.code for alarm in alarms.open_alarms(session)] == [added.NOT_SIGNED]


@pytest.mark.parametrize("how", ["deleted", "replaced", "written over"])
def test_a_withdrawal_that_is_taken_out_of_the_database_stops_every_letter(means: Means, how: str) -> None:
    one = sent(means)
    factories.work(means)
    additions.decide(means, one.visitor, OPEN, VENN)
    additions.decide(means, one.visitor, CLOSED, VENN)
    factories.work(means)
    assert may_be_sent(means, one)
    last = rows(means)[-1].id
    with means.database.transaction() as session:
        session.execute(delete(Addition).where(Addition.sequence == 2))
    if how == "written over":
        forge(means, one, id=last, person_id=VENN)
    if how == "replaced":
        additions.decide(means, one.visitor, OPEN, VENN)
    assert not may_be_sent(means, one)


def may_be_sent(means: Means, one: Sent) -> bool:
    with means.database.reading() as session:
        now = added.current_facts(session, means.keys, session.get_one(Submission, one.submission.id))
    return confidentiality.may_be_sent(now)
