"""Requests that no page of ours makes: other bodies, other shapes, other addresses. Never a fault of ours."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from app import FORM_MOST, UPLOAD_MOST
from submissions.questionnaire import STEPS
from tests.fakes import FakeClock
from tests.public_answers import answers_to_all
from tests.public_visits import (
    LANGUAGES,
    Browser,
    begin,
    draft_of,
    public_face,
    said,
    walk,
)

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
WHAT = "/fr/steps/what"


@pytest.fixture
def face(instance: Path, database_url: str, clock: FakeClock) -> Iterator[Flask]:
    with public_face(instance, database_url, clock) as made:
        yield made


@pytest.fixture
def browser(face: Flask) -> Browser:
    """Somebody who has answered everything."""
    made = Browser(face)
    walk(made, answers_to_all(kind="law"))
    return made


def part(name: str, value: str) -> str:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


BODIES: dict[str, dict[str, Any]] = {
    "json": {"json": {"what_happened": "Nowhere", "kind": ["law"], "your_name": {"$ne": ""}}},
    "nothing": {"data": b""},
    "plain text": {"data": b"place=Nowhere", "content_type": "text/plain"},
    "xml": {"data": b"<place>Nowhere</place>", "content_type": "application/xml"},
    "no type": {"data": b"place=Nowhere"},
    "multipart without a boundary": {"data": b"--x\r\n", "content_type": "multipart/form-data"},
    "multipart that breaks off": {"data": b"--x\r\nContent-Disposition: form-data; na", "content_type": MULTIPART},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_no_form_changes_nothing(browser: Browser, body: dict[str, Any]) -> None:
    kept, token = draft_of(browser), browser.token()
    for step in (*(step.name for step in STEPS), "files"):
        page = browser.post(f"/fr/steps/{step}", headers={"X-CSRFToken": token}, **body)
        assert (page.status, page.read.language) == (400, "fr")
        assert said(browser.app, "fr", "Your browser sent something that this page does not know.") in page.words
    assert draft_of(browser) == kept


def test_a_form_may_come_in_parts_too(browser: Browser) -> None:
    typed = browser.get(WHAT).form().filled({"what_happened": "Belmar"})
    assert browser.post(WHAT, data=typed, content_type="multipart/form-data").status == 303
    assert draft_of(browser).answers["what_happened"] == "Belmar"


def test_fields_that_nobody_asked_for_are_not_kept(browser: Browser) -> None:
    kept = draft_of(browser)
    forged = {"your_name": "Planted", "reference": "IES-2026-00001", "code": "x", "victims": "[]", "kind[]": "people"}
    assert (
        browser.send(browser.get(WHAT).form(), {**forged, "what_happened": "Belmar", "csrf_token_2": "x"}).status == 303
    )
    assert draft_of(browser).answers == {**kept.answers, "what_happened": "Belmar"}
    assert draft_of(browser).code == kept.code


@pytest.mark.parametrize(
    ("raw", "status", "read"),
    [("%FF%FE", 303, "%FF%FE"), ("%ED%A0%80", 303, "%ED%A0%80"), ("%zz%", 303, "%zz%"), ("\xc3(", 400, None)],
)
def test_bytes_that_are_no_text_are_shown_as_they_came(
    browser: Browser, raw: str, status: int, read: str | None
) -> None:
    kept = draft_of(browser).answers["what_happened"]
    body = urlencode({"csrf_token": browser.token()}) + f"&asked=what_happened&what_happened={raw}&%FF=%00&=&&&;"
    assert browser.post(WHAT, data=body.encode("latin-1"), content_type=URLENCODED).status == status
    assert browser.get(WHAT).form().fields["what_happened"] == [read or kept]


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_what_is_far_too_large_is_refused_in_words(browser: Browser, language: str) -> None:
    kept, token = draft_of(browser), browser.token()
    parts = "".join(part(f"field_{number}", "") for number in range(1001)) + "--x--\r\n"
    told = said(browser.app, language, "What was sent is larger than this page takes.")
    # The last one only says that it is so large: nothing of it is read.
    for body, claimed in (
        (parts, {}),
        (part("what_happened", "x" * (FORM_MOST + 1)) + "--x--\r\n", {}),
        ("", {"CONTENT_LENGTH": str(UPLOAD_MOST + 1)}),
    ):
        sent = (part("csrf_token", token) + body).encode()
        page = browser.post(f"/{language}/steps/what", data=sent, content_type=MULTIPART, environ_overrides=claimed)
        assert (page.status, page.read.language) == (413, language)
        assert told in page.words
    assert draft_of(browser) == kept


def test_a_line_of_five_megabytes_is_too_long_like_any_other(browser: Browser) -> None:
    kept = draft_of(browser)
    page = browser.send(browser.get(WHAT).form(), {"what_happened": "x" * 5_000_000})
    assert page.status in {413, 422}
    assert draft_of(browser) == kept


ADDRESSES = {
    "/fr/steps/nothing": 404,
    "/fr/steps/%00": 404,
    "/fr/steps/..%2f..%2fetc": 404,
    "/fr/steps/" + "x" * 10_000: 404,
    "/fr/steps/what/": 404,
    "/fr/steps/%FF": 404,
    "/xx/": 404,
    "/de/steps/what": 404,
    "/FR/steps/what": 404,
    "/fr%00/steps/what": 404,
    "/fr/status/../../desk": 404,
    "/desk": 404,
    "/portal/letter/forged": 404,
    "/fr/steps/what?back=%00&back=check&more=%FF": 200,
    "/fr/steps/what?back=//evil.example/": 200,
    "/fr/steps/check?" + "a=b&" * 1_000: 200,
    "/fr/return?ended=%00": 200,
    "/fr/begin": 405,
    "/fr/messages": 405,
    "/fr/end": 405,
    "/fr/steps/files/remove": 405,
}


def test_an_address_that_leads_nowhere_says_so(face: Flask) -> None:
    browser = Browser(face)
    begin(browser)
    for address, status in ADDRESSES.items():
        page = browser.look(address)
        language = "fr" if address.startswith("/fr/") else "en"
        assert (page.status, page.read.language) == (status, language), address
        # The page may be looked at in other languages, at an address that is our own.
        assert all(link.startswith(("/", "#")) for link in page.read.links), address
    assert draft_of(browser).answers == {}


def test_a_page_that_is_not_there_is_told_in_the_language_of_its_address(face: Flask) -> None:
    for language in LANGUAGES:
        page = Browser(face).look(f"/{language}/nothing")
        assert (page.status, page.read.language) == (404, language)
        assert said(face, language, "There is no page at this address") in page.words


def test_other_methods_are_refused(browser: Browser) -> None:
    kept = draft_of(browser)
    headers = {"X-CSRFToken": browser.token()}
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        page = browser.keep(browser.client.open(WHAT, method=method, headers=headers))
        assert (page.status, page.read.language) == (405, "fr"), method
    assert draft_of(browser) == kept


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "\xff;q=zz, ,,*;q=-1, xx-YY-ZZ, " + "en;q=" * 500},
        {"Cookie": "language=../../etc; language=%00; visit; ==; visit=\xff"},
        {"Content-Type": "\xff; charset=\x00", "Accept": "\xff"},
        {"Range": "bytes=0-1", "If-None-Match": "*", "If-Modified-Since": "never"},
        {"X-Forwarded-For": "1.1.1.1", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    ],
    ids=["languages", "cookies", "types", "ranges", "forwarded"],
)
def test_strange_headers_change_nothing(face: Flask, headers: dict[str, str]) -> None:
    browser = Browser(face)
    for address in ("/", "/fr/", "/fr/return", "/nowhere"):
        page = browser.keep(browser.client.get(address, headers=headers))
        assert page.status in {200, 302, 404}
        assert "evil.example" not in page.html + page.location
