"""What an auditor asks on the command line: `flask audit ...`. Ids and reasons only, never who a source is."""

from collections.abc import Iterator

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from foundation.actor import account_of
from foundation.means import Means
from foundation.sealing import CannotOpen
from foundation.web import means
from workflows import audit, cases, head_audit, sources

group = AppGroup("audit", help="Whether the record of what was done is whole, and who opened an identity.")


@group.command("verify")
def verify_command() -> None:
    """Check chains, submissions and signed heads. Ends with 1 if anything does not hold."""
    try:
        lines, said = verify(means())
    except OSError:
        raise click.ClickException("The journal cannot be read, so the heads were not checked.") from None
    for line in (*said, *lines):
        click.echo(line)
    click.echo("Nothing was found." if not lines else f"Found: {len(lines)}.")
    raise SystemExit(1 if lines else 0)


@group.command("openings")
def openings_command() -> None:
    """List every opening of an identity: when, which case, which account, and the reason that was given."""
    for line in openings(means()):
        click.echo(line)


def verify(own: Means) -> tuple[list[str], list[str]]:
    """One line for each finding, and lines on what was checked. Raises OSError if the journal cannot be read."""
    with own.database.reading() as session:
        chains, extent = audit.verify_twice(session, own.keys), audit.extent(session)
    with own.database.reading() as session:
        told = head_audit.verify(session, own.keys.public["record"], own.journal, own.clock())
    said = [f"Checked: {extent.cases} cases, {extent.events} events, {told.heads} heads."]
    said += [f"The journal was replayed to a database that was put back, at {at}." for at in told.replayed]
    found = [f"case {broken.case_id}, event {broken.sequence}: {broken.fault}" for broken in chains]
    return [*found, *(_head_line(broken) for broken in told.broken)], said


def openings(own: Means) -> Iterator[str]:
    """One line for each opening of an identity, the oldest first."""
    with own.database.reading() as session:
        yield from _openings(own, session)


def _openings(own: Means, session: Session) -> Iterator[str]:
    for event, reference in sources.openings(session):
        try:
            reason = cases.note_of(own.keys, event)
        except CannotOpen:
            reason = "(the reason does not open)"
        by = account_of(event.by) or event.by
        yield f"{event.at:%Y-%m-%d %H:%M:%S} UTC  {reference}  {by}  {' '.join(reason.split()) or '(no reason)'}"


def _head_line(broken: head_audit.BrokenHead) -> str:
    subject = broken.subject if " " in broken.subject or len(broken.subject) < 32 else f"case {broken.subject}"
    return f"{subject}: {broken.fault} (against the heads)"
