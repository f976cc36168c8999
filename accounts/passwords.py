"""Passwords: hashed with argon2id, a few at a time."""

from base64 import b64encode
from secrets import token_bytes
from threading import BoundedSemaphore
from typing import Protocol
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LENGTH_LEAST = 12
LENGTH_MOST = 1000
AT_ONCE = 4


class PasswordTooShort(Exception):
    """A new password has fewer than LENGTH_LEAST characters."""


class PasswordHashing(Protocol):
    """What sign-in needs of passwords. It takes time and memory, so it is never called inside a transaction."""

    nobody: str
    """A hash that no password matches, for e-mail addresses that nobody has."""

    def hash(self, password: str) -> str:
        """The hash to store for a new password."""

    def matches(self, hashed: str, password: str) -> bool:
        """Whether this is the password of that hash."""


class Passwords:
    """argon2id with the parameters of RFC 9106 for little memory (64 MiB), unless others are given.

    Only a few hashes are made at once, so that a flood of sign-ins cannot use up the memory.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._places = BoundedSemaphore(AT_ONCE)
        self.nobody = _hash_of_nothing(self._hasher)

    def hash(self, password: str) -> str:
        """The hash to store for a new password."""
        with self._places:
            return self._hasher.hash(_as_typed_anywhere(password))

    def matches(self, hashed: str, password: str) -> bool:
        """Whether this is the password of that hash."""
        try:
            with self._places:
                return self._hasher.verify(hashed, _as_typed_anywhere(password))
        except (VerificationError, InvalidHashError):
            return False


def check_new(password: str) -> None:
    """Raises PasswordTooShort. Nothing else is asked of a password, since a code is asked for with it."""
    if len(password) < LENGTH_LEAST:
        raise PasswordTooShort(f"a password has at least {LENGTH_LEAST} characters")


def _as_typed_anywhere(password: str) -> bytes:
    # The same accented letter comes as one or as two code points, depending on the keyboard.
    return normalize("NFKC", password).encode("utf-8", "replace")


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    # Random bytes in place of a hash: checking against them costs the same work, and no password leads to them.
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${_plain64(hasher.salt_len)}${_plain64(hasher.hash_len)}"


def _plain64(length: int) -> str:
    return b64encode(token_bytes(length)).decode().rstrip("=")


PASSWORDS = Passwords()
