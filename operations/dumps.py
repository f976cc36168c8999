"""The database as one file, and a file as a database again: SQLite by itself, PostgreSQL by its own programs."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, func, inspect, make_url, select
from sqlalchemy.orm import Session

from foundation import journal
from foundation.db import Base, Database

# Rights belong to roles of a machine and are granted anew after a restore (`flask database grant`).
PLAINLY = ("--no-owner", "--no-privileges")


class DumpFailed(Exception):
    """The database could not be copied or put back; the message holds what its program said."""


@dataclass(frozen=True, slots=True)
class Dumped:
    """What is in a copy of the database: its revision, its rows by table, the newest entry of the journal it knows."""

    revision: str
    counts: Mapping[str, int]
    newest_entry: str


def dump(database: Database, target: Path) -> Dumped:
    """Copy the whole database as it is at one instant, while others go on writing. Raises DumpFailed."""
    if database.engine.dialect.name == "sqlite":
        _dump_sqlite(database.engine.url, target)
        copy = Database(f"sqlite:///{target}")
        with copy.engine.connect() as connection:
            # The copy is a file of its own, not the beginning of a write-ahead log.
            connection.connection.cursor().execute("PRAGMA journal_mode=DELETE")
            told = _told(connection)
        copy.engine.dispose()
        return told
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(select(func.pg_export_snapshot()))
        target.touch(mode=0o600)
        _run(database.engine.url, "pg_dump", "-Fc", *PLAINLY, f"--snapshot={snapshot}", f"--file={target}")
        told = _told(connection)
    _sync(target)
    return told


def is_empty(url: str) -> bool:
    """Whether there is nothing yet in the database at `url`, nor a file where SQLite's would be."""
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        # What is left of a write-ahead log would be played into the database that is put beside it.
        return not any(Path(f"{made.database}{end}").exists() for end in ("", "-wal", "-journal"))
    database = Database(url)
    with database.engine.connect() as connection:
        names = inspect(connection).get_table_names()
    database.engine.dispose()
    return not names


def put_back(source: Path, url: str) -> None:
    """Make an empty database what it was when it was copied. Raises DumpFailed."""
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        _put_back_sqlite(source, Path(made.database or ""))
    else:
        _run(made, "pg_restore", *PLAINLY, "--exit-on-error", "--single-transaction", str(source))


def _dump_sqlite(url: URL, target: Path) -> None:
    target.touch(mode=0o600)
    try:
        # A database that is not there is not made here, to be copied as an empty one.
        with closing(
            sqlite3.connect(f"{Path(url.database or '').resolve().as_uri()}?mode=rw", timeout=30, uri=True)
        ) as source:
            # Into a fresh file go only rows that are there: nothing of what was deleted.
            source.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise DumpFailed(str(error)) from error
    _sync(target)


def _put_back_sqlite(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".new")
    shutil.copyfile(source, unfinished)
    unfinished.chmod(0o600)
    _sync(unfinished)
    unfinished.rename(target)


def _told(connection: Connection) -> Dumped:
    revision = MigrationContext.configure(connection).get_current_revision() or ""
    tables = set(inspect(connection).get_table_names())
    counts = {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
        if table.name in tables
    }
    known = journal.newest_known(Session(connection)) if journal.JournalEntry.__tablename__ in tables else None
    return Dumped(revision, counts, known.id if known else "")


def _run(url: URL, program: str, *options: str) -> None:
    # The password goes by the environment: a command line is seen by everybody on the machine.
    env = {**os.environ, "PGPASSWORD": str(url.password)} if url.password else dict(os.environ)
    address = url.set(drivername="postgresql", password=None).render_as_string()
    found = shutil.which(program)
    if found is None:
        raise DumpFailed(f"{program} is not on the PATH; it comes with PostgreSQL's client programs")
    done = subprocess.run([found, f"--dbname={address}", *options], env=env, capture_output=True, check=False)  # noqa: S603 - the line is ours
    if done.returncode != 0:
        raise DumpFailed(done.stderr.decode(errors="replace").strip())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
