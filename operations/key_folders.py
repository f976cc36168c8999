"""The key folders of one installation: a new key beside the old one, the old one's end, and what is wrong with them.

A rotation begins here, in files, while every process stands still. It may be killed at any point: run again, it goes
on with the same new key, and a process that is started between finds that its keys do not fit and says so.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_bytes
from stat import S_IMODE

from foundation import sealing
from foundation.key_sets import RECOVERY_FILE, RECOVERY_FOLDER, KeySet
from foundation.keys import (
    PREVIOUS,
    PUBLIC_HALVES,
    Holding,
    KeyMissing,
    KeysMixedUp,
    SealingKey,
    fingerprint_of,
    load_keys,
    public_text,
    read_public,
    write_key,
)

NEXT = "next"
ROTATABLE: tuple[SealingKey, ...] = ("mandate", "identity", "notices", "portal")
COOKIES = ("public_cookies", "desk_cookies", "portal_cookies")
WHY_NOT = {
    "pepper": "every code that a source holds is derived with the pepper, so a new one would shut all of them out",
    "chain": "every event and every submission is bound with it, so a new one would make all of them look forged",
    "tokens": "every link that was mailed is bound with it, so a new one would shut all addressees out",
    "accounts": "every account is bound with it, so a new one would shut all officers out",
    "approval": "approved letters are signed with it; withdraw the approvals first, then hold a new ceremony",
    "record": "the heads that have left the database are signed with it, and nobody could check them any more",
}


class NotRotated(Exception):
    """This key cannot be rotated now, or never; the message says why."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Key folders by process. In development there is one for all of them."""

    top: Path
    holdings: Mapping[str, Holding]

    def all(self) -> dict[str, Path]:
        """Those that are on this machine. Raises KeyMissing if none is."""
        if (self.top / PUBLIC_HALVES).exists():
            return {"all": self.top}
        found = {process: self.top / process for process in self.holdings}
        here = {process: folder for process, folder in found.items() if (folder / PUBLIC_HALVES).exists()}
        if not here:
            raise KeyMissing(f"no key folder of any process in {self.top}")
        return here

    def missing(self) -> list[str]:
        """The processes whose folder is not on this machine."""
        here = self.all()
        return [] if "all" in here else [process for process in self.holdings if process not in here]

    def with_file(self, name: str) -> list[Path]:
        """The folders that hold a file."""
        return [folder for folder in self.all().values() if (folder / name).exists()]

    def public(self) -> dict[str, str]:
        """The public halves, the same in every folder once nothing is under way."""
        return read_public(next(iter(self.all().values())))


def rotate(folders: Folders, name: SealingKey) -> str:
    """Put a new key beside the old one in every folder that holds it; gives the new fingerprint.

    Raises NotRotated while an earlier rotation of this key is not retired.
    """
    holders = folders.with_file(f"{name}.key")
    if not holders:
        raise NotRotated(f"no folder here holds the {name} key")
    fresh = _next_key(folders, name, holders)
    _keep_for_recovery(folders, name, fresh)
    for folder in holders:
        _put_beside(folder, name, fresh)
    change_public(folders, {name: sealing.recipient_of(fresh)})
    for folder in holders:
        (folder / f"{name}.{NEXT}.key").unlink(missing_ok=True)
    return fingerprint_of(folders.public())


def new_secret(folders: Folders, name: str) -> int:
    """Make a new secret for the cookies of a face, which ends all its visits; gives how many folders hold it.

    Raises NotRotated for a secret that must stay.
    """
    if name not in COOKIES:
        raise NotRotated(WHY_NOT.get(name, f"there is no key or secret {name}"))
    holders, secret = folders.with_file(f"{name}.secret"), token_bytes(32).hex()
    for folder in holders:
        write_key(folder / f"{name}.secret", secret)
    return len(holders)


def forget_previous(folders: Folders, name: SealingKey) -> int:
    """Remove the halves before a rotation; gives from how many folders."""
    holders = folders.with_file(f"{name}.{PREVIOUS}.key")
    for folder in holders:
        (folder / f"{name}.{PREVIOUS}.key").unlink()
    return len(holders)


def change_public(folders: Folders, changed: Mapping[str, str]) -> None:
    """Write changed public halves into every folder."""
    for folder in folders.all().values():
        write_key(folder / PUBLIC_HALVES, public_text({**read_public(folder), **changed}))


def with_rotations(made: KeySet, envelopes: Mapping[str, bytes], recovery_identity: str) -> KeySet:
    """The set as it became by the rotations whose envelopes lie beside it, in their order. Raises CannotOpen."""
    for file_name in sorted(envelopes.keys() - {RECOVERY_FILE}):
        text = json.loads(sealing.open_sealed(envelopes[file_name], recovery_identity, _rotation_label(file_name)))
        made = _rotated(made, text["name"], text["private"])
    return made


def faults(folders: Folders) -> Iterator[str]:
    """What is wrong with the folders, in words: keys that do not fit, open to others, or not this process's to hold."""
    seen = set()
    for process, folder in folders.all().items():
        held = folders.holdings.get(process) or _everything(folders)
        try:
            load_keys(folder, held.private, held.secrets, held.signs)
            seen.add(fingerprint_of(read_public(folder)))
        except (KeyMissing, KeysMixedUp, ValueError) as error:
            yield f"{process}: {error}"
        yield from (f"{process}: {fault}" for fault in _badly_kept(folder, held, process == "all"))
    if len(seen) > 1:
        yield "the public halves differ from folder to folder: somebody changed one, or a rotation was not finished"


def _badly_kept(folder: Path, held: Holding, for_all: bool) -> Iterator[str]:
    own = {f"{name}.key" for name in (*held.private, *held.signs)} | {f"{name}.secret" for name in held.secrets}
    own |= {f"{name}.{PREVIOUS}.key" for name in held.private} | {PUBLIC_HALVES}
    for path in (folder, *sorted(folder.iterdir())):
        if S_IMODE(path.stat().st_mode) & 0o077:
            yield f"{path} is open to others"
        if path != folder and path.name not in own and not for_all:
            yield f"{path} is not for this process; take it away"


def _everything(folders: Folders) -> Holding:
    held = folders.holdings.values()
    return Holding(
        tuple({name for one in held for name in one.private}),
        tuple({name for one in held for name in one.secrets}),
        tuple({name for one in held for name in one.signs}),
    )


def _next_key(folders: Folders, name: SealingKey, holders: list[Path]) -> str:
    begun = folders.with_file(f"{name}.{NEXT}.key")
    if not begun and folders.with_file(f"{name}.{PREVIOUS}.key"):
        raise NotRotated(f"the last rotation of the {name} key is not over: run flask keys reseal, then retire")
    fresh = (begun[0] / f"{name}.{NEXT}.key").read_text() if begun else sealing.new_identity()
    for folder in holders:
        write_key(folder / f"{name}.{NEXT}.key", fresh)
    return fresh


def _put_beside(folder: Path, name: SealingKey, fresh: str) -> None:
    own = (folder / f"{name}.key").read_text()
    if own != fresh:
        write_key(folder / f"{name}.{PREVIOUS}.key", own)
        write_key(folder / f"{name}.key", fresh)


def _keep_for_recovery(folders: Folders, name: SealingKey, fresh: str) -> None:
    # The contents of recovery.age cannot be opened without the shares, so each new key gets a small envelope beside it.
    public = folders.public()
    place = folders.top / RECOVERY_FOLDER
    if "all" in folders.all() or public[name] == sealing.recipient_of(fresh):
        return
    place.mkdir(mode=0o700, exist_ok=True)
    number = len([path for path in place.glob("*.age") if path.name != RECOVERY_FILE]) + 1
    file_name = f"{number:03d}-{name}.age"
    told = json.dumps({"name": name, "private": fresh}).encode()
    write_key(place / file_name, sealing.seal(told, [public["recovery"]], _rotation_label(file_name)))


def _rotation_label(file_name: str) -> str:
    return f"keys:rotation:{file_name}"


def _rotated(made: KeySet, name: SealingKey, fresh: str) -> KeySet:
    before = made.private[name]
    if before == fresh:
        return made
    earlier = (before, *made.earlier.get(name, ()))
    return replace(made, private={**made.private, name: fresh}, earlier={**made.earlier, name: earlier})


def collected(folders: Folders, recovery: str) -> KeySet:
    """All keys as they lie in the folders, for sealing to a new recovery key.

    Raises NotRotated unless the folder of every process is here.
    """
    if folders.missing():
        raise NotRotated(f"bring the folders of all processes here first; missing: {', '.join(folders.missing())}")
    held = _everything(folders)
    halves = {name: _read(folders, f"{name}.key") for name in held.private}
    earlier = {name: tuple(_read(folders, f"{name}.{PREVIOUS}.key").split()) for name in held.private}
    return KeySet(
        recovery=recovery,
        private=halves,
        signing={name: _read(folders, f"{name}.key") for name in held.signs},
        secrets={name: _read(folders, f"{name}.secret") for name in held.secrets},
        earlier=earlier,
    )


def change_recovery(folders: Folders, recovery: str) -> str:
    """Take a new recovery key into use: seal all keys to it, then tell every process. Gives the new fingerprint."""
    made, place = collected(folders, recovery), folders.top / RECOVERY_FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    write_key(place / RECOVERY_FILE, made.sealed())
    for path in place.glob("*.age"):
        if path.name != RECOVERY_FILE:
            path.unlink()
    change_public(folders, {"recovery": recovery})
    return fingerprint_of(folders.public())


def _read(folders: Folders, file_name: str) -> str:
    holders = folders.with_file(file_name)
    return (holders[0] / file_name).read_text() if holders else ""
