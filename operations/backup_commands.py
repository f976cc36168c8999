"""What an operator does with backups and the journal on the command line: `flask backup ...`, `flask journal ...`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from foundation import clock, journal
from foundation.journal import Journal, key_of
from foundation.keys import KeyMissing, load_keys
from foundation.means import Means
from foundation.sealing import CannotOpen
from foundation.web import means
from operations import backup, dumps, restore
from workflows import gate, replay

backups = AppGroup("backup", help="Copy the installation, and put a copy back.")
journals = AppGroup("journal", help="What is remembered outside the database, so that it survives a restore.")

PLACES = "places"
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything lies, as the settings say it, and for how many days backups are kept.

    A restore needs them before there are keys or a database that could be held in hands.
    """

    keys: Path
    database_url: str
    storage_url: str
    journal_url: str
    backup_days: int


def places() -> Places:
    """What the app with the commands was told of its places."""
    told: Places = current_app.extensions[PLACES]()
    return told


@backups.command("make")
@click.option("--to", required=True, type=FOLDER, help="Each backup gets a folder of its own in this one.")
@click.option("--keys-to", type=FOLDER, help="Where the keys go, sealed to the recovery key: never near the backups.")
def make_command(to: Path, keys_to: Path | None) -> None:
    """Copy database and blobs while everything runs; with --keys-to the keys as well."""
    try:
        for line in make(means(), places().keys, to, keys_to):
            click.echo(line)
    except (backup.NotApart, KeyMissing, dumps.DumpFailed, OSError) as error:
        raise click.ClickException(str(error)) from None


@backups.command("list")
@click.argument("place", type=FOLDER)
def list_command(place: Path) -> None:
    """List the finished backups in a folder, oldest first."""
    for path, manifest in backup.listed(place):
        rows = sum(manifest.counts.values())
        click.echo(f"{path}  {manifest.engine}  revision {manifest.revision}  {len(manifest.files)} files  {rows} rows")


@backups.command("prune")
@click.argument("place", type=FOLDER)
def prune_command(place: Path) -> None:
    """Delete the backups that are older than BACKUP_DAYS, and say which."""
    for path in backup.prune(place, places().backup_days, clock.now()):
        click.echo(f"Deleted: {path}")


@backups.command("restore")
@click.option("--from", "folder", required=True, type=FOLDER, help="The folder of one backup.")
@click.option("--keys-from", type=FILE, help="The sealed keys, if the key folder is empty.")
@click.option("--recovery-key", type=FILE, help="A file with the private half of the recovery key.")
@click.option("--no-replay", is_flag=True, help="Leave the journal for later. No letter leaves until it is replayed.")
def restore_command(folder: Path, keys_from: Path | None, recovery_key: Path | None, no_replay: bool) -> None:
    """Put a backup back onto an empty machine, and replay the journal."""
    own = places()
    try:
        if keys_from is not None and recovery_key is not None:
            restore.restore_keys(keys_from, recovery_key.read_text().strip(), own.keys)
        told = Journal(own.journal_url, key_of(load_keys(own.keys, secrets=("chain",)).secrets))
        made = restore.restore(folder, own.database_url, own.storage_url, told, clock.now())
    except CannotOpen:
        raise click.ClickException("The recovery key does not open the sealed keys.") from None
    except (KeyMissing, restore.NotEmpty, restore.Changed, dumps.DumpFailed, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Put back as it was at {made.made_at}. Check what the roles may do: flask database grant")
    if no_replay:
        click.echo("No letter leaves before: flask journal replay")
        return
    for line in replayed(means()):
        click.echo(line)


@journals.command("replay")
def replay_command() -> None:
    """Bring a database that was put back to what the journal knows. Run it while no worker runs."""
    try:
        for line in replayed(means()):
            click.echo(line)
    except replay.NotUnderstood as error:
        raise click.ClickException(f"A newer release has written to the journal: {error}.") from None
    except OSError as error:
        raise click.ClickException(f"The journal cannot be read: {error}") from None


@journals.command("status")
def status_command() -> None:
    """Compare the journal with the database, and say whether letters may leave. Ends with 1 if not."""
    try:
        lines, is_open = status(means())
    except OSError as error:
        raise click.ClickException(f"The journal cannot be read: {error}") from None
    for line in lines:
        click.echo(line)
    raise SystemExit(0 if is_open else 1)


def make(own: Means, keys: Path, to: Path, keys_to: Path | None) -> Iterator[str]:
    """Make a backup and say where it is. Raises what backup.make and backup.keep_keys raise."""
    if keys_to is not None:
        for path in backup.keep_keys(keys, keys_to, to, own.clock()):
            yield f"Keys, sealed to the recovery key: {path}"
    folder = backup.make(own, to)
    yield f"Database and blobs: {folder}"


def replayed(own: Means) -> Iterator[str]:
    """Replay the journal and say what was done. Raises replay.NotUnderstood, OSError."""
    forgotten = replay.replay(own)
    if not forgotten:
        yield "The database knows all that the journal holds."
        return
    for kind, count in sorted(Counter(entry.kind for entry in forgotten).items()):
        yield f"Replayed: {count} x {kind}"
    yield "All visits have ended. Look at the list of notices, and at the alarms, before anything is sent."


def status(own: Means) -> tuple[list[str], bool]:
    """What the journal holds, what of it the database does not know, and whether letters may leave."""
    entries = list(own.journal.entries())
    with own.database.reading() as session:
        known = journal.known_among(session, [entry.id for entry in entries])
        lines = [f"{len(entries)} entries on {len({entry.day for entry in entries})} days; {len(known)} are known."]
        unknown = Counter(entry.kind for entry in entries if entry.id not in known)
        lines += [f"Not known: {count} x {kind}" for kind, count in sorted(unknown.items())]
        try:
            gate.require_open(session, own.journal, own.clock())
        except gate.Closed as closed:
            return [*lines, f"No letter leaves: {closed}"], False
    return [*lines, "Letters may leave."], True
