"""Before the first field: what is read, what must be said to have been read, a check that never refuses, quick exit."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from foundation.db import Database
from submissions.models import Source
from tests.fakes import FakeClock
from tests.public_answers import answers_to_all
from tests.public_visits import (
    LANGUAGES,
    Browser,
    begin,
    code_of,
    come_back,
    draft_of,
    leads_to_the_code,
    means_of,
    public_face,
    said,
    shows_what_was_told,
    walk,
)
from tests.reading_pages import Page

PLANTED = "The planted kite above the old mill"
NEW_PAGES = ("guide", "guide/answer", "what-happens", "safer-use")
MOST_BYTES = 100_000
ADDRESSED = re.compile(r'(?:src|href|action)="([^"]+)"')


@pytest.fixture
def face(instance: Path, database_url: str, clock: FakeClock) -> Iterator[Flask]:
    with public_face(instance, database_url, clock) as made:
        yield made


@pytest.fixture
def plain_face(instance: Path, sqlite_url: str, clock: FakeClock) -> Iterator[Flask]:
    """A face for pages that ask no database."""
    with public_face(instance, sqlite_url, clock) as made:
        yield made


def sources(face: Flask) -> int:
    with means_of(face).database.reading() as session:
        return session.scalar(select(func.count()).select_from(Source)) or 0


@pytest.mark.parametrize("language", ["en", "ar"])
def test_nobody_begins_before_saying_that_they_read_what_can_happen(face: Flask, language: str) -> None:
    browser = Browser(face)
    form = browser.get(f"/{language}/").form("/begin")
    assert "read" not in form.filled({}), "the box is not ticked beforehand"
    refused = browser.send(form)
    assert (refused.status, sources(face)) == (422, 0)
    told = said(face, language, "Read “What can happen” on this page. Then tick the box.")
    assert (refused.summary, refused.message("read")) == ([told], told)
    assert f"/{language}/" in {urlsplit(link).path for link in refused.read.links}, "the other languages are offered"
    assert all(browser.look(link).status == 200 for link in language_links(refused))
    page = browser.press(refused.form("/begin"), {"read": "y"})
    assert (page.path, sources(face)) == (f"/{language}/steps/kind", 1)


def language_links(page: Page) -> list[str]:
    return [link for link in page.read.links if re.fullmatch(r"/[a-z]{2}/", link)]


def test_the_pages_before_the_form_keep_nothing_and_set_no_cookie(plain_face: Flask) -> None:
    browser = Browser(plain_face)
    for language in LANGUAGES:
        for page in NEW_PAGES:
            shown = browser.look(f"/{language}/{page}?d=1&m=1")
            assert (shown.status, shown.cookies, browser.cookie) == (200, [], "")
            assert f"/{language}/leave" in shown.read.links, "the way out stands on each"
    assert sources(plain_face) == 0
    assert browser.look("/en/").cookies, "the same search finds the cookie of the page with the form"


@pytest.mark.parametrize(
    "chosen", ["", "d=1", "w=4", "w=5", "d=2&w=1&m=1&m=9&r=3", "m=15&r=4", "d=x&w=99&m=0&m=x&r=<b>", "w=1&w=4"]
)
def test_whatever_is_chosen_leads_on_to_the_form(plain_face: Flask, chosen: str) -> None:
    page = Browser(plain_face).look(f"/en/guide/answer?{chosen}")
    assert page.status == 200
    assert "/en/#risk" in page.read.links
    assert said(plain_face, "en", "Go on to the form") in page.words


def test_what_is_chosen_decides_what_is_named(plain_face: Flask) -> None:
    browser = Browser(plain_face)
    danger = said(plain_face, "en", "If somebody is in danger right now")
    names = {
        "m=1": "Working Group on Arbitrary Detention",
        "m=2": "Working Group on Enforced or Involuntary Disappearances",
        "m=15": "Complaint procedure of the Human Rights Council",
        "r=1": "African Commission on Human and Peoples’ Rights",
        "r=2": "Inter-American Commission on Human Rights",
        "r=3": "European Court of Human Rights",
        "m=9": "Committee on Freedom of Association",
        "m=8": "High Commissioner for Refugees",
        "w=1": "human rights defenders",
        "d=1": danger,
    }
    pages = {chosen: browser.look(f"/en/guide/answer?{chosen}").words for chosen in names}
    for chosen, name in names.items():
        assert [other for other, words in pages.items() if name in words] == [chosen]
    assert all("individual complaints" in words for words in pages.values())
    assert all("Nobody has yet compared it" in words for words in pages.values())


def test_the_choices_go_along_into_another_language_and_back_to_the_questions(plain_face: Flask) -> None:
    browser = Browser(plain_face)
    answer = browser.look("/en/guide/answer?d=1&m=1&m=8&r=3&planted=x")
    links = [link for link in answer.read.links if "/guide" in link]
    assert {urlsplit(link).path for link in links} >= {"/fr/guide/answer", "/ar/guide/answer", "/en/guide"}
    assert {urlsplit(link).query for link in links} == {"d=1&m=1&m=8&r=3"}
    form = browser.look("/en/guide?d=1&m=1&m=8&r=3").form("/guide/answer")
    assert form.filled({}) == {"d": ["1"], "m": ["1", "8"], "r": ["3"]}


def test_the_page_says_for_how_long_a_draft_is_kept_here(plain_face: Flask) -> None:
    own = means_of(plain_face)
    for days, told in ((30, "30 days after you began"), (1, "1 day after you began")):
        plain_face.extensions["means"] = replace(own, draft_life=own.draft_life / own.draft_life.days * days)
        assert told in Browser(plain_face).look("/en/what-happens").words


def test_the_first_page_with_all_it_needs_is_light_and_asks_nobody_else(plain_face: Flask) -> None:
    browser = plain_face.test_client()
    for language in LANGUAGES:
        page = browser.get(f"/{language}/", headers={"Accept-Encoding": "gzip, br"})
        files = re.findall(r'<link rel="(?:icon|stylesheet)" href="([^"]+)"', page.text)
        assert len(files) == 2
        addresses = ADDRESSED.findall(page.text)
        assert not [address for address in addresses if not address.startswith(("/", "#"))], "all is asked of this site"
        parts = [page, *(browser.get(file, headers={"Accept-Encoding": "gzip, br"}) for file in files)]
        assert {part.status_code for part in parts} == {200}
        assert sum(len(part.data) + len(str(part.headers)) for part in parts) < MOST_BYTES // 2
        assert sum(map(weight_on_disk, files)) > MOST_BYTES // 2, "without compression the style sheet alone is heavier"
        for part in parts:
            part.close()


def weight_on_disk(file: str) -> int:
    return (Path(__file__).parent.parent.parent / file.lstrip("/")).stat().st_size


def test_a_style_sheet_is_the_same_for_whoever_takes_no_gzip_and_pages_are_never_pressed(plain_face: Flask) -> None:
    client = plain_face.test_client()
    packed = client.get("/static/app.css", headers={"Accept-Encoding": "gzip"})
    whole = client.get("/static/app.css")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in whole.headers
    assert len(packed.data) < len(whole.data) / 4
    assert all("Accept-Encoding" in answer.headers["Vary"] for answer in (packed, whole))
    again = client.get("/static/app.css", headers={"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Encoding" not in client.get("/en/", headers={"Accept-Encoding": "gzip"}).headers
    for answer in (packed, whole, again):
        answer.close()


def test_leaving_quickly_ends_the_visit_everywhere(face: Flask) -> None:
    here, elsewhere = Browser(face), Browser(face)
    walk(here, answers_to_all(what_happened=PLANTED))
    code, kept = code_of(here), here.cookie
    come_back(elsewhere, code)
    assert shows_what_was_told(elsewhere, PLANTED)
    left = here.look("/en/leave")
    assert (left.status, left.path, here.cookie) == (303, "/en/leave", "")
    assert leads_to_the_code(elsewhere)
    here.cookie = kept
    assert leads_to_the_code(here), "what was in the cookie is worth nothing any more"
    come_back(here, code)
    assert draft_of(here).answers["what_happened"] == PLANTED, "what was saved is there"


def test_an_old_cookie_that_leaves_ends_no_later_visit(face: Flask) -> None:
    first = Browser(face)
    begin(first)
    code, old = code_of(first), first.cookie
    first.look("/en/leave")
    come_back(first, code)
    stale = Browser(face)
    stale.cookie = old
    assert stale.look("/en/leave").status == 303
    assert first.look("/en/steps/what").status == 200


def test_whoever_leaves_leaves_also_while_the_database_is_away(face: Flask, tmp_path: Path) -> None:
    browser = Browser(face)
    begin(browser)
    own = means_of(face)
    away = Database(f"sqlite:///{tmp_path}/there/is/none.sqlite")
    face.extensions["means"] = replace(own, database=away)
    left = browser.look("/ar/leave")
    assert (left.status, browser.cookie) == (303, "")
    assert not left.location.startswith("/")
    assert browser.look("/ar/steps/what").location == "/ar/return?ended=1"
    away.engine.dispose()
    face.extensions["means"] = own


def test_what_a_browser_fetches_beforehand_ends_nothing(face: Flask) -> None:
    browser = Browser(face)
    begin(browser)
    fetched = browser.client.get("/en/leave", headers={"Sec-Purpose": "prefetch;prerender"})
    assert (fetched.status_code, fetched.headers.getlist("Set-Cookie")[:1]) != (303, [])
    fetched.close()
    assert browser.look("/en/steps/what").status == 200


def test_somebody_who_was_never_here_may_leave(plain_face: Flask) -> None:
    left = Browser(plain_face).look("/en/leave")
    assert (left.status, left.cookies) == (303, [])
