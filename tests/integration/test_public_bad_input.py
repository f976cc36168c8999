"""Bad input in each field of the form: it is said in the page's language, what was typed stays, nothing changes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask

from submissions.confidentiality import asked_audiences
from submissions.questionnaire import BY_NAME, STEPS
from submissions.questions import Kind, Question, Step
from submissions.step_fields import field_names
from tests.fakes import FakeClock
from tests.public_answers import STATE, VIOLATION, Answers, answers_to_all, answers_where, typed_for, typed_in
from tests.public_visits import (
    LANGUAGES,
    Browser,
    begin,
    draft_of,
    fill,
    open_step,
    public_face,
    said,
    said_of_many,
)
from tests.reading_pages import Form

ASKED = [(step, question) for step in STEPS for question in step.questions if question.kind != Kind.RECORDS]
NEEDED = [(step, question) for step, question in ASKED if question.if_missing]
# The fields of answers that hold a value for each audience bear it in their names.
AUDIENCES = asked_audiences(answers_to_all())
DAYS = {Kind.DAY, Kind.PARTIAL_DAY}
INVISIBLE = ("\0", "\x1b", "\x9b")
NOT_OFFERED = "Choose one of the answers that are offered here"
NOT_NUMBERS = "Write day, month and year as numbers, for example 27 3 2026"
NO_SUCH_DAY = "There is no such day. Check day and month"
OTHER_CALENDAR = "Write the year with four digits, in the international calendar, for example 2026"
NO_YEAR, NO_MONTH = "Add the year, or say in words when it was", "Add the month, or say in words when it was"


@dataclass(frozen=True, slots=True)
class Slip:
    """Something wrong that is put into one field, and what is said of it. Forged choices cannot be shown again."""

    field: str
    typed: str | Sequence[str]
    says: Callable[[Flask, str], str]
    is_shown: bool = True


@pytest.fixture
def face(instance: Path, database_url: str, clock: FakeClock) -> Iterator[Flask]:
    with public_face(instance, database_url, clock) as made:
        yield made


def named(pairs: Sequence[tuple[Step, Question]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("step", "question"), pairs, ids=[question.name for _, question in pairs])


def shown_in(form: Form) -> dict[str, list[str]]:
    """What stands in the fields that somebody fills in."""
    return {name: values for name, values in form.fields.items() if name not in {"csrf_token", "asked"}}


def written_beside(step: Step, question: Question, answers: Answers, mark: object) -> dict[str, str]:
    """New words for the other lines of the page, so that it can be told whether they stay."""
    lines = [asked for asked in step.asked(answers) if asked.kind in {Kind.LINE, Kind.TEXT} and asked != question]
    return {line.name: f"Beside it, {mark}" for line in lines if answers.get(line.name)}


def says(text: str, **names: object) -> Callable[[Flask, str], str]:
    return lambda face, language: said(face, language, text, **names)


def says_too_long(most: int) -> Callable[[Flask, str], str]:
    one = "This is too long by %(num)s character: %(most)s fit. Please shorten it."
    many = "This is too long by %(num)s characters: %(most)s fit. Please shorten it."
    return lambda face, language: said_of_many(face, language, one, many, 1, most=most)


def slips_in_text(field: str, most: int) -> list[Slip]:
    after = says("A sign that cannot be read stands after “%(before)s”. Delete it and type it anew.", before="so")
    first = says("A sign that cannot be read stands at the beginning. Delete it and type it anew.")
    invisible = [Slip(field, f"so{sign}far", after) for sign in INVISIBLE]
    return [Slip(field, "x" * (most + 1), says_too_long(most)), *invisible, Slip(field, "\0", first)]


def slips_in_choice(field: str) -> list[Slip]:
    forged = ("forged", "people\0", "x" * 10_000)
    return [Slip(field, value, says(NOT_OFFERED), is_shown=False) for value in forged]


def slips_in_boxes(question: Question) -> list[Slip]:
    listed = {Kind.VIOLATIONS: VIOLATION, Kind.ADDRESSEES: f"state:{STATE}"}
    offered = listed.get(question.kind) or question.choices[0].value
    forged = (["forged"], [offered, "forged"], [offered, f"{offered}\0"])
    return [Slip(question.name, values, says(NOT_OFFERED), is_shown=False) for values in forged]


def slips_in_day(question: Question) -> list[Slip]:
    wrong = {
        NO_SUCH_DAY: [("31", "2", "2026"), ("0", "3", "2026"), ("1", "13", "2026")],
        NOT_NUMBERS: [("two", "3", "2026"), ("2", "mars", "2026"), ("2", "3", "2026\0"), ("²", "3", "2026")],
        OTHER_CALENDAR: [("1", "7", "1405"), ("1", "7", "26"), ("1", "7", "2569")],
        NO_YEAR: [("2", "3", "")],
        NO_MONTH: [("2", "", "2026")],
    }
    wrong[NOT_NUMBERS] += [("-2", "3", "2026"), ("2", "3", "20260"), ("2" * 10_000, "3", "2026")]
    if question.past:
        wrong["This day has not come yet. Check the year"] = [("25", "11", "2026"), ("1", "1", "2027")]
    if question.kind == Kind.DAY:
        wrong["Add the day, or leave all three boxes empty"] = [("", "3", "2027")]
    return [Slip(question.name, boxes, says(text)) for text, typed in wrong.items() for boxes in typed]


def slips_in(question: Question) -> list[Slip]:
    if question.kind in {Kind.STATES, Kind.NAMING, Kind.PRECISION}:
        return [slip for name in field_names(question, AUDIENCES) for slip in slips_in_choice(name)]
    if question.kind in DAYS:
        return slips_in_day(question)
    if question.kind in {Kind.CHOICES, Kind.VIOLATIONS, Kind.ADDRESSEES}:
        return slips_in_boxes(question)
    if question.kind == Kind.CHOICE:
        return slips_in_choice(question.name)
    shape = says("Write the address like name@example.org, or leave it empty")
    wrong = ("nobody", "a@b", "a b@example.org", "a@example.org, b@example.org", "@example.org", "a@example.")
    addresses = [Slip(question.name, address, shape) for address in wrong]
    return slips_in_text(question.name, question.most) + (addresses if question.kind == Kind.EMAIL else [])


@named(ASKED)
def test_what_is_wrong_is_said_and_kept_in_sight_and_changes_nothing(
    face: Flask, step: Step, question: Question
) -> None:
    answers = answers_where(lambda given: step.only_if(given) and question.only_if(given))
    browser = Browser(face)
    open_step(browser, step, answers)
    fill(browser, browser.get(f"/en/steps/{step.name}"), typed_in(step, answers))
    language = LANGUAGES[ASKED.index((step, question)) % len(LANGUAGES)]
    address = f"/{language}/steps/{step.name}"
    opened, kept = browser.get(address).form(address), draft_of(browser).answers
    for number, slip in enumerate(slips_in(question)):
        beside = written_beside(step, question, answers, number)
        page = browser.send(opened, {**beside, slip.field: slip.typed})
        words = slip.says(face, language)
        assert (page.status, page.read.language, page.summary) == (422, language, [words]), slip
        assert page.message(slip.field) == words, slip
        shown = page.form(address).fields
        typed = [slip.typed] if isinstance(slip.typed, str) else [*slip.typed, *[""] * (3 - len(slip.typed))]
        assert not slip.is_shown or shown[slip.field] == typed, slip
        assert {name: shown[name] for name in beside} == {name: [value] for name, value in beside.items()}, slip
        assert draft_of(browser).answers == kept | beside, slip
    assert shown_in(browser.get(address).form(address)) == shown_in(opened) | {
        name: [value] for name, value in beside.items()
    }


@named(NEEDED)
def test_what_is_missing_is_said_in_the_language_of_the_page_and_the_rest_is_kept(
    face: Flask, step: Step, question: Question
) -> None:
    def is_needed(given: Answers) -> bool:
        without = {name: value for name, value in given.items() if name != question.name}
        return step.only_if(given) and question.is_missing_in(without)

    answers = answers_where(is_needed)
    browser = Browser(face)
    form = open_step(browser, step, answers)
    typed = typed_in(step, answers) | typed_for(question, None)
    if question.kind == Kind.NAMING:
        typed |= dict.fromkeys(field_names(question, AUDIENCES))
    for number, language in enumerate(LANGUAGES):
        beside = written_beside(step, question, answers, number)
        page = browser.send(replace(form, action=f"/{language}/steps/{step.name}"), {**typed, **beside})
        words = said(face, language, question.if_missing)
        fields = field_names(question, AUDIENCES) if question.kind == Kind.NAMING else field_names(question)[:1]
        assert (page.status, page.read.language, len(page.summary)) == (422, language, len(fields))
        assert all(said_here.endswith(words) for said_here in page.summary)
        assert all(page.message(name).endswith(words) for name in fields)
        shown, kept = page.form().fields, draft_of(browser).answers
        for name, value in {**typed, **beside}.items():
            assert name not in shown or not value or shown[name] == ([value] if isinstance(value, str) else value), name
        for asked in step.asked(kept):
            if asked.kind == Kind.RECORDS:
                continue
            right = {**answers, **beside}.get(asked.name) if asked != question else None
            assert (kept.get(asked.name) or None) == right, asked.name


def test_messages_are_not_all_english(face: Flask) -> None:
    # The tests above compare a page with its catalogue; this is what makes that mean something.
    texts = [NOT_OFFERED, NO_SUCH_DAY, *(question.if_missing for _, question in NEEDED)]
    for text in texts:
        assert len({said(face, language, text) for language in ("en", "es", "fr", "ru", "zh")}) == 5


@pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
def test_what_just_fits_is_taken_whole(face: Flask, step: Step) -> None:
    answers = answers_where(step.only_if)
    browser = Browser(face)
    open_step(browser, step, answers)
    fill(browser, browser.get(f"/en/steps/{step.name}"), typed_in(step, answers))
    form = browser.get(f"/en/steps/{step.name}").form()
    fitting = {asked.name: "é" * (asked.most - 12) + "@example.org" for asked in step.asked(answers) if asked.most}
    browser.send(form, {**typed_in(step, answers), **fitting})
    assert draft_of(browser).answers.items() >= fitting.items()


@pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
def test_each_field_twice_counts_once(face: Flask, step: Step) -> None:
    answers = answers_where(step.only_if)
    browser = Browser(face)
    open_step(browser, step, answers)
    fill(browser, browser.get(f"/en/steps/{step.name}"), typed_in(step, answers))
    form = browser.get(f"/en/steps/{step.name}").form()
    once = form.filled(typed_in(step, answers))
    assert browser.send(form, {name: values * 2 for name, values in once.items()}).status == 303
    shown = shown_in(browser.get(form.action).form())
    assert shown == {name: once.get(name, values) for name, values in shown.items()}


def test_one_box_where_three_are_expected_and_four_where_three_are_is_no_fault(face: Flask) -> None:
    browser = Browser(face)
    begin(browser)
    form = browser.get("/en/steps/where").form()
    typed = typed_in(BY_NAME["where"], answers_to_all())
    assert browser.send(form, {**typed, "happened_on": ["2026", "3"]}).status == 303
    assert browser.get(form.action).form().fields["happened_on"] == ["", "03", "2026"]
    assert browser.send(form, {**typed, "happened_on": ["2", "4", "2026", "9"]}).status == 303
    assert browser.get(form.action).form().fields["happened_on"] == ["02", "04", "2026"]


def test_a_state_of_another_list_and_one_named_twice_do_not_come_in(face: Flask) -> None:
    browser = Browser(face)
    begin(browser)
    form = browser.get("/en/steps/states").form()
    typed = typed_in(BY_NAME["states"], answers_to_all())
    assert browser.send(form, {**typed, "state_2": STATE, "state_3": "XXB"}).status == 303
    shown = browser.get(form.action).form().fields
    assert [shown[f"state_{n}"] for n in (1, 2, 3)] == [[STATE], ["XXB"], [""]]
