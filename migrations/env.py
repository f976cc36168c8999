"""Connects Alembic to the records of all rooms."""

from alembic import context

import accounts.models
import foundation.jobs
import mandate.models
import submissions.models
import workflows.models
from foundation.db import Base, Database

ROOMS = (accounts.models, foundation.jobs, mandate.models, submissions.models, workflows.models)


def run() -> None:
    database = Database(context.config.attributes["url"])
    with database.engine.connect() as connection:
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
