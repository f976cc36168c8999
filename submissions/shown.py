"""Answers as somebody reads them: questions with their answers in the page's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from markupsafe import Markup, escape

from submissions.days import PartialDay
from submissions.forms import Offers
from submissions.questionnaire import VICTIM_KINDS, steps_for
from submissions.questions import Answers, Choice, Kind, Question, Step


@dataclass(frozen=True, slots=True)
class Row:
    """A question with its answer, ready to be shown. An empty answer is None."""

    question: Question
    label: str
    answer: Markup | None


def shown_day(day: date) -> str:
    """A day in words of the page's language."""
    return str(format_date(day, "long", rebase=False))


def rows_of(step: Step, answers: Answers, offers: Offers) -> list[Row]:
    """All questions of a step that were asked, with what was answered."""
    return [
        Row(question, _(question.label), _answer(question, answers.get(question.name), offers))
        for question in step.asked(answers)
    ]


def answered_rows(answers: Answers, offers: Offers) -> list[Row]:
    """The questions of all steps that have an answer."""
    return [row for step in steps_for(answers) for row in rows_of(step, answers, offers) if row.answer]


def _answer(question: Question, value: Any, offers: Offers) -> Markup | None:
    if not value:
        return None
    if question.kind == Kind.VICTIMS:
        return _lines(_victim(victim) for victim in value)
    if question.kind in {Kind.DAY, Kind.PARTIAL_DAY}:
        return escape(_day(str(value)))
    if question.kind in {Kind.CHOICE, Kind.CHOICES, Kind.STATES, Kind.VIOLATIONS}:
        return _chosen(value, _names(question, offers))
    return _lines(str(value).split("\n"))


def _chosen(value: str | Sequence[str], names: Mapping[str, str]) -> Markup:
    values = [value] if isinstance(value, str) else value
    return _lines(names.get(one, one) for one in values)


def _names(question: Question, offers: Offers) -> Mapping[str, str]:
    if question.kind == Kind.STATES:
        return dict(offers.states)
    if question.kind == Kind.VIOLATIONS:
        return dict(offers.violation_types)
    return _labels(question.choices)


def _labels(choices: Iterable[Choice]) -> dict[str, str]:
    return {choice.value: _(choice.label) for choice in choices}


def _victim(victim: Mapping[str, str]) -> str:
    kind = _labels(VICTIM_KINDS).get(victim.get("kind", ""), "")
    words = (kind, victim.get("name", ""), victim.get("details", ""))
    return " · ".join(word for word in words if word)


def _day(text: str) -> str:
    day = PartialDay.from_iso(text)
    if day.day is None:
        return str(format_date(day.first, "MMMM yyyy", rebase=False))
    return shown_day(day.first)


def _lines(lines: Iterable[str]) -> Markup:
    # Each line decides for itself which way it runs: an account may mix scripts.
    return Markup("<br>").join(Markup("<bdi>{}</bdi>").format(line) for line in lines)
