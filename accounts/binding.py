"""What binds an account and a visit to keys that the database has not.

Whoever writes to the database can make a hash of a password and an envelope for a second factor, so neither proves that
the house gave somebody an account. The seals of this module do.
"""

import json
from hmac import compare_digest

from accounts.models import Account
from foundation.keys import Keyring
from foundation.sealing import keyed_hash

ACCOUNTS = "accounts"
VISITS = "desk_cookies"


def seal_of(
    keys: Keyring, account_id: str, email: str, role: str, password_hash: str, totp_digest: str, demo: bool
) -> str:
    """The seal over who an account is for, what it may do, and how it is proved. Without language, name and failures.

    Raises KeyMissing in a process that neither adds accounts nor lets anybody in.
    """
    return _over(keys.secret(ACCOUNTS), "account", account_id, email, role, password_hash, totp_digest, demo)


def is_bound(account: Account, keys: Keyring) -> bool:
    """Whether the house made this account, and made it as it is now."""
    own = (account.id, account.email, account.role, account.password_hash, account.totp_digest, account.demo)
    return compare_digest(account.seal.encode(), seal_of(keys, *own).encode())


def digest_of_totp(keys: Keyring, account_id: str, secret: str) -> str:
    """What the seal holds of a second factor: it stays true when the secret is sealed anew, and tells nothing of it."""
    return _over(keys.secret(ACCOUNTS), "totp", account_id, secret)


def is_same_totp(keys: Keyring, account_id: str, secret: str, digest: str) -> bool:
    """Whether this is the second factor that the account was made with."""
    return compare_digest(digest_of_totp(keys, account_id, secret).encode(), digest.encode())


def hash_of_token(keys: Keyring, account_id: str, token: str) -> str:
    """The form in which a visit's token is kept: for one account, and made by the desk alone."""
    return _over(keys.secret(VISITS), "visit", account_id, token)


def _over(key: bytes, *said: object) -> str:
    return keyed_hash(key, json.dumps(said).encode())
