"""Putting a backup back onto an empty machine. Nothing is written before every file of it was found unchanged.

The journal is told first that a database is being put back. The database does not know of that entry, so letters stay
where they are until the journal was replayed (workflows/gate.py, workflows/replay.py).
"""

from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from fsspec.core import url_to_fs

from foundation import migrating
from foundation.journal import Journal
from foundation.key_sets import open_key_set
from foundation.keys import PUBLIC_HALVES, SEALING_KEYS, SECRETS, SIGNING_KEYS, Holding, fingerprint_of, write_key
from operations import backup, dumps
from operations.backup import BLOBS, DATABASE, Manifest
from workflows.gate import RESTORED

ALL = Holding(tuple(name for name in SEALING_KEYS if name != "recovery"), SECRETS, SIGNING_KEYS)
# What the storage itself writes to see whether it is writable.
NOT_A_BLOB = "ready"


class NotEmpty(Exception):
    """Something is there already, and nothing is ever written over."""


class Changed(Exception):
    """The backup is not what its manifest says, or belongs to another installation or a newer release."""


def restore_keys(envelope: Path, recovery: str, keys: Path) -> str:
    """Put back all keys into one folder, opened with the recovery key; gives their fingerprint.

    An installation whose processes have folders of their own is recovered with `flask keys recover` instead.
    The public halves are written last, as when keys are made: a folder without them is refused on loading.
    Raises NotEmpty, sealing.CannotOpen.
    """
    if keys.exists() and any(keys.iterdir()):
        raise NotEmpty(f"{keys} holds keys already")
    kept = open_key_set(envelope.read_bytes(), recovery)
    files = kept.files_for(ALL)
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in sorted(files, key=lambda name: name == PUBLIC_HALVES):
        write_key(keys / name, files[name])
    return fingerprint_of(kept.public())


def restore(folder: Path, database_url: str, storage_url: str, journal: Journal, now: datetime) -> Manifest:
    """Put back database and blobs, and bring the database to this release.

    Raises FileNotFoundError for a folder that is no finished backup, Changed, NotEmpty, dumps.DumpFailed, OSError.
    """
    manifest = backup.read_manifest(folder)
    require_unchanged(folder, manifest)
    _require_known(manifest, database_url)
    _require_empty(database_url, storage_url)
    journal.write(RESTORED, now, backup=manifest.made_at, newest_entry=manifest.newest_entry)
    _put_back_blobs(folder, manifest, storage_url)
    dumps.put_back(folder / DATABASE, database_url)
    migrating.upgrade(database_url)
    return manifest


def require_unchanged(folder: Path, manifest: Manifest) -> None:
    """Look at every file of a backup. Raises Changed for the first that is missing or differs."""
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or backup.sha256_of(path) != digest:
            raise Changed(f"{name} is missing or is not what was backed up")


def _require_known(manifest: Manifest, database_url: str) -> None:
    script = ScriptDirectory.from_config(migrating.configuration(database_url))
    if manifest.revision not in {revision.revision for revision in script.walk_revisions()}:
        raise Changed(f"revision {manifest.revision} of the database belongs to a newer release")
    if not database_url.startswith(manifest.engine):
        raise Changed(f"the backup is of {manifest.engine}; set DATABASE_URL to a database of that kind")


def _require_empty(database_url: str, storage_url: str) -> None:
    if not dumps.is_empty(database_url):
        raise NotEmpty("there is a database already at DATABASE_URL")
    files, root = url_to_fs(storage_url)
    if any(Path(str(name)).name != NOT_A_BLOB for name in files.find(root)):
        raise NotEmpty("there are blobs already at STORAGE_URL")


def _put_back_blobs(folder: Path, manifest: Manifest, storage_url: str) -> None:
    files, root = url_to_fs(storage_url)
    for name in manifest.files:
        if name.startswith(f"{BLOBS}/"):
            target = f"{root}/{name.removeprefix(f'{BLOBS}/')}"
            files.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            files.pipe_file(target, (folder / name).read_bytes())
