"""Databases as the migrations leave them, at a price that lets every test have one.

For SQLite one file is made and copied. PostgreSQL takes a third of a second for a copy, so one database is brought
back to what it held at first, which takes a few milliseconds.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import make_url

from foundation.db import Database
from foundation.migrating import upgrade
from operations import grants
from tests.servers import PostgreSQL


def lay_out(url: str) -> None:
    """Make all tables, as an installation does. This is the one place in the tests that says how."""
    upgrade(url)


def role_url(url: str, role: str) -> str:
    """The address of the same database for the process that `role` names: its own role, where there are roles."""
    made = make_url(url)
    if made.get_backend_name() != "postgresql":
        return url
    return made.set(username=f"{grants.PREFIX}_{role}").render_as_string(hide_password=False)


_OPENED: dict[tuple[str, int], Database] = {}


def acting_as(database: Database, role: str) -> Database:
    """The same database as the process meets that `role` names. `close_roles` ends what this opens."""
    if database.engine.dialect.name != "postgresql":
        return database
    url = role_url(database.engine.url.render_as_string(hide_password=False), role)
    if (url, id(database)) not in _OPENED:
        _OPENED[url, id(database)] = Database(url, database._nudge)
    return _OPENED[url, id(database)]


def close_roles() -> None:
    """End the connections of all roles."""
    while _OPENED:
        _OPENED.popitem()[1].engine.dispose()


class SQLiteFiles:
    """Copies of one file that was laid out once."""

    def __init__(self, folder: Path) -> None:
        self._first = folder / "first.sqlite"
        lay_out(f"sqlite:///{self._first}")

    def fresh(self, folder: Path) -> str:
        """The address of a database of its own."""
        shutil.copyfile(self._first, folder / "test.sqlite")
        return f"sqlite:///{folder / 'test.sqlite'}"


class PostgreSQLDatabase:
    """One database that was laid out once, and is brought back to that for each test."""

    def __init__(self, server: PostgreSQL, name: str) -> None:
        self._url = server.create(name)
        lay_out(self._url)
        server.make_roles()
        owner = Database(self._url)
        grants.grant(owner)
        owner.engine.dispose()
        with psycopg.connect(self._url, autocommit=True) as connection:
            self._bring_back = _statements(connection)

    def fresh(self) -> str:
        """The address of the database, which is as it was at first; whoever was still connected is cut off."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            # Emptying is no deed of the product: neither the order of tables nor triggers may stand in its way.
            connection.execute("SET session_replication_role = replica")
            connection.execute(self._bring_back)
        return self._url


def _statements(connection: "psycopg.Connection[tuple[str, ...]]") -> Composed:
    # What the layout itself wrote (the revision, shipped rows) is set aside, and put back each time.
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    tables = [name for (name,) in found]
    connection.execute("CREATE SCHEMA at_first")
    connection.execute(_for_each(tables, "CREATE TABLE at_first.{0} AS SELECT * FROM public.{0};"))
    empty = _for_each(tables, "DELETE FROM public.{0};")
    return empty + _for_each(tables, "INSERT INTO public.{0} SELECT * FROM at_first.{0};")


def _for_each(tables: Sequence[str], statement: LiteralString) -> Composed:
    return SQL("").join(SQL(statement).format(Identifier(name)) for name in tables)
