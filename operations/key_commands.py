"""What an operator does with keys on the command line: `flask keys ...`. Nothing here prints a secret but the shares.

A ceremony and whatever needs shares is held on a terminal only, so that no share lands in a file or another program.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup

from foundation.key_sets import FolderTaken
from foundation.keys import Busy, Holding, KeyMissing, KeysMixedUp, SealingKey, alone_in, fingerprint_of
from foundation.means import Means
from foundation.web import means
from operations import ceremony, key_folders, rotation
from operations.ceremony import Split, Terminal
from operations.key_folders import Folders, NotRotated
from operations.rotation import Tally
from workflows import outdated

# Clears what can be scrolled back to as well, as xterm and those after it do.
BLANK = "\x1b[2J\x1b[3J\x1b[H"
RECOVERY: SealingKey = "recovery"
RESEALABLE = (*key_folders.ROTATABLE, RECOVERY)
ROTATED = """The new key lies beside the old one. Now:
  1. bring the changed folders to their machines{missing}, while all processes stand still;
  2. set KEYS_FINGERPRINT={fingerprint} for all processes, and start them;
  3. run: flask keys reseal {name}   (as often as it says that something is left)
  4. run: flask keys retire {name}"""
HELD = """The shares open the recovery key, and the folders are written to {to}. Now:
  1. bring each folder to the machine of its process, and set KEYS_DIR to it;
  2. keep {to}/recovery with the backups: it is sealed to the recovery key;
  3. set this for all processes, and write it down apart from the machines:
     KEYS_FINGERPRINT={fingerprint}
  4. erase {to} once every folder has arrived."""


class ClickTerminal:
    """The terminal at which the command was typed."""

    def say(self, text: str) -> None:
        """Show a text."""
        click.echo(text)

    def ask(self, prompt: str) -> str:
        """Show a prompt and give the line that was typed."""
        answer: str = click.prompt(prompt, default="", show_default=False)
        return answer

    def clear(self) -> None:
        """Leave nothing on the screen."""
        click.echo(BLANK, nl=False)


def make_group(holdings: Mapping[str, Holding], own_folder: Callable[[], Path]) -> AppGroup:
    """The commands, for the processes in `holdings` and the keys in the folder that KEYS_DIR names."""
    group = AppGroup("keys", help="The keys of this installation: made, checked, rotated.")
    option = click.option("--folders", type=click.Path(path_type=Path), help="Where the folders of all processes lie.")
    _add_making(group, holdings)
    _add_looking(group, holdings, own_folder, option)
    _add_rotating(group, holdings, own_folder, option)
    return group


def _add_making(group: AppGroup, holdings: Mapping[str, Holding]) -> None:
    to_option = click.option("--to", required=True, type=click.Path(path_type=Path), help="A folder that is not there.")

    @group.command("ceremony")
    @to_option
    @click.option("--shares", type=int, required=True, help="How many persons get a share of the recovery key.")
    @click.option("--needed", type=int, required=True, help="How many of them suffice to open everything.")
    def ceremony_command(to: Path, shares: int, needed: int) -> None:
        """Make all keys of an installation, and hand out the shares of the recovery key."""
        with _in_words():
            fingerprint = ceremony.hold(_terminal(), to, Split(shares, needed), holdings)
        click.echo(HELD.format(to=to, fingerprint=fingerprint))

    @group.command("recover")
    @click.option("--from", "sealed", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @to_option
    def recover_command(sealed: Path, to: Path) -> None:
        """Write all key folders anew from recovery.age, with the shares of enough holders."""
        with _in_words():
            fingerprint = ceremony.recover(_terminal(), sealed, to, holdings)
        click.echo(HELD.format(to=to, fingerprint=fingerprint))


def _add_looking(group: AppGroup, holdings: Mapping[str, Holding], own: Callable[[], Path], option: "Option") -> None:
    @group.command("fingerprint")
    @option
    def fingerprint_command(folders: Path | None) -> None:
        """Show what stands for all public halves; compare it with what the ceremony showed."""
        with _in_words():
            click.echo(fingerprint_of(_folders(folders, own, holdings).public()))

    @group.command("check")
    @option
    def check_command(folders: Path | None) -> None:
        """Say what is wrong with the key folders."""
        with _in_words():
            found = list(key_folders.faults(_folders(folders, own, holdings)))
        for fault in found:
            click.echo(fault)
        if found:
            raise click.ClickException(f"Faults: {len(found)}")
        click.echo("All keys fit, and each folder holds only what is its process's to hold.")


def _add_rotating(group: AppGroup, holdings: Mapping[str, Holding], own: Callable[[], Path], option: "Option") -> None:
    @group.command("rotate")
    @click.argument("name")
    @option
    @click.option("--shares", type=int, help="For the recovery key: how many persons get a share.")
    @click.option("--needed", type=int, help="For the recovery key: how many of them suffice.")
    def rotate_command(name: str, folders: Path | None, shares: int | None, needed: int | None) -> None:
        """Put a new key beside an old one, or make a new secret for the cookies of a face."""
        found = _folders(folders, own, holdings)
        with _in_words(), alone_in(found.top, patient=False):
            click.echo(rotate(found, name, _terminal, shares, needed))

    @group.command("reseal")
    @click.argument("name", type=click.Choice(RESEALABLE))
    def reseal_command(name: SealingKey) -> None:
        """Seal everything anew to a rotated key. It may be stopped at any point and run again."""
        with _in_words(), alone_in(own(), patient=False):
            told = reseal(means(), name, _terminal)
        click.echo(told)

    @group.command("retire")
    @click.argument("name", type=click.Choice(key_folders.ROTATABLE))
    @option
    def retire_command(name: SealingKey, folders: Path | None) -> None:
        """Remove the old key for good, once nothing is left that only it opens."""
        found = _folders(folders, own, holdings)
        with _in_words(), alone_in(found.top, patient=False):
            click.echo(retire(means(), found, name))


Option = Callable[[Callable[..., None]], Callable[..., None]]


def rotate(
    found: Folders, name: str, terminal: Callable[[], Terminal], shares: int | None = None, needed: int | None = None
) -> str:
    """Rotate a key or a secret; gives what to do next, in words. Raises NotRotated, Busy, ValueError."""
    sealing_key = next((key for key in key_folders.ROTATABLE if key == name), None)
    if sealing_key is not None:
        return _what_next(found, name, key_folders.rotate(found, sealing_key))
    if name == RECOVERY:
        key_folders.collected(found, "")
        recipient = ceremony.new_recovery_key(terminal(), Split(shares or 0, needed or 0))
        return _what_next(found, name, key_folders.change_recovery(found, recipient))
    count = key_folders.new_secret(found, name)
    return f"The secret is new in {count} folders. Restart the face; all visits there end."


def reseal(own: Means, name: SealingKey, terminal: Callable[[], Terminal]) -> str:
    """One pass; gives what it did, in counts. Raises KeyMissing in a process that does not open what is to be done."""
    if not rotation.places_of(own.keys, name) and name != "notices":
        raise KeyMissing(f"this process opens nothing that is sealed to the {name} key; say AS=desk or AS=portal")
    fresh = ceremony.open_with_shares(terminal(), own.keys.public[RECOVERY]) if name == RECOVERY else ""
    tally = rotation.reseal(own, name, fresh)
    lines = [f"Sealed anew: {tally.anew}. Done before: {tally.fresh}. {_beside(tally)}"]
    if tally.left:
        lines.append(f"Left: {tally.left}. Run it again.")
    elif name == RECOVERY:
        lines.append("Nothing is left here. Run it AS=desk and AS=portal; keep the old shares as long as old backups.")
    return "\n".join(lines)


def retire(own: Means, found: Folders, name: SealingKey) -> str:
    """Remove the half before a rotation, if nothing needs it any more. Raises NotRotated."""
    tally = rotation.survey(own, name)
    with own.database.reading() as session:
        erased = outdated.are_erased(session)
    if tally.left or not erased:
        what = tally.left or "files that a worker is about to erase"
        raise NotRotated(f"the old key still opens {what}. {_beside(tally)}")
    count = key_folders.forget_previous(found, name)
    return f"Everything opens with the new key. {_beside(tally)} The old one is removed from {count} folders."


def _beside(tally: Tally) -> str:
    return f"Opened by no key here: {tally.unopened}. Messages whose source nothing proves: {tally.unproven}."


def _what_next(found: Folders, name: str, fingerprint: str) -> str:
    missing = found.missing()
    told = f" (not here: {', '.join(missing)}; their public.json must change too)" if missing else ""
    return ROTATED.format(name=name, fingerprint=fingerprint, missing=told)


def _folders(given: Path | None, own: Callable[[], Path], holdings: Mapping[str, Holding]) -> Folders:
    if given is not None:
        return Folders(given.resolve(), holdings)
    folder = own()
    # The folder of one process lies beside those of the others, where the ceremony put them.
    return Folders(folder.parent if folder.name in holdings else folder, holdings)


def _terminal() -> Terminal:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.ClickException("This is done at a terminal only, so that no share lands in a file.")
    return ClickTerminal()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (FolderTaken, KeyMissing, KeysMixedUp, NotRotated, Busy, ValueError) as error:
        raise click.ClickException(f"{error}") from None
