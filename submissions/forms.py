"""A form for each step, made from the questionnaire, and the small forms of the public face.

Forms check shape only: whether an answer is needed is said by the questionnaire, so that half an answer is kept too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.fields.choices import SelectChoice

from submissions import fields
from submissions.fields import Fits, Needed
from submissions.questionnaire import BY_NAME, NONE_AT_STAKE, TEXT_MOST, VICTIMS_MOST
from submissions.questions import Answers, Kind, Question, Step
from submissions.step_fields import VICTIM_PARTS, field_names, fields_for

TYPED_MOST = 200
Offered = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be chosen from lists that are facts of the mandate, in the page's language: pairs of code and name."""

    states: Offered
    violation_types: Offered


class StepForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """The form of one step; `asked` are its questions. `today` is the day after which nothing can have happened."""

    asked: tuple[Question, ...] = ()

    def __init__(self, today: date, formdata: MultiDict[str, str] | None, **more: Any) -> None:
        super().__init__(formdata=formdata, **more)
        self.today = today

    def well_formed(self) -> dict[str, Any]:
        """The answers in which nothing is wrong, as they are kept. Call it after `validate`."""
        sound = [asked for asked in self.asked if not any(self[name].errors for name in field_names(asked))]
        return {question.name: _READ.get(question.kind, _read_plain)(self, question) for question in sound}

    def say_missing(self, answers: Answers) -> bool:
        """Put an error on each question that needs an answer and has none; say whether there was one."""
        without = [question for question in self.asked if question.is_missing_in(answers)]
        for question in without:
            field = self[field_names(question)[0]]
            field.errors = [*field.errors, _(question.if_missing)]
        return bool(without)


class ReturnForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """The code, to come back with."""

    code = StringField(
        _l("Your code"),
        [Fits(TYPED_MOST)],
        description=_l("24 letters and digits. Spaces and small letters do not matter."),
    )


class MessageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """A message to the mandate."""

    words = fields.text_field(
        _l("Write a message"),
        [Fits(TEXT_MOST), Needed()],
        description=_l("For example something that has changed, or that you forgot. In any language."),
    )


class FilesForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Files to add."""

    files = MultipleFileField(_l("Choose files"))


class SendForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Two groups of the code, typed from the note that was made of it. The labels say which."""

    first = StringField(validators=[Fits(TYPED_MOST), Needed()])
    second = StringField(validators=[Fits(TYPED_MOST), Needed()])


def make_form(
    step: Step, answers: Answers, offers: Offers, today: date, formdata: MultiDict[str, str] | None = None
) -> StepForm:
    """The form of a step, holding what was typed or else what is kept."""
    names = tuple(question.name for question in step.asked(answers))
    form: StepForm = _form_class(step.name, names)(today, formdata, data=_kept(step.asked(answers), answers))
    _offer(form, offers)
    return form


@cache
def _form_class(step: str, names: tuple[str, ...]) -> type[StepForm]:
    asked = tuple(question for question in BY_NAME[step].questions if question.name in names)
    made: dict[str, Any] = {"asked": asked}
    for question in asked:
        made |= fields_for(question)
    return type("StepForm", (StepForm,), made)


def _offer(form: StepForm, offers: Offers) -> None:
    for field in form:
        if field.name.startswith("state_"):
            field.choices = [SelectChoice("", _("Choose")), *(SelectChoice(*pair) for pair in offers.states)]
        elif field.name == "violation_types":
            field.choices = [SelectChoice(*pair) for pair in offers.violation_types]


def _kept(asked: Sequence[Question], answers: Answers) -> dict[str, Any]:
    kept = {question.name: answers.get(question.name) for question in asked}
    states = {f"state_{n}": code for n, code in enumerate(answers.get("states", ()), 1)}
    victims = {
        f"victim_{n}_{part}": victim.get(part, "")
        for n, victim in enumerate(answers.get("victims", ()), 1)
        for part in VICTIM_PARTS
    }
    return kept | states | victims


def _read_plain(form: StepForm, question: Question) -> Any:
    return form[question.name].data or ""


def _read_day(form: StepForm, question: Question) -> str:
    found = form[question.name].data
    return found.iso if found else ""


def _read_several(form: StepForm, question: Question) -> list[str]:
    chosen = form[question.name].data or []
    # Whoever names a danger and also ticks "none of these" has named a danger.
    return [value for value in chosen if value != NONE_AT_STAKE] or list(chosen)


def _read_states(form: StepForm, question: Question) -> list[str]:
    chosen = (form[name].data for name in field_names(question))
    return list(dict.fromkeys(code for code in chosen if code))


def _read_victims(form: StepForm, question: Question) -> list[dict[str, str]]:
    rows = [{part: form[f"victim_{n}_{part}"].data or "" for part in VICTIM_PARTS} for n in range(1, VICTIMS_MOST + 1)]
    return [row for row in rows if row["name"] or row["details"]]


_READ: Mapping[Kind, Callable[[StepForm, Question], Any]] = {
    Kind.CHOICES: _read_several,
    Kind.VIOLATIONS: _read_several,
    Kind.STATES: _read_states,
    Kind.DAY: _read_day,
    Kind.PARTIAL_DAY: _read_day,
    Kind.VICTIMS: _read_victims,
}
