"""A backup is whole or is none, holds no key, and is put back only where nothing is."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError

from app import create_app
from commands import make_cli
from config import read_settings
from foundation.db import Database
from foundation.keys import KeyMissing, load_keys
from foundation.means import Means
from foundation.migrating import upgrade
from foundation.sealing import CannotOpen, new_identity
from foundation.storage import Storage
from operations import backup, dumps, restore
from prepare import prepare
from submissions.models import Submission
from tests import factories, servers
from tests.fakes import FakeClock
from workflows import gate

WITH_FILE = {"files": {"list.txt": b"They came at night."}}


@pytest.fixture(autouse=True)
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs are those that belong to the server that runs."""
    if "postgresql" in request.node.name:
        server: servers.PostgreSQL = request.getfixturevalue("postgresql_server")
        folder = Path(cast("list[str]", server.running.process.args)[0]).parent
        monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def emptied(request: pytest.FixtureRequest, means: Means, tmp_path: Path) -> Iterator[Means]:
    """Another machine with nothing on it, of the same kind."""
    url, drop = f"sqlite:///{tmp_path / 'empty' / 'new.sqlite'}", None
    if means.database.engine.dialect.name == "postgresql":
        server: servers.PostgreSQL = request.getfixturevalue("postgresql_server")
        url, drop = server.create("solidarity_put_back"), server.drop
    database = Database(url)
    yield replace(means, database=database, storage=Storage(f"file://{tmp_path / 'empty' / 'blobs'}"))
    database.engine.dispose()
    if drop is not None:
        drop("solidarity_put_back")


def put_back(folder: Path, onto: Means) -> backup.Manifest:
    url = onto.database.engine.url.render_as_string(hide_password=False)
    return restore.restore(folder, url, onto.storage.url, onto.journal, onto.clock())


def test_a_backup_holds_what_its_manifest_says(means: Means, place: Path) -> None:
    submission = factories.submitted(means, **WITH_FILE)
    folder = backup.make(means, place)
    manifest = backup.read_manifest(folder)
    restore.require_unchanged(folder, manifest)
    assert (manifest.counts["submission"], manifest.counts["attachment"], manifest.revision) == (1, 1, "0003")
    assert manifest.instant == means.clock()
    assert len(manifest.files) == 2
    assert submission.reference


def test_nobody_but_its_owner_reads_a_backup(means: Means, place: Path) -> None:
    factories.submitted(means, **WITH_FILE)
    backup.make(means, place)
    assert {path.stat().st_mode & 0o077 for path in (place, *place.rglob("*"))} == {0}


def test_no_private_key_lies_in_a_backup_while_one_that_is_put_there_is_found(
    means: Means, place: Path, instance: Path
) -> None:
    factories.submitted(means, **WITH_FILE)
    folder = backup.make(means, place)
    keys = {path.read_bytes() for path in (instance / "keys").iterdir() if path.suffix in {".key", ".secret"}}

    def found() -> list[Path]:
        files = [path for path in folder.rglob("*") if path.is_file()]
        return [path for path in files if any(key in path.read_bytes() for key in keys)]

    assert found() == []
    (folder / "planted").write_bytes(b"before" + min(keys) + b"after")
    assert found() == [folder / "planted"]


def test_what_was_broken_off_is_no_backup(means: Means, place: Path) -> None:
    folder = backup.make(means, place)
    (folder / backup.MANIFEST).unlink()
    assert backup.listed(place) == []
    with pytest.raises(FileNotFoundError):
        backup.read_manifest(folder)


def test_a_blob_that_did_not_change_is_not_written_again(means: Means, place: Path, clock: FakeClock) -> None:
    factories.submitted(means, **WITH_FILE)
    first = backup.make(means, place)
    clock.advance(hours=1)
    factories.submitted(means, **WITH_FILE)
    second = backup.make(means, place)
    blobs = [name for name in backup.read_manifest(first).files if name != backup.DATABASE]
    assert [(first / name).stat().st_ino == (second / name).stat().st_ino for name in blobs] == [True]
    assert len(backup.read_manifest(second).files) == 3


def test_a_blob_that_is_damaged_in_the_backup_before_is_written_again(
    means: Means, place: Path, clock: FakeClock
) -> None:
    factories.submitted(means, **WITH_FILE)
    first = backup.make(means, place)
    [name] = [name for name in backup.read_manifest(first).files if name != backup.DATABASE]
    (first / name).write_bytes(b"damaged")
    clock.advance(hours=1)
    second = backup.make(means, place)
    restore.require_unchanged(second, backup.read_manifest(second))


def test_a_backup_is_put_back_with_all_that_was_in_it(means: Means, emptied: Means, place: Path) -> None:
    submission = factories.submitted(means, **WITH_FILE)
    made = put_back(backup.make(means, place), emptied)
    with emptied.database.reading() as session:
        kept = session.get_one(Submission, submission.id)
        [file] = factories.intake.files_of(session, submission.id)
    assert factories.intake.facts_of(emptied.keys, kept)["place_town"] == "Lumara"
    assert factories.attachments.read_file(emptied, file) == ("list.txt", WITH_FILE["files"]["list.txt"])
    assert made.counts["submission"] == 1


def test_after_our_restore_the_gate_is_shut(means: Means, emptied: Means, place: Path) -> None:
    put_back(backup.make(means, place), emptied)
    with emptied.database.reading() as session, pytest.raises(gate.Closed):
        gate.require_open(session, emptied.journal, emptied.clock())


def test_nothing_is_put_over_what_is_there(means: Means, place: Path) -> None:
    folder = backup.make(means, place)
    with pytest.raises(restore.NotEmpty):
        put_back(folder, means)


def test_nothing_is_put_beside_blobs_that_are_there(means: Means, emptied: Means, place: Path) -> None:
    folder = backup.make(means, place)
    emptied.storage.put("ab" * 16, [b"part"])
    with pytest.raises(restore.NotEmpty):
        put_back(folder, emptied)


@pytest.mark.parametrize("change", ["changed", "cut off", "gone"])
def test_a_changed_backup_is_refused_before_anything_is_written(
    means: Means, emptied: Means, place: Path, change: str
) -> None:
    factories.submitted(means, **WITH_FILE)
    folder = backup.make(means, place)
    [name] = [name for name in backup.read_manifest(folder).files if name != backup.DATABASE]
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + b"?" if change == "changed" else content[:-1])
    if change == "gone":
        (folder / name).unlink()
    with pytest.raises(restore.Changed):
        put_back(folder, emptied)
    url = emptied.database.engine.url.render_as_string(hide_password=False)
    assert dumps.is_empty(url)
    assert list(emptied.journal.entries()) == []


def test_a_backup_of_a_newer_release_is_refused(means: Means, emptied: Means, place: Path) -> None:
    folder = backup.make(means, place)
    told = json.loads((folder / backup.MANIFEST).read_text())
    (folder / backup.MANIFEST).write_text(json.dumps({**told, "revision": "9999"}))
    with pytest.raises(restore.Changed, match="newer release"):
        put_back(folder, emptied)


def test_a_backup_of_an_older_release_is_brought_to_this_one(means: Means, place: Path, tmp_path: Path) -> None:
    old_url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    upgrade(old_url, "0001")
    old = replace(means, database=Database(old_url))
    folder = backup.make(old, place)
    old.database.engine.dispose()
    assert backup.read_manifest(folder).revision == "0001"
    restored = f"sqlite:///{tmp_path / 'restored.sqlite'}"
    restore.restore(folder, restored, f"file://{tmp_path / 'restored'}", means.journal, means.clock())
    assert dumps.dump(Database(restored), tmp_path / "copy").revision == "0003"


def test_what_was_left_of_a_log_is_not_played_into_another_database(tmp_path: Path) -> None:
    (tmp_path / "solidarity.sqlite-wal").write_bytes(b"left")
    assert not dumps.is_empty(f"sqlite:///{tmp_path / 'solidarity.sqlite'}")


def test_a_database_that_cannot_be_copied_makes_no_backup(means: Means, place: Path, tmp_path: Path) -> None:
    url = means.database.engine.url
    gone = str(tmp_path / "no" / "folder") if url.get_backend_name() == "sqlite" else "no_such_database"
    broken = replace(means, database=Database(url.set(database=gone).render_as_string(hide_password=False)))
    with pytest.raises((dumps.DumpFailed, OperationalError)):
        backup.make(broken, place)
    broken.database.engine.dispose()
    assert backup.listed(place) == []


def test_keys_are_put_back_with_the_recovery_key_and_with_no_other(
    instance: Path, place: Path, tmp_path: Path, clock: FakeClock
) -> None:
    [sealed] = backup.keep_keys(instance / "keys", tmp_path / "safe", place, clock())
    with pytest.raises(CannotOpen):
        restore.restore_keys(sealed, new_identity(), tmp_path / "new")
    recovery = (instance / "keys" / "recovery.key").read_text()
    restore.restore_keys(sealed, recovery, tmp_path / "new")
    everything = (restore.ALL.private, restore.ALL.secrets, restore.ALL.signs)
    old, new = load_keys(instance / "keys", *everything), load_keys(tmp_path / "new", *everything)
    assert (old.public, old.private, old.secrets, old.signing) == (new.public, new.private, new.secrets, new.signing)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "new").iterdir()} == {0}
    with pytest.raises(restore.NotEmpty):
        restore.restore_keys(sealed, recovery, tmp_path / "new")


def test_the_recovery_key_is_not_among_the_keys_that_it_opens(
    instance: Path, place: Path, tmp_path: Path, clock: FakeClock
) -> None:
    [sealed] = backup.keep_keys(instance / "keys", tmp_path / "safe", place, clock())
    restore.restore_keys(sealed, (instance / "keys" / "recovery.key").read_text(), tmp_path / "new")
    with pytest.raises(KeyMissing):
        load_keys(tmp_path / "new", private=("recovery",))


@pytest.mark.parametrize("where", ["backups", "backups/keys", "."])
def test_keys_and_backups_lie_apart(instance: Path, place: Path, tmp_path: Path, clock: FakeClock, where: str) -> None:
    with pytest.raises(backup.NotApart):
        backup.keep_keys(instance / "keys", tmp_path / where, place, clock())


def test_what_the_ceremony_sealed_is_kept_as_it_is(
    instance: Path, place: Path, tmp_path: Path, clock: FakeClock
) -> None:
    sealed = instance / "keys" / "recovery"
    sealed.mkdir()
    (sealed / "recovery.age").write_bytes(b"sealed by the ceremony")
    [kept] = backup.keep_keys(instance / "keys", tmp_path / "safe", place, clock())
    assert kept.read_bytes() == b"sealed by the ceremony"


def test_backups_go_after_their_days_and_no_earlier(means: Means, place: Path, clock: FakeClock) -> None:
    old = backup.make(means, place)
    clock.advance(days=1)
    young = backup.make(means, place)
    clock.advance(days=29)
    assert backup.prune(place, 30, clock()) == []
    clock.advance(minutes=1)
    assert backup.prune(place, 30, clock()) == [old]
    assert [path for path, _ in backup.listed(place)] == [young]
    assert not old.exists()


def test_what_was_broken_off_goes_after_a_day(means: Means, place: Path, clock: FakeClock) -> None:
    folder = backup.make(means, place)
    (folder / backup.MANIFEST).unlink()
    (place / "something else").mkdir()
    assert backup.prune(place, 30, clock()) == []
    clock.advance(days=1, minutes=1)
    assert backup.prune(place, 30, clock()) == [folder]
    assert (place / "something else").exists()


def test_an_installation_is_backed_up_destroyed_and_restored_on_the_command_line(tmp_path: Path) -> None:
    env = {
        "INSTANCE_DIR": str(tmp_path / "one"),
        "JOURNAL_URL": f"file://{tmp_path / 'journal'}",
        "SMTP_URL": f"folder://{tmp_path / 'mail'}",
    }
    settings = read_settings(env)
    prepare(settings)
    run = make_cli(settings).test_cli_runner().invoke
    made = run(args=["backup", "make", "--to", str(tmp_path / "backups"), "--keys-to", str(tmp_path / "safe")])
    assert made.exit_code == 0, made.output
    [(folder, _)] = backup.listed(tmp_path / "backups")
    [sealed] = (tmp_path / "safe").rglob("*.age")
    recovery = tmp_path / "recovery.key"
    recovery.write_bytes((settings.keys / "recovery.key").read_bytes())

    anew = read_settings({**env, "INSTANCE_DIR": str(tmp_path / "two")})
    run = make_cli(anew).test_cli_runner().invoke
    way_back = ["backup", "restore", "--from", str(folder), "--keys-from", str(sealed), "--recovery-key", str(recovery)]
    restored = run(args=[*way_back, "--no-replay"])
    assert restored.exit_code == 0, restored.output
    assert run(args=["journal", "status"]).exit_code == 1
    replayed = run(args=["journal", "replay"])
    assert "Replayed: 1 x restored" in replayed.output
    assert run(args=["journal", "status"]).exit_code == 0
    assert run(args=way_back).exit_code == 1
    assert str(folder) in run(args=["backup", "list", str(tmp_path / "backups")]).output
    assert run(args=["backup", "prune", str(tmp_path / "backups")]).output == ""
    assert create_app(anew, "public").test_client().get("/en/").status_code == 200
