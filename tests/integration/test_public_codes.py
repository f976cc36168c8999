"""Coming back: every way of typing the right code lets in; everything else is said in words and lets nobody in."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask

from foundation.keys import make_keys
from submissions.codes import ALPHABET, groups_of, new_code
from submissions.pacing import FREE_IN_A_MINUTE, WAITING_MOST, Pace
from tests.databases import SQLiteFiles
from tests.fakes import FakeClock
from tests.public_answers import answers_to_all
from tests.public_visits import (
    LANGUAGES,
    Browser,
    begin,
    code_of,
    come_back,
    draft_of,
    public_face,
    said,
    said_of_many,
    send,
    walk,
)
from tests.reading_pages import Page as Answer

TOLD = answers_to_all(what_happened="The planted lantern on the ninth pier")
MISTYPED = "A letter or digit is missing or wrong. Compare what you typed with your note, group by group."
UNKNOWN = (
    "No complaint belongs to this code. If it was begun more than a month ago and never sent, "
    "it has been erased. Otherwise compare the code with your note."
)
FIRST_UNREADABLE = "A sign that cannot be read stands at the beginning. Delete it and type it anew."
UNREADABLE = "A sign that cannot be read stands after “%(before)s”. Delete it and type it anew."
TOO_LONG = "This is too long by %(num)s character: %(most)s fit. Please shorten it."
FAR_TOO_LONG = "This is too long by %(num)s characters: %(most)s fit. Please shorten it."
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WIDE = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in ALPHABET})


@pytest.fixture
def face(instance: Path, database_url: str, clock: FakeClock) -> Iterator[Flask]:
    with public_face(instance, database_url, clock) as made:
        yield made


def wrong(code: str) -> dict[str, str]:
    """What is typed, with what is said of it, in English."""
    last, other = code[-1], "0" if code[-1] != "0" else "1"
    swapped = next(at for at in range(23) if code[at] != code[at + 1])
    return {
        "": "Type your code",
        "   ": "Type your code",
        code[:-1]: MISTYPED,
        code + last: MISTYPED,
        code[:-1] + other: MISTYPED,
        other + code[1:] if code[0] != other else "2" + code[1:]: MISTYPED,
        code[:swapped] + code[swapped + 1] + code[swapped] + code[swapped + 2 :]: MISTYPED,
        "U" * 24: MISTYPED,
        "IES-2026-00001": MISTYPED,
        "' OR 1=1 --": MISTYPED,
        "<script>alert(1)</script>": MISTYPED,
        "我的代码": MISTYPED,
        "0" * 23 + "1": MISTYPED,
        new_code(): UNKNOWN,
    }


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_wrong_code_is_said_kept_in_sight_and_lets_nobody_in(face: Flask, language: str) -> None:
    author, browser = Browser(face), Browser(face)
    begin(author)
    code = code_of(author)
    said_of = {typed: said(face, language, text) for typed, text in wrong(code).items()}
    said_of |= {
        f"\0{code}": said(face, language, FIRST_UNREADABLE),
        f"{code[:12]}\0{code[12:]}": said(face, language, UNREADABLE, before=code[:12]),
        "0" * 10_000: said_of_many(face, language, TOO_LONG, FAR_TOO_LONG, 9_800, most=200),
    }
    form = browser.get(f"/{language}/return").form("/return")
    for typed, words in said_of.items():
        page = browser.send(form, {"code": typed})
        assert (page.status, page.read.language, page.summary) == (422, language, [words]), typed[:40]
        assert page.message("code") == words
        assert page.form("/return").fields["code"] == [typed]
        assert browser.get(f"/{language}/code").path == f"/{language}/return?ended=1"
    # The same browser with the right one gets in, so the pages above would have shown it.
    come_back(browser, code, language)
    assert code_of(browser) == code


def test_a_form_without_a_code_or_with_two_is_no_fault(face: Flask) -> None:
    browser = Browser(face)
    begin(browser)
    code = code_of(browser)
    form = browser.get("/en/return").form("/return")
    assert browser.send(form, {"code": None}).summary == ["Type your code"]
    assert browser.send(form, {"code": ["wrong", code]}).status == 422
    assert browser.send(form, {"code": [code, "wrong"]}).status == 303


def test_the_right_code_lets_in_however_it_is_typed(face: Flask) -> None:
    author = Browser(face)
    walk(author, TOLD)
    code = code_of(author)
    spaced = " ".join(groups_of(code))
    ways = (
        f"  {spaced.lower()}\t",
        "-".join(groups_of(code)),
        "\u2013".join(code),
        code.translate(ARABIC_DIGITS),
        code.translate(WIDE),
        code.replace("0", "o").replace("1", "l"),
        f"\u200f{spaced}\u202c\u00a0",
        "\u3000".join(groups_of(code)),
    )
    for typed, language in zip(ways, cycle(LANGUAGES), strict=False):
        browser = Browser(face)
        assert come_back(browser, typed, language).path == f"/{language}/steps/check", typed
        assert draft_of(browser) == draft_of(author)


def test_a_code_works_before_and_after_sending(face: Flask) -> None:
    author = Browser(face)
    begin(author)
    code = code_of(author)
    assert come_back(Browser(face), code).path == "/en/steps/kind"
    walk(author_again := Browser(face), TOLD)
    code = code_of(author_again)
    assert come_back(Browser(face), code).path == "/en/steps/check"
    send(author_again)
    assert come_back(Browser(face), code, "ar").path == "/ar/status"


def test_the_code_of_another_installation_is_unknown(
    face: Flask, clock: FakeClock, tmp_path: Path, sqlite_files: SQLiteFiles
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    make_keys(other / "keys")
    with public_face(other, sqlite_files.fresh(other), clock) as elsewhere:
        foreigner = Browser(elsewhere)
        walk(foreigner, TOLD)
        code, cookie = code_of(foreigner), foreigner.cookie
        assert come_back(Browser(elsewhere), code).path == "/en/steps/check"
    browser = Browser(face)
    page = come_back(browser, code)
    assert (page.status, page.summary) == (422, [said(face, "en", UNKNOWN)])
    browser.cookie = cookie
    assert browser.get("/en/code").path == "/en/return?ended=1"


def test_a_draft_that_was_left_for_a_month_is_unknown(face: Flask, clock: FakeClock) -> None:
    author = Browser(face)
    begin(author)
    code = code_of(author)
    clock.advance(days=30)
    assert come_back(Browser(face), code).path == "/en/steps/kind"
    clock.advance(days=1)
    page = come_back(Browser(face), code, "fr")
    assert (page.status, page.summary) == (422, [said(face, "fr", UNKNOWN)])


def test_coming_back_with_another_code_changes_who_is_there(face: Flask) -> None:
    first, second = Browser(face), Browser(face)
    walk(first, TOLD)
    begin(second)
    code = code_of(first)
    assert code_of(second) != code
    come_back(second, code)
    assert code_of(second) == code


def test_a_flood_of_wrong_codes_is_slowed_and_the_right_code_is_let_in_at_once(face: Flask) -> None:
    slept: list[float] = []
    face.extensions["pace"] = Pace(lambda: 0.0, slept.append)
    source, stranger = Browser(face), Browser(face)
    begin(source)
    code = code_of(source)
    for _ in range(FREE_IN_A_MINUTE + 5):
        assert come_back(stranger, new_code()).summary == [UNKNOWN]
    assert len(slept) == 5
    assert come_back(Browser(face), code).path == "/en/steps/kind"
    assert len(slept) == 5


def test_where_too_many_wrong_codes_wait_the_next_is_answered_at_once_and_the_right_one_is_let_in(
    face: Flask,
) -> None:
    told: list[Answer] = []
    source, stranger = Browser(face), Browser(face)
    begin(source)
    code = code_of(source)

    def while_another_tries(seconds: float) -> None:
        other = Thread(target=lambda: told.append(come_back(Browser(face), new_code())))
        other.start()
        other.join()

    face.extensions["pace"] = Pace(lambda: 0.0, while_another_tries)
    for _ in range(FREE_IN_A_MINUTE + 1):
        come_back(stranger, new_code())
    assert [page.status for page in told] == [429, *[422] * (WAITING_MOST - 1)]
    assert [page.summary for page in told] == [[UNKNOWN]] * WAITING_MOST
    assert told[0].headers["Retry-After"]
    assert come_back(Browser(face), code).path == "/en/steps/kind"
