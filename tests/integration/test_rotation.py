"""A key is rotated: everything is sealed anew, however often the pass is killed, and the old key opens nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select, update
from sqlalchemy.orm import Session

from accounts import access, demo, second_factor
from accounts.access import Entrance
from accounts.models import Account
from foundation.db import Base, Database
from foundation.keys import KeyMissing, SealingKey, load_keys
from foundation.means import Means
from foundation.sealing import new_identity, recipient_of
from foundation.uploads import sealed_from
from holdings import HOLDINGS
from operations import key_commands, key_folders, rotation
from operations.key_folders import Folders, NotRotated
from submissions import additions, attachments, intake
from submissions.models import Attachment, ConsentCode, Message, Source, Submission
from tests import factories
from tests.fakes import FakeClock
from tests.full_house import ADDED, ANSWERED, ASKED, PNG, TOLD, House, full_house, opened_by
from workflows import audit, cases, communications, drafting, outdated, replies, triage
from workflows.models import CaseEvent, CaseSubmission, Communication, Release, ReplyFile

PROCESS_OF: dict[SealingKey, str] = {"mandate": "desk", "identity": "desk", "portal": "portal"}


class Killed(Exception):
    """The pass ended here, as by `kill -9`: nothing of its own is done after this."""


class Mortal(Database):
    """A database whose holder is killed when it begins one transaction too many."""

    def __init__(self, url: str, commits: int) -> None:
        super().__init__(url)
        self._left = commits

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        if self._left == 0:
            raise Killed
        self._left -= 1
        with super().transaction() as session:
            yield session


@pytest.fixture
def house(means: Means) -> House:
    """Rows in every place of the table."""
    return full_house(means)


@pytest.fixture
def folders(instance: Path) -> Folders:
    return Folders(instance / "keys", HOLDINGS)


ADDITIONS = [("facts", True), ("key", True), ("consent", True)]


def as_process(means: Means, instance: Path, process: str, database: Database | None = None) -> Means:
    """What a process holds after it was started anew; for a rotation with the rights of the database's owner."""
    held = HOLDINGS[process]
    keys = load_keys(instance / "keys", held.private, held.secrets, held.signs)
    return replace(means, keys=keys, database=database or means.database)


def require_all_works(means: Means, instance: Path, house: House) -> None:
    """Everything that somebody may read is read, each with the keys of the process that reads it."""
    desk, portal = as_process(means, instance, "desk"), as_process(means, instance, "portal")
    with means.database.reading() as session:
        submission = session.get_one(Submission, house.submission_id)
        letter = session.get_one(Communication, house.letter_id)
        release = session.get_one(Release, house.release_id)
        attachment, file = session.scalars(select(Attachment)).one(), session.scalars(select(ReplyFile)).one()
        notes = [cases.note_of(desk.keys, event) for event in session.scalars(select(CaseEvent))]
        assert "It is within the mandate." in notes
        assert cases.latest_summary(session, desk.keys, letter.case_id, "en") == factories.SUMMARIES["en"]
        assert triage.assessments_of(session, desk.keys, letter.case_id)
        told = [one.text for one in intake.messages_of(session, house.submission_id, desk.keys.identity("mandate"))]
        assert told == [ASKED, TOLD]
        assert [one.text for one in intake.messages_of(session, house.submission_id, house.visitor.identity)] == told
        for keys, reader in ((desk.keys, "mandate"), (portal.keys, "portal")):
            assert [one.words for one in replies.replies_of(session, keys, release.id, reader)] == [ANSWERED]
        assert audit.verify(session, desk.keys) == []
        told_later = additions.judged(session, desk.keys, submission, intake.facts_of(desk.keys, submission))
        assert [(one.opened.kind, one.is_believed) for one in told_later] == ADDITIONS
        assert additions.readable(session, house.visitor)[0].content == {"words": ADDED}
    assert intake.facts_of(desk.keys, submission)["place_town"] == "Lumara"
    assert intake.identity_of(desk.keys, submission)["your_name"] == "Bruna Quist"
    assert intake.own_copy(house.visitor, submission)["place_town"] == "Lumara"
    assert attachments.read_file(desk, attachment) == ("place.png", PNG)
    assert replies.read_reply_file(desk, file, "mandate") == ("answer.png", PNG)
    assert replies.read_reply_file(portal, file, "portal") == ("answer.png", PNG)
    assert drafting.fields_of(desk.keys, letter) == factories.FIELDS["en"]
    assert communications.frozen_pdf(desk, letter) == replies.read_letter(portal, release)
    assert isinstance(sign_in(desk), Entrance)


def sign_in(desk: Means) -> object:
    noor = demo.DEMO_SIGN_INS[0]
    assert isinstance(desk.clock, FakeClock)
    desk.clock.advance(minutes=5)
    own = replace(desk, demo=True)
    return access.sign_in(own, noor.email, noor.password, second_factor.code_at(noor.totp_secret, desk.clock()))


@pytest.mark.parametrize("name", ["mandate", "identity", "portal"])
def test_a_rotation_killed_at_every_commit_resumes_and_the_old_key_opens_nothing(
    means: Means, instance: Path, folders: Folders, house: House, database_url: str, name: SealingKey
) -> None:
    old = means.keys.identity(name)[0]
    before = opened_by(means, old)
    assert before > 0
    key_folders.rotate(folders, name)
    process = PROCESS_OF[name]
    own = as_process(means, instance, process)
    stale = rotation.survey(own, name).stale
    assert stale == before
    require_all_works(means, instance, house)
    with pytest.raises(NotRotated, match=str(stale)):
        key_commands.retire(own, folders, name)
    kills = 0
    while kills < 2 * stale:
        mortal = Mortal(database_url, commits=1)
        try:
            tally = rotation.reseal(as_process(means, instance, process, mortal), name, batch=1)
            break
        except Killed:
            kills += 1
        finally:
            mortal.engine.dispose()
    # Each run sealed one row and was killed at the next, until the last had only one row to do.
    assert (kills, tally.anew, tally.fresh) == (stale - 1, 1, stale - 1)
    factories.work(means)
    assert "Everything opens with the new key" in key_commands.retire(own, folders, name)
    assert folders.with_file(f"{name}.previous.key") == []
    assert opened_by(means, old) == 0
    new = as_process(means, instance, process).keys.identity(name)
    assert new != (old,)
    assert opened_by(means, new[0]) == before
    require_all_works(means, instance, house)


def test_recovery_still_opens_what_was_sealed_anew(
    means: Means, instance: Path, folders: Folders, house: House
) -> None:
    recovery = means.keys.identity("recovery")[0]
    before = opened_by(means, recovery)
    key_folders.rotate(folders, "mandate")
    rotation.reseal(as_process(means, instance, "desk"), "mandate")
    factories.work(means)
    assert opened_by(means, recovery) == before


def test_a_new_recovery_key_opens_all_and_the_old_one_nothing(
    means: Means, instance: Path, folders: Folders, house: House
) -> None:
    old, fresh = means.keys.identity("recovery")[0], new_identity()
    before = opened_by(means, old)
    key_folders.change_public(folders, {"recovery": recipient_of(fresh)})
    for process in ("desk", "portal"):
        own = as_process(means, instance, process)
        tally = rotation.reseal(own, "recovery", fresh)
        assert (tally.left, tally.unopened) == (0, 0)
        assert rotation.reseal(own, "recovery", fresh).stale == 0
    factories.work(means)
    assert (opened_by(means, old), opened_by(means, fresh)) == (0, before)
    require_all_works(means, instance, house)


def test_what_is_written_meanwhile_is_left_alone_and_done_by_the_next_pass(
    means: Means, instance: Path, folders: Folders, house: House, database_url: str
) -> None:
    key_folders.rotate(folders, "mandate")

    class Meanwhile(Database):
        """Others write to each row just before it is replaced."""

        @contextmanager
        def transaction(self) -> Iterator[Session]:
            fields = drafting.seal_fields(means.keys, house.letter_id, drafting.Fields(subject="written meanwhile"))
            with means.database.transaction() as session:
                own = Communication.id == house.letter_id
                session.execute(update(Communication).where(own).values(fields=fields))
            with super().transaction() as session:
                yield session

    own = as_process(means, instance, "desk", Meanwhile(database_url))
    assert rotation.reseal(own, "mandate").left == 1
    own.database.engine.dispose()
    letter = factories.letter_now(means, house.letter_id)
    assert drafting.fields_of(means.keys, letter).subject == "written meanwhile"
    again = rotation.reseal(as_process(means, instance, "desk"), "mandate")
    assert (again.anew, again.left) == (1, 0)
    letter = factories.letter_now(means, house.letter_id)
    assert drafting.fields_of(as_process(means, instance, "desk").keys, letter).subject == "written meanwhile"


def test_messages_are_not_sealed_to_a_key_that_was_put_in_the_place_of_the_sources(
    means: Means, instance: Path, folders: Folders, house: House
) -> None:
    intruder = new_identity()
    with means.database.transaction() as session:
        session.execute(update(Source).values(recipient=recipient_of(intruder)))
    key_folders.rotate(folders, "mandate")
    own = as_process(means, instance, "desk")
    tally = rotation.reseal(own, "mandate")
    assert (tally.unproven, tally.left) == (5, 5)
    assert opened_by(means, intruder) == 0
    assert opened_by(means, house.visitor.identity) > 0
    with pytest.raises(NotRotated, match="5"):
        key_commands.retire(own, folders, "mandate")
    # The check would see it: sealed to the intruder, the same search finds it.
    intake.write_to_source(means, house.submission_id, recipient_of(intruder), ASKED)
    assert opened_by(means, intruder) == 1


def test_a_source_reads_again_what_was_hers_after_a_rotation(
    means: Means, instance: Path, folders: Folders, house: House
) -> None:
    additions.decide(means, house.visitor, {"consent_to_send": "no"})
    file = attachments.receive("mine.txt", sealed_from(means.storage, b"mine"))
    intake.write_to_mandate(means, house.visitor, TOLD, [file])
    key_folders.rotate(folders, "mandate")
    assert rotation.reseal(as_process(means, instance, "desk"), "mandate").left == 0
    with means.database.reading() as session:
        assert additions.readable(session, house.visitor)[-1].content == {"consent_to_send": "no"}
        found = intake.file_for_source(session, house.visitor, file.upload.id)
    assert found is not None
    assert attachments.key_for(found, house.visitor.identity)[0] == "mine.txt"


def test_what_a_person_decided_is_not_sealed_to_a_key_that_was_put_in_the_place_of_hers(
    means: Means, instance: Path, folders: Folders, house: House
) -> None:
    intruder = new_identity()
    with means.database.transaction() as session:
        session.execute(update(ConsentCode).values(recipient=recipient_of(intruder)))
    key_folders.rotate(folders, "mandate")
    assert rotation.reseal(as_process(means, instance, "desk"), "mandate").left == 0
    assert opened_by(means, intruder) == 0


def test_a_message_before_triage_waits_for_a_later_pass(means: Means, instance: Path, folders: Folders) -> None:
    factories.prepared(means)
    visitor = factories.visited(means)
    intake.submit(means, visitor)
    intake.write_to_mandate(means, visitor, TOLD)
    key_folders.rotate(folders, "mandate")
    own = as_process(means, instance, "desk")
    assert rotation.reseal(own, "mandate").unproven == 1
    factories.work(replace(means, keys=own.keys))
    assert rotation.reseal(own, "mandate").left == 0


def test_the_old_letter_goes_only_when_no_row_names_it(means: Means, house: House) -> None:
    letter = factories.letter_now(means, house.letter_id)
    assert letter.pdf_id is not None
    means.storage.put("0" * 32, [b"sealed"])
    with means.database.transaction() as session:
        outdated.leave_behind(session, letter.pdf_id, means.clock)
        outdated.leave_behind(session, "0" * 32, means.clock)
        assert not outdated.are_erased(session)
    factories.work(means)
    assert means.storage.get(letter.pdf_id)
    assert "0" * 32 not in {blob_id for blob_id, _ in means.storage.ids()}


def test_a_damaged_envelope_is_counted_and_left_as_it_is(
    means: Means, instance: Path, folders: Folders, house: House
) -> None:
    key_folders.rotate(folders, "mandate")
    with means.database.transaction() as session:
        session.execute(update(CaseSubmission.__table__.metadata.tables["summary"]).values(envelope=b"damaged"))
    tally = rotation.reseal(as_process(means, instance, "desk"), "mandate")
    assert (tally.unopened, tally.left) == (1, 0)


def test_a_process_that_does_not_open_it_cannot_seal_it_anew(means: Means, instance: Path, house: House) -> None:
    with pytest.raises(KeyMissing):
        rotation.reseal(as_process(means, instance, "worker"), "identity")
    with pytest.raises(KeyMissing, match="AS="):
        key_commands.reseal(as_process(means, instance, "public"), "mandate", lambda: pytest.fail("no terminal"))


def test_every_sealed_column_is_in_the_table_or_exempt_with_a_reason() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    in_rows = {place.name for place in rotation.PLACES if not place.in_store}
    assert sealed == in_rows | set(rotation.EXEMPT)
    assert not in_rows & set(rotation.EXEMPT)
    assert all(rotation.EXEMPT.values())


def test_every_column_that_names_a_letter_in_the_store_is_in_the_table() -> None:
    naming = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("pdf_id")
    }
    assert naming == {place.name for place in rotation.PLACES if place.in_store}


def test_the_house_of_these_tests_has_a_row_in_every_place(means: Means, house: House) -> None:
    with means.database.reading() as session:
        for place in rotation.PLACES:
            assert session.scalar(select(place.column).where(place.column.is_not(None)).limit(1)), place.name
        assert session.scalars(select(Message)).all()
        assert session.scalars(select(Account)).all()
