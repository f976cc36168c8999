"""All keys of an installation at once, as only the ceremony and a recovery hold them, and the folders made of them.

Nothing here is written before all of it can be: a folder appears whole under its name, or not at all.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes
from tempfile import mkdtemp

from foundation import sealing
from foundation.keys import (
    PREVIOUS,
    PUBLIC_HALVES,
    SEALING_KEYS,
    SECRETS,
    SIGNING_KEYS,
    Holding,
    SealingKey,
    new_signing_key,
    public_half_of_signing,
    public_text,
    write_key,
)

RECOVERY_FOLDER, RECOVERY_FILE = "recovery", "recovery.age"
RECOVERY_LABEL = "keys:recovery.age"


class FolderTaken(Exception):
    """There is something in the folder already; keys are never written over."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """Every private half but that of the recovery key, every secret, and that key's public half.

    `earlier` holds the halves that rotations replaced, newest first. Secrets are in hexadecimal.
    """

    recovery: str
    private: Mapping[SealingKey, str] = field(repr=False)
    signing: Mapping[str, str] = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    earlier: Mapping[SealingKey, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def public(self) -> dict[str, str]:
        """The public halves of all keys."""
        public = {name: public_half_of_signing(private) for name, private in self.signing.items()}
        public.update({str(name): sealing.recipient_of(identity) for name, identity in self.private.items()})
        return {**public, "recovery": self.recovery}

    def files_for(self, held: Holding) -> dict[str, str]:
        """The files of a process by name: just what it may hold, and the public halves."""
        files = {f"{name}.key": self.private[name] for name in held.private}
        earlier = {name: halves for name, halves in self.earlier.items() if name in held.private and halves}
        files |= {f"{name}.{PREVIOUS}.key": "\n".join(halves) for name, halves in earlier.items()}
        files |= {f"{name}.key": self.signing[name] for name in held.signs}
        files |= {f"{name}.secret": self.secrets[name] for name in held.secrets}
        return {**files, PUBLIC_HALVES: public_text(self.public())}

    def sealed(self) -> bytes:
        """All of it, for whoever can open with the recovery key."""
        told = {"private": self.private, "signing": self.signing, "secrets": self.secrets, "earlier": self.earlier}
        return sealing.seal(json.dumps(told).encode(), [self.recovery], RECOVERY_LABEL)


def new_key_set(recovery: str) -> KeySet:
    """Fresh keys and secrets of a new installation; `recovery` is the public half of its recovery key."""
    return KeySet(
        recovery=recovery,
        private={name: sealing.new_identity() for name in SEALING_KEYS if name != "recovery"},
        signing={name: new_signing_key() for name in SIGNING_KEYS},
        secrets={name: token_bytes(32).hex() for name in SECRETS},
    )


def open_key_set(envelope: bytes, recovery_identity: str) -> KeySet:
    """The set that `sealed` sealed. Raises sealing.CannotOpen."""
    told = json.loads(sealing.open_sealed(envelope, recovery_identity, RECOVERY_LABEL))
    earlier = {name: tuple(halves) for name, halves in told["earlier"].items()}
    recovery = sealing.recipient_of(recovery_identity)
    return KeySet(recovery, told["private"], told["signing"], told["secrets"], earlier)


def write_folders(to: Path, made: KeySet, holdings: Mapping[str, Holding], recovery: Mapping[str, bytes]) -> None:
    """Write a folder for each process and one with what is sealed to the recovery key. Raises FolderTaken."""
    require_free(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(mkdtemp(prefix=f".{to.name}.unfinished.", dir=to.parent))
    try:
        for process, held in holdings.items():
            _fill(unfinished / process, made.files_for(held))
        _fill(unfinished / RECOVERY_FOLDER, recovery)
        unfinished.rename(to)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def require_free(to: Path) -> None:
    """Raises FolderTaken unless the folder is missing or empty."""
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise FolderTaken(f"{to} is not empty")


def _fill(folder: Path, files: Mapping[str, str] | Mapping[str, bytes]) -> None:
    folder.mkdir(mode=0o700)
    folder.chmod(0o700)
    for name, content in files.items():
        write_key(folder / name, content)
