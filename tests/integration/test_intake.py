"""Receiving: once, whatever is pressed how often; and whose secret is sealed to whom."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from foundation import sealing
from foundation.clock import geneva_day
from foundation.jobs import Job, Tasks
from foundation.keys import KeyMissing, Keyring
from foundation.means import Means
from submissions import attachments, codes, confidentiality, drafts, intake
from submissions.models import Attachment, Draft, Source, Stage, Submission
from tests.fakes import FakeClock
from workflows import tasks
from workflows.lifecycle import CaseStatus
from workflows.models import Case

ANSWERS: dict[str, Any] = {
    "kind": "people",
    "states": ["XXA"],
    "what_happened": "Three volunteers were arrested at the port.",
    "happened_on": "2026-11-02",
    "going_on": "yes",
    "at_stake": ["liberty"],
    "relation": "witness",
    "victims": [
        {"id": "sandu", "kind": "person", "name": "Mirela Sandu", "minor": "no", "basis": "own", "details": "nurse"}
    ],
    "perpetrators": "The port police",
    "violation_types": ["SOL-02"],
    "consent_to_send": "yes",
    "naming": {"mandate": "name", "mandates": "name", "state:XXA": "name", "public": "name"},
    "your_name": "Ilse Vandermolen",
    "your_email": "ilse@example.net",
}


def begun(means: Means, **more: Any) -> tuple[drafts.Visitor, str]:
    visitor = drafts.begin(means.database, means.keys.secret("pepper"), "fr", means.clock(), means.draft_life)
    draft = drafts.save_answers(means.database, visitor, geneva_day(means.clock()), {**ANSWERS, **more})
    return visitor, draft.code


def test_submitting_twice_is_receiving_once(means: Means) -> None:
    visitor, _ = begun(means)
    first, second = intake.submit(means, visitor), intake.submit(means, visitor)
    assert first.reference == second.reference
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1
        assert session.scalar(select(func.count()).select_from(Job)) == 1


def test_ten_presses_at_once_are_one_submission(means: Means) -> None:
    visitor, _ = begun(means)
    with ThreadPoolExecutor(10) as presses:
        references = {
            received.reference for received in presses.map(lambda _: intake.submit(means, visitor), range(10))
        }
    assert len(references) == 1
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1


def test_fifty_sources_at_once_are_all_received_and_their_codes_work(means: Means) -> None:
    def whole(number: int) -> tuple[str, str]:
        visitor, code = begun(means, what_happened=f"Account {number}")
        return intake.submit(means, visitor).reference, code

    with ThreadPoolExecutor(50) as clients:
        received = list(clients.map(whole, range(50)))
    assert len({reference for reference, _ in received}) == 50
    with means.database.reading() as session:
        for reference, code in received:
            visitor = drafts.come_back(session, means.keys.secret("pepper"), code, geneva_day(means.clock()))
            submission = drafts.submission_of(session, visitor.source_id)
            assert submission is not None
            assert submission.reference == reference
            assert intake.own_copy(visitor, submission)["what_happened"].startswith("Account")


def test_references_count_up_within_a_year_and_begin_anew(means: Means, clock: FakeClock) -> None:
    def submitted() -> str:
        return intake.submit(means, begun(means)[0]).reference

    assert [submitted(), submitted()] == ["IES-2026-00001", "IES-2026-00002"]
    clock.advance(days=60)
    assert submitted() == "IES-2027-00001"


def test_the_draft_goes_and_the_code_stays(means: Means) -> None:
    visitor, code = begun(means)
    intake.submit(means, visitor)
    with means.database.reading() as session:
        assert session.get(Draft, visitor.source_id) is None
        again = drafts.come_back(session, means.keys.secret("pepper"), code.lower(), geneva_day(means.clock()))
        with pytest.raises(drafts.AlreadySubmitted):
            drafts.open_draft(session, again, geneva_day(means.clock()))


def test_an_expired_draft_is_unknown(means: Means, clock: FakeClock) -> None:
    _, code = begun(means)
    clock.advance(days=31)
    with means.database.reading() as session, pytest.raises(drafts.CodeUnknown):
        drafts.come_back(session, means.keys.secret("pepper"), code, geneva_day(means.clock()))


def test_the_code_of_another_installation_is_unknown(means: Means) -> None:
    begun(means)
    with means.database.reading() as session, pytest.raises(drafts.CodeUnknown):
        drafts.come_back(session, means.keys.secret("pepper"), codes.new_code(), geneva_day(means.clock()))


def test_a_visit_that_was_ended_reads_and_writes_nothing(means: Means) -> None:
    visitor, _ = begun(means)
    with means.database.transaction() as session:
        drafts.end_visits(session, visitor)
    with pytest.raises(drafts.VisitEnded):
        drafts.save_answers(means.database, visitor, geneva_day(means.clock()), {"place_town": "x"})
    with pytest.raises(drafts.VisitEnded):
        intake.submit(means, visitor)


def test_two_tabs_do_not_lose_each_others_answers(means: Means) -> None:
    visitor, _ = begun(means)
    today = geneva_day(means.clock())
    with ThreadPoolExecutor(8) as tabs:
        list(tabs.map(lambda n: drafts.save_answers(means.database, visitor, today, {f"answer_{n}": n}), range(16)))
    with means.database.reading() as session:
        answers = drafts.open_draft(session, visitor, today).answers
    assert {answers[f"answer_{n}"] for n in range(16)} == set(range(16))


def everything_stored(means: Means) -> bytes:
    """All bytes in the database, as whoever takes it would search them."""
    found = []
    with means.database.reading() as session:
        for model in (Source, Draft, Submission, Attachment, Job, Case):
            for row in session.scalars(select(model)):
                for column in row.__table__.columns:
                    value = getattr(row, column.name)
                    found.append(value if isinstance(value, bytes) else str(value).encode())
    return b"\n".join(found)


def test_nothing_that_was_told_lies_open_in_the_database(means: Means) -> None:
    visitor, code = begun(means)
    intake.submit(means, visitor)
    stored = everything_stored(means)
    for secret in ("Vandermolen", "Mirela", "volunteers", "ilse@", code, code[:12]):
        assert secret.encode() not in stored
    # The same search finds what is there in the open, so it would have found the others.
    assert b"IES-2026-00001" in stored


def test_facts_carry_no_word_of_who_the_source_is(means: Means) -> None:
    visitor, _ = begun(means)
    submission = intake.submit(means, visitor)
    facts = json.dumps(intake.facts_of(means.keys, submission))
    own = json.dumps(intake.own_copy(visitor, submission))
    assert "Vandermolen" not in facts
    assert "ilse@" not in facts
    assert "Vandermolen" not in own
    assert intake.identity_of(means.keys, submission)["your_name"] == "Ilse Vandermolen"
    assert (submission.identity_given, submission.reachable, submission.relation) == (True, True, "witness")


@pytest.mark.parametrize(("naming", "shown"), [("name", "Ilse Vandermolen"), ("initials", "I. V."), ("none", "")])
def test_a_source_who_is_the_victim_is_named_only_as_far_as_they_said(means: Means, naming: str, shown: str) -> None:
    told = {"mandate": "name", "mandates": "none", "state:XXA": naming, "public": "none"}
    visitor, _ = begun(means, relation="victim", naming=told, victims=[])
    facts = intake.facts_of(means.keys, intake.submit(means, visitor))
    assert confidentiality.label_for(facts["victims"][0], facts, "state:XXA") == shown
    assert ("Vandermolen" in json.dumps(facts)) is (naming == "name")
    assert confidentiality.identity_kept_back(facts, {"your_name": "Ilse Vandermolen"}, "state:XXA") == (
        [] if naming == "name" else ["Ilse Vandermolen"]
    )


def test_a_worker_cannot_learn_who_the_source_is(means: Means) -> None:
    visitor, _ = begun(means)
    submission = intake.submit(means, visitor)
    held = means.keys
    worker = Keyring(held.public, {"mandate": held.private["mandate"]}, {})
    assert intake.facts_of(worker, submission)["kind"]
    with pytest.raises(KeyMissing):
        intake.identity_of(worker, submission)
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(
            submission.identity or b"",
            worker.identity("mandate"),
            sealing.label_of("submission", "identity", submission.id),
        )


def test_the_public_face_cannot_read_what_was_submitted(means: Means) -> None:
    visitor, _ = begun(means)
    submission = intake.submit(means, visitor)
    public = Keyring(means.keys.public, {}, {"pepper": means.keys.secret("pepper")})
    with pytest.raises(KeyMissing):
        intake.facts_of(public, submission)


def test_files_go_with_the_submission_under_keys_of_their_own(means: Means) -> None:
    visitor, _ = begun(means)
    today = geneva_day(means.clock())
    content = b"%PDF-1.7\n" + b"planted secret " * 100_000 + b"\n%%EOF"
    attachments.add_file(means, visitor, today, "report.pdf", content)
    submission = intake.submit(means, visitor)
    with means.database.reading() as session:
        (file,) = intake.files_of(session, submission.id)
    assert attachments.read_file(means, file) == ("report.pdf", content)
    stored = b"".join(means.storage.get(file.id))
    assert b"planted" not in stored
    assert len(means.storage.get(file.id)) == 2


def test_a_removed_file_is_erased(means: Means) -> None:
    visitor, _ = begun(means)
    today = geneva_day(means.clock())
    file = attachments.add_file(means, visitor, today, "note.txt", b"a note")
    attachments.remove_file(means, visitor, today, file.id)
    with means.database.reading() as session:
        assert session.get(Attachment, file.id) is None
        assert drafts.open_draft(session, visitor, today).files == ()


def test_nobody_removes_the_file_of_another_source(means: Means) -> None:
    mine, theirs = begun(means)[0], begun(means)[0]
    today = geneva_day(means.clock())
    file = attachments.add_file(means, mine, today, "note.txt", b"a note")
    attachments.remove_file(means, theirs, today, file.id)
    with means.database.reading() as session:
        assert session.get(Attachment, file.id) is not None


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.pdf", b"", attachments.EMPTY),
        ("large.txt", b"a" * (attachments.BYTES_MOST + 1), attachments.TOO_LARGE),
        ("program.exe", b"MZ\x90\x00" + b"\x00" * 60, attachments.KIND_NOT_ALLOWED),
        ("picture.jpg", b"%PDF-1.7\n1 0 obj\n%%EOF", attachments.FALSE_ENDING),
        ("letter.pdf", b"MZ\x90\x00" + b"\x00" * 60, attachments.FALSE_ENDING),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(means: Means, name: str, content: bytes, reason: str) -> None:
    visitor, _ = begun(means)
    with pytest.raises(attachments.FileRefused) as refused:
        attachments.add_file(means, visitor, geneva_day(means.clock()), name, content)
    assert refused.value.reason == reason


def test_one_file_too_many_is_refused_and_leaves_nothing_behind(means: Means) -> None:
    visitor, _ = begun(means)
    today = geneva_day(means.clock())
    for number in range(attachments.FILES_MOST):
        attachments.add_file(means, visitor, today, f"{number}.txt", b"a note")
    with pytest.raises(attachments.FileRefused):
        attachments.add_file(means, visitor, today, "6.txt", b"a note")
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == attachments.FILES_MOST


def run_all(means: Means) -> None:
    registered = Tasks()
    tasks.register(registered)
    with means.database.reading() as session:
        waiting = list(session.scalars(select(Job.id).where(Job.done_at.is_(None))))
    for job_id in waiting:
        registered.run(means, job_id)


def test_a_submission_becomes_one_case_and_its_source_is_told(means: Means) -> None:
    visitor, _ = begun(means)
    submission = intake.submit(means, visitor)
    run_all(means)
    with means.database.reading() as session:
        (case,) = session.scalars(select(Case))
        assert (case.reference, case.status) == (submission.reference, CaseStatus.IN_TRIAGE)
        assert [told.stage for told in intake.stages_of(session, submission.id)] == [Stage.RECEIVED, Stage.UNDER_REVIEW]


def test_a_worker_that_died_while_triaging_leaves_one_case_in_the_end(means: Means, clock: FakeClock) -> None:
    visitor, _ = begun(means)
    intake.submit(means, visitor)

    class Died(BaseException):
        pass

    def dying(means: Means, claim: object) -> None:
        raise Died

    dead = Tasks()
    dead.add(intake.RECEIVED, dying)
    with means.database.reading() as session:
        (job_id,) = session.scalars(select(Job.id))
    with pytest.raises(Died):
        dead.run(means, job_id)
    run_all(means)
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 0
    clock.advance(seconds=means.lease.total_seconds() + 1)
    run_all(means)
    run_all(means)
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
        assert session.scalars(select(Job)).one().done_at is not None


def test_messages_are_read_by_both_sides_and_dated_to_the_day(means: Means) -> None:
    visitor, _ = begun(means)
    submission = intake.submit(means, visitor)
    intake.write_to_mandate(means, visitor, "They were moved to another prison.")
    intake.write_to_source(means, submission.id, sealing.recipient_of(visitor.identity), "Thank you. When?")
    with means.database.reading() as session:
        by_source = intake.messages_of(session, submission.id, visitor.identity)
        by_mandate = intake.messages_of(session, submission.id, means.keys.identity("mandate"))
    assert [message.text for message in by_source] == ["They were moved to another prison.", "Thank you. When?"]
    assert by_source == by_mandate
    assert by_source[0].written_on == geneva_day(means.clock())


def test_a_withdrawn_submission_withdraws_its_case(means: Means) -> None:
    visitor, _ = begun(means)
    submission = intake.submit(means, visitor)
    run_all(means)
    intake.withdraw(means, visitor)
    run_all(means)
    with means.database.reading() as session:
        assert session.scalars(select(Case)).one().status == CaseStatus.WITHDRAWN
        assert session.get_one(Submission, submission.id).stage == Stage.WITHDRAWN


def test_a_draft_lives_as_long_as_it_says(means: Means) -> None:
    short = replace(means, draft_life=timedelta(days=2))
    visitor, _ = begun(short)
    with means.database.reading() as session:
        draft = drafts.open_draft(session, visitor, geneva_day(means.clock()))
    assert draft.expires_on == geneva_day(means.clock()) + timedelta(days=2)
