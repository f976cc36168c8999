"""The desk's door as a browser and a command line meet it."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from accounts import commands, views
from accounts.access import (
    find_account,
)
from accounts.demo import DEMO_SIGN_INS, DemoSignIn, add_demo_accounts, demo_code
from accounts.models import Account, SignIn
from accounts.permissions import Permission
from accounts.session import actor, requires
from accounts.visits import sign_out_everywhere
from foundation.i18n import speak
from foundation.languages import DESK_LANGUAGES
from foundation.means import Means
from foundation.web import SealedSessions, protect
from tests.fakes import FakeClock

TEMPLATES = Path(__file__).parents[2] / "templates"
IDLE = timedelta(minutes=60)
PASSWORD = "a long enough password"
NOOR, _TOMAS, AMARA, _INES, BELA = DEMO_SIGN_INS


def with_demo_accounts(means: Means) -> Means:
    with means.database.transaction() as session:
        add_demo_accounts(session, means.keys, means.clock(), demo=True)
    return replace(means, demo=True)


def account_of_demo(means: Means, fictional: DemoSignIn) -> Account:
    with means.database.reading() as session:
        account = find_account(session, fictional.email)
    assert account is not None
    return account


def make_face(means: Means, cookie: str, secret: bytes) -> Flask:
    app = Flask("desk_under_test", template_folder=str(TEMPLATES), static_folder=None)
    library = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_loader = ChoiceLoader([FileSystemLoader(TEMPLATES), library])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_url_rule("/static/<path:filename>", "static", str)
    app.secret_key = secret
    protect(app, means, cookie, "/", secure=False)
    app.session_interface = SealedSessions(secret, IDLE, IDLE, lambda: means.clock().timestamp())
    app.config["IDLE_TIME"] = IDLE
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
    noor = account_of_demo(means, NOOR)
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
    assert re.search(r'id="code"[^>]*value=""', page)


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
        assert sign_out_everywhere(session, account_of_demo(means, fictional).id, means.clock()) == 1


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
    assert account_of_demo(means, NOOR).language == "fr"
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
    assert account_of_demo(means, NOOR).language == "en"


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
