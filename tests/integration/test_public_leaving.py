"""How visits end: by their source, quickly, by themselves; and what a page that stayed open is still worth."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.fakes import FakeClock
from tests.public_answers import answers_to_all
from tests.public_visits import (
    PAGES,
    Browser,
    code_of,
    come_back,
    draft_of,
    leads_to_the_code,
    public_face,
    said,
    shows_what_was_told,
    walk,
)

PLANTED = "The planted lantern on the ninth pier"
TOLD = answers_to_all(what_happened=PLANTED)
TOO_OLD = "Your visit had ended before the page was sent, so it was not accepted."


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


def test_after_the_end_the_old_cookie_shows_and_changes_nothing(face: Flask, browser: Browser) -> None:
    code, old, form = code_of(browser), browser.cookie, browser.get("/en/steps/what").form()
    elsewhere = Browser(face)
    come_back(elsewhere, code)
    assert shows_what_was_told(elsewhere, PLANTED)
    ended = browser.send(browser.get("/en/code").form("/end"))
    assert ended.headers["Clear-Site-Data"] == '"cache"'
    assert browser.follow(ended).path == "/en/ended"
    assert leads_to_the_code(browser)
    assert leads_to_the_code(elsewhere)
    assert not shows_what_was_told(elsewhere, PLANTED)
    browser.cookie = old
    assert leads_to_the_code(browser)
    browser.cookie = old
    assert not shows_what_was_told(browser, PLANTED)
    browser.cookie = old
    assert browser.send(form, {"what_happened": "Too late"}).location == "/en/return?ended=1"
    come_back(browser, code)
    assert draft_of(browser).answers["what_happened"] == PLANTED


def test_leaving_quickly_clears_the_cookie_and_loses_nothing(face: Flask, browser: Browser) -> None:
    code = code_of(browser)
    assert browser.cookie
    left = browser.look("/fr/leave")
    assert (left.status, left.headers["Clear-Site-Data"]) == (303, '"cache"')
    assert not left.location.startswith(("/", "http://localhost"))
    assert not browser.cookie
    assert leads_to_the_code(browser)
    come_back(browser, code)
    assert shows_what_was_told(browser, PLANTED)


def test_after_twenty_idle_minutes_nothing_is_shown(browser: Browser, clock: FakeClock) -> None:
    for _ in range(3):
        clock.advance(minutes=19)
        assert browser.get("/en/steps/what").path == "/en/steps/what"
    clock.advance(minutes=19)
    assert shows_what_was_told(browser, PLANTED)
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
    page = browser.press(form, {"what_happened": "Written for hours"}, go="on")
    assert (page.status, page.path) == (200, "/fr/steps/where")
    assert draft_of(browser).answers["what_happened"] == "Written for hours"


def test_a_page_that_stayed_open_for_too_long_says_what_to_do(browser: Browser, clock: FakeClock) -> None:
    code = code_of(browser)
    for language in ("en", "fr", "ar"):
        form = browser.get(f"/{language}/steps/what").form()
        clock.advance(hours=12)
        page = browser.send(form, {"what_happened": "Too late"})
        assert (page.status, page.read.language) == (400, language)
        assert said(browser.app, language, TOO_OLD) in page.words
        come_back(browser, code)
        assert draft_of(browser).answers["what_happened"] == PLANTED


def test_a_page_that_was_opened_meanwhile_ends_an_idle_visit_for_all(browser: Browser, clock: FakeClock) -> None:
    form = browser.get("/fr/steps/what").form()
    clock.advance(minutes=21)
    assert browser.get("/fr/steps/what").path == "/fr/return?ended=1"
    page = browser.send(form, {"what_happened": "Too late"})
    assert (page.status, said(browser.app, "fr", TOO_OLD) in page.words) == (400, True)
