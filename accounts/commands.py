"""What an operator does with accounts on the command line: `flask accounts ...`."""

from collections.abc import Iterator
from io import StringIO

import click
import segno
from flask.cli import AppGroup

from accounts.access import (
    EmailTaken,
    NoSuchAccount,
    add_account,
    all_accounts,
    disable_account,
    find_account,
    prepare_account,
)
from accounts.models import Account
from accounts.passwords import PasswordTooShort
from accounts.permissions import Role
from accounts.second_factor import enrolment_uri
from accounts.visits import sign_out_everywhere
from foundation.actor import ActorId
from foundation.languages import DESK_LANGUAGES, ENGLISH
from foundation.means import Means
from foundation.web import means

COMMAND_LINE = ActorId("command-line")

group = AppGroup("accounts", help="Those who may sign in at the desk.")


@group.command("add")
@click.option("--name", prompt=True, help="The name that colleagues see.")
@click.option("--email", prompt="E-mail address", help="The address with which this person signs in.")
@click.option("--role", prompt=True, type=click.Choice([role.value for role in Role]))
@click.option("--language", type=click.Choice([known.code for known in DESK_LANGUAGES]), default=ENGLISH.code)
@click.password_option()
def add_command(name: str, email: str, role: str, language: str, password: str) -> None:
    """Add an account, and show the code with which its authenticator app is set up."""
    try:
        uri = add(means(), name, email, password, Role(role), language)
    except EmailTaken:
        raise click.ClickException("There is an account with this e-mail address.") from None
    except PasswordTooShort as error:
        raise click.ClickException(f"The password is too short: {error}.") from None
    click.echo(as_picture(uri))
    click.echo(f"Scan this with an authenticator app; it is shown only now. As text:\n{uri}")


@group.command("list")
def list_command() -> None:
    """List all accounts."""
    for line in listed(means()):
        click.echo(line)


@group.command("end-sign-ins")
@click.argument("email")
def end_sign_ins_command(email: str) -> None:
    """End all sign-ins of one account, as after the loss of a computer."""
    try:
        click.echo(f"Sign-ins ended: {end_sign_ins(means(), email)}")
    except NoSuchAccount:
        raise click.ClickException("There is no account with this e-mail address.") from None


@group.command("disable")
@click.argument("email")
def disable_command(email: str) -> None:
    """Shut an account for good and end its sign-ins."""
    try:
        disable(means(), email)
    except NoSuchAccount:
        raise click.ClickException("There is no account with this e-mail address.") from None
    click.echo("The account is shut and its sign-ins have ended.")


def add(own: Means, name: str, email: str, password: str, role: Role, language: str = ENGLISH.code) -> str:
    """Add an account; the `otpauth:` address for its authenticator app. Raises EmailTaken, PasswordTooShort."""
    enrolment = prepare_account(own.keys, name, email, password, role, language)
    with own.database.transaction() as session:
        add_account(session, enrolment, own.clock(), COMMAND_LINE)
    return enrolment_uri(enrolment.totp_secret, enrolment.email)


def as_picture(uri: str) -> str:
    """A QR code made of block letters, to be scanned from a terminal."""
    picture = StringIO()
    segno.make(uri, micro=False).terminal(out=picture, compact=True)
    return picture.getvalue()


def listed(own: Means) -> Iterator[str]:
    """One line for each account: address, role, name, and whether it is disabled."""
    with own.database.reading() as session:
        accounts_now = all_accounts(session)
    for account in accounts_now:
        ended = f"disabled {account.disabled_at:%Y-%m-%d}" if account.disabled_at else "active"
        yield f"{account.email}  {account.role}  {ended}  {account.name}"


def end_sign_ins(own: Means, email: str) -> int:
    """End all sign-ins of one account and say how many. Raises NoSuchAccount."""
    account = _account(own, email)
    with own.database.transaction() as session:
        return sign_out_everywhere(session, account.id, own.clock())


def disable(own: Means, email: str) -> None:
    """Shut an account for good. Raises NoSuchAccount."""
    account = _account(own, email)
    with own.database.transaction() as session:
        disable_account(session, account.id, own.clock(), COMMAND_LINE)


def _account(own: Means, email: str) -> Account:
    with own.database.reading() as session:
        account = find_account(session, email)
    if account is None:
        raise NoSuchAccount
    return account
