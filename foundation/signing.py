"""Ed25519 signatures, with keys and signatures as hexadecimal text. Pure."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


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
