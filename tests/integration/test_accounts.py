"""Deeds of accounts, on both engines."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import func, insert, select, update

from accounts import commands
from accounts.access import (
    NOT_BOUND,
    REFUSED,
    EmailTaken,
    Enrolment,
    Entrance,
    NoSuchAccount,
    Refusal,
    add_account,
    begin_attempt,
    confirm_attempt,
    disable_account,
    find_account,
    prepare_account,
    sign_in,
)
from accounts.binding import hash_of_token
from accounts.demo import DEMO_SIGN_INS, DemoSignIn, NotADemonstration, add_demo_accounts, demo_code
from accounts.models import Account, SignIn
from accounts.passwords import PasswordTooShort
from accounts.permissions import Role
from accounts.visits import account_of, sign_out, sign_out_elsewhere, touch
from foundation.actor import ActorId
from foundation.alarms import open_alarms
from foundation.db import new_id
from foundation.keys import Keyring, new_token
from foundation.means import Means
from foundation.sealing import CannotOpen, label_of, seal
from tests.fakes import FakeClock

BY = ActorId("test")
IDLE = timedelta(minutes=60)
PASSWORD = "a long enough password"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOOR = DEMO_SIGN_INS[0]


class CountedPasswords:
    """Passwords without argon2, which count how often they were asked and look whether a writer would be let in."""

    nobody = "nobody's hash"

    def __init__(self, means: Means | None = None) -> None:
        self.asked: list[str] = []
        self.means = means

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def matches(self, hashed: str, password: str) -> bool:
        self.asked.append(hashed)
        if self.means is not None:
            with self.means.database.transaction() as session:
                session.execute(update(Account).values(name="Written meanwhile"))
        return hashed == f"hash of {password}"


@pytest.fixture
def passwords() -> CountedPasswords:
    return CountedPasswords()


def enrol(means: Means, email: str = "noor@house.example", role: Role = Role.OFFICER) -> Enrolment:
    enrolment = prepare_account(
        means.keys, "Noor", email, PASSWORD, role, totp_secret=SECRET, passwords=CountedPasswords()
    )
    with means.database.transaction() as session:
        add_account(session, enrolment, means.clock(), BY)
    return enrolment


@pytest.fixture
def enrolment(means: Means) -> Enrolment:
    return enrol(means)


def try_to_enter(
    means: Means,
    passwords: CountedPasswords,
    email: str = "noor@house.example",
    password: str = PASSWORD,
    code: str | None = None,
) -> Entrance | Refusal:
    return sign_in(means, email, password, demo_code(SECRET, means.clock()) if code is None else code, passwords)


def entered(means: Means, passwords: CountedPasswords) -> Entrance:
    outcome = try_to_enter(means, passwords)
    assert isinstance(outcome, Entrance)
    return outcome


def account_in(means: Means, email: str = "noor@house.example") -> Account:
    with means.database.reading() as session:
        account = find_account(session, email)
    assert account is not None
    return account


def holds(means: Means, token: str, idle: timedelta = IDLE) -> bool:
    with means.database.reading() as session:
        return account_of(session, means.keys, token, means.clock(), idle) is not None


# Signing in, as a deed.


def test_the_right_password_and_code_open_the_door(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    entrance = entered(means, passwords)
    with means.database.reading() as session:
        person = account_of(session, means.keys, entrance.token, means.clock(), IDLE)
    assert person is not None
    assert (person.account_id, person.name, person.role) == (enrolment.account_id, "Noor", Role.OFFICER)


def test_an_address_may_be_typed_in_capitals(means: Means, enrolment: Enrolment, passwords: CountedPasswords) -> None:
    assert isinstance(try_to_enter(means, passwords, email=" NOOR@House.Example"), Entrance)


@pytest.mark.parametrize(
    "wrong", [{"email": "nobody@house.example"}, {"password": "a wrong password"}, {"code": "000000"}, {"code": "١٢٣"}]
)
def test_whatever_is_wrong_the_answer_is_the_same(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, wrong: dict[str, str]
) -> None:
    assert try_to_enter(means, passwords, **wrong) is REFUSED


def test_an_unknown_address_takes_a_hash_too(means: Means, enrolment: Enrolment, passwords: CountedPasswords) -> None:
    try_to_enter(means, passwords, email="nobody@house.example")
    try_to_enter(means, passwords, email="nobody\0@house.example")
    assert passwords.asked == [passwords.nobody, passwords.nobody]


def test_an_account_that_is_shut_takes_a_hash_too(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    with means.database.transaction() as session:
        disable_account(session, enrolment.account_id, means.clock(), BY)
    assert try_to_enter(means, passwords) is REFUSED
    assert passwords.asked == [passwords.nobody]


def test_a_right_password_with_a_wrong_code_takes_one_hash_as_all_others_do(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    try_to_enter(means, passwords, code="000000")
    try_to_enter(means, passwords, password="a wrong password")
    assert len(passwords.asked) == 2


def test_others_may_write_while_a_password_is_hashed(means: Means, enrolment: Enrolment) -> None:
    assert isinstance(try_to_enter(means, CountedPasswords(means)), Entrance)
    assert account_in(means).name == "Written meanwhile"


def test_a_code_works_once(means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock) -> None:
    entered(means, passwords)
    assert try_to_enter(means, passwords) is REFUSED
    clock.advance(seconds=30)
    entered(means, passwords)


def test_an_earlier_code_does_not_work_after_a_later_one(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    earlier = demo_code(SECRET, clock())
    clock.advance(seconds=30)
    entered(means, passwords)
    assert try_to_enter(means, passwords, code=earlier) is REFUSED


def test_of_eight_who_send_one_code_at_once_one_gets_in(means: Means, enrolment: Enrolment) -> None:
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda _: try_to_enter(means, CountedPasswords()), range(8)))
    assert sum(isinstance(outcome, Entrance) for outcome in outcomes) == 1


def test_of_two_who_proved_one_code_at_the_same_time_the_second_is_refused(means: Means, enrolment: Enrolment) -> None:
    with means.database.transaction() as session:
        first = begin_attempt(session, means.keys, enrolment.email, means.clock(), demo=False)
    with means.database.transaction() as session:
        second = begin_attempt(session, means.keys, enrolment.email, means.clock(), demo=False)
    assert first is not None
    assert second is not None
    with means.database.transaction() as session:
        assert confirm_attempt(session, means.keys, first, 59_000_000, means.clock()) is not None
    with means.database.transaction() as session:
        assert confirm_attempt(session, means.keys, second, 59_000_000, means.clock()) is None


def test_an_account_disabled_while_its_password_was_hashed_lets_nobody_in(means: Means, enrolment: Enrolment) -> None:
    with means.database.transaction() as session:
        attempt = begin_attempt(session, means.keys, enrolment.email, means.clock(), demo=False)
    assert attempt is not None
    with means.database.transaction() as session:
        disable_account(session, enrolment.account_id, means.clock(), BY)
    with means.database.transaction() as session:
        assert confirm_attempt(session, means.keys, attempt, 59_000_000, means.clock()) is None


def fail(means: Means, passwords: CountedPasswords, times: int) -> None:
    for _ in range(times):
        assert try_to_enter(means, passwords, password="a wrong password") is REFUSED


def test_four_failures_do_not_lock_somebody_out(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    fail(means, passwords, 4)
    entered(means, passwords)


def test_after_five_failures_even_what_is_right_is_refused_for_half_a_minute(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    fail(means, passwords, 5)
    clock.advance(seconds=29)
    assert try_to_enter(means, passwords) is REFUSED
    clock.advance(seconds=1)
    entered(means, passwords)


def test_each_further_failure_doubles_the_wait(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    fail(means, passwords, 5)
    clock.advance(seconds=30)
    fail(means, passwords, 1)
    clock.advance(seconds=59)
    assert try_to_enter(means, passwords) is REFUSED
    clock.advance(seconds=1)
    entered(means, passwords)


def test_attempts_on_an_account_that_is_locked_do_not_keep_it_locked_longer(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    fail(means, passwords, 5)
    until = account_in(means).locked_until
    clock.advance(seconds=10)
    fail(means, passwords, 20)
    account = account_in(means)
    assert (account.failed_attempts, account.locked_until) == (5, until)


def test_a_wrong_code_counts_as_a_failure_and_success_forgets_failures(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    try_to_enter(means, passwords, code="000000")
    assert account_in(means).failed_attempts == 1
    entered(means, passwords)
    account = account_in(means)
    assert (account.failed_attempts, account.locked_until) == (0, None)


def test_guesses_sent_at_once_are_all_counted(means: Means, enrolment: Enrolment) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: fail(means, CountedPasswords(), 1), range(8)))
    assert account_in(means).failed_attempts == 5, "the fifth locks the account, so that the others are not tried"


def test_a_secret_moved_to_another_account_opens_nothing(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    enrol(means, "other@house.example")
    moved = account_in(means).totp_envelope
    with means.database.transaction() as session:
        session.execute(update(Account).where(Account.email == "other@house.example").values(totp_envelope=moved))
    with pytest.raises(CannotOpen):
        try_to_enter(means, passwords, email="other@house.example")


# What is written past the deeds.


def forger(means: Means) -> Keyring:
    """What somebody has who writes to the database: all public halves, and secrets that they made up."""
    return Keyring(public=means.keys.public, secrets=dict.fromkeys(means.keys.secrets, b"f" * 32))


def alarmed(means: Means) -> list[tuple[str, str]]:
    with means.database.reading() as session:
        return [(alarm.code, alarm.subject) for alarm in open_alarms(session)]


def test_an_account_added_past_the_deeds_lets_nobody_in_and_alarms_once(
    means: Means, passwords: CountedPasswords
) -> None:
    enrolment = enrol(replace(means, keys=forger(means)), role=Role.MANDATE_HOLDER)
    for _ in range(2):
        assert try_to_enter(means, passwords) is REFUSED
    assert passwords.asked == [passwords.nobody] * 2
    assert alarmed(means) == [(NOT_BOUND, enrolment.account_id)]


def test_the_same_account_added_by_the_deed_lets_its_owner_in(means: Means, passwords: CountedPasswords) -> None:
    enrol(means, role=Role.MANDATE_HOLDER)
    assert isinstance(try_to_enter(means, passwords), Entrance)
    assert alarmed(means) == []


def test_an_account_of_before_there_were_seals_lets_nobody_in(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    written_past_the_deeds(means, seal="", totp_digest="")
    assert try_to_enter(means, passwords) is REFUSED


def written_past_the_deeds(means: Means, **values: object) -> None:
    with means.database.transaction() as session:
        session.execute(update(Account).values(**values))


@pytest.mark.parametrize(
    "values",
    [
        {"role": "mandate_holder"},
        {"password_hash": "hash of another long password"},
        {"email": "another@house.example"},
        {"demo": True},
        {"totp_digest": "f" * 64},
    ],
    ids=lambda values: next(iter(values)),
)
def test_what_is_changed_past_the_deeds_ends_the_visit_and_lets_nobody_in(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock, values: dict[str, object]
) -> None:
    token = entered(means, passwords).token
    assert holds(means, token)
    written_past_the_deeds(means, **values)
    assert not holds(means, token)
    clock.advance(seconds=30)
    for demo in (False, True):
        password = "another long password" if "password_hash" in values else PASSWORD
        email = str(values.get("email", enrolment.email))
        assert try_to_enter(replace(means, demo=demo), passwords, email, password) is REFUSED
    assert alarmed(means) == [(NOT_BOUND, enrolment.account_id)]


def test_what_a_seal_does_not_cover_may_change(means: Means, enrolment: Enrolment, passwords: CountedPasswords) -> None:
    token = entered(means, passwords).token
    written_past_the_deeds(means, language="fr", failed_attempts=3, name="Noor Married")
    assert holds(means, token)


def test_a_second_factor_put_in_the_place_of_another_lets_nobody_in(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    own, place = "A" * 32, label_of("account", "totp", enrolment.account_id)
    written_past_the_deeds(means, totp_envelope=seal(own.encode(), means.keys.recipients("identity"), place))
    assert try_to_enter(means, passwords, code=demo_code(own, means.clock())) is REFUSED
    assert alarmed(means) == [(NOT_BOUND, enrolment.account_id)]


def test_a_second_factor_that_was_sealed_anew_is_the_same(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    place = label_of("account", "totp", enrolment.account_id)
    written_past_the_deeds(means, totp_envelope=seal(SECRET.encode(), means.keys.recipients("identity"), place))
    assert isinstance(try_to_enter(means, passwords), Entrance)


def planted(means: Means, account_id: str, token_hash: str) -> None:
    visit = {"id": new_id(), "account_id": account_id, "signed_in_at": means.clock(), "seen_at": means.clock()}
    with means.database.transaction() as session:
        session.execute(insert(SignIn).values(**visit, token_hash=token_hash))


def test_a_visit_written_past_the_deeds_lets_nobody_in(means: Means, enrolment: Enrolment) -> None:
    token = f"{enrolment.account_id}.{new_token()}"
    planted(means, enrolment.account_id, sha256(token.encode()).hexdigest())
    planted(means, enrolment.account_id, hash_of_token(forger(means), enrolment.account_id, token))
    assert not holds(means, token)
    planted(means, enrolment.account_id, hash_of_token(means.keys, enrolment.account_id, token))
    assert holds(means, token), "with the desk's secret it would"


def test_a_visit_turned_to_another_account_is_nobodys(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    token = entered(means, passwords).token
    other = enrol(means, "other@house.example", Role.MANDATE_HOLDER)
    with means.database.transaction() as session:
        session.execute(update(SignIn).values(account_id=other.account_id))
    assert not holds(means, token)
    assert not holds(means, token.replace(enrolment.account_id, other.account_id))


# Accounts and visits.


def test_two_accounts_cannot_have_one_address_however_it_is_written(means: Means, enrolment: Enrolment) -> None:
    with pytest.raises(EmailTaken):
        enrol(means, "NOOR@house.example ")


def test_the_database_holds_neither_password_nor_secret_nor_token(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    entrance = entered(means, passwords)
    with means.database.reading() as session:
        account = session.scalars(select(Account)).one()
        visit = session.scalars(select(SignIn)).one()
        kept = repr([vars(account), vars(visit)])
    assert "noor@house.example" in kept
    assert SECRET not in kept
    assert entrance.token not in kept


def test_a_visit_ends_after_the_idle_time(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    token = entered(means, passwords).token
    clock.advance(minutes=59)
    assert holds(means, token)
    clock.advance(minutes=1)
    assert not holds(means, token)


def test_being_there_begins_the_idle_time_anew(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    token = entered(means, passwords).token
    with means.database.transaction() as session:
        touch(session, means.keys, token, clock.advance(minutes=59))
    clock.advance(minutes=59)
    assert holds(means, token)


def test_a_visit_ends_after_twelve_hours_however_busy_it_was(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    token = entered(means, passwords).token
    for _ in range(23):
        with means.database.transaction() as session:
            touch(session, means.keys, token, clock.advance(minutes=30))
    assert holds(means, token)
    with means.database.transaction() as session:
        touch(session, means.keys, token, clock.advance(minutes=30))
    assert not holds(means, token)


def test_a_visit_that_was_ended_cannot_be_touched_back_to_life(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    token = entered(means, passwords).token
    with means.database.transaction() as session:
        sign_out(session, means.keys, token, means.clock())
        touch(session, means.keys, token, means.clock())
    assert not holds(means, token)


def test_ending_all_other_visits_leaves_this_one_and_those_of_others(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    enrol(means, "other@house.example")
    foreign = try_to_enter(means, passwords, email="other@house.example")
    assert isinstance(foreign, Entrance)
    first = entered(means, passwords).token
    clock.advance(seconds=30)
    second = entered(means, passwords).token
    with means.database.transaction() as session:
        assert sign_out_elsewhere(session, means.keys, second, means.clock()) == 1
    assert [holds(means, token) for token in (first, second, foreign.token)] == [False, True, True]


def test_disabling_an_account_ends_its_visits_and_says_by_whom(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    token = entered(means, passwords).token
    with means.database.transaction() as session:
        disable_account(session, enrolment.account_id, means.clock(), BY)
    clock.advance(seconds=30)
    account = account_in(means)
    assert (account.disabled_by, account.disabled_at is not None) == (BY, True)
    assert not holds(means, token)
    assert try_to_enter(means, passwords) is REFUSED


def test_a_visit_of_a_disabled_account_is_worth_nothing_even_if_it_was_not_ended(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    token = entered(means, passwords).token
    with means.database.transaction() as session:
        session.execute(update(Account).values(disabled_at=means.clock()))
    assert not holds(means, token)


def test_an_account_that_does_not_exist_cannot_be_disabled(means: Means) -> None:
    with pytest.raises(NoSuchAccount), means.database.transaction() as session:
        disable_account(session, "nobody", means.clock(), BY)


# Demonstrations.


def with_demo_accounts(means: Means) -> Means:
    with means.database.transaction() as session:
        add_demo_accounts(session, means.keys, means.clock(), demo=True)
    return replace(means, demo=True)


def enter_as(means: Means, fictional: DemoSignIn) -> Entrance | Refusal:
    return sign_in(means, fictional.email, fictional.password, demo_code(fictional.totp_secret, means.clock()))


@pytest.mark.parametrize("fictional", DEMO_SIGN_INS, ids=lambda fictional: fictional.name)
def test_each_demo_account_can_sign_in_with_what_is_printed(means: Means, fictional: DemoSignIn) -> None:
    assert isinstance(enter_as(with_demo_accounts(means), fictional), Entrance)


def test_a_demonstration_has_two_officers_and_one_of_each_other_role() -> None:
    roles = [fictional.role for fictional in DEMO_SIGN_INS]
    assert {role: roles.count(role) for role in Role} == {
        Role.OFFICER: 2,
        Role.MANDATE_HOLDER: 1,
        Role.AUDITOR: 1,
        Role.OPERATOR: 1,
    }


def test_adding_demo_accounts_twice_adds_them_once(means: Means) -> None:
    with_demo_accounts(with_demo_accounts(means))
    with means.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == len(DEMO_SIGN_INS)


def test_demo_accounts_are_refused_outside_a_demonstration(means: Means) -> None:
    with pytest.raises(NotADemonstration), means.database.transaction() as session:
        add_demo_accounts(session, means.keys, means.clock())


def test_a_demo_account_left_in_a_database_does_not_open_outside_a_demonstration(means: Means) -> None:
    with_demo_accounts(means)
    assert enter_as(means, NOOR) is REFUSED


# The command line.


def test_an_account_added_on_the_command_line_can_sign_in_with_the_secret_that_was_shown(means: Means) -> None:
    uri = commands.add(means, "Noor", "noor@house.example", PASSWORD, Role.AUDITOR, "fr")
    found = re.search(r"secret=([A-Z2-7]{32})", uri)
    assert found is not None
    outcome = sign_in(means, "noor@house.example", PASSWORD, demo_code(found[1], means.clock()))
    assert isinstance(outcome, Entrance)
    assert outcome.language == "fr"
    assert commands.end_sign_ins(means, "noor@house.example") == 1
    assert not holds(means, outcome.token)


def test_the_list_of_accounts_shows_role_and_standing_and_no_secret(means: Means, enrolment: Enrolment) -> None:
    assert list(commands.listed(means)) == ["noor@house.example  officer  active  Noor"]
    commands.disable(means, "noor@house.example")
    assert list(commands.listed(means)) == ["noor@house.example  officer  disabled 2026-11-23  Noor"]


def test_the_command_line_refuses_an_unknown_address_and_a_short_password(means: Means) -> None:
    with pytest.raises(NoSuchAccount):
        commands.end_sign_ins(means, "nobody@house.example")
    with pytest.raises(PasswordTooShort):
        commands.add(means, "Noor", "noor@house.example", "short", Role.OFFICER)


def test_the_identity_key_is_needed_to_sign_anybody_in(means: Means, enrolment: Enrolment) -> None:
    without = replace(means, keys=Keyring(public=means.keys.public, secrets=means.keys.secrets))
    with pytest.raises(Exception, match="does not hold the identity key"):
        try_to_enter(without, CountedPasswords())
