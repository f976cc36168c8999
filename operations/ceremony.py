"""The ceremony at which the keys of an installation are made, and the recovery of all of them after a total loss.

Keys are made in memory. The private half of the recovery key leaves it only as shares, each shown once to its holder
and written to no file; and nothing is written at all before holders have shown, by typing theirs back, that the shares
open what is sealed to that key.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Protocol

from foundation import sealing
from foundation.key_sets import (
    RECOVERY_FILE,
    KeySet,
    new_key_set,
    open_key_set,
    require_free,
    write_folders,
)
from foundation.keys import Holding, fingerprint_of
from operations import shares
from operations.key_folders import with_rotations
from operations.shares import Joining, OtherShare, ShareMistyped

TRIAL = "keys:trial"
TRIAL_TEXT = b"What is sealed to the recovery key opens with the shares of its holders."


class Terminal(Protocol):
    """Where the ceremony is held."""

    def say(self, text: str) -> None:
        """Show a text."""

    def ask(self, prompt: str) -> str:
        """Show a prompt and give the line that was typed."""

    def clear(self) -> None:
        """Leave nothing on the screen, nor in what can be scrolled back to."""


@dataclass(frozen=True, slots=True)
class Split:
    """How many shares there are, and how many of them suffice."""

    shares: int
    needed: int


def hold(terminal: Terminal, to: Path, split: Split, holdings: Mapping[str, Holding]) -> str:
    """Make all keys, hand out the shares, try them, and write the folders. Returns the fingerprint.

    Raises FolderTaken or ValueError before anything is shown. Whatever ends it early leaves nothing behind.
    """
    require_free(to)
    recovery = new_recovery_key(terminal, split)
    made = new_key_set(recovery)
    write_folders(to, made, holdings, {RECOVERY_FILE: made.sealed()})
    return fingerprint_of(made.public())


def new_recovery_key(terminal: Terminal, split: Split) -> str:
    """Make a recovery key, hand out its shares and try them; gives its public half. Raises ValueError."""
    seed = token_bytes(32)
    words = shares.split(seed, split.needed, split.shares)
    recipient = sealing.recipient_of(sealing.identity_from(seed))
    with _left_clean(terminal):
        for number, share in enumerate(words, start=1):
            _hand_out(terminal, number, split, share)
        open_with_shares(terminal, recipient)
    return recipient


def open_with_shares(terminal: Terminal, recipient: str) -> str:
    """Ask holders for their shares until these open what is sealed to `recipient`; gives the private half."""
    trial = sealing.seal(TRIAL_TEXT, [recipient], TRIAL)
    while True:
        identity = ask_for_shares(terminal)
        try:
            sealing.open_sealed(trial, identity, TRIAL)
        except sealing.CannotOpen:
            terminal.say("These shares belong to another recovery key. Please begin again.")
        else:
            return identity


def ask_for_shares(terminal: Terminal) -> str:
    """Ask one holder after the other for a share until there are enough; gives the private half they join to."""
    with _left_clean(terminal):
        joining = Joining()
        while not joining.is_enough():
            typed = terminal.ask(f"Share number {joining.count + 1}, all words in order (an empty line begins anew)")
            terminal.clear()
            if not typed.strip():
                joining = Joining()
                continue
            _take(terminal, joining, typed)
        try:
            return sealing.identity_from(joining.seed())
        except OtherShare as error:
            terminal.say(f"{error}. Please begin again.")
    return ask_for_shares(terminal)


def recover(terminal: Terminal, sealed: Path, to: Path, holdings: Mapping[str, Holding]) -> str:
    """Write all folders anew from the file that is sealed to the recovery key. Returns the fingerprint.

    The files of later rotations lie beside it, as the ceremony and the rotations left them. Raises FolderTaken.
    """
    require_free(to)
    envelopes = {path.name: path.read_bytes() for path in sorted(sealed.parent.glob("*.age"))}
    made = _opened(terminal, envelopes, sealed.name)
    write_folders(to, made, holdings, envelopes)
    return fingerprint_of(made.public())


def _opened(terminal: Terminal, envelopes: Mapping[str, bytes], first: str) -> KeySet:
    while True:
        identity = ask_for_shares(terminal)
        try:
            return with_rotations(open_key_set(envelopes[first], identity), envelopes, identity)
        except sealing.CannotOpen:
            terminal.say("These shares do not open the file. Please begin again.")


def _hand_out(terminal: Terminal, number: int, split: Split, share: str) -> None:
    terminal.clear()
    terminal.ask(f"Share {number} of {split.shares}. Let its holder alone look at the screen, then press Enter")
    terminal.clear()
    rows = [f"{at:2} {word}" for at, word in enumerate(share.split(), start=1)]
    lines = ["   ".join(f"{row:16}" for row in rows[at : at + 3]).rstrip() for at in range(0, len(rows), 3)]
    terminal.say(
        "\n".join([f"Share {number} of {split.shares}. Any {split.needed} of them open everything.", "", *lines])
    )
    terminal.ask("Write the words on paper in this order. Press Enter when they are written and read again")
    terminal.clear()


def _take(terminal: Terminal, joining: Joining, typed: str) -> None:
    try:
        joining.add(shares.read_share(typed))
    except (ShareMistyped, OtherShare) as error:
        terminal.say(f"That is not accepted: {error}. Please type it again.")


@contextmanager
def _left_clean(terminal: Terminal) -> Iterator[None]:
    try:
        yield
    finally:
        terminal.clear()
