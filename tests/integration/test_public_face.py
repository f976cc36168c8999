"""Visits to the public face: how they begin, whom they show what, how they end, and what each page promises."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from submissions.models import Source
from submissions.questionnaire import BY_NAME, STEPS
from tests.fakes import FakeClock
from tests.public_visits import (
    Browser,
    Page,
    answers_to_all,
    answers_where,
    begin,
    code_of,
    come_back,
    draft_of,
    hold_to_promises,
    means_of,
    public_face,
    said,
    send,
    typed_in,
    walk,
)

PLANTED = "The planted lantern on the ninth pier"
TOLD = answers_to_all(place=PLANTED)
PAGES = ("steps/what", "steps/people", "steps/files", "steps/check", "code", "send", "status", "withdraw")
TOO_OLD = "Your visit had ended before the page was sent, so it was not accepted."
BROKEN = [
    ("Content-Security-Policy", ["default-src *"]),
    ("Cache-Control", ["private"]),
    ("Referrer-Policy", ["unsafe-url"]),
    ("Set-Cookie", ["visit=a; HttpOnly; SameSite=Strict", "visit=b; HttpOnly; SameSite=Strict"]),
    ("Set-Cookie", ["visit=a; SameSite=Strict"]),
    ("Set-Cookie", ["visit=a; HttpOnly; SameSite=Lax"]),
    ("Set-Cookie", ["visit=a; HttpOnly; SameSite=Strict; Max-Age=3600"]),
    ("Set-Cookie", ["follow=a; HttpOnly; SameSite=Strict"]),
]


@pytest.fixture
def face(instance: Path, database_url: str, clock: FakeClock) -> Iterator[Flask]:
    with public_face(instance, database_url, clock) as made:
        yield made


@pytest.fixture
def browser(face: Flask) -> Browser:
    """Somebody who has answered everything, and sent nothing."""
    made = Browser(face)
    walk(made, TOLD)
    return made


def addresses(face: Flask, method: str) -> list[str]:
    """All addresses of the face for people, in French."""
    known = {"lang": "fr", "step": "what"}
    rules = [rule for rule in face.url_map.iter_rules() if method in (rule.methods or ())]
    pages = [rule for rule in rules if rule.endpoint.startswith(("submissions.", "mandate."))]
    build = face.url_map.bind("localhost").build
    return [build(rule.endpoint, {name: known[name] for name in rule.arguments}, method) for rule in pages]


def shows_what_was_told(browser: Browser) -> bool:
    """Whether a page of the visit shows what was planted, or a code."""
    pages = [browser.get(f"/en/{page}") for page in PAGES]
    return any(PLANTED in page.html or page.read.code for page in pages)


def leads_to_the_code(browser: Browser) -> bool:
    """Whether each page of a visit only asks for the code."""
    return {browser.look(f"/en/{page}").location for page in PAGES} == {"/en/return?ended=1"}


def holds(page: Page, code: str) -> bool:
    """Whether a code stands anywhere in an answer, in groups or as one word."""
    everything = f"{page.html}{page.headers}{page.path}"
    return code in re.sub(r"[^0-9A-Z]", "", everything) or code.lower() in everything.lower()


def test_a_page_that_breaks_a_promise_would_be_found(face: Flask) -> None:
    for name, values in BROKEN:
        page = Browser(face).look("/en/")
        page.headers.setlist(name, values)
        page.cookies = page.headers.getlist("Set-Cookie")
        with pytest.raises(AssertionError):
            hold_to_promises(page)


def test_every_page_keeps_its_promises_to_everybody(face: Flask, browser: Browser) -> None:
    waiting = Browser(face)
    walk(waiting, TOLD)
    send(waiting)
    pages = [address for address in addresses(face, "GET") if not address.endswith("/leave")]
    assert len(pages) >= 12
    for visitor in (Browser(face), browser, waiting):
        # The browser of these tests holds every answer to the promises.
        assert {visitor.get(address).status for address in pages} == {200}


def test_a_code_stands_on_the_pages_that_are_made_for_it_and_nowhere_else(face: Flask, browser: Browser) -> None:
    code = code_of(browser)
    pages = [address for address in addresses(face, "GET") if not address.endswith("/leave")]
    for address in pages:
        browser.get(address)
    begun = browser.get("/fr/send")
    browser.send(begun.form("/send"), {"first": code[:4], "second": "WRONG"})
    browser.send(begun.form("/send"), {"csrf_token": "forged"})
    send(browser, "fr")
    again = Browser(face)
    come_back(again, code, "fr")
    come_back(again, f"{code[:-1]}{'0' if code[-1] != '0' else '1'}", "fr")
    for address in pages:
        again.get(address)
    status = browser.get("/fr/status")
    browser.send(status.form("/messages"), {"words": "x" * 6_000})
    browser.press(status.form("/messages"), {"words": "A message"})
    browser.press(browser.get("/fr/withdraw").form("/withdraw"))
    seen = [*browser.seen, *again.seen]
    assert {page.path for page in seen if holds(page, code)} == {"/en/code", "/fr/code", "/fr/send"}
    assert not any(holds(page, code) for page in again.seen)


def test_two_visitors_do_not_see_each_others_drafts(face: Flask, browser: Browser) -> None:
    other = Browser(face)
    walk(other, answers_to_all())
    assert shows_what_was_told(browser)
    assert code_of(other) != code_of(browser)
    assert all(PLANTED not in other.get(f"/en/{page}").html for page in PAGES)
    send(browser)
    assert PLANTED in browser.get("/en/status").html
    send(other)
    assert all(PLANTED not in other.get(f"/en/{page}").html for page in PAGES)


def test_whoever_is_not_there_is_asked_for_the_code(face: Flask, browser: Browser) -> None:
    nobody = Browser(face)
    token = nobody.token()
    assert leads_to_the_code(nobody)
    assert not leads_to_the_code(browser)
    asking = [address for address in addresses(face, "POST") if not address.endswith(("/begin", "/end", "/return"))]
    assert len(asking) > 5
    for address in asking:
        page = nobody.post(address, data={"csrf_token": token})
        assert page.location == "/fr/return?ended=1", address


def test_a_cookie_that_is_not_ours_is_nobody(face: Flask, browser: Browser) -> None:
    own = browser.cookie
    for forged in ("x", "", own[:-4], own[:40] + own[44:], own[::-1], "gAAAAA" + "A" * 4_000, "%00", "é"):
        stranger = Browser(face)
        stranger.cookie = forged
        assert leads_to_the_code(stranger), forged
    stranger = Browser(face)
    stranger.cookie = own
    assert shows_what_was_told(stranger)


def test_beginning_twice_is_beginning_once(face: Flask) -> None:
    browser = Browser(face)
    form = browser.get("/en/").form("/begin")
    first = browser.press(form)
    browser.press(first.form(), {"place": PLANTED})
    again = browser.press(form)
    assert again.path == "/en/"
    told = said(face, "en", "Somebody has begun a complaint in this browser, and that visit is still open.")
    assert told in again.words
    assert draft_of(browser).answers["place"] == PLANTED
    with means_of(face).database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Source)) == 1


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_form_without_its_token_is_refused_in_words(face: Flask, browser: Browser, language: str) -> None:
    other, kept = Browser(face), draft_of(browser)
    foreign = begin(other).form().filled({})["csrf_token"][0]
    form = browser.get(f"/{language}/steps/what").form()
    own = form.filled({})["csrf_token"][0]
    for token in (None, "", foreign, "forged", own[:-1], f"{own}.", "\0", "é" * 10_000):
        page = browser.send(form, {"place": "Forged", "csrf_token": token})
        assert (page.status, page.read.language) == (400, language), token
        assert said(face, language, TOO_OLD) in page.words
        assert draft_of(browser) == kept
    assert browser.send(form, {"place": "Own"}).status == 303
    assert draft_of(browser).answers["place"] == "Own"


def test_nothing_is_taken_anywhere_without_a_token(face: Flask, browser: Browser) -> None:
    receiving = addresses(face, "POST")
    assert len(receiving) > 8
    assert {browser.post(address, data={"go": "on"}).status for address in receiving} == {400}
    assert shows_what_was_told(browser)


def test_after_the_end_the_old_cookie_shows_and_changes_nothing(face: Flask, browser: Browser) -> None:
    code, old, form = code_of(browser), browser.cookie, browser.get("/en/steps/what").form()
    elsewhere = Browser(face)
    come_back(elsewhere, code)
    assert shows_what_was_told(elsewhere)
    ended = browser.send(browser.get("/en/code").form("/end"))
    assert ended.headers["Clear-Site-Data"] == '"cache"'
    assert browser.follow(ended).path == "/en/ended"
    assert leads_to_the_code(browser)
    assert leads_to_the_code(elsewhere)
    assert not shows_what_was_told(elsewhere)
    browser.cookie = old
    assert leads_to_the_code(browser)
    browser.cookie = old
    assert not shows_what_was_told(browser)
    browser.cookie = old
    assert browser.send(form, {"place": "Too late"}).location == "/en/return?ended=1"
    come_back(browser, code)
    assert draft_of(browser).answers["place"] == PLANTED


def test_leaving_quickly_clears_the_cookie_and_loses_nothing(face: Flask, browser: Browser) -> None:
    code = code_of(browser)
    assert browser.cookie
    left = browser.look("/fr/leave")
    assert (left.status, left.headers["Clear-Site-Data"]) == (303, '"cache"')
    assert not left.location.startswith(("/", "http://localhost"))
    assert not browser.cookie
    assert leads_to_the_code(browser)
    come_back(browser, code)
    assert shows_what_was_told(browser)


def test_after_twenty_idle_minutes_nothing_is_shown(browser: Browser, clock: FakeClock) -> None:
    for _ in range(3):
        clock.advance(minutes=19)
        assert browser.get("/en/steps/what").path == "/en/steps/what"
    clock.advance(minutes=19)
    assert shows_what_was_told(browser)
    clock.advance(minutes=21)
    kept = browser.cookie
    for page in PAGES:
        browser.cookie = kept
        shown = browser.get(f"/en/{page}")
        assert shown.path == "/en/return?ended=1"
        assert PLANTED not in shown.html
        assert not shown.read.code


@pytest.mark.parametrize("idle", [21, 12 * 60 - 1])
def test_a_page_that_stayed_open_is_kept_when_it_is_sent(browser: Browser, clock: FakeClock, idle: int) -> None:
    form = browser.get("/fr/steps/what").form()
    clock.advance(minutes=idle)
    page = browser.press(form, {"place": "Written for hours"}, go="on")
    assert (page.status, page.path) == (200, "/fr/steps/risk")
    assert draft_of(browser).answers["place"] == "Written for hours"


def test_a_page_that_stayed_open_for_too_long_says_what_to_do(browser: Browser, clock: FakeClock) -> None:
    code = code_of(browser)
    for language in ("en", "fr", "ar"):
        form = browser.get(f"/{language}/steps/what").form()
        clock.advance(hours=12)
        page = browser.send(form, {"place": "Too late"})
        assert (page.status, page.read.language) == (400, language)
        assert said(browser.app, language, TOO_OLD) in page.words
        come_back(browser, code)
        assert draft_of(browser).answers["place"] == PLANTED


def test_a_page_that_was_opened_meanwhile_ends_an_idle_visit_for_all(browser: Browser, clock: FakeClock) -> None:
    form = browser.get("/fr/steps/what").form()
    clock.advance(minutes=21)
    assert browser.get("/fr/steps/what").path == "/fr/return?ended=1"
    page = browser.send(form, {"place": "Too late"})
    assert (page.status, said(browser.app, "fr", TOO_OLD) in page.words) == (400, True)


def test_a_step_that_is_not_asked_leads_to_what_is_open(face: Flask) -> None:
    answers = answers_where(BY_NAME["law"].only_if)
    browser = Browser(face)
    form = walk(browser, answers, until="law").form()
    browser.send(browser.get("/en/steps/what").form(), {"kind": "people"})
    assert browser.get("/en/steps/law").path == "/en/steps/risk"
    assert browser.press(form, typed_in(BY_NAME["law"], answers)).path == "/en/steps/risk"
    assert "law_title" not in draft_of(browser).answers


def test_steps_in_any_order_end_with_what_is_missing(face: Flask) -> None:
    browser = Browser(face)
    begin(browser, "fr")
    for step in reversed(STEPS):
        if step.only_if(TOLD) and step.name != "people":
            form = browser.get(f"/fr/steps/{step.name}").form()
            assert browser.send(form, typed_in(step, TOLD), go="on").status == 303
    check = browser.get("/fr/steps/check")
    answers = draft_of(browser).answers
    lacking = [question for question in BY_NAME["people"].questions if question.is_missing_in(answers)]
    assert lacking
    assert all(said(face, "fr", question.if_missing) in check.words for question in lacking)
    assert "/fr/steps/people?back=check#relation" in check.read.links
    assert "/fr/send" not in check.read.links
    assert browser.get("/fr/send").path == "/fr/steps/check"
    sent = browser.post("/fr/send", data={"csrf_token": browser.token(), "first": "", "second": ""})
    assert sent.location == "/fr/steps/check"
    browser.press(browser.get("/fr/steps/people?back=check").form(), typed_in(BY_NAME["people"], TOLD), go="on")
    assert browser.seen[-2].location == "/fr/steps/check#people"
    assert "/fr/send" in browser.seen[-1].read.links


def test_stopping_keeps_half_a_page_and_shows_the_code(face: Flask) -> None:
    browser = Browser(face)
    page = browser.press(begin(browser).form(), {"place": PLANTED}, go="stop")
    assert page.path == "/en/code"
    code = "".join(page.read.code)
    again = Browser(face)
    assert come_back(again, code).path == "/en/steps/what"
    assert again.seen[-1].form().fields["place"] == [PLANTED]


def test_after_sending_every_step_leads_to_how_far_it_is(face: Flask, browser: Browser) -> None:
    forms = [browser.get(f"/fr/steps/{step.name}").form() for step in STEPS if step.only_if(TOLD)]
    send(browser)
    told = browser.get("/fr/status").words
    assert PLANTED in told
    for page in ("steps/what", "steps/law", "steps/files", "steps/check", "code", "send"):
        assert browser.get(f"/fr/{page}").path.split("?")[0] == "/fr/status", page
    for form in forms:
        typed = dict.fromkeys(form.written & {"place", "may_happen", "consent_basis", "your_name"}, "Too late")
        assert browser.press(form, typed, go="on").path == "/fr/status"
    assert browser.get("/fr/status").words == told


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_message_that_cannot_be_taken_is_kept_in_sight(browser: Browser, language: str) -> None:
    send(browser)
    form = browser.get(f"/{language}/status").form("/messages")
    empty = browser.send(form, {"words": " \n "})
    assert (empty.status, empty.summary) == (422, [said(browser.app, language, "Write your message first")])
    for words in ("so\0far", "x" * 5_001):
        page = browser.send(form, {"words": words})
        assert (page.status, page.read.language, len(page.summary)) == (422, language, 1)
        assert page.form("/messages").fields["words"] == [words]
    assert said(browser.app, language, "There are no messages yet.") in browser.get(f"/{language}/status").words
    browser.press(form, {"words": PLANTED[::-1]})
    browser.press(form, {"words": PLANTED[::-1]})
    assert browser.get(f"/{language}/status").words.count(PLANTED[::-1]) == 1
