"""Accounts on both engines, and the desk's door as a browser meets it."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from accounts import commands, views
from accounts.access import (
    REFUSED,
    EmailTaken,
    Enrolment,
    Entrance,
    NoSuchAccount,
    Refusal,
    add_account,
    disable_account,
    find_account,
    prepare_account,
    sign_in,
)
from accounts.demo import DEMO_SIGN_INS, DemoSignIn, NotADemonstration, add_demo_accounts, demo_code
from accounts.models import Account, SignIn
from accounts.passwords import PasswordTooShort
from accounts.permissions import Permission, Role
from accounts.session import actor, requires
from accounts.visits import account_of, sign_out, sign_out_everywhere, touch
from foundation.actor import ActorId
from foundation.i18n import speak
from foundation.keys import Keyring
from foundation.languages import DESK_LANGUAGES
from foundation.means import Means
from foundation.sealing import CannotOpen
from foundation.web import SealedSessions, protect
from tests.fakes import FakeClock

TEMPLATES = Path(__file__).parents[2] / "templates"
BY = ActorId("test")
IDLE = timedelta(minutes=60)
PASSWORD = "a long enough password"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOOR, _TOMAS, AMARA, _INES, BELA = DEMO_SIGN_INS


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
        return account_of(session, token, means.clock(), idle) is not None


# Signing in, as a deed.


def test_the_right_password_and_code_open_the_door(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    entrance = entered(means, passwords)
    with means.database.reading() as session:
        person = account_of(session, entrance.token, means.clock(), IDLE)
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
        touch(session, token, clock.advance(minutes=59))
    clock.advance(minutes=59)
    assert holds(means, token)


def test_a_visit_ends_after_twelve_hours_however_busy_it_was(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords, clock: FakeClock
) -> None:
    token = entered(means, passwords).token
    for _ in range(23):
        with means.database.transaction() as session:
            touch(session, token, clock.advance(minutes=30))
    assert holds(means, token)
    with means.database.transaction() as session:
        touch(session, token, clock.advance(minutes=30))
    assert not holds(means, token)


def test_a_visit_that_was_ended_cannot_be_touched_back_to_life(
    means: Means, enrolment: Enrolment, passwords: CountedPasswords
) -> None:
    token = entered(means, passwords).token
    with means.database.transaction() as session:
        sign_out(session, token, means.clock())
        touch(session, token, means.clock())
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
        assert sign_out_everywhere(session, enrolment.account_id, means.clock(), but=second) == 1
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


def run(app: Flask, *words: str, typed: str = "") -> Result:
    return app.test_cli_runner().invoke(commands.group, words, input=typed)


def test_the_commands_say_in_words_what_went_wrong_and_what_was_done(desk: Flask) -> None:
    add = ("add", "--name", "Zoe", "--email", "zoe@house.example", "--role", "auditor")
    made = run(desk, *add, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.exit_code == 0
    assert "otpauth://totp/" in made.output
    assert "█" in made.output
    assert PASSWORD not in made.output
    again = run(desk, *add, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert (again.exit_code, "There is an account" in again.output) == (1, True)
    assert "at least 12" in run(desk, *add, typed="short\nshort\n").output
    assert "zoe@house.example  auditor  active  Zoe" in run(desk, "list").output
    assert "Sign-ins ended: 0" in run(desk, "end-sign-ins", "zoe@house.example").output
    assert "no account" in run(desk, "disable", "nobody@house.example").output
    assert run(desk, "disable", "zoe@house.example").exit_code == 0


# The door, as a browser meets it.


def make_face(means: Means, cookie: str, secret: bytes) -> Flask:
    app = Flask("desk_under_test", template_folder=str(TEMPLATES), static_folder=None)
    library = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_loader = ChoiceLoader([FileSystemLoader(TEMPLATES), library])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_url_rule("/static/<path:filename>", "static", str)
    app.secret_key = secret
    protect(app, means, cookie, "/", secure=False)
    app.session_interface = SealedSessions(secret, IDLE, IDLE, lambda: means.clock().timestamp())
    app.config["DESK_IDLE"] = IDLE
    speak(app, "desk", DESK_LANGUAGES)
    app.register_blueprint(views.bp)
    _add_pages(app)
    return app


def _add_pages(app: Flask) -> None:
    @app.get("/desk/")
    @requires(Permission.SEE_CASES)
    def queue() -> str:
        return f"the queue, seen by {actor()}"

    @app.route("/desk/letters/<letter>", methods=["GET", "POST"])
    @requires(Permission.APPROVE_LETTER)
    def letter(letter: str) -> str:
        return f"letter {letter}"

    @app.get("/desk/who")
    def who() -> str:
        return str(actor())


@pytest.fixture
def desk(means: Means) -> Flask:
    return make_face(with_demo_accounts(means), "desk", b"secret of the desk")


@pytest.fixture
def browser(desk: Flask) -> FlaskClient:
    return desk.test_client()


def csrf(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def send(browser: FlaskClient, address: str, page: str | None = None, **fields: str) -> TestResponse:
    """Open a page that has a form, and send it to `address`."""
    form = browser.get(page or address)
    return browser.post(
        address, data={"csrf_token": csrf(form.text), **fields}, headers={"Referer": "http://localhost/desk/x"}
    )


def sign_in_as(
    browser: FlaskClient,
    means: Means,
    fictional: DemoSignIn = NOOR,
    address: str = "/desk/sign-in",
    changed: dict[str, str] | None = None,
) -> TestResponse:
    fields = {
        "email": fictional.email,
        "password": fictional.password,
        "code": demo_code(fictional.totp_secret, means.clock()),
    }
    return send(browser, address, **{**fields, **(changed or {})})


def test_signing_in_leads_to_the_desk(browser: FlaskClient, means: Means) -> None:
    assert sign_in_as(browser, means).location == "/desk/"
    noor = account_in(means, NOOR.email)
    assert browser.get("/desk/").text == f"the queue, seen by account:{noor.id}"


def test_the_sign_in_page_has_the_three_fields_and_tells_password_managers_which(browser: FlaskClient) -> None:
    page = browser.get("/desk/sign-in").text
    for hint in ('autocomplete="username"', 'autocomplete="current-password"', 'autocomplete="one-time-code"'):
        assert hint in page


def test_wrong_credentials_give_a_clear_message_and_keep_the_address_but_not_the_password(
    browser: FlaskClient, means: Means
) -> None:
    page = sign_in_as(browser, means, changed={"password": "planted wrong password"}).text
    assert "is not right" in page
    assert "<title>Error: " in page
    assert NOOR.email in page
    assert "planted wrong password" not in page


@pytest.mark.parametrize(
    "changed",
    [
        {"email": ""},
        {"email": "x" * 300},
        {"email": "\0"},
        {"email": "' OR 1=1 --"},
        {"password": ""},
        {"password": "\0"},
        {"password": "x" * 2000},
        {"code": ""},
        {"code": "12 34 5"},
        {"code": "²³¹²³¹"},
        {"code": "\0\0\0\0\0\0"},
    ],
)
def test_bad_input_is_refused_with_a_message_and_never_with_a_fault(
    browser: FlaskClient, means: Means, changed: dict[str, str]
) -> None:
    answer = sign_in_as(browser, means, changed=changed)
    assert answer.status_code == 200
    assert "There is a problem" in answer.text
    assert browser.get("/desk/").status_code == 302


def test_a_form_without_its_csrf_token_signs_nobody_in(browser: FlaskClient, means: Means) -> None:
    fields = {"email": NOOR.email, "password": NOOR.password, "code": demo_code(NOOR.totp_secret, means.clock())}
    assert browser.post("/desk/sign-in", data=fields).status_code == 400
    assert browser.get("/desk/").status_code == 302


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_then_to_the_page_they_wanted(
    browser: FlaskClient, means: Means
) -> None:
    sent = browser.get("/desk/letters/7?part=annex").location
    assert sent == "/desk/sign-in?next=/desk/letters/7?part%3Dannex"
    assert sign_in_as(browser, means, AMARA, address=sent).location == "/desk/letters/7?part=annex"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/desk/",
        "/\\evil.example",
        "/desk\\@evil.example",
        "/desk/\\evil",
        "javascript:alert(1)",
        "/desk/\nSet-Cookie: a=b",
        "/portal/en/",
        "\0",
        "",
    ],
)
def test_an_address_outside_the_desk_is_never_gone_to_after_signing_in(
    browser: FlaskClient, means: Means, elsewhere: str
) -> None:
    browser.get("/desk/sign-in")
    page = browser.get("/desk/sign-in", query_string={"next": elsewhere})
    fields = {"email": NOOR.email, "password": NOOR.password, "code": demo_code(NOOR.totp_secret, means.clock())}
    answer = browser.post(
        "/desk/sign-in", query_string={"next": elsewhere}, data={"csrf_token": csrf(page.text), **fields}
    )
    assert answer.location == "/desk/"


def test_a_page_sent_after_the_sign_in_had_ended_says_that_it_was_not_accepted(
    browser: FlaskClient, means: Means
) -> None:
    sign_in_as(browser, means, AMARA)
    token = csrf(browser.get("/desk/account").text)
    end_all_of(means, AMARA)
    referer = {"Referer": "http://localhost/desk/letters/7"}
    sent = browser.post("/desk/letters/7", data={"csrf_token": token}, headers=referer).location
    assert sent == "/desk/sign-in?next=/desk/letters/7&unsent=1"
    assert "was not accepted" in browser.get(sent).text


@pytest.mark.parametrize("referer", ["http://[", "https://evil.example//evil.example/", ""])
def test_a_strange_referer_leads_nowhere_strange(browser: FlaskClient, means: Means, referer: str) -> None:
    token = csrf(browser.get("/desk/sign-in").text)
    sent = browser.post("/desk/letters/7", data={"csrf_token": token}, headers={"Referer": referer}).location
    assert sign_in_as(browser, means, AMARA, address=sent).location == "/desk/"


def test_an_operator_is_not_shown_the_queue(browser: FlaskClient, means: Means) -> None:
    sign_in_as(browser, means, BELA)
    answer = browser.get("/desk/")
    assert answer.status_code == 403
    assert "Your role does not include" in answer.text


def test_an_officer_cannot_approve_and_a_mandate_holder_can(browser: FlaskClient, means: Means) -> None:
    sign_in_as(browser, means, NOOR)
    assert browser.get("/desk/letters/7").status_code == 403
    browser.delete_cookie("desk")
    sign_in_as(browser, means, AMARA)
    assert browser.get("/desk/letters/7").status_code == 200


def test_nobody_acts_without_being_signed_in(browser: FlaskClient) -> None:
    assert browser.get("/desk/who").status_code == 403


def end_all_of(means: Means, fictional: DemoSignIn) -> None:
    with means.database.transaction() as session:
        assert sign_out_everywhere(session, account_in(means, fictional.email).id, means.clock()) == 1


def test_a_sign_in_ended_on_the_server_is_refused_at_the_next_request(browser: FlaskClient, means: Means) -> None:
    sign_in_as(browser, means)
    assert browser.get("/desk/").status_code == 200
    end_all_of(means, NOOR)
    assert browser.get("/desk/").status_code == 302


def test_signing_out_ends_the_visit_for_a_copied_cookie_too(browser: FlaskClient, means: Means) -> None:
    sign_in_as(browser, means)
    copied = cookie_of(browser)
    assert send(browser, "/desk/sign-out", page="/desk/account").location == "/desk/sign-in"
    browser.set_cookie("desk", copied)
    assert browser.get("/desk/").status_code == 302


def test_a_link_cannot_sign_somebody_out(browser: FlaskClient, means: Means) -> None:
    sign_in_as(browser, means)
    assert browser.get("/desk/sign-out").status_code == 405
    assert browser.post("/desk/sign-out").status_code == 400
    assert browser.get("/desk/").status_code == 200


def cookie_of(browser: FlaskClient, name: str = "desk") -> str:
    cookie = browser.get_cookie(name)
    assert cookie is not None
    return cookie.value


def test_the_cookie_of_one_face_does_not_open_another(desk: Flask, browser: FlaskClient, means: Means) -> None:
    sign_in_as(browser, means)
    other = make_face(replace(means, demo=True), "desk", b"secret of another face").test_client()
    other.set_cookie("desk", cookie_of(browser))
    assert other.get("/desk/").status_code == 302
    same = desk.test_client()
    same.set_cookie("desk", cookie_of(browser))
    assert same.get("/desk/").status_code == 200


def test_the_cookie_can_be_read_by_nobody_and_signing_in_renews_it(browser: FlaskClient, means: Means) -> None:
    browser.get("/desk/sign-in")
    before = cookie_of(browser)
    answer = sign_in_as(browser, means)
    assert cookie_of(browser) != before
    [visit] = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("desk=")]
    assert "HttpOnly" in visit
    assert "SameSite=Strict" in visit


def test_a_csrf_token_from_before_signing_in_is_worth_nothing_afterwards(browser: FlaskClient, means: Means) -> None:
    planted = csrf(browser.get("/desk/sign-in").text)
    sign_in_as(browser, means)
    assert browser.post("/desk/sign-out", data={"csrf_token": planted}).status_code == 400


def test_a_visit_is_written_down_once_a_minute_and_not_at_each_page(
    browser: FlaskClient, means: Means, clock: FakeClock
) -> None:
    sign_in_as(browser, means)
    began = clock()
    clock.advance(seconds=59)
    browser.get("/desk/")
    assert seen_at(means) == began
    clock.advance(seconds=1)
    browser.get("/desk/")
    assert seen_at(means) == clock()


def seen_at(means: Means) -> object:
    with means.database.reading() as session:
        return session.scalar(select(SignIn.seen_at))


def test_the_desk_speaks_the_language_that_somebody_chose_and_remembers_it_for_the_sign_in_page(
    browser: FlaskClient, means: Means, clock: FakeClock
) -> None:
    sign_in_as(browser, means)
    assert 'lang="en"' in browser.get("/desk/account").text
    answer = send(browser, "/desk/account", language="fr")
    [choice] = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("language=fr")]
    assert {"HttpOnly", "Path=/desk", "SameSite=Strict"} <= set(choice.split("; "))
    page = browser.get("/desk/account").text
    assert '<html lang="fr"' in page
    assert account_in(means, NOOR.email).language == "fr"
    send(browser, "/desk/sign-out", page="/desk/account")
    assert '<html lang="fr"' in browser.get("/desk/sign-in").text


def test_signing_in_brings_the_language_of_the_account_to_a_new_browser(browser: FlaskClient, means: Means) -> None:
    with means.database.transaction() as session:
        session.execute(update(Account).values(language="es"))
    sign_in_as(browser, means)
    assert '<html lang="es"' in browser.get("/desk/account").text


def test_a_forged_language_is_refused_with_a_message_and_changes_nothing(browser: FlaskClient, means: Means) -> None:
    sign_in_as(browser, means)
    answer = send(browser, "/desk/account", language="xx")
    assert "There is a problem" in answer.text
    assert account_in(means, NOOR.email).language == "en"


def test_ending_all_other_sign_ins_keeps_this_one(
    desk: Flask, browser: FlaskClient, means: Means, clock: FakeClock
) -> None:
    lost = desk.test_client()
    sign_in_as(lost, means)
    clock.advance(seconds=30)
    sign_in_as(browser, means)
    answer = send(browser, "/desk/account/end-others", page="/desk/account")
    assert "have ended" in browser.get(answer.location).text
    assert lost.get("/desk/").status_code == 302
    assert browser.get("/desk/").status_code == 200


def test_the_account_page_is_for_those_who_are_signed_in_and_shows_name_and_role(
    browser: FlaskClient, means: Means
) -> None:
    assert browser.get("/desk/account").status_code == 302
    sign_in_as(browser, means, AMARA)
    page = browser.get("/desk/account").text
    assert "Amara Demo" in page
    assert "Mandate holder" in page


def test_whoever_is_signed_in_already_is_not_asked_again(browser: FlaskClient, means: Means) -> None:
    sign_in_as(browser, means)
    assert browser.get("/desk/sign-in?next=/desk/account").location == "/desk/account"


def test_pages_of_the_desk_are_never_stored(browser: FlaskClient) -> None:
    assert browser.get("/desk/sign-in").headers["Cache-Control"] == "no-store"


def test_the_identity_key_is_needed_to_sign_anybody_in(means: Means, enrolment: Enrolment) -> None:
    without = replace(means, keys=Keyring(public=means.keys.public))
    with pytest.raises(Exception, match="does not hold the identity key"):
        try_to_enter(without, CountedPasswords())
