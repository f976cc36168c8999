"""Answers to all questions, and what is typed to give them. A question that is added is covered by itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from submissions import questionnaire
from submissions.days import PartialDay
from submissions.questions import Kind, Question, Step
from submissions.step_fields import VICTIM_PARTS, field_names

STATE, VIOLATION = "XXA", "SOL-01"
PAST_DAY, COMING_DAY = "2026-11-02", "2027-03-27"
VICTIM = {"kind": "person", "name": "Mirela Sandu", "details": "She cooks for others."}

Answers = Mapping[str, Any]
Typed = dict[str, str | Sequence[str] | None]


def answers_to_all(**changes: Any) -> dict[str, Any]:
    """An answer to every question that there is; one that is changed to None is left out."""
    given = {question.name: sound_answer(question) for step in questionnaire.STEPS for question in step.questions}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def sound_answer(question: Question) -> Any:
    """An answer in which nothing is wrong, in the shape in which it is kept."""
    if question.kind in {Kind.DAY, Kind.PARTIAL_DAY}:
        return PAST_DAY if question.past else COMING_DAY
    if question.kind in {Kind.CHOICE, Kind.CHOICES}:
        first = question.choices[0].value
        return first if question.kind == Kind.CHOICE else [first]
    listed = {Kind.STATES: [STATE], Kind.VIOLATIONS: [VIOLATION], Kind.VICTIMS: [VICTIM]}
    return listed.get(question.kind) or _words_about(question)


def answers_where(condition: Callable[[Answers], bool]) -> dict[str, Any]:
    """Answers with which nothing is missing and something holds: those to all questions, with one or two changed."""
    changes = list(_changes())
    for first in changes:
        for second in changes:
            answers = answers_to_all(**{**first, **second})
            if condition(answers) and not questionnaire.missing(answers):
                return answers
    raise AssertionError("no answers were found under which this holds")


def typed_in(step: Step, answers: Answers) -> Typed:
    """What is typed into the fields of a step to give these answers."""
    typed: Typed = {}
    for question in step.asked(answers):
        typed |= typed_for(question, answers.get(question.name))
    return typed


def typed_for(question: Question, answer: Any) -> Typed:
    """What is typed into the fields of a question to give this answer; None empties them."""
    names = field_names(question)
    if question.kind == Kind.STATES:
        return dict(zip(names, [*(answer or []), *[""] * len(names)], strict=False))
    if question.kind == Kind.VICTIMS:
        rows = {f"victim_{n}_{part}": row[part] for n, row in enumerate(answer or [], 1) for part in VICTIM_PARTS}
        return rows or {"victim_1_name": "", "victim_1_details": ""}
    if question.kind in {Kind.DAY, Kind.PARTIAL_DAY}:
        day = PartialDay.from_iso(answer) if answer else None
        return {question.name: [f"{day.day or 0:02}", f"{day.month:02}", str(day.year)] if day else ["", "", ""]}
    if question.kind in {Kind.CHOICE, Kind.CHOICES, Kind.VIOLATIONS}:
        return {question.name: answer}
    return {question.name: answer or ""}


def _words_about(question: Question) -> str:
    return "someone@example.org" if question.kind == Kind.EMAIL else f"Words about {question.name}"[: question.most]


def _changes() -> Iterator[dict[str, Any]]:
    yield {}
    for step in questionnaire.STEPS:
        for question in step.questions:
            yield {question.name: None}
            if question.kind == Kind.CHOICE:
                yield from ({question.name: choice.value} for choice in question.choices)
