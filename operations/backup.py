"""Backups: database and blobs in a folder of their own for each, and the keys somewhere else.

The database is copied first and the blobs afterwards: a blob is kept before the row that names it is, so whatever the
copied rows name is still to come when the blobs are copied. The manifest is written last: a folder without one is no
backup.
"""

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from fsspec.core import url_to_fs

from foundation.key_sets import RECOVERY_FILE, RECOVERY_FOLDER, KeySet
from foundation.keys import SEALING_KEYS, SECRETS, SIGNING_KEYS, fingerprint_of, load_keys
from foundation.means import Means
from operations import dumps

MANIFEST = "manifest.json"
DATABASE = "database"
BLOBS = "blobs"
NAMED = "%Y-%m-%dT%H-%M-%S-%fZ"
# What this long ago was begun and has no manifest was broken off.
UNFINISHED_FOR = timedelta(days=1)


class NotApart(Exception):
    """The keys would lie with what they open."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `files` maps each file in it to its SHA-256; `counts` tells rows by table.

    `newest_entry` is the id of the journal's entry that the database came to know last, empty if it knows none;
    `fingerprint` tells with whose keys its envelopes open.
    """

    made_at: str
    engine: str
    revision: str
    newest_entry: str
    fingerprint: str
    counts: Mapping[str, int]
    files: Mapping[str, str] = field(repr=False)

    @property
    def instant(self) -> datetime:
        """When the backup was begun."""
        return datetime.fromisoformat(self.made_at)


def make(means: Means, to: Path) -> Path:
    """Make a backup in a new folder below `to` and give that folder. Raises OSError, dumps.DumpFailed.

    A file that is the same in the backup before it is linked and not written again.
    """
    now = means.clock()
    folder = _new_folder(to, now)
    earlier = newest(to)
    dumped = dumps.dump(means.database, folder / DATABASE)
    files = {DATABASE: sha256_of(folder / DATABASE), **_copy_blobs(means.storage.url, folder, earlier)}
    manifest = Manifest(
        made_at=now.isoformat(),
        engine=means.database.engine.dialect.name,
        revision=dumped.revision,
        newest_entry=dumped.newest_entry,
        fingerprint=fingerprint_of(means.keys.public),
        counts=dumped.counts,
        files=files,
    )
    _keep(folder / MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
    _sync_folders(folder)
    return folder


def keep_keys(keys: Path, to: Path, backups: Path, now: datetime) -> list[Path]:
    """Keep the keys, sealed to the recovery key, in a new folder below `to`.

    After a ceremony these are the files that it and the rotations since have sealed; where one folder holds all keys,
    they are sealed here. The recovery key is in neither: it opens them. Raises NotApart, and KeyMissing on a machine
    that does not hold all keys.
    """
    one, other = to.resolve(), backups.resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise NotApart(f"{to} and {backups} lie within one another")
    sealed = _sealed_by_the_ceremony(keys) or {RECOVERY_FILE: _all_keys(keys).sealed()}
    folder = _new_folder(to, now)
    for name, envelope in sealed.items():
        _keep(folder / name, envelope)
    _sync_folders(folder)
    return [folder / name for name in sealed]


def _sealed_by_the_ceremony(keys: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((keys / RECOVERY_FOLDER).glob("*.age"))}


def _all_keys(folder: Path) -> KeySet:
    own = tuple(name for name in SEALING_KEYS if name != "recovery")
    held = load_keys(folder, own, SECRETS, SIGNING_KEYS)
    return KeySet(
        recovery=held.public["recovery"],
        private={name: held.private[name][0] for name in own},
        signing=held.signing,
        secrets={name: secret.hex() for name, secret in held.secrets.items()},
        earlier={name: held.private[name][1:] for name in own},
    )


def read_manifest(folder: Path) -> Manifest:
    """What a backup says of itself. Raises FileNotFoundError for a folder that is no backup, ValueError."""
    return Manifest(**json.loads((folder / MANIFEST).read_text()))


def listed(place: Path) -> list[tuple[Path, Manifest]]:
    """All finished backups below a folder, oldest first."""
    folders = [path for path in _folders(place) if (path / MANIFEST).is_file()]
    return sorted(((path, read_manifest(path)) for path in folders), key=lambda found: found[1].made_at)


def newest(place: Path) -> tuple[Path, Manifest] | None:
    """The backup that was made last."""
    found = listed(place)
    return found[-1] if found else None


def prune(place: Path, days: int, now: datetime) -> list[Path]:
    """Delete backups that were made more than `days` days ago, and what was broken off; says which."""
    old = [path for path, manifest in listed(place) if manifest.instant < now - timedelta(days=days)]
    old += [path for path in _folders(place) if _was_broken_off(path, now)]
    for path in old:
        # Without its manifest it is no backup any more, also if the machine stops half way.
        (path / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(path)
    return old


def _was_broken_off(path: Path, now: datetime) -> bool:
    if (path / MANIFEST).is_file():
        return False
    with suppress(ValueError):
        return datetime.strptime(path.name, NAMED).replace(tzinfo=UTC) < now - UNFINISHED_FOR
    return False


def _folders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def _copy_blobs(storage_url: str, folder: Path, earlier: tuple[Path, Manifest] | None) -> dict[str, str]:
    files, root = url_to_fs(storage_url)
    files.invalidate_cache()
    (folder / BLOBS).mkdir(mode=0o700)
    copied: dict[str, str] = {}
    for found in sorted(files.find(root)):
        name = f"{BLOBS}/{str(found).removeprefix(root).strip('/')}"
        # A blob that was erased since the list was made is rightly missing; the database's copy is behind by as much.
        with suppress(FileNotFoundError):
            copied[name] = _copy(files.cat_file(found), folder, name, earlier)
    return copied


def _copy(content: bytes, folder: Path, name: str, earlier: tuple[Path, Manifest] | None) -> str:
    digest = sha256(content).hexdigest()
    target = folder / name
    for parent in (target.parent.parent, target.parent):
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if earlier is not None and earlier[1].files.get(name) == digest and sha256_of(earlier[0] / name) == digest:
        os.link(earlier[0] / name, target)
    else:
        _keep(target, content)
    return digest


def _new_folder(to: Path, now: datetime) -> Path:
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = to / now.astimezone(UTC).strftime(NAMED)
    folder.mkdir(mode=0o700)
    return folder


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        digest = sha256()
        while piece := file.read(1024 * 1024):
            digest.update(piece)
    return digest.hexdigest()


def _keep(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folders(folder: Path) -> None:
    for path in (*(inside for inside in folder.rglob("*") if inside.is_dir()), folder, folder.parent):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
