"""Deeds of visits: what holds between signing in and signing out. They live in the database, so they end there too."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from accounts.models import Account, SignIn
from accounts.permissions import Role
from foundation.keys import new_token

VISIT_MOST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody whose sign-in holds at this moment."""

    account_id: str
    name: str
    role: Role
    language: str
    seen_at: datetime


def begin_visit(session: Session, account_id: str, now: datetime) -> str:
    """Begin a visit and give its token, which goes into the cookie and nowhere else."""
    token = new_token()
    session.add(SignIn(token_hash=_hash_of(token), account_id=account_id, signed_in_at=now, seen_at=now))
    return token


def account_of(session: Session, token: str, now: datetime, idle: timedelta) -> SignedIn | None:
    """Who holds this token; None if the visit was ended, was idle too long, or began more than 12 hours ago."""
    statement = (
        select(Account, SignIn.seen_at)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(SignIn.token_hash == _hash_of(token), SignIn.ended_at.is_(None), Account.disabled_at.is_(None))
        .where(SignIn.seen_at > now - idle, SignIn.signed_in_at > now - VISIT_MOST)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    account: Account = row.Account
    return SignedIn(account.id, account.name, Role(account.role), account.language, row.seen_at)


def touch(session: Session, token: str, now: datetime) -> None:
    """Remember that somebody was here, so that the idle time begins anew."""
    session.execute(_open_visits().where(SignIn.token_hash == _hash_of(token)).values(seen_at=now))


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End one visit; a token that is not known is no error."""
    session.execute(_open_visits().where(SignIn.token_hash == _hash_of(token)).values(ended_at=now))


def sign_out_everywhere(session: Session, account_id: str, now: datetime, but: str = "") -> int:
    """End all visits of an account, except the one with the token `but`. Says how many were ended."""
    others = _open_visits().where(SignIn.account_id == account_id, SignIn.token_hash != _hash_of(but))
    return len(session.scalars(others.values(ended_at=now).returning(SignIn.id)).all())


def _open_visits() -> Update:
    return update(SignIn).where(SignIn.ended_at.is_(None))


def _hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()
