"""Connects Alembic to the records of all rooms."""

from alembic import context
from sqlalchemy import Connection

import accounts.models
import foundation.alarms
import foundation.jobs
import foundation.journal
import mandate.models
import submissions.models
import workflows.models
from foundation.db import Base, Database

ROOMS = (
    accounts.models,
    foundation.alarms,
    foundation.jobs,
    foundation.journal,
    mandate.models,
    submissions.models,
    workflows.models,
)


def _let_tables_be_made_anew(connection: Connection) -> None:
    # SQLite changes a column by making the table anew, which others point to; it says so only outside a transaction.
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")


def run() -> None:
    database = Database(context.config.attributes["url"])
    with database.engine.connect() as connection:
        _let_tables_be_made_anew(connection)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            render_as_batch=connection.dialect.name == "sqlite",
            user_module_prefix="foundation.db.",
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    database.engine.dispose()


run()
