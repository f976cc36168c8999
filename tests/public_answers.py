"""Answers to all questions, and what is typed to give them. A question that is added is covered by itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from submissions import questionnaire
from submissions.confidentiality import asked_audiences
from submissions.days import PartialDay
from submissions.questions import Kind, Question, Record, Step
from submissions.records import COLLECTIONS
from submissions.step_fields import audience_field, field_names

STATE, SECOND_STATE, VIOLATION = "XXA", "XXB", "SOL-01"
PAST_DAY, COMING_DAY = "2026-11-02", "2027-03-27"
NAMES = {"victims": "Mirela Sandu", "mentioned": "Ilir Taban"}

Answers = Mapping[str, Any]
Typed = dict[str, str | Sequence[str] | None]


def answers_to_all(**changes: Any) -> dict[str, Any]:
    """An answer to every question that there is; one that is changed to None is left out."""
    questions = [question for step in questionnaire.STEPS for question in step.questions]
    # Whoever was harmed stands among the victims already, and is asked about themselves there.
    given = {question.name: sound_answer(question) for question in questions} | {"relation": "family"}
    told = {name: value for name, value in {**given, **changes}.items() if value is not None}
    return {**_told_to_all(questions, told), **told}


def record_of(collection: str, kind: str = "", **changes: Any) -> dict[str, Any]:
    """Somebody of whom everything is said that is asked; an answer that is changed to None is left out."""
    pages = COLLECTIONS[collection].pages
    asked = [question for page in pages for question in page.questions if question.kind not in _BY_AUDIENCE]
    said = {question.name: sound_answer(question) for question in asked}
    own = {"name": NAMES.get(collection, "Belmar Docks"), "own_wishes": "no", "minor": "no", "sexual_violence": "no"}
    known = {name: value for name, value in own.items() if name in said}
    made = {**said, **known, "id": collection, "kind": kind or COLLECTIONS[collection].kinds[0].value, **changes}
    return {name: value for name, value in made.items() if value is not None}


def sound_answer(question: Question) -> Any:
    """An answer in which nothing is wrong, in the shape in which it is kept; what is told to whom depends on others."""
    if question.kind in {Kind.DAY, Kind.PARTIAL_DAY}:
        return PAST_DAY if question.past else COMING_DAY
    if question.kind in {Kind.CHOICE, Kind.CHOICES}:
        first = question.choices[0].value
        return first if question.kind == Kind.CHOICE else [first]
    if question.kind == Kind.RECORDS:
        return [record_of(question.collection)] if question.collection in NAMES else []
    listed = {Kind.STATES: [STATE, SECOND_STATE], Kind.VIOLATIONS: [VIOLATION], Kind.ADDRESSEES: [f"state:{STATE}"]}
    return listed.get(question.kind) or (None if question.kind in _BY_AUDIENCE else _words_about(question))


def answers_where(condition: Callable[[Answers], bool]) -> dict[str, Any]:
    """Answers with which nothing is missing and something holds: those to all questions, with one or two changed."""
    changes = list(_changes())
    for first in changes:
        for second in changes:
            answers = answers_to_all(**{**first, **second})
            if condition(answers) and not questionnaire.lacks_something(answers):
                return answers
    raise AssertionError("no answers were found under which this holds")


def typed_in(page: Step, answers: Answers | Record) -> Typed:
    """What is typed into the fields of a page to give these answers."""
    typed: Typed = {}
    for question in page.asked(answers):
        typed |= typed_for(question, answers.get(question.name))
    return typed


def typed_for(question: Question, answer: Any) -> Typed:
    """What is typed into the fields of a question to give this answer; None empties them."""
    if question.kind in _BY_AUDIENCE:
        return {audience_field(question, audience): level for audience, level in (answer or {}).items()}
    names = field_names(question)
    if question.kind == Kind.STATES:
        return dict(zip(names, [*(answer or []), *[""] * len(names)], strict=False))
    if question.kind == Kind.RECORDS:
        return {}
    if question.kind in {Kind.DAY, Kind.PARTIAL_DAY}:
        return {question.name: _three_boxes(PartialDay.from_iso(answer)) if answer else ["", "", ""]}
    if question.kind in {Kind.CHOICE, Kind.CHOICES, Kind.VIOLATIONS, Kind.ADDRESSEES}:
        return {question.name: answer}
    return {question.name: answer or ""}


_BY_AUDIENCE = (Kind.NAMING, Kind.PRECISION)


def _told_to_all(questions: Sequence[Question], answers: Answers) -> dict[str, dict[str, str]]:
    audiences = asked_audiences(answers)
    return {
        question.name: {
            audience: question.choices[0].value
            for audience in audiences
            if question.kind == Kind.NAMING or audience != "mandate"
        }
        for question in questions
        if question.kind in _BY_AUDIENCE
    }


def _three_boxes(day: PartialDay) -> list[str]:
    return [f"{part:02}" if part else "" for part in (day.day, day.month)] + [str(day.year)]


def _words_about(question: Question) -> str:
    return "someone@example.org" if question.kind == Kind.EMAIL else f"Words about {question.name}"[: question.most]


def _changes() -> Iterator[dict[str, Any]]:
    yield {}
    for step in questionnaire.STEPS:
        for question in step.questions:
            yield {question.name: None}
            if question.kind == Kind.CHOICE:
                yield from ({question.name: choice.value} for choice in question.choices)
