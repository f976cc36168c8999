"""What each process can open with just the files of its own folder, and with which folders it refuses to start."""

import json
import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from config import Settings, read_settings
from foundation import alarms, key_watch
from foundation.jobs import enqueue
from foundation.key_sets import write_folders
from foundation.keys import PUBLIC_HALVES, KeyMissing, KeysMixedUp, fingerprint_of, load_keys, make_keys
from foundation.means import Means
from foundation.sealing import CannotOpen, identity_from, new_identity, open_sealed, recipient_of
from holdings import HOLDINGS, keys_of, make_means
from operations import key_folders, rotation
from operations.key_folders import Folders
from prepare import prepare
from tests import factories
from tests.full_house import full_house, opened_by, stored_envelopes

PROCESSES = sorted(HOLDINGS)
OPENS = {
    "public": set(),
    "owner": set(),
    "desk": {place.name for place in rotation.PLACES} - {"release.pdf_id"},
    "worker": {place.name for place in rotation.PLACES}
    - {"release.pdf_id", "submission.identity", "account.totp_envelope"},
    "portal": {"release.pdf_id", "reply.envelope", "reply_file.envelope"},
}


@pytest.fixture
def folders(instance: Path, tmp_path: Path, means: Means) -> Path:
    """A folder for each process, as the ceremony writes them, with the keys of this test."""
    own = Folders(instance / "keys", HOLDINGS)
    write_folders(tmp_path / "folders", key_folders.collected(own, means.keys.public["recovery"]), HOLDINGS, {})
    return tmp_path / "folders"


def identities_in(folder: Path) -> Iterator[str]:
    """Every private half that whoever reads the folder has, also what could be made of its secrets."""
    for path in folder.rglob("*"):
        text = path.read_text() if path.is_file() else ""
        yield from re.findall(r"AGE-SECRET-KEY-1[A-Z0-9]+", text)
        yield from (identity_from(bytes.fromhex(digits)) for digits in re.findall(r"\b[0-9a-f]{64}\b", text))


def places_opened(means: Means, folder: Path) -> set[str]:
    """The places of the table in which something opens to whoever holds the folder."""
    halves = list(identities_in(folder))
    return {place.name for place in rotation.PLACES if any(_opens(means, place, half) for half in halves)}


def _opens(means: Means, place: rotation.Place, identity: str) -> bool:
    with means.database.reading() as session:
        rows = session.scalars(select(place.column.class_).where(place.column.is_not(None))).all()
    assert rows, place.name
    for row in rows:
        value = getattr(row, place.column.key)
        envelope = b"".join(means.storage.get(value)) if place.in_store else value
        try:
            open_sealed(envelope, identity, place.label(row, value if place.in_store else ""))
        except CannotOpen:
            continue
        return True
    return False


def test_the_public_faces_folder_opens_nothing_stored_and_the_desks_does(means: Means, folders: Path) -> None:
    full_house(means)
    factories.visited(means, files={"place.txt": b"A file of a draft.\n"})
    assert len(list(stored_envelopes(means))) > 20
    public, desk = list(identities_in(folders / "public")), list(identities_in(folders / "desk"))
    # Its pepper and the secret of its cookies are tried as keys too: nothing else is there to try.
    assert len(public) >= 2
    assert [opened_by(means, identity) for identity in public] == [0] * len(public)
    assert sum(opened_by(means, identity) for identity in desk) > 10
    assert not list((folders / "public").glob("*.key"))


def test_each_process_opens_just_what_the_table_says(means: Means, folders: Path) -> None:
    full_house(means)
    assert {process: places_opened(means, folders / process) for process in PROCESSES} == OPENS


def settings_of(folder: Path, tmp_path: Path, **env: str) -> Settings:
    return read_settings({"INSTANCE_DIR": str(tmp_path / "run"), "KEYS_DIR": str(folder), **env})


def swap(folder: Path, name: str, half: str) -> str:
    """Put another public half into a folder, as somebody who can write there would."""
    public = json.loads((folder / PUBLIC_HALVES).read_text())
    (folder / PUBLIC_HALVES).write_text(json.dumps({**public, name: half}))
    return fingerprint_of({**public, name: half})


@pytest.fixture
def made(tmp_path: Path, made_keys: Path) -> Path:
    """Folders of all processes, without any database."""
    own = Folders(made_keys, HOLDINGS)
    public = own.public()
    write_folders(tmp_path / "folders", key_folders.collected(own, public["recovery"]), HOLDINGS, {})
    return tmp_path / "folders"


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_starts_with_its_own_folder_and_lacks_nothing_in_it(made: Path, tmp_path: Path, process: str) -> None:
    found = fingerprint_of(Folders(made, HOLDINGS).public())
    env = {"PRODUCTION": "1", "KEYS_FINGERPRINT": found.upper()}
    settings = settings_of(made / process, tmp_path, **env)
    own = make_means(settings, process)
    own.database.engine.dispose()
    assert own.keys.public
    for path in (made / process).iterdir():
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(KeyMissing):
            keys_of(settings, process)
        path.write_bytes(content)


@pytest.mark.parametrize("process", PROCESSES)
def test_no_process_starts_with_a_swapped_public_key(
    made: Path, tmp_path: Path, process: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = fingerprint_of(Folders(made, HOLDINGS).public())
    for name in ("mandate", "identity", "portal", "recovery"):
        before = (made / process / PUBLIC_HALVES).read_text()
        false = swap(made / process, name, recipient_of(new_identity()))
        with caplog.at_level(logging.CRITICAL), pytest.raises(KeysMixedUp):
            make_means(settings_of(made / process, tmp_path, PRODUCTION="1", KEYS_FINGERPRINT=found), process)
        assert f"{process} does not start" in caplog.text
        # Where it is the private half that shows the swap, that is what is told.
        assert false in caplog.text or f"private half of the {name} key" in caplog.text
        caplog.clear()
        (made / process / PUBLIC_HALVES).write_text(before)
    assert keys_of(settings_of(made / process, tmp_path, KEYS_FINGERPRINT=found), process)


def test_in_production_the_fingerprint_must_be_given(made: Path, tmp_path: Path) -> None:
    with pytest.raises(KeysMixedUp, match="KEYS_FINGERPRINT"):
        keys_of(settings_of(made / "public", tmp_path, PRODUCTION="1"), "public")
    assert keys_of(settings_of(made / "public", tmp_path), "public")


def test_another_installations_private_half_is_refused(made: Path, tmp_path: Path) -> None:
    make_keys(tmp_path / "other")
    for name, process in (("mandate", "desk"), ("record", "worker"), ("portal", "portal")):
        shutil.copy(tmp_path / "other" / f"{name}.key", made / process / f"{name}.key")
        with pytest.raises(KeysMixedUp, match=name):
            keys_of(settings_of(made / process, tmp_path), process)
    (made / "portal" / "portal.key").write_text("no key at all")
    with pytest.raises(KeysMixedUp, match="portal"):
        keys_of(settings_of(made / "portal", tmp_path), "portal")


def test_in_production_nothing_makes_keys_in_passing(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "keys", tmp_path, PRODUCTION="1", KEYS_FINGERPRINT="00")
    with pytest.raises(KeyMissing, match="flask keys ceremony"):
        prepare(settings)
    assert not (tmp_path / "keys").exists()


def check_public_keys(means: Means, folder: Path) -> list[tuple[str, str]]:
    """Let a worker that was started with these keys do its hourly check; the alarms that stand then."""
    with means.database.transaction() as session:
        enqueue(session, key_watch.CHECK, means.clock())
    factories.work(means)
    with means.database.reading() as session:
        return [(alarm.code, alarm.subject) for alarm in alarms.open_alarms(session)]


def test_a_public_key_swapped_under_a_running_worker_raises_one_alarm(means: Means, instance: Path) -> None:
    folder = instance / "keys"
    assert check_public_keys(means, folder) == []
    false = swap(folder, "mandate", recipient_of(new_identity()))
    assert check_public_keys(means, folder) == [(key_watch.PUBLIC_KEYS_CHANGED, false)]
    assert check_public_keys(means, folder) == [(key_watch.PUBLIC_KEYS_CHANGED, false)]
    (folder / PUBLIC_HALVES).write_text("{}")
    assert (key_watch.PUBLIC_KEYS_CHANGED, "unreadable") in check_public_keys(means, folder)


def test_the_faults_of_folders_are_told(made: Path) -> None:
    folders = Folders(made, HOLDINGS)
    assert list(key_folders.faults(folders)) == []
    shutil.copy(made / "desk" / "identity.key", made / "worker" / "identity.key")
    (made / "portal").chmod(0o755)
    (made / "desk" / "chain.secret").unlink()
    swap(made / "public", "mandate", recipient_of(new_identity()))
    told = "\n".join(key_folders.faults(folders))
    for words in ("identity.key is not for this process", "portal is open to others", "chain.secret", "differ"):
        assert words in told
    assert load_keys(made / "worker")
