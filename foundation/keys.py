"""The keys of one installation, and which of them a process holds.

Private halves lie in a folder that only its owner reads; the public halves lie beside them in one file.
A face that may not open a kind of envelope is never given the private half (docs/threat-model.md).
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foundation import sealing

SealingKey = Literal["mandate", "identity", "notices", "portal", "recovery"]
SigningKey = Literal["approval", "record"]
SEALING_KEYS: tuple[SealingKey, ...] = ("mandate", "identity", "notices", "portal", "recovery")
# The desk signs approvals; the worker signs the heads of all chains that leave the database every day.
SIGNING_KEYS: tuple[SigningKey, ...] = ("approval", "record")
SECRETS = ("pepper", "chain", "public_cookies", "desk_cookies", "portal_cookies", "tokens")
PUBLIC_HALVES = "public.json"
# The private half that opened what was sealed before a rotation; it goes once all of that is sealed anew.
PREVIOUS = "previous"


class KeyMissing(Exception):
    """This process does not hold the key that was asked for."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Public halves for all, private halves and secrets only as far as this process may hold them."""

    public: Mapping[str, str]
    private: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    signing: Mapping[str, str] = field(default_factory=dict, repr=False)

    def recipients(self, *names: SealingKey) -> list[str]:
        """Public halves to seal to; the recovery key is always among them."""
        return [self.public[name] for name in dict.fromkeys((*names, "recovery"))]

    def identity(self, name: SealingKey) -> tuple[str, ...]:
        """The private half, and while a rotation lasts the one before it.

        Raises KeyMissing in a process that may not open such envelopes.
        """
        try:
            return self.private[name]
        except KeyError:
            raise KeyMissing(f"this process does not hold the {name} key") from None

    def secret(self, name: str) -> bytes:
        """A shared secret. Raises KeyMissing in a process that does not hold it."""
        try:
            return self.secrets[name]
        except KeyError:
            raise KeyMissing(f"this process does not hold the secret {name}") from None

    def signs(self, name: SigningKey) -> str:
        """The private half of a signing key, in hexadecimal. Raises KeyMissing in a process that may not sign so."""
        try:
            return self.signing[name]
        except KeyError:
            raise KeyMissing(f"this process does not sign with the {name} key") from None


def make_keys(folder: Path) -> bool:
    """Make all keys of a new installation; leave an existing folder alone. Says whether it made any.

    The public halves are written last: a folder without them is an unfinished one, is refused on loading, and is
    completed here without replacing a key, since that may be all that opens what was sealed.
    """
    if (folder / PUBLIC_HALVES).exists():
        return False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    public: dict[str, str] = {name: _make_sealing_key(folder, name) for name in SEALING_KEYS}
    for name in SECRETS:
        _kept(folder / f"{name}.secret", token_bytes(32).hex())
    public.update({name: _make_signing_key(folder, name) for name in SIGNING_KEYS})
    _write(folder / PUBLIC_HALVES, json.dumps(public, indent=1, sort_keys=True))
    return True


def load_keys(
    folder: Path,
    private: Iterable[SealingKey] = (),
    secrets: Iterable[str] = (),
    signing: Iterable[SigningKey] = (),
) -> Keyring:
    """Read the public halves and just those private halves and secrets that are named.

    Raises KeyMissing if the folder holds no finished set of keys.
    """
    try:
        public = json.loads((folder / PUBLIC_HALVES).read_text())
        return Keyring(
            public=public,
            private={name: _identities(folder, name) for name in private},
            secrets={name: bytes.fromhex((folder / f"{name}.secret").read_text()) for name in secrets},
            signing={name: (folder / f"{name}.key").read_text() for name in signing},
        )
    except FileNotFoundError as error:
        raise KeyMissing(f"no key in {error.filename}") from error


def new_token() -> str:
    """A random text of 256 bits for a link or a session."""
    return token_urlsafe(32)


def _make_sealing_key(folder: Path, name: str) -> str:
    return sealing.recipient_of(_kept(folder / f"{name}.key", sealing.new_identity()))


def _make_signing_key(folder: Path, name: str) -> str:
    private = _kept(folder / f"{name}.key", Ed25519PrivateKey.generate().private_bytes_raw().hex())
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private)).public_key().public_bytes_raw().hex()


def _identities(folder: Path, name: str) -> tuple[str, ...]:
    previous = folder / f"{name}.{PREVIOUS}.key"
    own = (folder / f"{name}.key").read_text()
    return (own, previous.read_text()) if previous.exists() else (own,)


def _kept(path: Path, fresh: str) -> str:
    if path.exists():
        return path.read_text()
    _write(path, fresh)
    return fresh


def _write(path: Path, text: str) -> None:
    # A key that a crash left half written must not look whole, so it is renamed into place.
    unfinished = path.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
