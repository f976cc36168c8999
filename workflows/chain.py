"""Signatures and chains: what whoever can write to the database still cannot make. Pure.

Events of a case form a chain under a key that the database does not hold. An approval is an Ed25519 signature over
what is to leave; only the desk can make one, and the worker checks it before a letter leaves.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from foundation.sealing import keyed_hash

FIRST = "0" * 64


def seal_of_event(key: bytes, before: str, parts: Sequence[str | int | None], at: datetime) -> str:
    """The seal of one event, over the seal of the event before it and all that the event says."""
    told = json.dumps([before, *parts, at.astimezone(UTC).isoformat()], separators=(",", ":"))
    return keyed_hash(key, told.encode())


def approval_text(communication_id: str, mailbox: str, dated_on: date, reference: str, sha256: str) -> bytes:
    """What an approval says: this letter, these bytes, to this mailbox, of this date, under this reference."""
    said = [communication_id, mailbox, dated_on.isoformat(), reference, sha256]
    return json.dumps(said, separators=(",", ":")).encode()


def sign(private_key: str, text: bytes) -> str:
    """A signature as hexadecimal text. The key is 32 bytes in hexadecimal."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_key)).sign(text).hex()


def is_signed(public_key: str, text: bytes, signature: str) -> bool:
    """Whether the signature was made over this text with the private half of this key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True
