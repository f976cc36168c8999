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
from config import Settings, read_settings
from foundation.means import Means
from holdings import make_means


def make_cli(settings: Settings | None = None, process: str = "desk") -> Flask:
    """A Flask app with commands and no page."""
    made = Flask("commands")
    # Made at first use and once, so that `flask keys ceremony` runs where no key is yet.
    in_hand = cache(lambda: make_means(settings or read_settings(os.environ), process))
    made.extensions["means"] = cast("Means", LocalProxy(in_hand))
    made.cli.add_command(accounts.commands.group)
    return made


app = make_cli(process=os.environ.get("AS") or "desk")
