"""The drill: a house is backed up, goes on, is destroyed, and is put back onto empty folders from what lies elsewhere.

What lies elsewhere is the backup, the sealed keys with the recovery key, and the journal.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import delete

from foundation.alarms import open_alarms
from foundation.db import Database
from foundation.journal import Journal, JournalEntry
from foundation.keys import SECRETS, SIGNING_KEYS, Keyring, load_keys
from foundation.means import Means
from foundation.storage import BlobMissing, Storage
from operations import backup, dumps, grants, restore
from submissions import attachments, drafts, intake
from submissions.drafts import CodeUnknown, Visitor
from submissions.models import Stage, Submission
from tests import factories, servers
from tests.factories import letter_now, notices_of, release_of, work
from tests.fakes import FakeClock, FakeMailer
from workflows import audit, cases, communications, disposals, gate, head_audit, replay, replies, triage
from workflows.disposals import Proposal
from workflows.lifecycle import CaseAction, CommunicationStatus
from workflows.models import DisposalGround, NoticeStatus

ALL = restore.ALL
FILES = {"list.txt": b"They came at night."}
TODAY = date(2026, 11, 23)


@dataclass
class House:
    """What the drill remembers of the house that is lost."""

    codes: dict[str, str]
    submissions: dict[str, str]
    letters: dict[str, str]
    folder: Path
    recovery: Path
    sealed: Path


@dataclass
class Place:
    """Empty folders and an empty database."""

    keys: Path
    database_url: str
    storage_url: str


@pytest.fixture
def means(means: Means, tmp_path: Path) -> Means:
    """The means of all tests, but with the journal on another machine."""
    return replace(means, journal=Journal(f"file://{tmp_path / 'elsewhere' / 'journal'}"))


@pytest.fixture
def programs(request: pytest.FixtureRequest, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs that belong to the server that runs."""
    if database.engine.dialect.name == "postgresql":
        server: servers.PostgreSQL = request.getfixturevalue("postgresql_server")
        folder = Path(cast("list[str]", server.running.process.args)[0]).parent
        monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def empty(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Place]:
    """An empty machine."""
    folder = tmp_path / "new machine"
    url = f"sqlite:///{folder / 'solidarity.sqlite'}"
    if database.engine.dialect.name == "postgresql":
        server: servers.PostgreSQL = request.getfixturevalue("postgresql_server")
        url = server.create("solidarity_drill")
    yield Place(folder / "keys", url, f"file://{folder / 'blobs'}")
    if database.engine.dialect.name == "postgresql":
        server.drop("solidarity_drill")


def begun(means: Means, **answers: object) -> tuple[Visitor, str]:
    visitor = factories.visited(means, files=FILES, **answers)
    with means.database.reading() as session:
        return visitor, drafts.open_draft(session, visitor, TODAY).code


def received(means: Means) -> tuple[Visitor, str, str]:
    factories.prepared(means)
    visitor, code = begun(means)
    return visitor, code, intake.submit(means, visitor).id


def erased(means: Means, submission_id: str) -> None:
    """Two persons decide, and the worker erases."""
    work(means)
    asked = Proposal(DisposalGround.SOURCE_ASKED, "The source asked for it.")
    officer, colleague, now = factories.actor(means), factories.actor(means, factories.COLLEAGUE), means.clock()
    with means.database.transaction() as session:
        case = cases.case_of(session, submission_id)
        assert case is not None
        triage.decide(session, means.keys, case.id, CaseAction.DECLINE, officer, now, "It is for another body.")
        proposed = disposals.propose(session, means.keys, submission_id, asked, officer, now)
    with means.database.transaction() as session:
        disposals.confirm(session, means.keys, submission_id, proposed.id, colleague, now)
    work(means)


def before_the_backup(means: Means, house: House) -> dict[str, Visitor]:
    """Everything that a backup can hold."""
    visitors = {}
    visitors["draft"], house.codes["draft"] = begun(means)
    for name in ("plain", "withdrawn", "withdrawn later", "erased", "erased later"):
        visitors[name], house.codes[name], house.submissions[name] = received(means)
    intake.withdraw(means, visitors["withdrawn"])
    erased(means, house.submissions["erased"])
    house.letters["sent"] = factories.sent(means).id
    release = release_of(means, house.letters["sent"])
    assert release is not None
    replies.reply(means, release.id, "The Government replies.", [])
    for name in ("left later", "waits"):
        house.letters[name] = factories.approved(means).id
    house.letters["approved later"] = factories.in_review(means).id
    # The last one, since each of the others has a worker do all that is due.
    house.letters["under way"] = factories.sending(means, state="XXA").id
    return visitors


def after_the_backup(means: Means, house: House, visitors: dict[str, Visitor]) -> None:
    """What the backup does not know: the house went on for some hours."""
    work(means)
    factories.send(means, letter_now(means, house.letters["left later"]))
    communications.approve(
        means, house.letters["approved later"], factories.actor(means, factories.HOLDER), accepts_unreviewed=True
    )
    factories.send(means, letter_now(means, house.letters["approved later"]))
    house.letters["lost"] = factories.sent(means).id
    intake.withdraw(means, visitors["withdrawn later"])
    erased(means, house.submissions["erased later"])
    work(means)


def lived(means: Means, clock: FakeClock, instance: Path, tmp_path: Path) -> House:
    """The whole life of the house, until it is destroyed with all that lies on its machine."""
    house = House({}, {}, {}, tmp_path, tmp_path / "recovery.key", tmp_path)
    shutil.copy(instance / "keys" / "recovery.key", house.recovery)
    visitors = before_the_backup(means, house)
    house.folder = backup.make(means, tmp_path / "elsewhere" / "backups")
    [house.sealed] = backup.keep_keys(instance / "keys", tmp_path / "safe", house.folder.parent, means.clock())
    clock.advance(hours=3)
    after_the_backup(means, house, visitors)
    clock.advance(hours=1)
    means.database.engine.dispose()
    shutil.rmtree(instance)
    for path in tmp_path.glob("*.sqlite*"):
        path.unlink()
    return house


def put_back(means: Means, house: House, empty: Place) -> Means:
    """Keys, database and blobs on the empty machine; the journal is not replayed yet."""
    restore.restore_keys(house.sealed, house.recovery.read_text(), empty.keys)
    restore.restore(house.folder, empty.database_url, empty.storage_url, means.journal, means.clock())
    return moved_in(means, empty)


def moved_in(means: Means, empty: Place) -> Means:
    database = Database(empty.database_url)
    if database.engine.dialect.name == "postgresql":
        grants.grant(database)
    everything = (*ALL.private,)
    keys: Keyring = load_keys(empty.keys, everything, SECRETS, SIGNING_KEYS)
    return replace(means, database=database, keys=keys, storage=Storage(empty.storage_url), mailer=FakeMailer())


def mails(means: Means) -> list[str]:
    return [mail.message_id for mail in cast("FakeMailer", means.mailer).sent]


def status_of(means: Means, letter_id: str) -> str:
    return letter_now(means, letter_id).status


def come_back(means: Means, code: str) -> Visitor:
    with means.database.reading() as session:
        return drafts.come_back(session, means.keys.secret("pepper"), code, TODAY)


def submission_of(means: Means, submission_id: str) -> Submission:
    with means.database.reading() as session:
        return session.get_one(Submission, submission_id)


def codes_work(means: Means, house: House) -> None:
    draft = come_back(means, house.codes["draft"])
    with means.database.reading() as session:
        told = drafts.open_draft(session, draft, TODAY)
    assert told.answers["place_town"] == "Lumara"
    assert attachments.sealing.open_parts(means.storage.get(told.files[0].id), told.files[0].identity, told.files[0].id)
    for name in ("plain", "withdrawn", "withdrawn later"):
        visitor = come_back(means, house.codes[name])
        kept = submission_of(means, house.submissions[name])
        assert intake.own_copy(visitor, kept)["place_town"] == "Lumara"
        with means.database.reading() as session:
            [file] = intake.files_of(session, kept.id)
            assert intake.stages_of(session, kept.id)
        assert attachments.read_file(means, file) == ("list.txt", FILES["list.txt"])


def nothing_is_brought_back(means: Means, house: House, files: list[str]) -> None:
    for name in ("erased", "erased later"):
        assert submission_of(means, house.submissions[name]).erased_at is not None
        assert not submission_of(means, house.submissions[name]).facts
        with pytest.raises(CodeUnknown):
            come_back(means, house.codes[name])
    for name in ("withdrawn", "withdrawn later"):
        assert submission_of(means, house.submissions[name]).stage == Stage.WITHDRAWN
    for file_id in files:
        with pytest.raises(BlobMissing):
            means.storage.get(file_id)


def files_of(means: Means, submission_id: str) -> list[str]:
    with means.database.reading() as session:
        return [file.id for file in intake.files_of(session, submission_id)]


def test_a_house_put_back_onto_empty_folders_keeps_the_four_laws(
    programs: None, means: Means, clock: FakeClock, instance: Path, tmp_path: Path, empty: Place
) -> None:
    house = lived(means, clock, instance, tmp_path)
    sent_before = mails(means)
    assert len(sent_before) == 5
    restored = put_back(means, house, empty)
    to_be_erased = files_of(restored, house.submissions["erased later"])
    assert to_be_erased

    # Nothing leaves before the journal was replayed, neither by a person nor by the worker.
    with pytest.raises(gate.Closed):
        factories.send(restored, letter_now(restored, house.letters["waits"]))
    work(restored)
    assert mails(restored) == []
    assert status_of(restored, house.letters["left later"]) == CommunicationStatus.APPROVED

    forgotten = replay.replay(restored)
    assert {"left", "withdrawn", "erased", gate.RESTORED} <= {entry.kind for entry in forgotten}
    clock.advance(minutes=5)
    work(restored)
    clock.advance(minutes=10)
    work(restored)
    assert mails(restored) == []
    codes_work(restored, house)
    nothing_is_brought_back(restored, house, to_be_erased)

    # What left is before an officer, under the Message-ID under which it left.
    for name in ("left later", "under way"):
        [notice] = notices_of(restored, house.letters[name])
        assert (notice.status, notice.message_id in sent_before) == (NoticeStatus.UNCONFIRMED, True)
        assert status_of(restored, house.letters[name]) == CommunicationStatus.SENDING
        assert release_of(restored, house.letters[name]) is not None
    assert status_of(restored, house.letters["approved later"]) == CommunicationStatus.WITHDRAWN
    assert status_of(restored, house.letters["sent"]) == CommunicationStatus.REPLIED
    with restored.database.reading() as session:
        alarms = {(alarm.code, alarm.subject) for alarm in open_alarms(session)}
        assert {(replay.LEFT_BEFORE_RESTORE, house.letters[name]) for name in ("approved later", "lost")} <= alarms
        assert audit.verify(session, restored.keys) == []
        told = head_audit.verify(session, restored.keys.public["record"], restored.journal, restored.clock())
    assert len(told.replayed) == 1

    # What had not left is sent as ever, and a new letter takes no number that was given.
    factories.send(restored, letter_now(restored, house.letters["waits"]))
    work(restored)
    assert len(mails(restored)) == 1
    assert not set(mails(restored)) & set(sent_before)
    numbers = {entry.ids["reference"] for entry in restored.journal.entries() if entry.kind == "left"}
    assert len(numbers) == 6
    assert factories.drafted(restored).reference not in numbers
    restored.database.engine.dispose()


def test_a_database_put_back_by_hand_sends_nothing_either(
    programs: None, means: Means, clock: FakeClock, instance: Path, tmp_path: Path, empty: Place
) -> None:
    house = House({}, {}, {}, tmp_path, tmp_path, tmp_path)
    house.letters["left later"] = factories.approved(means).id
    house.letters["under way"] = factories.sending(means).id
    dumps.dump(means.database, tmp_path / "by hand")
    clock.advance(minutes=1)
    factories.send(means, letter_now(means, house.letters["left later"]))
    work(means)
    assert len(mails(means)) == 2
    dumps.put_back(tmp_path / "by hand", empty.database_url)
    empty.keys, empty.storage_url = instance / "keys", means.storage.url
    restored = moved_in(means, empty)

    # At once for the letters that left, and after a moment for all.
    clock.advance(seconds=70)
    with pytest.raises(gate.Closed):
        factories.send(restored, letter_now(restored, house.letters["left later"]))
    work(restored)
    clock.advance(minutes=30)
    work(restored)
    assert mails(restored) == []
    with restored.database.reading() as session, pytest.raises(gate.Closed):
        gate.require_open(session, restored.journal, restored.clock())
    replay.replay(restored)
    clock.advance(minutes=30)
    work(restored)
    assert mails(restored) == []
    for letter_id in house.letters.values():
        assert [notice.status for notice in notices_of(restored, letter_id)] == [NoticeStatus.UNCONFIRMED]
    restored.database.engine.dispose()


def test_the_drill_would_see_a_letter_that_leaves_twice(
    programs: None, means: Means, clock: FakeClock, instance: Path, tmp_path: Path, empty: Place
) -> None:
    letter = factories.approved(means)
    dumps.dump(means.database, tmp_path / "by hand")
    factories.send(means, letter_now(means, letter.id))
    work(means)
    dumps.put_back(tmp_path / "by hand", empty.database_url)
    empty.keys, empty.storage_url = instance / "keys", means.storage.url
    forgetful = replace(moved_in(means, empty), journal=Journal(f"file://{tmp_path / 'another journal'}"))
    with forgetful.database.transaction() as session:
        session.execute(delete(JournalEntry))
    factories.send(forgetful, letter_now(forgetful, letter.id))
    work(forgetful)
    assert len(mails(forgetful)) == len(mails(means)) == 1
    forgetful.database.engine.dispose()
