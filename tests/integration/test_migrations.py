"""Revisions and records agree, and each revision takes a filled database along, on both engines."""

from datetime import date

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from foundation.clock import now
from foundation.db import Base, Database
from foundation.migrating import configuration, upgrade

ROWS = 3


def revisions(url: str) -> list[str]:
    script = ScriptDirectory.from_config(configuration(url))
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def test_the_revisions_make_just_what_the_records_say(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    database = Database(empty_database_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    database.engine.dispose()
    assert differences == []


def test_a_column_that_no_revision_makes_is_noticed(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    database = Database(empty_database_url)
    with database.engine.connect() as connection:
        connection.execute(sa.text("ALTER TABLE source ADD COLUMN planted INTEGER"))
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    database.engine.dispose()
    assert [difference[0] for difference in differences] == ["remove_column"]


def test_each_revision_takes_a_filled_database_along(empty_database_url: str) -> None:
    for revision in revisions(empty_database_url):
        upgrade(empty_database_url, revision)
        fill(empty_database_url)
        before = counts(empty_database_url)
        assert all(count >= ROWS for count in before.values()), before
    upgrade(empty_database_url)
    assert counts(empty_database_url) == before


def fill(url: str) -> None:
    """Put rows into every table that is empty, parents first, whatever its columns are at this revision."""
    database = Database(url)
    tables = sa.MetaData()
    tables.reflect(database.engine)
    with database.engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name != "alembic_version" and not connection.scalar(sa.select(sa.func.count()).select_from(table)):
                connection.execute(table.insert(), [row_for(table, n) for n in range(ROWS)])
    database.engine.dispose()


def row_for(table: sa.Table, number: int) -> dict[str, object]:
    return {column.name: value_for(table, column, number) for column in table.columns}


def value_for(table: sa.Table, column: "sa.Column[object]", number: int) -> object:
    if table.name == "communication" and column.name in CLEAN_DRAFT:
        return CLEAN_DRAFT[column.name]
    if column.name in PLAIN_WORDS:
        return PLAIN_WORDS[column.name]
    if isinstance(column.type, sa.Integer) and not isinstance(column.type, sa.Boolean):
        return number
    fitting = next((value for kind, value in VALUES.items() if isinstance(column.type, kind)), None)
    # Foreign keys point to the row with the same number, since all ids are made alike.
    return f"{number}x" if fitting is None else fitting


PLAIN_WORDS = {"language": "en", "role": "officer", "proposed_by": "one", "confirmed_by": "another"}
VALUES: dict[type, object] = {
    sa.LargeBinary: b"sealed",
    sa.Boolean: True,
    sa.DateTime: now(),
    sa.Date: date(2026, 11, 23),
    sa.JSON: {"planted": True},
}

# A draft that was never approved, so that the check constraints on letters hold.
CLEAN_DRAFT: dict[str, object] = {
    "status": "draft",
    "approved_by": None,
    "pdf_id": None,
    "letter_sha256": None,
    "signature": None,
    "sent_at": None,
    "reply_due_on": None,
}


def counts(url: str) -> dict[str, int]:
    database = Database(url)
    tables = sa.MetaData()
    tables.reflect(database.engine)
    with database.engine.connect() as connection:
        found = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }
    database.engine.dispose()
    return found
