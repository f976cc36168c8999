"""Signed heads leave the database, so that whoever writes to it can neither cut off nor put back what happened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from foundation import alarms, jobs
from foundation import journal as journals
from foundation.db import Base, new_id
from foundation.jobs import Claim, Job, LeaseLost
from foundation.journal import Entry, Journal
from foundation.keys import load_keys
from foundation.means import Means
from holdings import HOLDINGS
from tests import factories
from tests.fakes import FakeClock
from workflows import audit, cases, chain, head_audit, heads, record, replay, triage
from workflows.head_audit import BrokenHead, HeadFault
from workflows.heads import Head
from workflows.lifecycle import CaseAction, CaseStatus
from workflows.models import Case, CaseEvent, CaseSubmission, ChainHead, KeptAssessment

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@pytest.fixture
def worker(means: Means, instance: Path) -> Means:
    """What the worker holds, and no more."""
    held = HOLDINGS["worker"]
    return replace(means, keys=load_keys(instance / "keys", held.private, held.secrets, held.signs))


@pytest.fixture
def case(means: Means) -> Case:
    """A case on which a letter is to be written, and whose source has written since; the last event moved nothing."""
    found = factories.accepted(means)
    source_writes(means, found)
    return found


def source_writes(means: Means, case: Case) -> None:
    with means.database.transaction() as session:
        triage.source_wrote(session, means.keys, cases.submissions_of(session, case.id)[0], means.clock())


def run(means: Means, name: str) -> Job:
    """Do the work of a name once, as when its period begins."""
    with means.database.transaction() as session:
        jobs.enqueue(session, name, means.clock(), key=(key := new_id()))
    factories.work(means)
    with means.database.reading() as session:
        return session.scalars(select(Job).where(Job.key == key)).one()


def write_head(means: Means) -> list[Head]:
    """Let an hour begin, and give all heads there are by their numbers."""
    assert run(means, heads.WRITE).done_at is not None
    return told(means)


def told(means: Means) -> list[Head]:
    found = [heads.read(means.keys.public["record"], entry) for entry in entries(means)]
    return sorted(found, key=lambda head: head.number)


def entries(means: Means) -> list[Entry]:
    return [entry for entry in means.journal.entries() if entry.kind == heads.HEAD]


def verified(means: Means) -> head_audit.Verified:
    with means.database.reading() as session:
        return head_audit.verify(session, means.keys.public["record"], means.journal, means.clock())


def broken(means: Means) -> set[BrokenHead]:
    return set(verified(means).broken)


def broken_chains(means: Means) -> list[audit.BrokenChain]:
    with means.database.reading() as session:
        return audit.verify(session, means.keys)


def open_alarms(means: Means) -> set[tuple[str, str]]:
    with means.database.reading() as session:
        return {(alarm.code, alarm.subject) for alarm in alarms.open_alarms(session)}


def last_event(means: Means, case: Case) -> CaseEvent:
    with means.database.reading() as session:
        own = select(CaseEvent).where(CaseEvent.case_id == case.id)
        return session.scalars(own.order_by(CaseEvent.sequence.desc()).limit(1)).one()


def cut_off(means: Means, case: Case, above: int) -> None:
    with means.database.transaction() as session:
        session.execute(delete(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.sequence > above))


def path_of(instance: Path, entry: Entry) -> Path:
    return instance / "journal" / entry.day / f"{entry.id}.json"


def test_a_head_tells_how_far_each_chain_is_and_names_the_head_before_it(means: Means, case: Case) -> None:
    other = factories.triaged(means)
    first = write_head(means)[0]
    assert (first.number, first.before, first.cases, first.events) == (1, chain.FIRST, 2, 4)
    assert {(end.case_id, end.sequence) for end in first.ends} == {(case.id, 3), (other.id, 1)}
    source_writes(means, other)
    second = write_head(means)[1]
    assert (second.number, second.before, second.events) == (2, first.digest, 5)
    assert [(end.case_id, end.sequence) for end in second.ends] == [(other.id, 2)], "only what grew is told again"
    assert (verified(means).heads, broken(means), broken_chains(means)) == (2, set(), [])


def test_nothing_is_written_while_nothing_happens_but_for_one_head_a_day(
    means: Means, case: Case, clock: FakeClock
) -> None:
    for _ in range(3):
        write_head(means)
        clock.advance(hours=1)
    assert len(told(means)) == 1
    clock.advance(hours=21)
    assert [head.ends for head in write_head(means)[1:]] == [()]
    assert broken(means) == set()


def test_the_keys_of_a_worker_are_enough_to_write_and_to_check(worker: Means, case: Case) -> None:
    write_head(worker)
    assert run(worker, record.CHECK).done_at is not None
    assert open_alarms(worker) == set()


def test_events_that_were_cut_off_are_found_also_when_they_moved_nothing(means: Means, case: Case) -> None:
    write_head(means)
    cut_off(means, case, 2)
    assert broken_chains(means) == [], "the chain alone does not show it"
    assert broken(means) == {BrokenHead(case.id, HeadFault.EVENTS_CUT_OFF), BrokenHead("events", HeadFault.FEWER)}


def test_a_case_that_was_removed_with_all_that_hangs_on_it_is_found(means: Means, case: Case) -> None:
    other = factories.triaged(means)
    write_head(means)
    with means.database.transaction() as session:
        for kind in (KeptAssessment, CaseSubmission, CaseEvent, ChainHead):
            session.execute(delete(kind).where(kind.case_id == other.id))
        session.execute(delete(Case).where(Case.id == other.id))
    assert broken_chains(means) == []
    found = broken(means)
    assert BrokenHead(other.id, HeadFault.CASE_REMOVED) in found
    assert {BrokenHead("cases", HeadFault.FEWER), BrokenHead("events", HeadFault.FEWER)} <= found


def decide(means: Means, case: Case, action: CaseAction) -> None:
    by = factories.actor(means)
    with means.database.transaction() as session:
        triage.decide(session, means.keys, case.id, action, by, means.clock(), "A reason.")


def test_a_case_that_was_put_back_to_yesterday_is_found_also_after_it_grew_anew(means: Means, clock: FakeClock) -> None:
    case = factories.triaged(means)
    yesterday = factories.case_now(means, case.id)
    clock.advance(days=1)
    decide(means, case, CaseAction.DECLINE)
    write_head(means)
    cut_off(means, case, 1)
    with means.database.transaction() as session:
        back = {"status": yesterday.status, "moved_at": yesterday.moved_at}
        session.execute(update(Case).where(Case.id == case.id).values(**back))
    assert broken_chains(means) == []
    assert BrokenHead(case.id, HeadFault.EVENTS_CUT_OFF) in broken(means)
    clock.advance(hours=1)
    decide(means, case, CaseAction.REFER)
    source_writes(means, case)
    write_head(means)
    assert (broken_chains(means), factories.case_now(means, case.id).status) == ([], CaseStatus.REFERRED)
    assert broken(means) == {BrokenHead(case.id, HeadFault.CHAIN_REPLACED)}


def dumped(means: Means) -> Rows:
    with means.database.reading() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: [dict(row) for row in session.execute(select(table)).mappings()] for table in tables}


def put_back(means: Means, rows: Rows) -> None:
    """Make the whole database what it was, as a restore from a copy does, or somebody who can write to all of it."""
    with means.database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))
        for table in Base.metadata.sorted_tables:
            if rows[table.name]:
                session.execute(table.insert(), list(rows[table.name]))


def test_a_whole_database_that_was_put_back_is_found_until_the_journal_is_replayed(
    means: Means, case: Case, clock: FakeClock
) -> None:
    write_head(means)
    yesterday = dumped(means)
    clock.advance(hours=23)
    source_writes(means, case)
    lost = factories.triaged(means)
    write_head(means)
    put_back(means, yesterday)
    assert broken_chains(means) == []
    assert broken(means) >= {
        BrokenHead(case.id, HeadFault.EVENTS_CUT_OFF),
        BrokenHead(lost.id, HeadFault.CASE_REMOVED),
        BrokenHead("cases", HeadFault.FEWER),
    }
    forgotten = max(entries(means), key=lambda entry: entry.at)
    write_head(means)
    assert (record.HEAD_BROKEN, f"entry {forgotten.id}") in open_alarms(means), "the next hour raises it already"
    assert forgotten.id in [entry.id for entry in unknown(means)]
    replay.replay(means)
    source_writes(means, case)
    write_head(means)
    assert (broken(means), len(verified(means).replayed)) == (set(), 1)
    cut_off(means, case, 3)
    assert BrokenHead(case.id, HeadFault.EVENTS_CUT_OFF) in broken(means), "heads that were not forgotten still count"


def unknown(means: Means) -> list[Entry]:
    with means.database.reading() as session:
        return journals.unknown(session, means.journal)


def test_a_worker_that_dies_after_it_wrote_to_the_journal_does_no_harm(means: Means, case: Case) -> None:
    with pytest.raises(LeaseLost):
        heads.write(means, Claim(new_id(), heads.WRITE, {}, new_id(), 1))
    assert [entry.kind for entry in unknown(means)] == [heads.HEAD]
    write_head(means)
    assert [head.number for head in told(means)] == [1, 2]
    assert (unknown(means), broken(means), open_alarms(means)) == ([], set(), set())


def test_a_head_that_was_taken_from_the_journal_is_missed(means: Means, case: Case, instance: Path) -> None:
    for _ in range(3):
        source_writes(means, case)
        write_head(means)
    second = next(entry for entry in entries(means) if entry.ids["number"] == "2")
    path_of(instance, second).unlink()
    assert broken(means) == {
        BrokenHead(f"entry {second.id}", HeadFault.MISSING),
        BrokenHead("head 2", HeadFault.MISSING),
    }


def test_the_newest_head_that_was_taken_from_the_journal_is_missed(means: Means, case: Case, instance: Path) -> None:
    write_head(means)
    source_writes(means, case)
    write_head(means)
    second = next(entry for entry in entries(means) if entry.ids["number"] == "2")
    path_of(instance, second).unlink()
    assert broken(means) == {BrokenHead(f"entry {second.id}", HeadFault.MISSING)}


def test_a_head_that_was_edited_or_signed_by_another_key_is_found(means: Means, case: Case, instance: Path) -> None:
    write_head(means)
    entry = entries(means)[0]
    kept = json.loads(path_of(instance, entry).read_text())
    kept["ids"]["text"] = kept["ids"]["text"].replace('"sequence":3', '"sequence":2')
    path_of(instance, entry).write_text(json.dumps(kept))
    assert BrokenHead(f"entry {entry.id}", HeadFault.NOT_READABLE) in broken(means)
    # Desk and worker hold the journal's key; the key that signs heads is the worker's alone.
    kept["seal"] = means.journal._seal_of(Entry(**kept))
    path_of(instance, entry).write_text(json.dumps(kept))
    assert BrokenHead(f"entry {entry.id}", HeadFault.NOT_SIGNED) in broken(means)
    kept["ids"]["signature"] = chain.sign(means.keys.signs("approval"), kept["ids"]["text"].encode())
    kept["seal"] = means.journal._seal_of(Entry(**kept))
    path_of(instance, entry).write_text(json.dumps(kept))
    assert BrokenHead(f"entry {entry.id}", HeadFault.NOT_SIGNED) in broken(means)


def test_an_entry_that_cannot_be_read_is_found(means: Means, case: Case, instance: Path) -> None:
    write_head(means)
    entry = entries(means)[0]
    path_of(instance, entry).write_text("{")
    assert BrokenHead(f"entry {entry.id}", HeadFault.NOT_READABLE) in broken(means)


def test_heads_that_do_not_follow_each_other_are_found(means: Means, case: Case) -> None:
    first = write_head(means)[0]
    said = replace(first, number=2, before="1" * 64, ends=()).text
    signature = chain.sign(means.keys.signs("record"), said.encode())
    means.journal.write(heads.HEAD, means.clock(), number="2", text=said, signature=signature)
    assert broken(means) == {BrokenHead("head 2", HeadFault.OUT_OF_ORDER)}


def test_silence_is_found(means: Means, case: Case, clock: FakeClock) -> None:
    clock.advance(hours=26, minutes=1)
    assert broken(means) == {BrokenHead("head 1", HeadFault.TOO_OLD)}, "there was no head at all"
    write_head(means)
    clock.advance(hours=26)
    assert broken(means) == set()
    clock.advance(minutes=1)
    assert broken(means) == {BrokenHead("head 1", HeadFault.TOO_OLD)}


def test_a_chain_that_was_kept_out_of_the_heads_is_found(means: Means, case: Case, clock: FakeClock) -> None:
    write_head(means)
    source_writes(means, case)
    with means.database.transaction() as session:
        session.execute(update(ChainHead).values(sequence=100))
    clock.advance(hours=27)
    write_head(means)
    assert broken(means) == {BrokenHead(case.id, HeadFault.IN_NO_HEAD)}


def test_no_head_is_written_to_another_journal(means: Means, case: Case, tmp_path: Path) -> None:
    write_head(means)
    elsewhere = replace(means, journal=Journal(f"file://{tmp_path / 'elsewhere'}"))
    job = run(elsewhere, heads.WRITE)
    assert (job.done_at, job.error) == (None, "the journal does not hold what this database has written to it")
    assert entries(elsewhere) == []
    assert {found.fault for found in broken(elsewhere)} == {HeadFault.MISSING}


def test_the_daily_check_raises_an_alarm_for_each_thing_found_and_none_otherwise(means: Means, case: Case) -> None:
    other = factories.triaged(means)
    write_head(means)
    run(means, record.CHECK)
    assert open_alarms(means) == set()
    cut_off(means, case, 2)
    with means.database.transaction() as session:
        session.execute(update(CaseEvent).where(CaseEvent.case_id == other.id).values(by="account:nobody"))
    for _ in range(2):
        assert run(means, record.CHECK).done_at is not None
    assert open_alarms(means) == {
        (record.CHAIN_BROKEN, other.id),
        (record.HEAD_BROKEN, case.id),
        (record.HEAD_BROKEN, "events"),
    }
