"""Keeping and disposing: holds, two persons, and what is left after an erasure."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from pyrage import x25519
from sqlalchemy import func, inspect, select, update
from sqlalchemy.exc import IntegrityError

from foundation import journal as journals
from foundation.alarms import open_alarms
from foundation.db import Base
from foundation.jobs import Job
from foundation.keys import load_keys
from foundation.means import Means
from foundation.storage import Storage
from holdings import HOLDINGS
from submissions import attachments, drafts, expiry, intake
from submissions.drafts import Visitor
from submissions.models import Attachment, Message, Source, StageReached, Submission
from tests import factories
from tests.databases import acting_as
from tests.fakes import FakeClock
from workflows import audit, cases, communications, disposals, keeping, retention, sweeps, triage
from workflows.cases import CaseDisposed, Happening, NotPermitted
from workflows.disposals import (
    DisposalDecided,
    DisposalGone,
    OwnProposal,
    Proposal,
    RecordHeld,
    RecordNotHeld,
    StillInWork,
    TermNotOver,
)
from workflows.lifecycle import CaseAction, CommunicationAction
from workflows.models import Case, CaseEvent, Communication, Disposal, DisposalGround, KeptAssessment, Summary
from workflows.retention_terms import shipped_schedule

WITHDRAW = CommunicationAction.WITHDRAW
CANARY = "Zephyrine Quillfeather"
ASKED = Proposal(DisposalGround.SOURCE_ASKED, f"{CANARY} asked for it by telephone.")
OVER = Proposal(DisposalGround.TERM_OVER, "The term is over.")


def closed(means: Means, action: CaseAction = CaseAction.DECLINE, **answers: Any) -> tuple[Case, Visitor, str]:
    """A case at rest, with a message each way and a file, its source, and the source's code."""
    factories.prepared(means)
    visitor = factories.visited(
        means,
        files={"list.txt": f"{CANARY} was there".encode()},
        what_happened=f"{CANARY} was taken.",
        your_name=CANARY,
        **answers,
    )
    with means.database.reading() as session:
        code = drafts.open_draft(session, visitor, means.clock().date()).code
    submission = intake.submit(means, visitor)
    factories.work(means)
    intake.write_to_mandate(means, visitor, f"{CANARY} is ill.")
    factories.work(means)
    with means.database.reading() as session:
        case = cases.case_of(session, submission.id)
    assert case is not None
    officer = factories.actor(means)
    triage.write_to_source(means, case.id, submission.id, f"Where is {CANARY}?", officer)
    with means.database.transaction() as session:
        triage.decide(session, means.keys, case.id, action, officer, means.clock(), f"{CANARY} needs another body.")
    return factories.case_now(means, case.id), visitor, code


def submission_id_of(means: Means, case: Case) -> str:
    with means.database.reading() as session:
        return cases.submissions_of(session, case.id)[0]


def propose(means: Means, case: Case, proposal: Proposal = ASKED, who: int = factories.OFFICER) -> Disposal:
    by = factories.actor(means, who)
    with means.database.transaction() as session:
        return disposals.propose(session, means.keys, submission_id_of(means, case), proposal, by, means.clock())


def confirm(means: Means, proposed: Disposal, who: int = factories.COLLEAGUE) -> None:
    by = factories.actor(means, who)
    with means.database.transaction() as session:
        disposals.confirm(session, means.keys, proposed.submission_id, proposed.id, by, means.clock())


def keep(means: Means, case: Case) -> None:
    by = factories.actor(means)
    with means.database.transaction() as session:
        disposals.keep_record(session, means.keys, case.id, by, means.clock(), "A court asked for it.")


def dispose(means: Means, case: Case, proposal: Proposal = ASKED) -> str:
    """The whole way: two persons and the worker."""
    confirm(means, propose(means, case, proposal))
    factories.work(means)
    return submission_id_of(means, case)


def rows_with(means: Means, needle: bytes) -> list[str]:
    """Tables and columns whose values hold these bytes, in the whole database."""
    found = []
    with means.database.reading() as session:
        for name in inspect(session.get_bind()).get_table_names():
            if name in Base.metadata.tables:
                table = Base.metadata.tables[name]
                for row in session.execute(select(table)).mappings():
                    found.extend(f"{name}.{column}" for column, value in row.items() if needle in _bytes(value))
    return found


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def opened_with_every_key(means: Means, more: list[str]) -> list[str]:
    """All that opens in database and store, whatever the key and whatever the place that it was sealed to."""
    envelopes = [blob for id_, _ in means.storage.ids() for blob in means.storage.get(id_)]
    with means.database.reading() as session:
        for table in Base.metadata.tables.values():
            for row in session.execute(select(table)).mappings():
                envelopes.extend(value for value in row.values() if isinstance(value, bytes) and value)
    keys = [key for name in ("mandate", "identity", "notices", "portal") for key in means.keys.identity(name)]
    texts = []
    for envelope in envelopes:
        for key in [*keys, *more]:
            with suppress(Exception):
                opener = x25519.Identity.from_str(key)
                texts.append(pyrage.decrypt(envelope, [opener]).decode("utf-8", "replace"))
    return texts


def codes_of_alarms(means: Means) -> list[str]:
    with means.database.reading() as session:
        return [alarm.code for alarm in open_alarms(session)]


def attachment_ids(means: Means) -> list[str]:
    with means.database.reading() as session:
        return list(session.scalars(select(Attachment.id)))


def keys_of_files(means: Means) -> list[str]:
    with means.database.reading() as session:
        return [attachments.open_key(means.keys, one)[1] for one in session.scalars(select(Attachment))]


def test_after_a_disposal_no_key_opens_a_word_of_it_and_the_code_finds_nothing(means: Means) -> None:
    case, visitor, code = closed(means)
    mine = [visitor.identity, *keys_of_files(means)]
    before = opened_with_every_key(means, mine)
    assert sum(CANARY in text for text in before) >= 7, "account, identity, copy, file, messages, notes, findings"
    dispose(means, case)
    assert not [text for text in opened_with_every_key(means, mine) if CANARY in text]
    assert list(means.storage.ids()) == []
    with means.database.reading() as session, pytest.raises(drafts.CodeUnknown):
        drafts.come_back(session, means.keys.secret("pepper"), code, means.clock().date())


def test_what_is_left_is_a_row_without_a_word_and_a_tombstone(means: Means) -> None:
    case, visitor, _ = closed(means)
    submission_id = dispose(means, case)
    with means.database.reading() as session:
        submission = session.get_one(Submission, submission_id)
        assert (submission.facts, submission.identity, submission.source_copy) == (b"", None, b"")
        assert (submission.relation, submission.identity_given, submission.reachable) == ("other", False, False)
        assert submission.erased_at == means.clock()
        assert submission.reference == case.reference
        assert session.get_one(Source, visitor.source_id).recipient == ""
        for kind in (Message, Attachment, StageReached, KeptAssessment, Summary):
            assert session.scalar(select(func.count()).select_from(kind)) == 0, kind.__name__
        assert all(event.note is None for event in session.scalars(select(CaseEvent)))
        tombstone = session.scalars(select(Disposal)).one()
    assert (tombstone.done_at, tombstone.ground) == (means.clock(), DisposalGround.SOURCE_ASKED)
    assert tombstone.proposed_by == factories.actor(means, factories.OFFICER)
    assert tombstone.confirmed_by == factories.actor(means, factories.COLLEAGUE)


def test_the_chain_of_an_erased_case_still_verifies_and_says_that_it_was_erased(means: Means) -> None:
    case, _, _ = closed(means)
    dispose(means, case)
    with means.database.reading() as session:
        assert audit.verify(session, means.keys) == []
        told = list(session.scalars(select(CaseEvent.action).order_by(CaseEvent.sequence)))
    assert told[-3:] == [Happening.DISPOSAL_PROPOSED, Happening.DISPOSAL_CONFIRMED, Happening.DISPOSED]


def test_a_visit_that_is_still_open_ends_with_the_erasure(means: Means) -> None:
    case, visitor, _ = closed(means)
    dispose(means, case)
    with means.database.reading() as session:
        assert not drafts.is_there(session, visitor)
    with pytest.raises(drafts.VisitEnded):
        intake.write_to_mandate(means, visitor, "I am back.")


def test_nothing_of_an_erased_submission_can_be_read_or_written_to(means: Means) -> None:
    case, _, _ = closed(means)
    submission_id = dispose(means, case)
    with means.database.reading() as session:
        submission = session.get_one(Submission, submission_id)
    for ask in (intake.facts_of, intake.identity_of):
        with pytest.raises(intake.SubmissionErased):
            ask(means.keys, submission)
    with pytest.raises(intake.SubmissionErased):
        triage.write_to_source(means, case.id, submission_id, "Where are you?", factories.actor(means))


# PostgreSQL keeps dead rows until their tables are rewritten: docs/retention.md.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_envelope_of_it_is_left_in_the_files_of_sqlite_or_of_the_store(
    sqlite_url: str, means: Means, instance: Path
) -> None:
    case, _, _ = closed(means)
    with means.database.reading() as session:
        submission = session.get_one(Submission, submission_id_of(means, case))
        envelopes = [submission.facts, submission.identity or b"", submission.source_copy]
        envelopes += session.scalars(select(Message.envelope)).all()
        envelopes += session.scalars(select(KeptAssessment.envelope)).all()
        envelopes += [note for note in session.scalars(select(CaseEvent.note)) if note]
    needles = [envelope[at : at + 24] for envelope in envelopes for at in (len(envelope) // 2, len(envelope) - 40)]
    files = [Path(sqlite_url.removeprefix("sqlite:///") + end) for end in ("", "-wal", "-shm")]
    assert all(any(needle in file.read_bytes() for file in files if file.exists()) for needle in needles), "planted"
    dispose(means, case)
    left = [needle for needle in needles if any(needle in file.read_bytes() for file in files if file.exists())]
    assert left == []
    assert [path for path in (instance / "blobs").rglob("*") if path.is_file()] == []


def test_one_person_alone_cannot_dispose_of_anything(means: Means) -> None:
    case, _, _ = closed(means)
    proposed = propose(means, case)
    with pytest.raises(OwnProposal):
        confirm(means, proposed, factories.OFFICER)
    with pytest.raises(IntegrityError), means.database.transaction() as session:
        session.execute(update(Disposal).values(confirmed_by=Disposal.proposed_by, confirmed_at=means.clock()))
    with pytest.raises(DisposalDecided):
        propose(means, case, who=factories.COLLEAGUE)
    assert factories.due_jobs(means) == []


def test_the_mandate_holder_may_be_the_second_person_and_never_the_first(means: Means) -> None:
    case, _, _ = closed(means)
    with pytest.raises(NotPermitted):
        propose(means, case, who=factories.HOLDER)
    confirm(means, propose(means, case), factories.HOLDER)


@pytest.mark.parametrize("at", ["before", "proposed"])
def test_nothing_of_a_case_that_somebody_keeps_is_disposed_of(means: Means, at: str) -> None:
    case, _, _ = closed(means)
    proposed = propose(means, case) if at == "proposed" else None
    keep(means, case)
    with pytest.raises(RecordHeld):
        confirm(means, proposed) if proposed else propose(means, case)
    with pytest.raises(RecordHeld):
        keep(means, case)
    by = factories.actor(means, factories.COLLEAGUE)
    with means.database.transaction() as session:
        disposals.lift(session, means.keys, case.id, by, means.clock(), "The court has decided.")
    with pytest.raises(RecordNotHeld), means.database.transaction() as session:
        disposals.lift(session, means.keys, case.id, by, means.clock(), "Again.")
    confirm(means, proposed or propose(means, case))
    with pytest.raises(DisposalDecided):
        keep(means, case)


def test_the_term_is_a_ground_only_once_it_is_over(means: Means, clock: FakeClock) -> None:
    case, _, _ = closed(means)
    with pytest.raises(TermNotOver):
        propose(means, case, OVER)
    clock.advance(days=730)
    with pytest.raises(TermNotOver):
        propose(means, case, OVER)
    clock.advance(days=1)
    with means.database.reading() as session:
        assert [one.id for one in keeping.due(session, shipped_schedule(), clock().date())] == [case.id]
    dispose(means, case, OVER)
    with means.database.reading() as session:
        assert keeping.due(session, shipped_schedule(), clock().date()) == []


@pytest.mark.parametrize("how", [factories.triaged, factories.accepted])
def test_a_case_in_work_is_not_disposed_of(means: Means, how: Callable[[Means], Case]) -> None:
    case = how(means)
    with pytest.raises(StillInWork):
        propose(means, case)


@pytest.mark.parametrize("how", [factories.drafted, factories.in_review, factories.approved, factories.sending])
def test_a_letter_on_which_somebody_works_must_be_ended_first(
    means: Means, how: Callable[[Means], Communication]
) -> None:
    case = close(means, how(means))
    with pytest.raises(StillInWork):
        propose(means, case)


def close(means: Means, letter: Communication) -> Case:
    with means.database.transaction() as session:
        triage.decide(
            session, means.keys, letter.case_id, CaseAction.CLOSE, factories.actor(means), means.clock(), "Done."
        )
    return factories.case_now(means, letter.case_id)


def test_a_letter_that_left_stays_with_its_text_and_all_that_never_left_goes(means: Means) -> None:
    letter = factories.sent(means)
    dispose(means, close(means, letter))
    kept = factories.letter_now(means, letter.id)
    assert communications.frozen_pdf(means, kept).startswith(b"%PDF")
    release = factories.release_of(means, letter.id)
    assert release is not None
    assert means.storage.get(release.pdf_id)
    assert kept.fields
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Summary)) == 1, "from which it was composed"
        assert audit.verify(session, means.keys) == []


def test_a_letter_that_never_left_loses_its_words(means: Means) -> None:
    letter = factories.drafted(means)
    with means.database.transaction() as session:
        now, by = means.clock(), factories.actor(means)
        communications.set_back(session, means.keys, letter.id, WITHDRAW, by, now, "It is not needed.")
    dispose(means, close(means, letter))
    assert factories.letter_now(means, letter.id).fields == b""
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Summary)) == 0


def test_a_proposal_that_was_declined_can_be_made_again_and_the_old_one_confirms_nothing(means: Means) -> None:
    case, _, _ = closed(means)
    first = propose(means, case)
    with means.database.transaction() as session:
        by = factories.actor(means, factories.COLLEAGUE)
        disposals.decline(session, means.keys, first.submission_id, first.id, by, means.clock(), "She did not ask.")
    second = propose(means, case, Proposal(DisposalGround.RECEIVED_IN_ERROR, "It was a test."))
    with pytest.raises(DisposalGone):
        confirm(means, first)
    confirm(means, second)
    with pytest.raises(DisposalGone):
        confirm(means, second, factories.HOLDER)


def test_a_case_of_which_nothing_will_be_left_is_not_reopened(means: Means) -> None:
    case, _, _ = closed(means)
    confirm(means, propose(means, case))
    by = factories.actor(means)
    with pytest.raises(CaseDisposed), means.database.transaction() as session:
        triage.decide(session, means.keys, case.id, CaseAction.REOPEN, by, means.clock(), "Once more.")


def test_erasing_twice_is_erasing_once(means: Means) -> None:
    case, _, _ = closed(means)
    submission_id = dispose(means, case)
    retention.erase(means, submission_id)
    assert len(events(means, Happening.DISPOSED)) == 1
    assert [entry.kind for entry in means.journal.entries()].count(retention.ERASED) == 1


def events(means: Means, action: Happening) -> list[CaseEvent]:
    with means.database.reading() as session:
        return list(session.scalars(select(CaseEvent).where(CaseEvent.action == str(action))))


def test_the_journal_knows_of_an_erasure_in_ids_alone_and_so_does_the_database(means: Means) -> None:
    case, _, _ = closed(means)
    submission_id = dispose(means, case)
    entry = next(entry for entry in means.journal.entries() if entry.kind == retention.ERASED)
    assert (entry.ids["submission_id"], entry.ids["case_id"]) == (submission_id, case.id)
    assert CANARY not in str(entry)
    with means.database.reading() as session:
        assert [one for one in journals.unknown(session, means.journal) if one.kind == retention.ERASED] == []


def test_without_two_persons_in_the_chain_the_worker_erases_nothing_and_alarms(means: Means) -> None:
    case, _, _ = closed(means)
    submission_id = submission_id_of(means, case)
    with means.database.transaction() as session:
        session.add(
            Disposal(
                submission_id=submission_id,
                case_id=case.id,
                ground=DisposalGround.SOURCE_ASKED,
                proposed_by=factories.actor(means),
                proposed_at=means.clock(),
                confirmed_by=factories.actor(means, factories.COLLEAGUE),
                confirmed_at=means.clock(),
            )
        )
    with pytest.raises(retention.NotDecided):
        retention.erase(means, submission_id)
    assert retention.NOT_DECIDED in codes_of_alarms(means)
    with means.database.reading() as session:
        assert intake.facts_of(means.keys, session.get_one(Submission, submission_id))
    assert [entry for entry in means.journal.entries() if entry.kind == retention.ERASED] == []


def test_a_confirmation_that_was_moved_to_another_submission_erases_nothing(means: Means) -> None:
    case, _, _ = closed(means)
    other, _, _ = closed(means)
    confirm(means, propose(means, case))
    with means.database.transaction() as session:
        session.execute(update(Disposal).values(submission_id=submission_id_of(means, other)))
    with pytest.raises(retention.NotDecided):
        retention.erase(means, submission_id_of(means, other))


def test_after_a_restore_the_journal_erases_again_and_leaves_the_same_tombstone(means: Means) -> None:
    case, _, _ = closed(means)
    submission_id = submission_id_of(means, case)
    told = means.journal.write(
        retention.ERASED,
        means.clock(),
        submission_id=submission_id,
        case_id=case.id,
        ground="source_asked",
        proposed_by="account:a",
        proposed_at="2026-11-20T09:00:00+00:00",
        confirmed_by="account:b",
        confirmed_at="2026-11-21T09:00:00+00:00",
    )
    for _ in range(2):
        retention.erase(means, submission_id, told)
    with means.database.reading() as session:
        tombstone = session.scalars(select(Disposal)).one()
        assert (tombstone.proposed_by, tombstone.confirmed_by) == ("account:a", "account:b")
        assert session.get_one(Submission, submission_id).erased_at is not None
        assert journals.unknown(session, means.journal) == []
        assert audit.verify(session, means.keys) == []
    assert list(means.storage.ids()) == []


def test_a_database_that_does_not_know_the_submission_only_learns_of_the_entry(means: Means) -> None:
    factories.prepared(means)
    told = means.journal.write(retention.ERASED, means.clock(), submission_id="0" * 32, case_id="1" * 32)
    retention.erase(means, "0" * 32, told)
    with means.database.reading() as session:
        assert journals.unknown(session, means.journal) == []


def test_a_submission_that_was_erased_before_anybody_looked_at_it_is_not_triaged(means: Means) -> None:
    submission = factories.submitted(means)
    told = means.journal.write(retention.ERASED, means.clock(), submission_id=submission.id, case_id="1" * 32)
    retention.erase(means, submission.id, told)
    factories.work(means)
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 0
        assert session.scalar(select(func.count()).where(Job.gave_up_at.is_not(None))) == 0


class StuckStorage(Storage):
    """A store that refuses to delete, as one whose disk is away."""

    def delete(self, blob_id: str) -> None:
        raise OSError("the disk is away")


def test_stopped_between_the_words_and_the_files_the_job_finishes_later(means: Means, instance: Path) -> None:
    case, _, _ = closed(means)
    confirm(means, propose(means, case))
    stuck = replace(means, storage=StuckStorage(f"file://{instance / 'blobs'}"))
    factories.work(stuck)
    with means.database.reading() as session:
        submission = session.get_one(Submission, submission_id_of(means, case))
        assert submission.erased_at is not None
        assert session.scalars(select(Attachment.envelope)).all() == [None], "no key opens the file any more"
    assert list(means.storage.ids()) != []
    means.clock.advance(minutes=10)  # type: ignore[attr-defined]  # A clock of the tests.
    factories.work(means)
    assert list(means.storage.ids()) == []
    assert attachment_ids(means) == []
    with means.database.reading() as session:
        assert session.scalar(select(Job.done_at).where(Job.name == disposals.DISPOSE)) is not None
    assert [entry.kind for entry in means.journal.entries()].count(retention.ERASED) == 1


def test_stopped_between_the_journal_and_the_database_no_second_entry_is_written(means: Means) -> None:
    case, _, _ = closed(means)
    confirm(means, propose(means, case))
    begun = retention._entry(means, submission_id_of(means, case))
    factories.work(means)
    assert [entry.id for entry in means.journal.entries() if entry.kind == retention.ERASED] == [begun.id]
    with means.database.reading() as session:
        assert journals.unknown(session, means.journal) == []


def test_while_the_journal_is_away_nothing_is_erased(means: Means, instance: Path) -> None:
    case, _, _ = closed(means)
    confirm(means, propose(means, case))
    (instance / "journal").write_text("a file where a folder should be")
    factories.work(means)
    with means.database.reading() as session:
        assert session.get_one(Submission, submission_id_of(means, case)).erased_at is None


def test_the_worker_erases_and_sweeps_with_its_own_role_and_keys_alone(means: Means, instance: Path) -> None:
    case, _, _ = closed(means)
    confirm(means, propose(means, case))
    held = HOLDINGS["worker"]
    keys = load_keys(instance / "keys", held.private, held.secrets, held.signs)
    worker = replace(means, database=acting_as(means.database, "worker"), keys=keys)
    with means.database.transaction() as session:
        for name in (expiry.EXPIRE, sweeps.SWEEP_BLOBS, sweeps.FORGET_SIGN_INS):
            now = means.clock()
            session.add(Job(name=name, ids={}, written_at=now, due_at=now, resend_at=now))
    factories.work(worker)
    with means.database.reading() as session:
        assert session.scalars(select(Job.error).where(Job.done_at.is_(None))).all() == []
        assert session.get_one(Submission, submission_id_of(means, case)).erased_at is not None
