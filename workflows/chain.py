"""Signatures and chains: what whoever can write to the database still cannot make. Pure.

Events of a case form a chain under a key that the database does not hold. An approval is an Ed25519 signature over
what is to leave; only the desk can make one, and the worker checks it before a letter leaves.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime

from foundation.sealing import keyed_hash
from foundation.signing import is_signed, sign

__all__ = ["FIRST", "approval_text", "is_signed", "seal_of_event", "sign"]

FIRST = "0" * 64


def seal_of_event(key: bytes, before: str, parts: Sequence[str | int | None], at: datetime) -> str:
    """The seal of one event, over the seal of the event before it and all that the event says."""
    told = json.dumps([before, *parts, at.astimezone(UTC).isoformat()], separators=(",", ":"))
    return keyed_hash(key, told.encode())


def approval_text(communication_id: str, mailbox: str, dated_on: date, reference: str, sha256: str) -> bytes:
    """What an approval says: this letter, these bytes, to this mailbox, of this date, under this reference."""
    said = [communication_id, mailbox, dated_on.isoformat(), reference, sha256]
    return json.dumps(said, separators=(",", ":")).encode()
