"""Answers as somebody reads them: questions with their answers in the page's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from markupsafe import Markup, escape

from submissions.confidentiality import asked_audiences, people_in
from submissions.days import PartialDay
from submissions.forms import Offers
from submissions.questionnaire import steps_for
from submissions.questions import Answers, Choice, Kind, Question, Record, Step
from submissions.records import COLLECTIONS

CALLED_MOST = 60


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
    """All questions of a step that were asked, with what was answered; after a list, what was said of each in it."""
    return [row for question in step.asked(answers) for row in _rows(question, answers, offers)]


def answered_rows(answers: Answers, offers: Offers) -> list[Row]:
    """The questions of all steps that have an answer."""
    return [row for step in steps_for(answers) for row in rows_of(step, answers, offers) if row.answer]


def listed(question: Question, answers: Answers) -> list[dict[str, Any]]:
    """The records that answer a question: id, how each is called and what it is, and whether something is needed."""
    collection, audiences = COLLECTIONS[question.collection], asked_audiences(answers)
    kinds = _labels(collection.kinds)
    return [
        {
            "id": record["id"],
            "called": called(question, record, answers),
            "kind": kinds.get(record["kind"], "") if len(kinds) > 1 else "",
            "is_source": bool(record.get("is_source")),
            "lacks": bool(collection.missing(record, audiences)),
        }
        for record in _records(question, answers)
    ]


def called(question: Question, record: Record, answers: Answers) -> str:
    """What a source is shown to know one record from the others."""
    if record.get("is_source"):
        return str(_("You"))
    words = str(record.get("name") or record.get("details") or "").split("\n")[0]
    if words:
        return words[:CALLED_MOST]
    kinds = _labels(COLLECTIONS[question.collection].kinds)
    return str(_("%(kind)s, without a name", kind=kinds.get(record["kind"], "")))


def _records(question: Question, answers: Answers) -> Sequence[Record]:
    if question.collection == "victims":
        return people_in(answers)
    records: Sequence[Record] = answers.get(question.collection, ())
    return records


def _rows(question: Question, answers: Answers, offers: Offers) -> list[Row]:
    if question.kind != Kind.RECORDS:
        return [Row(question, _(question.label), _answer(question, answers.get(question.name), offers))]
    records = _records(question, answers)
    if not records:
        return [Row(question, _(question.label), None)]
    return [Row(question, called(question, each, answers), _record(question, each, offers)) for each in records]


def _record(question: Question, record: Record, offers: Offers) -> Markup:
    asked = [each for page in COLLECTIONS[question.collection].pages_for(record) for each in page.asked(record)]
    said = [(_(each.label), _answer(each, record.get(each.name), offers)) for each in asked]
    lines = [Markup("<b>{}</b><br>{}").format(label, answer) for label, answer in said if answer]
    return Markup("<br>").join(lines) or escape(_("Nothing yet"))


def _answer(question: Question, value: Any, offers: Offers) -> Markup | None:
    if not value:
        return None
    if question.kind in {Kind.DAY, Kind.PARTIAL_DAY}:
        return escape(_day(str(value)))
    if question.kind in {Kind.NAMING, Kind.PRECISION}:
        return _told(question, value, offers)
    if question.kind in {Kind.CHOICE, Kind.CHOICES, Kind.STATES, Kind.VIOLATIONS, Kind.ADDRESSEES}:
        return _chosen(value, _names(question, offers))
    return _lines(str(value).split("\n"))


def _told(question: Question, value: Mapping[str, str], offers: Offers) -> Markup:
    """A line for each audience that is still asked about, in their order."""
    labels = _labels(question.choices)
    lines = [
        Markup("<bdi>{}</bdi>: <bdi>{}</bdi>").format(name, labels.get(value[code], ""))
        for code, name in offers.audiences
        if code in value
    ]
    return Markup("<br>").join(lines)


def _chosen(value: str | Sequence[str], names: Mapping[str, str]) -> Markup:
    values = [value] if isinstance(value, str) else value
    return _lines(names.get(one, one) for one in values)


def _names(question: Question, offers: Offers) -> Mapping[str, str]:
    if question.kind == Kind.STATES:
        return dict(offers.states)
    if question.kind == Kind.VIOLATIONS:
        return dict(offers.violation_types)
    if question.kind == Kind.ADDRESSEES:
        return dict(offers.addressees)
    return _labels(question.choices)


def _labels(choices: Iterable[Choice]) -> dict[str, str]:
    return {choice.value: _(choice.label) for choice in choices}


def _day(text: str) -> str:
    day = PartialDay.from_iso(text)
    if day.month is None:
        return str(format_date(day.first, "yyyy", rebase=False))
    if day.day is None:
        return str(format_date(day.first, "MMMM yyyy", rebase=False))
    return shown_day(day.first)


def _lines(lines: Iterable[str]) -> Markup:
    # Each line decides for itself which way it runs: an account may mix scripts.
    return Markup("<br>").join(Markup("<bdi>{}</bdi>").format(line) for line in lines)
