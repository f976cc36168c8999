"""The code: the one thing a source needs to come back. Pure.

24 characters of Crockford's base32 in six groups of four: 23 random ones (115 bits) and a check character. The
check character is a weighted sum over the field of 32 elements with a different weight for each place, so that every
single mistyped character and every swap of two is found before anything is looked up.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from secrets import randbelow

from foundation import sealing

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUES = {sign: value for value, sign in enumerate(ALPHABET)}
LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
GROUP, GROUPS = 4, 6
LENGTH = GROUP * GROUPS
FIELD_POLYNOMIAL = 0b100101


class CodeMistyped(Exception):
    """The text cannot be a code: it has another length, a character that never occurs, or a slip of the fingers."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is derived from a code: the name under which a source is looked up, and the key that opens its own copy."""

    lookup: str
    identity: str


def new_code(below: Callable[[int], int] = randbelow) -> str:
    """A fresh code without spaces."""
    body = "".join(ALPHABET[below(32)] for _ in range(LENGTH - 1))
    return body + _check_character(body)


def groups_of(code: str) -> list[str]:
    """The code in groups of four, as it is shown and typed."""
    return [code[at : at + GROUP] for at in range(0, len(code), GROUP)]


def tidy(typed: str) -> str:
    """What somebody typed, without spaces, hyphens and capitals' whims; digits of any script count as digits."""
    signs = (_plain(sign) for sign in unicodedata.normalize("NFKC", typed))
    return "".join(signs).upper().translate(LOOKALIKES)


def read_code(typed: str) -> str:
    """The code that was typed. Raises CodeMistyped."""
    code = tidy(typed)
    if len(code) != LENGTH or any(sign not in VALUES for sign in code):
        raise CodeMistyped
    if _check_character(code[:-1]) != code[-1]:
        raise CodeMistyped
    return code


def credentials(code: str, pepper: bytes) -> Credentials:
    """Derive what stands for a code in this installation. 115 random bits need no slow hash (design decision 2)."""
    lookup = sealing.derive(code.encode(), pepper, "source look-up", 16).hex()
    seed = sealing.derive(code.encode(), pepper, "source identity")
    return Credentials(lookup, sealing.identity_from(seed))


def signing_key(identity: str, pepper: bytes) -> str:
    """The private half, in hexadecimal, of what the holder of a code signs with (Ed25519)."""
    return sealing.derive(identity.encode(), pepper, "signing").hex()


def _plain(sign: str) -> str:
    if sign.isspace() or unicodedata.category(sign) in {"Pd", "Cf"}:
        return ""
    digit = unicodedata.decimal(sign, None)
    return sign if digit is None else str(digit)


def _check_character(body: str) -> str:
    total, weight = 0, 1
    for sign in body:
        weight = _multiply(weight, 2)
        total ^= _multiply(weight, VALUES[sign])
    return ALPHABET[total]


def _multiply(left: int, right: int) -> int:
    product = 0
    while right:
        product ^= left if right & 1 else 0
        left, right = left << 1, right >> 1
        left ^= FIELD_POLYNOMIAL if left & 32 else 0
    return product
