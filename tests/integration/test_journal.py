"""The journal outlives the database: what it holds and the database does not know keeps every letter where it is."""

import json
import os
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from accounts import visits
from foundation import jobs, journal
from foundation.alarms import open_alarms
from foundation.journal import Damaged, Entry, Journal, JournalEntry
from foundation.means import Means
from submissions import drafts
from submissions.models import Submission
from tests import factories
from tests.factories import TASKS, due_jobs, letter_now, notices_of, work
from tests.fakes import FakeClock, FakeMailer
from workflows import communications, delivery, gate, replay, strays
from workflows.lifecycle import CommunicationStatus
from workflows.models import BurntReference, Notice, NoticeStatus

LONG = timedelta(hours=1)


def written(means: Means, kind: str = "head", **ids: str) -> Entry:
    """An entry that the database knows, as after a deed that went well."""
    entry = means.journal.write(kind, means.clock(), **ids)
    with means.database.transaction() as session:
        journal.know(session, entry, means.clock())
    return entry


def forget(means: Means, *entries: Entry) -> None:
    """Put the database back to before these entries."""
    with means.database.transaction() as session:
        session.execute(delete(JournalEntry).where(JournalEntry.id.in_([entry.id for entry in entries])))


def is_open(means: Means, about: str = "") -> bool:
    with means.database.reading() as session:
        try:
            gate.require_open(session, means.journal, means.clock(), about)
        except gate.Closed:
            return False
    return True


def watch(means: Means) -> None:
    """One look of the task that learns strays and marks what is complete."""
    with means.database.transaction() as session:
        jobs.enqueue(session, WATCH, means.clock())
    for job_id in due_jobs(means):
        TASKS.run(means, job_id)


WATCH = strays.WATCH


def test_an_entry_is_read_as_it_was_written(means: Means) -> None:
    entry = means.journal.write("withdrawn", means.clock(), submission_id="s1")
    assert list(means.journal.entries()) == [entry]
    assert (entry.kind, entry.ids, entry.day) == ("withdrawn", {"submission_id": "s1"}, "2026-11-23")


def test_nobody_outside_the_group_of_the_processes_reads_the_journal(means: Means, instance: Path) -> None:
    before = os.umask(0)
    try:
        means.journal.write("head", means.clock())
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o007 for path in (instance / "journal").rglob("*")}
    assert modes == {0}


def test_an_entry_that_was_not_finished_is_no_entry(means: Means, instance: Path) -> None:
    means.journal.write("head", means.clock())
    (instance / "journal" / journal.UNFINISHED / "half.json").write_text('{"id": "half"')
    (instance / "journal" / "2026-11-23" / "half").write_text('{"id": "half"')
    assert len(list(means.journal.entries())) == 1


def test_an_entry_that_cannot_be_read_stops_whoever_asks(means: Means, instance: Path) -> None:
    means.journal.write("head", means.clock())
    (instance / "journal" / "2026-11-23" / "damaged.json").write_text('{"id": "damaged"')
    with pytest.raises(Damaged), means.database.reading() as session:
        gate.require_open(session, means.journal, means.clock())


def test_an_entry_written_with_a_clock_set_back_is_filed_under_the_newest_day(means: Means, clock: FakeClock) -> None:
    means.journal.write("head", means.clock())
    clock.advance(days=-40)
    assert means.journal.write("head", means.clock()).day == "2026-11-23"
    assert means.journal.days() == ["2026-11-23"]


def test_a_journal_that_is_away_says_so(means: Means, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    away = Journal(f"file://{tmp_path / 'file' / 'journal'}")
    with pytest.raises(OSError, match="file"):
        away.write("head", means.clock())


def test_a_store_of_objects_is_as_good_as_a_folder(means: Means, tmp_path: Path) -> None:
    elsewhere = Journal(f"memory://{tmp_path.name}/journal")
    entry = elsewhere.write("head", means.clock())
    assert list(elsewhere.entries()) == [entry]
    assert elsewhere.days() == ["2026-11-23"]


def test_letters_may_leave_while_the_database_knows_all_that_the_journal_holds(means: Means, clock: FakeClock) -> None:
    assert is_open(means)
    written(means)
    clock.advance(days=3)
    assert is_open(means)


def test_an_unknown_entry_closes_once_its_commit_must_have_come(means: Means, clock: FakeClock) -> None:
    means.journal.write("left", means.clock(), communication_id="c1")
    assert is_open(means)
    clock.advance(seconds=gate.GRACE.total_seconds() + 1)
    assert not is_open(means)


def test_for_the_letter_that_an_unknown_entry_names_it_closes_at_once(means: Means) -> None:
    means.journal.write("left", means.clock(), communication_id="c1")
    assert is_open(means, about="c2")
    assert not is_open(means, about="c1")


def test_our_own_restore_closes_at_once(means: Means) -> None:
    means.journal.write(gate.RESTORED, means.clock())
    assert not is_open(means)


def test_an_unknown_entry_from_the_future_closes_too(means: Means, clock: FakeClock) -> None:
    clock.advance(hours=5)
    means.journal.write("left", means.clock(), communication_id="c1")
    clock.advance(hours=-5)
    assert not is_open(means)


def test_a_database_put_back_ten_days_is_found_though_the_journal_was_silent_since_yesterday(
    means: Means, clock: FakeClock
) -> None:
    written(means)
    clock.advance(days=1)
    forgotten = [written(means)]
    for _ in range(8):
        clock.advance(days=1)
        forgotten.append(written(means))
    clock.advance(days=1)
    assert is_open(means)
    forget(means, *forgotten)
    assert not is_open(means)


def test_a_database_put_back_that_has_written_new_entries_since_is_still_found(means: Means, clock: FakeClock) -> None:
    written(means)
    clock.advance(days=1)
    forget(means, written(means))
    clock.advance(days=1)
    written(means)
    clock.advance(days=1)
    assert not is_open(means)


def test_an_empty_folder_in_the_place_of_the_journal_closes(means: Means, tmp_path: Path) -> None:
    written(means)
    emptied = replace(means, journal=Journal(f"file://{tmp_path / 'not mounted'}"))
    assert not is_open(emptied)
    assert is_open(means)


def test_only_the_last_days_are_looked_at(means: Means, clock: FakeClock, instance: Path) -> None:
    for _ in range(6):
        written(means)
        clock.advance(days=1)
    work(means)
    watch(means)
    with means.database.reading() as session:
        until = journal.complete_until(session)
    assert until == (clock.now - timedelta(days=2)).date().isoformat()
    # A day that is marked is not read again, so an entry smuggled into it is not looked at.
    oldest = instance / "journal" / means.journal.days()[0]
    (oldest / "smuggled.json").write_text("{}")
    assert is_open(means)


def test_the_mark_stops_before_a_day_with_an_unknown_entry(means: Means, clock: FakeClock) -> None:
    written(means)
    clock.advance(days=1)
    means.journal.write("left", means.clock(), communication_id="c", notice_id="n", reference="UA XXB 1/2026")
    clock.advance(days=5)
    watch(means)
    with means.database.reading() as session:
        assert journal.complete_until(session) < "2026-11-24"
        alarms = [alarm.code for alarm in open_alarms(session)]
    assert strays.JOURNAL_AHEAD in alarms
    assert not is_open(means)


def test_a_notice_is_not_mailed_while_the_journal_holds_what_the_database_does_not_know(
    means: Means, clock: FakeClock, mailer: FakeMailer
) -> None:
    letter = factories.sending(means)
    means.journal.write("erased", means.clock(), submission_id="gone")
    clock.advance(minutes=3)
    work(means)
    assert (letter_now(means, letter.id).status, mailer.sent) == (CommunicationStatus.SENDING, [])
    replay.replay(means)
    clock.advance(minutes=3)
    work(means)
    assert len(mailer.sent) == 1


def test_a_notice_whose_worker_died_behind_the_journal_does_not_close_the_house(
    means: Means, clock: FakeClock, mailer: FakeMailer
) -> None:
    letter = factories.sending(means)
    [notice] = notices_of(means, letter.id)
    _claimed(means, notice)
    entry = _left(means, notice.id, letter.id)
    clock.advance(minutes=10)
    assert not is_open(means)
    watch(means)
    work(means)
    assert is_open(means)
    assert notices_of(means, letter.id)[0].status == NoticeStatus.UNCONFIRMED
    assert mailer.sent == []
    with means.database.reading() as session:
        assert journal.known_among(session, [entry.id]) == {entry.id}


def test_a_notice_that_nobody_had_taken_up_is_not_explained_by_a_dead_worker(means: Means, clock: FakeClock) -> None:
    letter = factories.sending(means)
    [notice] = notices_of(means, letter.id)
    _left(means, notice.id, letter.id)
    clock.advance(minutes=10)
    with means.database.transaction() as session:
        jobs.enqueue(session, WATCH, means.clock(), key="watch")
        watching = session.scalars(select(jobs.Job.id).where(jobs.Job.key == "watch")).one()
    TASKS.run(means, watching)
    assert not is_open(means)
    assert notices_of(means, letter.id)[0].status == NoticeStatus.DUE


def test_a_withdrawal_is_in_the_journal_before_the_case_is_withdrawn(means: Means) -> None:
    visitor = factories.visited(means)
    factories.prepared(means)
    submission = factories.intake.submit(means, visitor)
    work(means)
    factories.intake.withdraw(means, visitor)
    work(means)
    entries = [entry for entry in means.journal.entries() if entry.kind == replay.WITHDRAWN]
    assert [entry.ids for entry in entries] == [{"submission_id": submission.id}]
    assert is_open(means)


def test_a_withdrawal_waits_while_the_journal_is_away(means: Means, tmp_path: Path, clock: FakeClock) -> None:
    visitor = factories.visited(means)
    factories.prepared(means)
    submission = factories.intake.submit(means, visitor)
    work(means)
    factories.intake.withdraw(means, visitor)
    (tmp_path / "file").write_text("")
    work(replace(means, journal=Journal(f"file://{tmp_path / 'file' / 'journal'}")))
    assert factories.case_now(means, _case_of(means, submission)).status == "in_triage"
    clock.advance(minutes=2)
    work(means)
    assert factories.case_now(means, _case_of(means, submission)).status == "withdrawn"


def test_replaying_twice_changes_nothing_more(means: Means, clock: FakeClock) -> None:
    letter = factories.sending(means)
    [notice] = notices_of(means, letter.id)
    _left(means, notice.id, letter.id)
    assert [entry.kind for entry in replay.replay(means)] == [delivery.LEFT]
    before = _state(means)
    assert replay.replay(means) == []
    assert _state(means) == before
    assert is_open(means)


def test_a_letter_with_the_number_of_one_that_left_is_withdrawn_and_its_number_burnt(means: Means) -> None:
    letter = factories.drafted(means)
    entry = _left(means, "a" * 32, "b" * 32)
    replay.replay(means)
    assert letter_now(means, letter.id).status == CommunicationStatus.WITHDRAWN
    with means.database.reading() as session:
        assert session.get(BurntReference, entry.ids["reference"].removeprefix("UA ")) is not None
        subjects = {alarm.subject for alarm in open_alarms(session) if alarm.code == replay.LEFT_BEFORE_RESTORE}
    assert subjects == {letter.id, "b" * 32}


def test_no_new_letter_takes_a_number_that_the_journal_names(means: Means) -> None:
    _left(means, "a" * 32, "b" * 32, reference="AL XXB 41/2026")
    replay.replay(means)
    assert factories.drafted(means).reference == "UA XXB 42/2026"


def test_an_entry_of_a_newer_release_is_left_alone(means: Means, clock: FakeClock) -> None:
    means.journal.write("something_new", means.clock())
    with pytest.raises(replay.NotUnderstood):
        replay.replay(means)
    clock.advance(minutes=3)
    assert not is_open(means)


def test_references_go_on_at_a_full_thousand_at_least_a_thousand_further(means: Means) -> None:
    assert factories.submitted(means).reference == "IES-2026-00001"
    for expected in ("IES-2026-02001", "IES-2026-04001"):
        means.journal.write("erased", means.clock(), submission_id="gone")
        replay.replay(means)
        assert factories.submitted(means).reference == expected


def test_all_visits_end_with_a_replay(means: Means) -> None:
    factories.prepared(means)
    visitor = factories.visited(means)
    means.journal.write(gate.RESTORED, means.clock())
    with means.database.reading() as session:
        assert drafts.is_there(session, visitor)
    own = factories.actor(means).removeprefix("account:")
    with means.database.transaction() as session:
        token = visits.begin_visit(session, means.keys, own, means.clock())
    replay.replay(means)
    with means.database.reading() as session:
        assert not drafts.is_there(session, visitor)
        assert visits.account_of(session, means.keys, token, means.clock(), LONG) is None


def test_a_submission_taken_back_is_withdrawn_although_it_is_triaged_only_after_the_restore(
    means: Means, clock: FakeClock
) -> None:
    submission = factories.submitted(means)
    means.journal.write(replay.WITHDRAWN, means.clock(), submission_id=submission.id)
    replay.replay(means)
    work(means)
    # If the withdrawal was taken up before the triage, it waited for it.
    clock.advance(minutes=1)
    work(means)
    assert factories.case_now(means, _case_of(means, submission)).status == "withdrawn"


def _claimed(means: Means, notice: Notice) -> None:
    with means.database.transaction() as session:
        job_id = session.scalars(select(jobs.Job.id).where(jobs.Job.key == f"deliver:{notice.id}")).one()
        assert jobs.claim(session, job_id, means.clock(), means.lease) is not None


def _left(means: Means, notice_id: str, letter_id: str, reference: str = "UA XXB 1/2026") -> Entry:
    with means.database.reading() as session:
        letter = session.get(communications.Communication, letter_id)
    ids = {"case_id": letter.case_id if letter else "c" * 32, "letter_sha256": (letter and letter.letter_sha256) or ""}
    names = {"communication_id": letter_id, "notice_id": notice_id, "message_id": f"<{notice_id}@notices.invalid>"}
    return means.journal.write(delivery.LEFT, means.clock(), **ids, **names, reference=reference)


def _case_of(means: Means, submission: Submission) -> str:
    with means.database.reading() as session:
        case = factories.cases.case_of(session, submission.id)
    assert case is not None
    return case.id


def _state(means: Means) -> str:
    with means.database.reading() as session:
        notices = [(row.id, row.status) for row in session.scalars(select(Notice).order_by(Notice.id))]
        burnt = list(session.scalars(select(BurntReference.number)))
        known = sorted(session.scalars(select(JournalEntry.id)))
    return json.dumps([notices, burnt, known, len(list(means.journal.entries()))])


@pytest.mark.parametrize("changed", [{}, {"kind": "erased"}, {"ids": {"submission_id": "s2"}}, {"seal": "0" * 64}])
def test_an_entry_that_this_house_did_not_write_shuts_the_gate_and_is_not_replayed(
    means: Means, instance: Path, changed: dict[str, Any]
) -> None:
    submission = factories.submitted(means)
    work(means)
    entry = means.journal.write("withdrawn", means.clock(), submission_id=submission.id)
    with means.database.transaction() as session:
        journal.know(session, entry, means.clock())
    assert is_open(means)
    planted = {**asdict(entry), "id": "p" * 32, **changed}
    (instance / "journal" / entry.day / f"{planted['id']}.json").write_text(json.dumps(planted))
    with means.database.reading() as session, pytest.raises(Damaged, match="not written by this house"):
        gate.require_open(session, means.journal, means.clock())
    with pytest.raises(Damaged, match="not written by this house"):
        replay.replay(means)
    with means.database.reading() as session:
        assert session.get_one(Submission, submission.id).erased_at is None
