"""The form fields that belong to a question, by its kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.fields import Field
from wtforms.fields.choices import SelectChoice

from submissions import fields
from submissions.fields import DayField, Fits, Needed, OneOf, OneOfMany, SomeOf
from submissions.questionnaire import NAME_MOST, STATES_MOST, VICTIM_KINDS, VICTIMS_MOST
from submissions.questions import Choice, Kind, Question

VICTIM_PARTS = ("kind", "name", "details")
DETAILS_MOST = 2_000
AUTOCOMPLETE = {"your_name": "name", "your_organisation": "organization", "your_email": "email", "your_phone": "tel"}


def field_names(question: Question) -> list[str]:
    """The form's fields that together answer a question; the first is where an error leads."""
    if question.kind == Kind.STATES:
        return [f"state_{n}" for n in range(1, STATES_MOST + 1)]
    if question.kind == Kind.VICTIMS:
        # The name comes first, since that is where a missing answer would be written.
        return [f"victim_{n}_{part}" for n in range(1, VICTIMS_MOST + 1) for part in ("name", "kind", "details")]
    return [question.name]


def fields_for(question: Question) -> dict[str, Field]:
    """The fields of a question by their names, not yet bound to a form."""
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
    labels = (_l(question.label), _l("A second State"), _l("A third State"))
    names = field_names(question)
    made = {name: OneOfMany(label, choices=[]) for name, label in zip(names, labels, strict=True)}
    return made | {names[0]: OneOfMany(labels[0], choices=[], **_hint(question))}


def _day(question: Question) -> dict[str, Field]:
    partial = question.kind == Kind.PARTIAL_DAY
    field = DayField(_l(question.label), _marks(question), partial, question.past, **_hint(question))
    return {question.name: field}


def _victims(question: Question) -> dict[str, Field]:
    made: dict[str, Field] = {}
    for n in range(1, VICTIMS_MOST + 1):
        made[f"victim_{n}_kind"] = OneOfMany(_l("Who is it?"), choices=_choices(VICTIM_KINDS), default="person")
        made[f"victim_{n}_name"] = fields.line_field(_l("Name"), [Fits(NAME_MOST)], render_kw={"autocomplete": "off"})
        made[f"victim_{n}_details"] = fields.text_field(
            _l("Age, work, and what else we should know"), [Fits(DETAILS_MOST)], render_kw={"rows": 3}
        )
    return made


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
    Kind.VICTIMS: _victims,
}


def _marks(question: Question) -> list[Needed]:
    return [Needed()] if question.required else []


def _hint(question: Question) -> dict[str, Any]:
    # An empty text must not be translated: gettext keeps the catalogue's own heading under it.
    return {"description": _l(question.hint)} if question.hint else {}


def _choices(choices: Sequence[Choice]) -> list[SelectChoice]:
    return [SelectChoice(choice.value, _l(choice.label)) for choice in choices]
