"""The form fields that belong to a question, by its kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.fields import Field
from wtforms.fields.choices import SelectChoice

from submissions import fields
from submissions.confidentiality import MANDATE
from submissions.fields import DayField, Fits, Needed, OneOf, OneOfMany, SomeOf
from submissions.questionnaire import STATES_MOST
from submissions.questions import Choice, Kind, Question

Audiences = tuple[str, ...]
AUTOCOMPLETE = {"your_name": "name", "your_organisation": "organization", "your_email": "email", "your_phone": "tel"}


def audience_field(question: Question, audience: str) -> str:
    """The field for one audience. It bears the audience itself: a place in a list could shift in another tab."""
    return f"{question.name}-{audience}"


def asked_audiences(question: Question, audiences: Audiences) -> Audiences:
    """For whom a question is asked; the mandate always knows the exact place."""
    return tuple(one for one in audiences if question.kind != Kind.PRECISION or one != MANDATE)


def audience_of_field(question: Question, name: str) -> str:
    """The audience that a field of this question bears in its name."""
    return name.removeprefix(f"{question.name}-")


def field_names(question: Question, audiences: Audiences = ()) -> list[str]:
    """The form's fields that together answer a question, none for records; the first is where an error leads."""
    if question.kind == Kind.STATES:
        return [f"state_{n}" for n in range(1, STATES_MOST + 1)]
    if question.kind in {Kind.NAMING, Kind.PRECISION}:
        return [audience_field(question, one) for one in asked_audiences(question, audiences)]
    if question.kind == Kind.RECORDS:
        return []
    return [question.name]


def fields_for(question: Question, audiences: Audiences = ()) -> dict[str, Field]:
    """The fields of a question by their names, not yet bound to a form. Records have pages of their own."""
    if question.kind in _FOR_AUDIENCES:
        return _FOR_AUDIENCES[question.kind](question, audiences)
    if question.kind == Kind.RECORDS:
        return {}
    return _MAKE[question.kind](question)


def _plain(make: Callable[..., Field]) -> Callable[[Question], dict[str, Field]]:
    def made(question: Question) -> dict[str, Field]:
        kw = {"autocomplete": AUTOCOMPLETE.get(question.name, "off")}
        return {
            question.name: make(
                _l(question.label), [Fits(question.most), *_marks(question)], render_kw=kw, **_hint(question)
            )
        }

    return made


def _one_of(question: Question) -> dict[str, Field]:
    choices = _choices(question.choices)
    return {question.name: OneOf(_l(question.label), _marks(question), choices=choices, **_hint(question))}


def _some_of(question: Question) -> dict[str, Field]:
    choices = _choices(question.choices)
    return {question.name: SomeOf(_l(question.label), _marks(question), choices=choices, **_hint(question))}


def _states(question: Question) -> dict[str, Field]:
    more = [_l("Another State")] * (STATES_MOST - len(("first", "second", "third")))
    labels = (_l(question.label), _l("A second State"), _l("A third State"), *more)
    names = field_names(question)
    made = {name: OneOfMany(label, choices=[]) for name, label in zip(names, labels, strict=True)}
    return made | {names[0]: OneOfMany(labels[0], choices=[], **_hint(question))}


def _day(question: Question) -> dict[str, Field]:
    partial = question.kind == Kind.PARTIAL_DAY
    field = DayField(_l(question.label), _marks(question), partial, question.past, **_hint(question))
    return {question.name: field}


def _addressees(question: Question, audiences: Audiences) -> dict[str, Field]:
    return {question.name: SomeOf(_l(question.label), _marks(question), choices=[], **_hint(question))}


def _by_audience(question: Question, audiences: Audiences) -> dict[str, Field]:
    """A group of choices for each audience. Its label, which may hold a stakeholder's name, is given by the form."""
    choices = _choices(question.choices)
    return {name: OneOf("", _marks(question), choices=choices) for name in field_names(question, audiences)}


_MAKE: Mapping[Kind, Callable[[Question], dict[str, Field]]] = {
    Kind.LINE: _plain(fields.line_field),
    Kind.TEXT: _plain(fields.text_field),
    Kind.EMAIL: _plain(fields.email_field),
    Kind.PHONE: _plain(fields.phone_field),
    Kind.CHOICE: _one_of,
    Kind.CHOICES: _some_of,
    Kind.VIOLATIONS: _some_of,
    Kind.STATES: _states,
    Kind.DAY: _day,
    Kind.PARTIAL_DAY: _day,
}
_FOR_AUDIENCES: Mapping[Kind, Callable[[Question, Audiences], dict[str, Field]]] = {
    Kind.ADDRESSEES: _addressees,
    Kind.NAMING: _by_audience,
    Kind.PRECISION: _by_audience,
}


def _marks(question: Question) -> list[Needed]:
    return [Needed()] if question.required else []


def _hint(question: Question) -> dict[str, Any]:
    # An empty text must not be translated: gettext keeps the catalogue's own heading under it.
    return {"description": _l(question.hint)} if question.hint else {}


def _choices(choices: Sequence[Choice]) -> list[SelectChoice]:
    return [SelectChoice(choice.value, _l(choice.label)) for choice in choices]
