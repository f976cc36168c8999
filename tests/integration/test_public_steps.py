"""Steps in any order, stopping and going on, and what can still be done after sending."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from submissions.questionnaire import BY_NAME, STEPS
from tests.fakes import FakeClock
from tests.public_answers import answers_to_all, answers_where, typed_in
from tests.public_visits import (
    Browser,
    answer,
    begin,
    come_back,
    draft_of,
    public_face,
    said,
    send,
    walk,
)

PLANTED = "The planted lantern on the ninth pier"
TOLD = answers_to_all(what_happened=PLANTED)


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


def test_a_step_that_is_not_asked_leads_to_what_is_open(face: Flask) -> None:
    answers = answers_where(BY_NAME["law"].only_if)
    browser = Browser(face)
    form = walk(browser, answers, until="law").form()
    browser.send(browser.get("/en/steps/kind").form(), {"kind": "people"})
    assert browser.get("/en/steps/law").path == "/en/steps/risk"
    assert browser.press(form, typed_in(BY_NAME["law"], answers)).path == "/en/steps/risk"
    assert "law_title" not in draft_of(browser).answers


def test_steps_in_any_order_end_with_what_is_missing(face: Flask) -> None:
    browser = Browser(face)
    begin(browser, "fr")
    for step in reversed(STEPS):
        if step.only_if(TOLD) and step.name != "relation":
            answer(browser, browser.get(f"/fr/steps/{step.name}"), step, TOLD)
    check = browser.get("/fr/steps/check")
    answers = draft_of(browser).answers
    lacking = [question for question in BY_NAME["relation"].questions if question.is_missing_in(answers)]
    assert lacking
    assert all(said(face, "fr", question.if_missing) in check.words for question in lacking)
    assert "/fr/steps/relation?back=check#relation" in check.read.links
    assert "/fr/send" not in check.read.links
    assert browser.get("/fr/send").path == "/fr/steps/check"
    sent = browser.post("/fr/send", data={"csrf_token": browser.token(), "first": "", "second": ""})
    assert sent.location == "/fr/steps/check"
    for name in ("consent", "told"):
        # Of the States, which were chosen last, these had not asked yet.
        answer(browser, browser.get(f"/fr/steps/{name}"), BY_NAME[name], TOLD)
    browser.press(browser.get("/fr/steps/relation?back=check").form(), typed_in(BY_NAME["relation"], TOLD), go="on")
    assert browser.seen[-2].location == "/fr/steps/check#relation"
    assert "/fr/send" in browser.seen[-1].read.links


def test_stopping_keeps_half_a_page_and_shows_the_code(face: Flask) -> None:
    browser = Browser(face)
    begin(browser)
    page = browser.press(browser.get("/en/steps/what").form(), {"what_happened": PLANTED}, go="stop")
    assert page.path == "/en/code"
    code = "".join(page.read.code)
    again = Browser(face)
    assert come_back(again, code).path == "/en/steps/kind"
    assert again.get("/en/steps/what").form().fields["what_happened"] == [PLANTED]


def test_after_sending_every_step_leads_to_how_far_it_is(face: Flask, browser: Browser) -> None:
    forms = [browser.get(f"/fr/steps/{step.name}").form() for step in STEPS if step.only_if(TOLD)]
    send(browser)
    told = browser.get("/fr/status").words
    assert PLANTED in told
    for page in ("steps/what", "steps/law", "steps/files", "steps/check", "code", "send"):
        assert browser.get(f"/fr/{page}").path.split("?")[0] == "/fr/status", page
    for form in forms:
        typed = dict.fromkeys(form.written & {"what_happened", "may_happen", "your_name"}, "Too late")
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
