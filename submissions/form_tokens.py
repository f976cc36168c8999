"""Signed tokens of forms: what a page was made for and when, and nothing by which a visitor could be told apart. Pure.

A token is a random text, an instant in whole seconds and a signature over both and over what the token is for.
"""

import hmac
from dataclasses import dataclass
from secrets import token_hex

from foundation.sealing import keyed_hash

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is ours. `mark` is random, so that a token that counts once can be known again."""

    mark: str
    made_at: int


def make(secret: bytes, purpose: str, now: float) -> str:
    """A token for a form that is shown now; `now` in seconds."""
    mark, made_at = token_hex(8), int(now)
    return f"{mark}.{made_at}.{_signature(secret, purpose, mark, made_at)}"


def read(secret: bytes, purpose: str, text: str) -> Token | None:
    """The token, if we made it for this purpose."""
    parts = text.split(".") if len(text) <= LONGEST and text.isascii() else []
    if len(parts) != 3 or not parts[1].isdigit():
        return None
    mark, made_at = parts[0], int(parts[1])
    genuine = hmac.compare_digest(parts[2], _signature(secret, purpose, mark, made_at))
    return Token(mark, made_at) if genuine else None


def _signature(secret: bytes, purpose: str, mark: str, made_at: int) -> str:
    return keyed_hash(secret, f"{purpose}.{mark}.{made_at}".encode())
