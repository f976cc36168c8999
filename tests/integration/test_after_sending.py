"""The pages of what comes after sending, as the source and a person with a code of her own meet them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from foundation.means import Means
from submissions import intake
from submissions.models import Addition, Attachment, ConsentCode, Stage
from tests.after_sending import ODAN, VENN, Sent, facts_now, levels, sent
from tests.fakes import FakeClock
from tests.public_visits import Browser, begin, come_back, public_face
from tests.reading_pages import Page

WORDS = "She was moved to Ostrel."
PAGES = ("add/more", "add/correction", "add/files", "urgent", "choices", "choices/all", "withdraw", "status")


@pytest.fixture
def face(instance: Path, database_url: str, clock: FakeClock) -> Iterator[Flask]:
    with public_face(instance, database_url, clock) as made:
        yield made


@pytest.fixture
def one(means: Means) -> Sent:
    return sent(means)


@pytest.fixture
def source(face: Flask, one: Sent) -> Browser:
    browser = Browser(face)
    come_back(browser, one.code)
    return browser


def kinds(means: Means) -> list[str]:
    with means.database.reading() as session:
        return [str(row.kind) for row in session.scalars(select(Addition).order_by(Addition.sequence))]


def code_for_venn(source: Browser) -> str:
    page = source.get(f"/en/choices/{VENN}")
    return "".join(source.press(page.form("/code")).read.code)


def person(face: Flask, source: Browser) -> tuple[Browser, Page]:
    browser = Browser(face)
    return browser, come_back(browser, code_for_venn(source))


def test_the_status_page_leads_to_all_that_can_be_done(source: Browser) -> None:
    links = source.get("/en/status").read.links
    assert {f"/en/{page}" for page in PAGES if page not in {"choices/all", "status"}} <= set(links)


def test_more_words_are_received_and_shown_beside_what_was_told(source: Browser, means: Means) -> None:
    assert source.press(source.get("/en/add/more").form("/add/more"), {"words": ""}).status == 422
    page = source.press(source.get("/en/add/more").form("/add/more"), {"words": WORDS})
    source.press(source.get("/en/add/correction").form("/add/correction"), {"words": "On the 13th."})
    assert page.path == "/en/status?added=1"
    assert WORDS in page.words
    assert kinds(means) == ["facts", "correction"]


def test_a_reprisal_is_told_in_two_clicks_without_a_word(source: Browser, means: Means) -> None:
    status = source.get("/en/status")
    [link] = [href for href in status.read.links if href.endswith("/urgent")]
    page = source.press(source.get(link).form("/urgent"))
    assert page.path == "/en/status?added=1"
    assert kinds(means) == ["reprisal"]


def test_files_are_added_all_or_none(source: Browser, means: Means) -> None:
    form = source.get("/en/add/files").form("/add/files")
    refused = source.send(form, files=[("a.txt", b"text"), ("b.exe", b"MZ\x00\x01")])
    assert refused.status == 422
    assert "b.exe" in refused.summary[0]
    assert kinds(means) == []
    page = source.press(form, files=[("a.txt", b"text"), ("c.txt", b"more text")])
    assert "a.txt" in page.words
    with means.database.reading() as session:
        assert len(session.scalars(select(Attachment)).all()) == 2


def test_a_message_carries_a_file_and_the_answer_brings_one_back(source: Browser, one: Sent, means: Means) -> None:
    form = source.get("/en/status").form("/messages")
    page = source.press(form, {"words": "See this."}, files=[("mine.txt", b"my own file")])
    source.press(form, {"words": "See this."}, files=[("mine.txt", b"my own file")])
    [link] = [href for href in source.get("/en/status").read.links if "/messages/files/" in href]
    assert "mine.txt" in page.words
    answer = source.client.get(link)
    assert (answer.data, answer.headers["Content-Disposition"]) == (b"my own file", "attachment; filename=mine.txt")
    assert answer.headers["Content-Type"].startswith("application/octet-stream")
    stranger = Browser(source.app)
    assert stranger.look(link).location == "/en/return?ended=1"


def test_a_source_chooses_for_everybody_and_for_one(source: Browser, one: Sent, means: Means) -> None:
    page = source.get(f"/en/choices/{ODAN}")
    assert "Odan" not in page.read.title
    fields = page.form(f"/choices/{ODAN}")
    source.press(fields, {"naming_2": "none"})
    assert levels(means, one) == {VENN: "name", ODAN: "none"}
    assert source.get(f"/en/choices/{ODAN}").form(f"/choices/{ODAN}").fields["naming_2"] == ["none"]
    source.press(source.get("/en/choices/all").form("/choices/all"), {"naming_2": "initials", "not_to": "other:firm"})
    assert levels(means, one) == {VENN: "initials", ODAN: "none"}
    assert facts_now(means, one)["not_to"] == ["other:firm"]
    refused = source.send(fields, {"naming_2": "everything"})
    assert refused.status == 422


def test_a_page_without_a_change_changes_nothing(source: Browser, one: Sent, means: Means) -> None:
    before = {name: levels(means, one, name) for name in ("mandate", "mandates", "state:XXB", "public")}
    source.press(source.get("/en/choices/all").form("/choices/all"))
    source.press(source.get(f"/en/choices/{VENN}").form(f"/choices/{VENN}"))
    assert {name: levels(means, one, name) for name in before} == before


def test_a_person_comes_back_with_her_code_and_sees_and_decides_only_about_herself(
    face: Flask, source: Browser, one: Sent, means: Means
) -> None:
    browser, page = person(face, source)
    assert page.path == "/en/about-me"
    assert "Idalia Venn" in page.words
    assert not any(word in page.html for word in ("Odan", "kitchen", "Lantern", one.submission.reference))
    saved = browser.press(page.form("/about-me"), {"naming_2": "none"})
    assert saved.path == "/en/about-me?saved=1"
    assert levels(means, one) == {VENN: "none", ODAN: "name"}
    for other in PAGES:
        assert browser.look(f"/en/{other}").location == "/en/return?ended=1"
    for other in (f"choices/{VENN}", f"choices/{ODAN}", "code"):
        assert browser.look(f"/en/{other}").location == "/en/return?ended=1"


def test_the_source_sees_that_she_decided_and_not_what(face: Flask, source: Browser) -> None:
    browser, page = person(face, source)
    browser.press(page.form("/about-me"), {"naming_2": "none"})
    choice = source.get(f"/en/choices/{VENN}")
    assert choice.form(f"/choices/{VENN}").fields["naming_2"] == ["name"]
    assert "You are not shown what." in choice.words
    assert not [form for form in choice.read.forms if form.action.endswith("/code")]
    assert "One person decided" in source.get("/en/status").words


def test_a_code_is_shown_once_and_lies_in_no_page_cookie_or_address(face: Flask, source: Browser) -> None:
    code = code_for_venn(source)
    shown = [page for page in source.seen if code[:4] in page.html]
    assert len(code) == 24
    assert [page.path for page in shown] == [f"/en/choices/{VENN}/code"]
    assert "Venn" not in shown[0].read.title
    assert code[:4] not in source.cookie


def test_a_wrong_code_of_either_kind_is_the_same_to_whoever_types_it(
    face: Flask, source: Browser, means: Means
) -> None:
    first = code_for_venn(source)
    code_for_venn(source)
    page = come_back(Browser(face), first)
    assert page.status == 422
    with means.database.reading() as session:
        assert [row.used_on for row in session.scalars(select(ConsentCode))] == [None]


def test_a_source_who_comes_in_after_a_person_is_no_longer_the_person(face: Flask, source: Browser, one: Sent) -> None:
    browser, _page = person(face, source)
    come_back(browser, one.code)
    assert browser.get("/en/status").status == 200
    assert browser.look("/en/about-me").location == "/en/return?ended=1"


def test_a_person_who_comes_in_after_the_source_is_no_longer_the_source(source: Browser) -> None:
    assert come_back(source, code_for_venn(source)).path == "/en/about-me"
    assert source.look("/en/status").location == "/en/return?ended=1"


def test_it_is_said_when_a_letter_has_left_already(source: Browser, one: Sent, means: Means, clock: FakeClock) -> None:
    told = "A letter has already been sent."
    assert told not in source.get("/en/choices").words
    with means.database.transaction() as session:
        intake.tell_stage(session, one.submission.id, Stage.LETTER_SENT, clock().date())
        intake.tell_stage(session, one.submission.id, Stage.CLOSED, clock().date())
    assert told in source.get("/en/choices").words
    assert told in source.get("/en/choices/all").words
    assert "A letter about this has already been sent." in source.get("/en/withdraw").words


def test_stricter_choices_of_the_source_reach_the_person(face: Flask, source: Browser) -> None:
    browser, page = person(face, source)
    source.press(source.get(f"/en/choices/{VENN}").form(f"/choices/{VENN}"), {"naming_2": "none"})
    assert browser.get("/en/about-me").form("/about-me").fields["naming_2"] == ["none"]
    assert page.form("/about-me").fields["naming_2"] == ["name"]


def test_a_draft_has_nothing_to_be_added_to(face: Flask) -> None:
    browser = Browser(face)
    begin(browser)
    for page in ("add/more", "add/files", "urgent", "choices", "choices/all"):
        assert browser.look(f"/en/{page}").location == "/en/status"
