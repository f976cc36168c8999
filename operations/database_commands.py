"""What an operator does with the database on the command line: `flask database ...`, as its owner (`AS=owner`)."""

import click
from flask.cli import AppGroup

from foundation.db import Database
from foundation.migrating import upgrade
from foundation.web import means
from mandate.seeding import DemoAndRealMixed, seed
from operations import grants

group = AppGroup("database", help="Bring the database up to date, and say which process may do what in it.")
prefix = click.option("--prefix", envvar="DATABASE_ROLES", default=grants.PREFIX, help="How the roles' names begin.")


@group.command("upgrade")
@prefix
def upgrade_command(prefix: str) -> None:
    """Make or change the tables, write what is given, and grant anew. Doing it again changes nothing."""
    try:
        granted = bring_up_to_date(means().database, prefix, means().demo)
    except DemoAndRealMixed as error:
        raise click.ClickException(str(error)) from None
    told = "The roles have just what they need." if granted else "There are no roles in this database to grant to."
    click.echo(f"The database is up to date. {told}")


@group.command("grant")
@prefix
def grant_command(prefix: str) -> None:
    """Give each role just what its process needs, and take from it all else."""
    try:
        grants.grant(means().database, prefix)
    except grants.NoRoles as error:
        raise click.ClickException(str(error)) from None
    click.echo("The roles have just what they need.")


@group.command("roles")
@prefix
def roles_command(prefix: str) -> None:
    """Print what a superuser of PostgreSQL says once to make the roles."""
    for statement in grants.role_statements(prefix):
        click.echo(f"{statement};")


def bring_up_to_date(database: Database, prefix: str, demo: bool) -> bool:
    """Apply all revisions, write what is given, and grant where there are roles; says whether there are.

    Raises DemoAndRealMixed.
    """
    upgrade(database.engine.url.render_as_string(hide_password=False))
    with database.transaction() as session:
        seed(session, demo=demo)
    if not grants.has_roles(database, prefix):
        return False
    grants.grant(database, prefix)
    return True
