"""The last button: it counts once, also when its answer is lost, and fifty may press it at once."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select

from submissions.codes import GROUP
from submissions.models import Submission
from tests.fakes import FakeClock
from tests.public_answers import answers_to_all
from tests.public_visits import (
    Browser,
    code_of,
    come_back,
    draft_of,
    means_of,
    public_face,
    said,
    type_back,
    walk,
)
from tests.reading_pages import Page

TOLD = answers_to_all()
CLIENTS = 50


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


def received(face: Flask) -> list[str]:
    """The references of all that was received."""
    with means_of(face).database.reading() as session:
        return list(session.scalars(select(Submission.reference)))


def reference_on(page: Page) -> str:
    found = re.search(r"IES-\d{4}-\d{5}", page.words)
    assert found is not None, page.words
    return found.group()


def numbers_asked(page: Page) -> dict[str, int]:
    """Which groups are asked for, by the fields into which they are typed."""
    code, typed = "".join(page.read.code), type_back(page)
    return {name: code.index(group) // GROUP + 1 for name, group in typed.items()}


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_groups_that_are_not_those_of_the_code_send_nothing(face: Flask, browser: Browser, language: str) -> None:
    page = browser.get(f"/{language}/send")
    right, numbers, kept = type_back(page), numbers_asked(page), draft_of(browser)
    refused = "This is not group %(number)s of the code. Compare it with your note."
    wrong = ("", "0", "WRONG", right["second"], "".join(page.read.code), "\0", f"{right['first']}\0", "x" * 10_000)
    for typed in wrong:
        answer = browser.send(page.form("/send"), {"first": typed, "second": right["second"]})
        assert (answer.status, answer.read.language) == (422, language), typed[:20]
        assert answer.summary == [said(face, language, refused, number=numbers["first"])]
        assert answer.form("/send").fields["first"] == [typed]
        assert answer.form("/send").fields["second"] == [right["second"]]
    swapped = {"first": right["second"], "second": right["first"]}
    assert len(browser.send(page.form("/send"), swapped).summary) == 2
    assert browser.send(page.form("/send"), {"first": None, "second": None}).status == 422
    assert (received(face), draft_of(browser)) == ([], kept)
    assert browser.press(page.form("/send"), right).path == f"/{language}/status?received=1"
    assert len(received(face)) == 1


def test_groups_are_taken_in_small_letters_with_spaces(face: Flask, browser: Browser) -> None:
    page = browser.get("/en/send")
    typed = {name: f" {'-'.join(group).lower()} " for name, group in type_back(page).items()}
    assert browser.send(page.form("/send"), typed).status == 303
    assert len(received(face)) == 1


def test_pressing_again_after_a_lost_answer_gives_the_same_submission(face: Flask, browser: Browser) -> None:
    code, page = code_of(browser), browser.get("/fr/send")
    form, typed, cookie = page.form("/send"), type_back(page), browser.cookie
    assert received(face) == []
    browser.client.post(form.action, data=form.filled(typed))
    browser.cookie = cookie
    assert len(received(face)) == 1
    for _ in range(2):
        again = browser.press(form, typed)
        assert again.path == "/fr/status?received=1"
        assert received(face) == [reference_on(again)]
    returned = come_back(Browser(face), code, "fr")
    assert (returned.path, received(face)) == ("/fr/status", [reference_on(returned)])


def test_whatever_is_pressed_after_a_lost_answer_leads_to_the_submission(face: Flask, browser: Browser) -> None:
    page = browser.get("/fr/send")
    form, typed, cookie = page.form("/send"), type_back(page), browser.cookie
    browser.client.post(form.action, data=form.filled(typed))
    browser.cookie = cookie
    assert browser.press(form, {"first": "WRONG"}).path == "/fr/status?received=1"
    assert browser.get("/fr/send").path == "/fr/status"
    assert len(received(face)) == 1


def test_eight_presses_at_once_are_one_submission(face: Flask, browser: Browser) -> None:
    page = browser.get("/en/send")
    form, typed = page.form("/send"), type_back(page)
    tabs = [Browser(face) for _ in range(8)]
    for tab in tabs:
        tab.cookie = browser.cookie
    with ThreadPoolExecutor(8) as presses:
        shown = list(presses.map(lambda tab: reference_on(tab.press(form, typed)), tabs))
    assert set(shown) == set(received(face)) == {"IES-2026-00001"}


def test_fifty_clients_who_send_at_once_are_all_received_and_come_back(face: Flask) -> None:
    ready = Barrier(CLIENTS, timeout=60)

    def submit(number: int) -> tuple[str, str, str]:
        browser, place = Browser(face), f"Pier number {number} of fifty"
        walk(browser, {**TOLD, "what_happened": place})
        page = browser.get("/en/send")
        ready.wait()
        sent = browser.press(page.form("/send"), type_back(page))
        return "".join(page.read.code), reference_on(sent), place

    with ThreadPoolExecutor(CLIENTS) as clients:
        sent = list(clients.map(submit, range(CLIENTS)))
    assert {reference for _, reference, _ in sent} == {f"IES-2026-{number:05}" for number in range(1, CLIENTS + 1)}
    assert sorted(received(face)) == sorted(reference for _, reference, _ in sent)
    for code, reference, place in sent:
        page = come_back(Browser(face), code)
        assert (page.path, reference_on(page)) == ("/en/status", reference)
        assert place in page.words
