"""Visits to the public face: how they begin, whom they show what, and what each page promises."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from submissions.models import Source
from tests.fakes import FakeClock
from tests.public_answers import answers_to_all
from tests.public_visits import (
    PAGES,
    Browser,
    begin,
    code_of,
    come_back,
    draft_of,
    hold_to_promises,
    leads_to_the_code,
    means_of,
    public_face,
    said,
    send,
    shows_what_was_told,
    walk,
)
from tests.reading_pages import Page

PLANTED = "The planted lantern on the ninth pier"
TOLD = answers_to_all(what_happened=PLANTED)
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
    known = {"lang": "fr", "step": "people", "record": "source", "about": "who", "what": "more", "who": "all"}
    known |= {"file_id": "0" * 32}
    rules = [rule for rule in face.url_map.iter_rules() if method in (rule.methods or ())]
    pages = [rule for rule in rules if rule.endpoint.startswith(("submissions.", "mandate."))]
    build = face.url_map.bind("localhost").build
    return [build(rule.endpoint, {name: known[name] for name in rule.arguments}, method) for rule in pages]


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
        shown = {address: visitor.get(address).status for address in pages}
        not_there = {address for address, status in shown.items() if status == 404}
        assert set(shown.values()) <= {200, 404}
        assert all("/source" in address or "/messages/files/" in address for address in not_there)


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
    assert shows_what_was_told(browser, PLANTED)
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
    assert shows_what_was_told(stranger, PLANTED)


def test_beginning_twice_is_beginning_once(face: Flask) -> None:
    browser = Browser(face)
    form = browser.get("/en/").form("/begin")
    browser.press(form, {"read": "y"})
    browser.press(browser.get("/en/steps/what").form(), {"what_happened": PLANTED})
    again = browser.press(form, {"read": "y"})
    assert again.path == "/en/"
    told = said(face, "en", "Somebody has begun a complaint in this browser, and that visit is still open.")
    assert told in again.words
    assert draft_of(browser).answers["what_happened"] == PLANTED
    with means_of(face).database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Source)) == 1


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_form_without_its_token_is_refused_in_words(face: Flask, browser: Browser, language: str) -> None:
    other, kept = Browser(face), draft_of(browser)
    foreign = begin(other).form().filled({})["csrf_token"][0]
    form = browser.get(f"/{language}/steps/what").form()
    own = form.filled({})["csrf_token"][0]
    for token in (None, "", foreign, "forged", own[:-1], f"{own}.", "\0", "é" * 10_000):
        page = browser.send(form, {"what_happened": "Forged", "csrf_token": token})
        assert (page.status, page.read.language) == (400, language), token
        assert said(face, language, TOO_OLD) in page.words
        assert draft_of(browser) == kept
    assert browser.send(form, {"what_happened": "Own"}).status == 303
    assert draft_of(browser).answers["what_happened"] == "Own"


def test_nothing_is_taken_anywhere_without_a_token(face: Flask, browser: Browser) -> None:
    receiving = addresses(face, "POST")
    assert len(receiving) > 8
    assert {browser.post(address, data={"go": "on"}).status for address in receiving} == {400}
    assert shows_what_was_told(browser, PLANTED)
