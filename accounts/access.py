"""Deeds of accounts: adding and disabling them, and signing in.

Hashing and sealing take time, so they stand between transactions: an attempt to sign in is first counted as a failure,
then proved, then confirmed. Counting first means that a hundred guesses sent at once are a hundred failures.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts import second_factor, visits
from accounts.binding import digest_of_totp, is_bound, is_same_totp, seal_of
from accounts.models import Account
from accounts.passwords import PASSWORDS, PasswordHashing, check_new
from accounts.permissions import Role
from foundation.actor import ActorId
from foundation.alarms import raise_alarm
from foundation.db import new_id
from foundation.keys import Keyring
from foundation.languages import DESK_LANGUAGES, ENGLISH
from foundation.means import Means
from foundation.sealing import label_of, open_sealed, seal
from foundation.words import N_

FREE_FAILURES = 4
DELAY_FIRST = timedelta(seconds=30)
DELAY_MOST = timedelta(minutes=15)
# An account was written or changed past the deeds of this module.
NOT_BOUND = "account_not_bound"


class EmailTaken(Exception):
    """There is an account with this e-mail address."""


class NotBound(Exception):
    """The second factor of an account is not the one that it was made with."""


class NoSuchAccount(Exception):
    """There is no account with this id or e-mail address."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An account that is ready to be added. Its `totp_secret` is shown once and kept nowhere in the open."""

    account_id: str
    name: str
    email: str
    role: Role
    language: str
    password_hash: str = field(repr=False)
    totp_secret: str = field(repr=False)
    totp_envelope: bytes = field(repr=False)
    totp_digest: str
    demo: bool
    seal: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt to sign in is proved against."""

    account_id: str
    password_hash: str = field(repr=False)
    totp_envelope: bytes = field(repr=False)
    totp_digest: str
    totp_last_step: int


@dataclass(frozen=True, slots=True)
class Entrance:
    """A sign-in that succeeded. `token` goes into the cookie and nowhere else."""

    account_id: str
    language: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sign-in that failed, in words that do not tell why: that would tell which e-mail addresses have accounts."""

    message: str


REFUSED = Refusal(
    N_(
        "The e-mail address, the password or the code is not right, or the code was used before. "
        "Wait for the next code and try again. After several failures you must wait some minutes."
    )
)


def email_key(email: str) -> str:
    """The form in which an e-mail address is stored and looked up, without null bytes, which no database takes."""
    return email.strip().casefold().replace("\0", "")


def delay_after(failures: int) -> timedelta:
    """How long an account stays shut after so many failures in a row: nothing, then 30 s doubling to 15 minutes."""
    over = failures - FREE_FAILURES
    return timedelta() if over <= 0 else min(DELAY_FIRST * 2 ** min(over - 1, 10), DELAY_MOST)


def prepare_account(
    keys: Keyring,
    name: str,
    email: str,
    password: str,
    role: Role,
    language: str = ENGLISH.code,
    totp_secret: str | None = None,
    passwords: PasswordHashing = PASSWORDS,
    demo: bool = False,
) -> Enrolment:
    """Hash and seal, outside any transaction. Raises PasswordTooShort, or ValueError for another language.

    Raises KeyMissing in a process that may not add accounts.
    """
    check_new(password)
    _check_language(language)
    account_id, secret = new_id(), totp_secret or second_factor.new_secret()
    hashed, digest = passwords.hash(password), digest_of_totp(keys, account_id, secret)
    return Enrolment(
        account_id=account_id,
        name=name,
        email=email_key(email),
        role=role,
        language=language,
        password_hash=hashed,
        totp_secret=secret,
        totp_envelope=seal(secret.encode(), keys.recipients("identity"), _totp_label(account_id)),
        totp_digest=digest,
        demo=demo,
        seal=seal_of(keys, account_id, email_key(email), role.value, hashed, digest, demo),
    )


def add_account(session: Session, enrolment: Enrolment, now: datetime, by: ActorId) -> None:
    """Write a prepared account. Raises EmailTaken."""
    if find_account(session, enrolment.email) is not None:
        raise EmailTaken
    account = Account(
        id=enrolment.account_id,
        name=enrolment.name,
        email=enrolment.email,
        password_hash=enrolment.password_hash,
        totp_envelope=enrolment.totp_envelope,
        totp_digest=enrolment.totp_digest,
        role=enrolment.role.value,
        language=enrolment.language,
        demo=enrolment.demo,
        created_at=now,
        created_by=by,
        seal=enrolment.seal,
    )
    session.add(account)
    session.flush()


def find_account(session: Session, email: str) -> Account | None:
    """The account with this e-mail address, however it is written."""
    return session.scalar(select(Account).where(Account.email == email_key(email)))


def all_accounts(session: Session) -> list[Account]:
    """All accounts, also disabled ones, by name."""
    return list(session.scalars(select(Account).order_by(Account.name, Account.email)))


def choose_language(session: Session, account_id: str, language: str) -> None:
    """Keep the language in which somebody wants to see the desk. Raises ValueError for one that it does not speak."""
    _check_language(language)
    session.execute(update(Account).where(Account.id == account_id).values(language=language))


def disable_account(session: Session, account_id: str, now: datetime, by: ActorId) -> None:
    """Shut an account for good and end its sign-ins. Raises NoSuchAccount; one that is disabled stays as it is."""
    account = session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NoSuchAccount
    if account.disabled_at is None:
        account.disabled_at, account.disabled_by = now, by
    visits.sign_out_everywhere(session, account_id, now)


def sign_in(
    means: Means, email: str, password: str, code: str, passwords: PasswordHashing = PASSWORDS
) -> Entrance | Refusal:
    """Sign somebody in: count, prove, confirm. Whatever is wrong, the work and the answer are the same."""
    with means.database.transaction() as session:
        attempt = begin_attempt(session, means.keys, email, means.clock(), means.demo)
    try:
        step = _prove(means, attempt, password, code, passwords)
    except NotBound as error:
        with means.database.transaction() as session:
            raise_alarm(session, NOT_BOUND, str(error), means.clock())
        return REFUSED
    if attempt is None or step is None:
        return REFUSED
    with means.database.transaction() as session:
        return confirm_attempt(session, means.keys, attempt, step, means.clock()) or REFUSED


def begin_attempt(session: Session, keys: Keyring, email: str, now: datetime, demo: bool) -> Attempt | None:
    """Count an attempt as a failure; None if nobody can sign in with this address now.

    An attempt on an account that is shut is not counted, so that a stranger cannot keep it shut for ever longer.
    An account that was written or changed past the deeds is nobody's, and raises an alarm.
    """
    account = session.scalar(select(Account).where(Account.email == email_key(email)).with_for_update())
    if account is None or not _is_open(account, now, demo):
        return None
    if not is_bound(account, keys):
        raise_alarm(session, NOT_BOUND, account.id, now)
        return None
    account.failed_attempts += 1
    delay = delay_after(account.failed_attempts)
    account.locked_until = now + delay if delay else None
    return Attempt(
        account.id, account.password_hash, account.totp_envelope, account.totp_digest, account.totp_last_step
    )


def confirm_attempt(session: Session, keys: Keyring, attempt: Attempt, step: int, now: datetime) -> Entrance | None:
    """Use up the code's time step and begin the visit; None if the step was used up or the account shut meanwhile."""
    statement = (
        update(Account)
        .where(Account.id == attempt.account_id, Account.disabled_at.is_(None), Account.totp_last_step < step)
        .values(totp_last_step=step, failed_attempts=0, locked_until=None)
        .returning(Account.language)
    )
    language = session.scalar(statement)
    if language is None:
        return None
    return Entrance(attempt.account_id, language, visits.begin_visit(session, keys, attempt.account_id, now))


def _is_open(account: Account, now: datetime, demo: bool) -> bool:
    locked = account.locked_until is not None and account.locked_until > now
    # The passwords of demo accounts are public, so a database that once showed a demonstration must not let them in.
    return account.disabled_at is None and not locked and (demo or not account.demo)


def _prove(means: Means, attempt: Attempt | None, password: str, code: str, passwords: PasswordHashing) -> int | None:
    # A password is hashed for an unknown address too, and a right password with a wrong code takes no longer path.
    known = passwords.matches(attempt.password_hash if attempt else passwords.nobody, password)
    if attempt is None:
        return None
    identity, label = means.keys.identity("identity"), _totp_label(attempt.account_id)
    secret = open_sealed(attempt.totp_envelope, identity, label).decode()
    if not is_same_totp(means.keys, attempt.account_id, secret, attempt.totp_digest):
        raise NotBound(attempt.account_id)
    step = second_factor.step_of(secret, code, means.clock(), attempt.totp_last_step)
    return step if known else None


def _totp_label(account_id: str) -> str:
    return label_of("account", "totp", account_id)


def _check_language(language: str) -> None:
    if language not in {known.code for known in DESK_LANGUAGES}:
        raise ValueError("the desk does not speak this language")
