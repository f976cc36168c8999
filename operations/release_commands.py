"""What is asked before a release, on the command line: `flask release-check`."""

import click
from flask.cli import with_appcontext

from foundation.web import means
from operations import release


@click.command("release-check")
@with_appcontext
def release_check() -> None:
    """List every text and fact that nobody has reviewed. Ends with 1 if there is any."""
    with means().database.reading() as session:
        lines = list(release.unreviewed(session))
    for line in lines:
        click.echo(line)
    click.echo(f"Not reviewed: {len(lines)}." if lines else "Everything was reviewed.")
    raise SystemExit(1 if lines else 0)
