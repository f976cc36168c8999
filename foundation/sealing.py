"""Sealing: age files for several recipients, each saying inside where it belongs.

The label (table, column and row id) stands inside the sealed text and is checked when it is opened, so that
whoever can write to the database cannot move a value to another row.
"""

import hmac
from collections.abc import Iterable, Sequence
from hashlib import sha256

import bech32
import pyrage
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTH = 2
AGE_PREFIX = "age-secret-key-"


class CannotOpen(Exception):
    """The envelope is not for this key, was changed, or belongs to another place."""


def label_of(table: str, column: str, row_id: str) -> str:
    """The name of one place in the database."""
    return f"{table}.{column}:{row_id}"


def seal(text: bytes, recipients: Iterable[str], label: str) -> bytes:
    """Seal `text` to the public keys in `recipients`, bound to `label`."""
    marked = label.encode()
    body = len(marked).to_bytes(LENGTH) + marked + text
    sealed: bytes = pyrage.encrypt(body, [pyrage.x25519.Recipient.from_str(key) for key in recipients])
    return sealed


def open_sealed(envelope: bytes, identity: str | Sequence[str], label: str) -> bytes:
    """Open an envelope with a private key, or with whichever of several fits.

    Raises CannotOpen, also when it was sealed for another place.
    """
    identities = [identity] if isinstance(identity, str) else identity
    try:
        body: bytes = pyrage.decrypt(envelope, [pyrage.x25519.Identity.from_str(one) for one in identities])
    except (pyrage.DecryptError, pyrage.IdentityError) as error:
        raise CannotOpen("this key does not open the envelope") from error
    end = LENGTH + int.from_bytes(body[:LENGTH])
    if not hmac.compare_digest(body[LENGTH:end], label.encode()):
        raise CannotOpen("the envelope belongs to another place")
    return body[end:]


def new_identity() -> str:
    """A fresh private key, in age's own notation."""
    return str(pyrage.x25519.Identity.generate())


def recipient_of(identity: str) -> str:
    """The public half of a private key."""
    return str(pyrage.x25519.Identity.from_str(identity).to_public())


def derive(secret: bytes, pepper: bytes, purpose: str, length: int = 32) -> bytes:
    """Bytes that only the holder of `secret` and this installation's `pepper` can make (HKDF, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=length, salt=pepper, info=purpose.encode()).derive(secret)


def identity_from(seed: bytes) -> str:
    """An age private key made of 32 derived bytes."""
    words = bech32.convertbits(list(seed), 8, 5)
    if len(seed) != 32 or words is None:
        raise ValueError("an age identity is made of 32 bytes")
    return str(bech32.bech32_encode(AGE_PREFIX, words)).upper()


def keyed_hash(key: bytes, text: bytes) -> str:
    """A hash that cannot be made or checked without `key`, as hexadecimal text."""
    return hmac.new(key, text, sha256).hexdigest()


PART = 1024 * 1024


def seal_parts(content: bytes, recipient: str, blob_id: str) -> list[bytes]:
    """Seal a file in parts of 1 MiB. Each part carries blob, index and whether it is the last."""
    pieces = [content[at : at + PART] for at in range(0, len(content), PART)] or [b""]
    last = len(pieces) - 1
    return [seal_part(piece, recipient, blob_id, n, n == last) for n, piece in enumerate(pieces)]


def seal_part(piece: bytes, recipient: str, blob_id: str, index: int, is_last: bool) -> bytes:
    """Seal one part of a file: PART bytes, or what is left for the last."""
    return seal(piece, [recipient], _part_label(blob_id, index, is_last))


def open_part(part: bytes, identity: str, blob_id: str, index: int, is_last: bool) -> bytes:
    """Open one part of a file. Raises CannotOpen if it was moved or changed, or if another one is the last."""
    return open_sealed(part, identity, _part_label(blob_id, index, is_last))


def open_parts(parts: Sequence[bytes], identity: str, blob_id: str) -> bytes:
    """Open all parts of a file. Raises CannotOpen if one is missing, moved or changed."""
    last = len(parts) - 1
    if last < 0:
        raise CannotOpen("the file has no parts")
    return b"".join(open_part(part, identity, blob_id, n, n == last) for n, part in enumerate(parts))


def _part_label(blob_id: str, index: int, last: bool) -> str:
    return f"blob:{blob_id}:{index}:{'last' if last else 'more'}"
