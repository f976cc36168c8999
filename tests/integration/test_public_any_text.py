"""Any text in any field of the public face: taken or refused in words, never a fault, never lost from sight."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from submissions.fields import tidy_text
from submissions.questionnaire import STEPS
from submissions.questions import Step
from tests.fakes import FakeClock
from tests.public_answers import answers_to_all, answers_where, typed_in
from tests.public_visits import (
    Browser,
    begin,
    open_step,
    public_face,
    send,
    walk,
)
from tests.reading_pages import Form

EXAMPLES = settings(max_examples=25, deadline=None)
AWKWARD = "\0\x08\x1b\x85\xad\r\n\t\u200f\u2028\u202e\ufeff\ufffe<>&\"'%(){}$\\;`éßعह中👩"
ANY_TEXT = st.one_of(st.text(max_size=30), st.text(alphabet=AWKWARD, max_size=15))


@pytest.fixture
def face(instance: Path, database_url: str, clock: FakeClock) -> Iterator[Flask]:
    with public_face(instance, database_url, clock) as made:
        yield made


def anything_for(form: Form) -> st.SearchStrategy[dict[str, str | list[str]]]:
    """Something for some of the fields: text into lines, any number of texts into boxes and choices."""
    lines = {name for name in form.written if len(form.fields[name]) == 1}
    rest = (form.written | form.offered.keys()) - lines
    several = st.lists(ANY_TEXT, max_size=4)
    return st.fixed_dictionaries(dict.fromkeys(lines, ANY_TEXT), optional=dict.fromkeys(rest, several))


def can_be_read(text: str) -> bool:
    return not any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in text)


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
def test_any_text_in_a_step_is_taken_or_refused_and_stays_in_sight(face: Flask, step: Step) -> None:
    answers = answers_where(step.only_if)
    browser = Browser(face)
    form = open_step(browser, step, answers)

    @EXAMPLES
    @given(anything_for(form))
    def holds(typed: dict[str, str | list[str]]) -> None:
        lines = {name: tidy_text(text) for name, text in typed.items() if isinstance(text, str)}
        page = browser.send(form, {**typed_in(step, answers), **typed}, go="on")
        assert page.status in {303, 422}
        if page.status == 422:
            assert {name: page.form().fields[name] for name in lines} == {name: [text] for name, text in lines.items()}
            assert page.summary
        else:
            shown = squeezed(browser.get("/fr/steps/check").words)
            assert all(can_be_read(text) and squeezed(text) in shown for text in lines.values())

    holds()


def test_readable_text_in_every_line_is_taken(face: Flask) -> None:
    # Without this the test above would also hold for a form that refuses everything.
    browser = Browser(face)
    form, told = begin(browser).form(), typed_in(STEPS[0], answers_to_all())

    @EXAMPLES
    @given(st.text(max_size=30).filter(lambda text: can_be_read(tidy_text(text)) and text.strip()))
    def holds(text: str) -> None:
        typed = dict.fromkeys(("place_exact", "place_town", "when_text"), text)
        assert browser.send(form, {**told, **typed}).status == 303

    holds()


@pytest.mark.parametrize("address", ["return", "messages", "send"])
def test_any_text_in_the_small_forms_is_taken_or_refused_and_stays_in_sight(face: Flask, address: str) -> None:
    browser = Browser(face)
    walk(browser, answers_to_all())
    page = send(browser) if address == "messages" else browser.get(f"/en/{address}")
    form = page.form(f"/{address}")
    # What stands in the field that nobody sees leads to a page of its own (test_public_crowd).
    typed_in_sight = form.written - {"homepage"}

    @EXAMPLES
    @given(st.fixed_dictionaries(dict.fromkeys(typed_in_sight, ANY_TEXT)))
    def holds(typed: dict[str, str]) -> None:
        answer = browser.send(form, typed)
        assert answer.status in ({303, 422} if address == "messages" else {422})
        if answer.status == 422:
            shown = answer.form(f"/{address}").fields
            assert all(shown[name] in ([text], [tidy_text(text)]) for name, text in typed.items())
        else:
            assert squeezed(tidy_text(typed["words"])) in squeezed(browser.get("/en/status").words)

    holds()


def test_any_bytes_after_the_token_are_no_fault(face: Flask) -> None:
    browser = Browser(face)
    form = begin(browser).form()
    token = form.filled({})["csrf_token"][0]

    @EXAMPLES
    @given(st.binary(max_size=80))
    def holds(body: bytes) -> None:
        for kind, sent in (
            ("application/x-www-form-urlencoded", f"csrf_token={token}&kind=".encode() + body),
            ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="' + body),
        ):
            assert browser.post(form.action, data=sent, content_type=kind).status in {303, 400, 422}

    holds()
