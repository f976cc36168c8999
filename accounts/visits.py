"""Deeds of visits: what holds between signing in and signing out. They live in the database, so they end there too."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, delete, select, update
from sqlalchemy.orm import Session

from accounts.binding import hash_of_token, is_bound
from accounts.models import Account, SignIn
from accounts.permissions import Role
from foundation.keys import Keyring, new_token

VISIT_MOST = timedelta(hours=12)
OF = "."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody whose sign-in holds at this moment."""

    account_id: str
    name: str
    role: Role
    language: str
    seen_at: datetime


def begin_visit(session: Session, keys: Keyring, account_id: str, now: datetime) -> str:
    """Begin a visit and give its token, which goes into the cookie and nowhere else."""
    token = f"{account_id}{OF}{new_token()}"
    session.add(SignIn(token_hash=_hash_of(keys, token), account_id=account_id, signed_in_at=now, seen_at=now))
    return token


def account_of(session: Session, keys: Keyring, token: str, now: datetime, idle: timedelta) -> SignedIn | None:
    """Who holds this token; None if the visit was ended, was idle too long, or began more than 12 hours ago.

    None too if visit or account were written or changed past the deeds, such as by raising a role.
    """
    statement = (
        select(Account, SignIn.seen_at)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(*_is(keys, token), SignIn.ended_at.is_(None), Account.disabled_at.is_(None))
        .where(SignIn.seen_at > now - idle, SignIn.signed_in_at > now - VISIT_MOST)
    )
    row = session.execute(statement).one_or_none()
    if row is None or not is_bound(row.Account, keys):
        return None
    account: Account = row.Account
    return SignedIn(account.id, account.name, Role(account.role), account.language, row.seen_at)


def touch(session: Session, keys: Keyring, token: str, now: datetime) -> None:
    """Remember that somebody was here, so that the idle time begins anew."""
    session.execute(_open_visits().where(*_is(keys, token)).values(seen_at=now))


def sign_out(session: Session, keys: Keyring, token: str, now: datetime) -> None:
    """End one visit; a token that is not known is no error."""
    session.execute(_open_visits().where(*_is(keys, token)).values(ended_at=now))


def sign_out_everywhere(session: Session, account_id: str, now: datetime) -> int:
    """End all visits of an account. Says how many were ended."""
    own = _open_visits().where(SignIn.account_id == account_id)
    return len(session.scalars(own.values(ended_at=now).returning(SignIn.id)).all())


def sign_out_elsewhere(session: Session, keys: Keyring, token: str, now: datetime) -> int:
    """End all visits of the account that this token is for, except its own. Says how many were ended."""
    others = _open_visits().where(SignIn.account_id == _whose(token), SignIn.token_hash != _hash_of(keys, token))
    return len(session.scalars(others.values(ended_at=now).returning(SignIn.id)).all())


def sign_out_everybody(session: Session, now: datetime) -> None:
    """End all visits of all accounts: one that was ended after a backup must not hold again once it is put back."""
    session.execute(_open_visits().values(ended_at=now))


def forget_visits(session: Session, before: datetime) -> int:
    """Delete sign-ins that began before this instant, and long enough ago to be over. Says how many."""
    began = delete(SignIn).where(SignIn.signed_in_at < before).returning(SignIn.id)
    return len(session.scalars(began).all())


def _open_visits() -> Update:
    return update(SignIn).where(SignIn.ended_at.is_(None))


def _is(keys: Keyring, token: str) -> tuple[ColumnElement[bool], ...]:
    # The token says for whom it was made, so a row that is turned to another account is nobody's.
    return SignIn.token_hash == _hash_of(keys, token), SignIn.account_id == _whose(token)


def _hash_of(keys: Keyring, token: str) -> str:
    return hash_of_token(keys, _whose(token), token)


def _whose(token: str) -> str:
    return token.partition(OF)[0]
