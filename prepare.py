"""Makes an installation ready to start: keys, database, what is given; in demo mode also fictional people.

Running it again changes nothing. `python prepare.py` does it alone; `serve.py` does it first.
"""

import os
import sys

from accounts.demo import DemoSignIn, add_demo_accounts
from config import Settings, read_settings
from foundation import clock
from foundation.db import Database
from foundation.keys import PUBLIC_HALVES, KeyMissing, Keyring, load_keys, make_keys
from holdings import HOLDINGS
from operations.database_commands import bring_up_to_date


def prepare(settings: Settings) -> list[DemoSignIn]:
    """Make everything that is missing. Returns the demo accounts, none outside demo mode."""
    settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    _have_keys(settings)
    database = Database(settings.database_url)
    bring_up_to_date(database, settings.database_roles, settings.demo)
    with database.transaction() as session:
        made = add_demo_accounts(session, _keys(settings), clock.now(), demo=True) if settings.demo else []
    database.engine.dispose()
    return made


def _keys(settings: Settings) -> Keyring:
    return load_keys(settings.keys, secrets=HOLDINGS["owner"].secrets)


def _have_keys(settings: Settings) -> None:
    if not settings.production:
        make_keys(settings.keys)
    elif not (settings.keys / PUBLIC_HALVES).exists():
        # Keys made in passing would be on this machine alone, and nobody would hold a share of the recovery key.
        raise KeyMissing(f"there are no keys in {settings.keys}: run flask keys ceremony, and set KEYS_DIR")


def welcome(settings: Settings, accounts: list[DemoSignIn]) -> str:
    """What is told at the start of a demonstration: addresses, and how each fictional person signs in."""
    lines = [
        "A demonstration with fictional States and people. Nothing in it is secret, and no mail leaves.",
        f"  Submit a complaint   {settings.public_url}/en/",
        f"  Desk                 {settings.desk_url}/desk/",
        f"  Mails are files in   {settings.smtp_url.removeprefix('folder://')}",
        "  Sign in at the desk with a code from any authenticator app, or from `make code NAME=noor`:",
    ]
    lines += [f"    {one.role.value:15} {one.email:20} {one.password:28} {one.totp_secret}" for one in accounts]
    return "\n".join(lines)


if __name__ == "__main__":
    own_settings = read_settings(os.environ)
    demo_accounts = prepare(own_settings)
    if demo_accounts:
        sys.stdout.write(welcome(own_settings, demo_accounts) + "\n")
