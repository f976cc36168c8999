"""What an operator says on the command line: `flask accounts ...`, `flask keys ...`, `flask audit ...`.

No face is made for it, so that a command that makes the keys does not need them first: what a command holds in its
hands is made when it first asks for it, with the keys of the process that AS names (desk, unless it says otherwise).
"""

import os
from functools import cache
from typing import cast

from flask import Flask
from werkzeug.local import LocalProxy

import accounts.commands
import operations.audit_commands
import operations.backup_commands
import operations.database_commands
import operations.release_commands
from config import Settings, read_settings
from foundation.means import Means
from holdings import HOLDINGS, make_means
from operations.key_commands import make_group


def make_cli(settings: Settings | None = None, process: str = "desk") -> Flask:
    """A Flask app with commands and no page."""
    made = Flask("commands")
    # Made at first use and once, so that `flask keys ceremony` runs where no key is yet.
    in_hand = cache(lambda: make_means(settings or read_settings(os.environ), process))
    key_commands = make_group(HOLDINGS, lambda: (settings or read_settings(os.environ)).keys)
    made.extensions["means"] = cast("Means", LocalProxy(in_hand))
    made.cli.add_command(accounts.commands.group)
    made.cli.add_command(operations.database_commands.group)
    made.cli.add_command(key_commands)
    made.cli.add_command(operations.audit_commands.group)
    made.cli.add_command(operations.release_commands.release_check)
    made.extensions[operations.backup_commands.PLACES] = lambda: _places(settings or read_settings(os.environ))
    made.cli.add_command(operations.backup_commands.backups)
    made.cli.add_command(operations.backup_commands.journals)
    return made


def _places(settings: Settings) -> operations.backup_commands.Places:
    return operations.backup_commands.Places(
        keys=settings.keys,
        database_url=settings.database_url,
        storage_url=settings.storage_url,
        journal_url=settings.journal_url,
        backup_days=settings.backup_days,
    )


app = make_cli(process=os.environ.get("AS") or "desk")
