"""The keys of one installation, and which of them a process holds.

Private halves lie in a folder that only its owner reads; the public halves lie beside them in one file.
A face that may not open a kind of envelope is never given the private half (docs/threat-model.md).
"""

import fcntl
import hmac
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyrage import IdentityError

from foundation import sealing

SealingKey = Literal["mandate", "identity", "notices", "portal", "recovery"]
SigningKey = Literal["approval", "record"]
SEALING_KEYS: tuple[SealingKey, ...] = ("mandate", "identity", "notices", "portal", "recovery")
# The desk signs approvals; the worker signs the heads of all chains that leave the database every day.
SIGNING_KEYS: tuple[SigningKey, ...] = ("approval", "record")
SECRETS = ("pepper", "chain", "public_cookies", "desk_cookies", "portal_cookies", "tokens", "accounts")
PUBLIC_HALVES = "public.json"
# The private half that opened what was sealed before a rotation; it goes once all of that is sealed anew.
PREVIOUS = "previous"


class KeyMissing(Exception):
    """This process does not hold the key that was asked for."""


class KeysMixedUp(Exception):
    """The keys in a folder do not belong together, or are not those that the operator expects."""


class Busy(Exception):
    """Another command is at work on the keys in this folder."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Private halves and secrets of one process, and what it signs."""

    private: tuple[SealingKey, ...] = ()
    secrets: tuple[str, ...] = ()
    signs: tuple[SigningKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Keyring:
    """Public halves for all, private halves and secrets only as far as this process may hold them.

    `folder` is where they were read.
    """

    public: Mapping[str, str]
    private: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    signing: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: Path | None = field(default=None, repr=False, compare=False)

    def recipients(self, *names: SealingKey) -> list[str]:
        """Public halves to seal to; the recovery key is always among them."""
        return [self.public[name] for name in dict.fromkeys((*names, "recovery"))]

    def identity(self, name: SealingKey) -> tuple[str, ...]:
        """The private half, and after it, while a rotation lasts, those before it.

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
    completed here without replacing a key, since that may be all that opens what was sealed. Of several that make
    keys in one folder at once, one does and the others find them made.
    """
    if (folder / PUBLIC_HALVES).exists():
        return False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    with alone_in(folder):
        return _complete(folder)


def _complete(folder: Path) -> bool:
    if (folder / PUBLIC_HALVES).exists():
        return False
    public: dict[str, str] = {name: _make_sealing_key(folder, name) for name in SEALING_KEYS}
    for name in SECRETS:
        _kept(folder / f"{name}.secret", token_bytes(32).hex())
    public.update({name: _make_signing_key(folder, name) for name in SIGNING_KEYS})
    write_key(folder / PUBLIC_HALVES, public_text(public))
    return True


@contextmanager
def alone_in(folder: Path, patient: bool = True) -> Iterator[None]:
    """Keep every other command of ours off the keys in a folder. Raises Busy at once if not `patient`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if patient else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Busy(f"another command is at work on the keys in {folder}") from None
    finally:
        # Closing gives the lock back, as the end of the process does.
        os.close(descriptor)


def load_keys(
    folder: Path,
    private: Iterable[SealingKey] = (),
    secrets: Iterable[str] = (),
    signing: Iterable[SigningKey] = (),
    fingerprint: str = "",
) -> Keyring:
    """Read the public halves and just those private halves and secrets that are named, and check that they fit.

    Raises KeyMissing if the folder holds no finished set of keys, and KeysMixedUp if a private half does not belong to
    its public half or the public halves are not those of `fingerprint`, if one is given.
    """
    try:
        keys = Keyring(
            public=read_public(folder),
            private={name: _identities(folder, name) for name in private},
            secrets={name: bytes.fromhex((folder / f"{name}.secret").read_text()) for name in secrets},
            signing={name: (folder / f"{name}.key").read_text() for name in signing},
            folder=folder,
        )
    except FileNotFoundError as error:
        raise KeyMissing(f"no key in {error.filename}") from error
    _require_pairs(keys)
    _require_fingerprint(keys, fingerprint)
    return keys


def read_public(folder: Path) -> dict[str, str]:
    """The public halves in a folder. Raises FileNotFoundError, and KeysMixedUp if they are not a whole set."""
    try:
        public = json.loads((folder / PUBLIC_HALVES).read_text())
        return {name: str(public[name]) for name in (*SEALING_KEYS, *SIGNING_KEYS)}
    except (ValueError, KeyError, TypeError):
        raise KeysMixedUp(f"{folder / PUBLIC_HALVES} does not hold all public halves") from None


def fingerprint_of(public: Mapping[str, str]) -> str:
    """What stands for all public halves: SHA-256 over their canonical text, in eight groups of eight digits."""
    digest = sha256(json.dumps(dict(public), sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return "-".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def new_token() -> str:
    """A random text of 256 bits for a link or a session."""
    return token_urlsafe(32)


def public_half_of_signing(private: str) -> str:
    """The public half of a signing key; both in hexadecimal."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private)).public_key().public_bytes_raw().hex()


def new_signing_key() -> str:
    """A fresh private half of a signing key, in hexadecimal."""
    return Ed25519PrivateKey.generate().private_bytes_raw().hex()


def public_text(public: Mapping[str, str]) -> str:
    """The text of the file that holds the public halves."""
    return json.dumps(dict(public), indent=1, sort_keys=True)


def _require_pairs(keys: Keyring) -> None:
    for name, (identity, *_) in keys.private.items():
        _require_pair(keys, name, sealing.recipient_of, identity)
    for name, private in keys.signing.items():
        _require_pair(keys, name, public_half_of_signing, private)


def _require_pair(keys: Keyring, name: str, public_half: Callable[[str], str], private: str) -> None:
    try:
        belongs = hmac.compare_digest(public_half(private), keys.public[name])
    except (ValueError, IdentityError):
        belongs = False
    if not belongs:
        raise KeysMixedUp(
            f"the private half of the {name} key in {keys.folder} does not belong to its public half:"
            " another key was put in its place, or a rotation was not finished"
        )


def _require_fingerprint(keys: Keyring, expected: str) -> None:
    found = fingerprint_of(keys.public)
    digits = expected.strip().lower().replace("-", "").replace(" ", "")
    if digits and not hmac.compare_digest(digits.encode(), found.replace("-", "").encode()):
        raise KeysMixedUp(
            f"the public halves in {keys.folder} are not those of KEYS_FINGERPRINT: they are {found}."
            " Somebody has put another key in their place, or a rotation changed them and the setting was not changed"
        )


def _make_sealing_key(folder: Path, name: str) -> str:
    return sealing.recipient_of(_kept(folder / f"{name}.key", sealing.new_identity()))


def _make_signing_key(folder: Path, name: str) -> str:
    return public_half_of_signing(_kept(folder / f"{name}.key", new_signing_key()))


def _identities(folder: Path, name: str) -> tuple[str, ...]:
    previous = folder / f"{name}.{PREVIOUS}.key"
    own = (folder / f"{name}.key").read_text()
    # Each on a line of its own: what was restored from an old backup may need more than one.
    return (own, *previous.read_text().split()) if previous.exists() else (own,)


def _kept(path: Path, fresh: str) -> str:
    if path.exists():
        return path.read_text()
    write_key(path, fresh)
    return fresh


def write_key(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    # A key that a crash left half written must not look whole, so it is renamed into place.
    unfinished = path.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
