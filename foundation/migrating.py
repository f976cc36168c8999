"""Bringing a database to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config

HERE = Path(__file__).parent.parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Apply all revisions up to `revision` to the database at `url`."""
    command.upgrade(configuration(url), revision)


def configuration(url: str) -> Config:
    """Alembic's configuration for one database, made here so that no file repeats the settings."""
    made = Config()
    made.set_main_option("script_location", str(HERE))
    made.attributes["url"] = url
    return made
