"""Floods and machines at the public face: a person waits a little, keeps what was typed, and is let in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from submissions.models import Draft
from tests import public_visits
from tests.fakes import FakeClock
from tests.public_answers import answers_to_all
from tests.public_visits import Browser, public_face
from tests.reading_pages import Page

TIGHT = {
    "BEGINS_A_MINUTE": "3",
    "SENDINGS_A_MINUTE": "1",
    "MESSAGES_A_MINUTE": "4",
    "UPLOAD_MEGABYTES_A_MINUTE": "4",
    "FORM_SECONDS_LEAST": "1",
}
READ = {"read": "y"}


class Waits:
    """Stands in for the pause of the face, and writes down how long it was asked to be."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.has_place = True

    def wait(self, seconds: float) -> bool:
        self.slept.append(seconds)
        return self.has_place


@pytest.fixture
def app(instance: Path, database_url: str, clock: FakeClock) -> Iterator[Flask]:
    with public_face(instance, database_url, clock, **TIGHT) as app:
        app.extensions["form_pace"] = Waits()
        yield app


@pytest.fixture
def waits(app: Flask) -> Waits:
    made: Waits = app.extensions["form_pace"]
    return made


def begun(app: Flask, clock: FakeClock) -> Page:
    """Somebody who reads the first page for a while and begins."""
    browser = Browser(app)
    form = browser.get("/en/").form("/begin")
    clock.advance(seconds=2)
    return browser.send(form, READ)


def drafts_in(app: Flask) -> int:
    with public_visits.means_of(app).database.reading() as session:
        return session.scalar(select(func.count()).select_from(Draft)) or 0


def test_a_flood_writes_no_more_drafts_than_a_minute_takes(app: Flask, clock: FakeClock) -> None:
    answers = [begun(app, clock).status for _ in range(12)]
    assert answers == [303] * 3 + [429] * 9
    assert drafts_in(app) == 3


def test_who_waits_is_told_how_long_and_sends_the_same_form_again(app: Flask, clock: FakeClock) -> None:
    for _ in range(3):
        begun(app, clock)
    browser = Browser(app)
    form = browser.get("/en/").form("/begin")
    clock.advance(seconds=2)
    page = browser.send(form, READ)
    seconds = int(page.headers["Retry-After"])
    assert page.status == 429
    assert f"try again in {seconds} seconds" in page.html
    clock.advance(seconds=seconds)
    for _ in range(5):
        begun(app, clock)
    assert begun(app, clock).status == 429, "newcomers have taken all the room"
    assert browser.send(page.form("/begin")).location.endswith("/steps/kind")


def test_a_wait_page_speaks_the_language_of_its_reader(app: Flask, clock: FakeClock) -> None:
    for _ in range(3):
        begun(app, clock)
    browser = Browser(app)
    page = browser.send(browser.get("/ar/").form("/begin"), READ)
    assert page.status == 429
    assert 'lang="ar" dir="rtl"' in page.html


def test_who_presses_at_once_waits_a_moment_and_is_let_in(app: Flask, waits: Waits) -> None:
    browser = Browser(app)
    assert browser.send(browser.get("/en/").form("/begin"), READ).status == 303
    assert waits.slept == [1.0]


def test_who_reads_first_does_not_wait(app: Flask, clock: FakeClock, waits: Waits) -> None:
    assert begun(app, clock).status == 303
    assert waits.slept == []


@pytest.mark.parametrize("token", [None, "", "forged.1.0"])
def test_a_form_without_a_token_of_ours_is_slowed_and_not_refused(
    app: Flask, clock: FakeClock, waits: Waits, token: str | None
) -> None:
    browser = Browser(app)
    form = browser.get("/en/").form("/begin")
    clock.advance(seconds=60)
    assert browser.send(form, {"form_token": token, **READ}).status == 303
    assert waits.slept == [1.0]


def test_where_too_many_wait_already_the_form_comes_back_and_can_be_sent_again(
    app: Flask, clock: FakeClock, waits: Waits
) -> None:
    waits.has_place = False
    browser = Browser(app)
    page = browser.send(browser.get("/en/").form("/begin"), READ)
    assert (page.status, page.headers["Retry-After"]) == (429, "1")
    assert drafts_in(app) == 0
    clock.advance(seconds=1)
    assert browser.send(page.form("/begin")).status == 303


def test_the_field_that_nobody_sees_is_hidden_from_screens_readers_and_the_keyboard(app: Flask) -> None:
    html = Browser(app).get("/en/").html
    before, _, after = html.partition('name="homepage"')
    assert 'class="govuk-visually-hidden" aria-hidden="true"' in before[-300:]
    assert 'tabindex="-1" autocomplete="off"' in after[:60]
    assert "style=" not in html


def test_what_was_written_into_the_hidden_field_is_asked_about_and_shown(app: Flask, clock: FakeClock) -> None:
    browser = Browser(app)
    form = browser.get("/en/").form("/begin")
    clock.advance(seconds=2)
    page = browser.send(form, {"homepage": "My brother <b>was</b> taken", **READ})
    assert page.status == 422
    assert "My brother &lt;b&gt;was&lt;/b&gt; taken" in page.html
    assert drafts_in(app) == 0
    assert browser.send(page.form("/begin")).location.endswith("/steps/kind")


def test_a_last_page_that_must_wait_keeps_what_was_typed_and_then_sends(app: Flask, clock: FakeClock) -> None:
    first, second = Browser(app), Browser(app)
    for browser in (first, second):
        public_visits.walk(browser, answers_to_all())
    clock.advance(seconds=61)
    pages = {browser: browser.get("/en/send") for browser in (first, second)}
    typed = {browser: public_visits.type_back(page) for browser, page in pages.items()}
    clock.advance(seconds=2)
    assert first.send(pages[first].form("/send"), typed[first]).location.endswith("/status?received=1")
    told = second.send(pages[second].form("/send"), typed[second])
    assert told.status == 429
    clock.advance(seconds=int(told.headers["Retry-After"]))
    assert second.send(told.form("/send")).location.endswith("/status?received=1")


def test_one_who_writes_messages_without_end_slows_nobody_else(app: Flask, clock: FakeClock) -> None:
    loud, calm = Browser(app), Browser(app)
    for browser in (loud, calm):
        public_visits.walk(browser, answers_to_all())
        clock.advance(seconds=61)
        public_visits.send(browser)
    clock.advance(seconds=61)

    def write(browser: Browser, words: str) -> Page:
        return browser.send(browser.get("/en/status").form("/messages"), {"words": words})

    assert [write(loud, f"message {n}").status for n in range(3)] == [303, 429, 429]
    assert write(calm, "a message").status == 303
    page = write(loud, "the last one")
    assert "the last one" in page.html, "what was typed is kept in the page"
    clock.advance(seconds=60)
    assert loud.press(page.form("/messages")).status == 200
    assert "the last one" in loud.get("/en/status").html


def test_uploads_beyond_a_minutes_room_are_told_to_wait_and_nothing_saved_is_lost(app: Flask, clock: FakeClock) -> None:
    browser = Browser(app)
    public_visits.walk(browser, answers_to_all())
    form = browser.get("/en/steps/files").form("/files")
    clock.advance(seconds=61)
    assert browser.send(form, go="add", files=[("a.txt", b"one")]).status == 303
    page = browser.send(form, go="add", files=[("b.txt", b"two")])
    assert page.status == 429
    assert "The files that you sent just now were not saved" in page.html
    assert [file.name for file in public_visits.draft_of(browser).files] == ["a.txt"]
    clock.advance(seconds=int(page.headers["Retry-After"]))
    assert browser.send(form, go="add", files=[("b.txt", b"two")]).status == 303


def test_no_address_decides_who_waits(app: Flask, clock: FakeClock) -> None:
    for _ in range(3):
        begun(app, clock)
    browser = Browser(app)
    form = browser.get("/en/").form("/begin")
    clock.advance(seconds=2)
    form_fields = form.filled(READ)
    answer = browser.client.post(
        form.action,
        data=form_fields,
        environ_base={"REMOTE_ADDR": "192.0.2.9"},
        headers={"X-Forwarded-For": "192.0.2.8"},
    )
    assert answer.status_code == 429
    assert "192.0.2" not in repr(vars(app.extensions["crowd"]))
