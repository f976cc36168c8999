"""A form for each page of questions, made from the questionnaire, and the small forms of the public face.

Forms check shape only: whether an answer is needed is said by the questionnaire, so that half an answer is kept too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
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
from submissions.questionnaire import NONE_AT_STAKE, TEXT_MOST
from submissions.questions import Answers, Kind, Question, Record, Step
from submissions.step_fields import Audiences, audience_of_field, field_names, fields_for

TYPED_MOST = 200
FORMS_KEPT = 500
# The hidden field that tells which questions stood on a page: an older page must not empty what it never showed.
ASKED = "asked"
Offered = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be chosen from lists that are facts of the mandate, in the page's language: pairs of code and name.

    `audiences` names those whom the source is asked about, also pairs; it differs from source to source. `addressees`
    names all whom a letter could reach, with those to whom the source wants none.
    """

    states: Offered
    violation_types: Offered
    audiences: Offered = field(default=())
    addressees: Offered = field(default=())


class StepForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """The form of one page; `asked` are its questions. `today` is the day after which nothing can have happened."""

    asked: tuple[Question, ...] = ()
    audiences: Audiences = ()

    def __init__(self, today: date, formdata: MultiDict[str, str] | None, **more: Any) -> None:
        super().__init__(formdata=formdata, **more)
        self.today = today
        self.lacking_lists: list[dict[str, str]] = []

    def fields_of(self, question: Question) -> list[Any]:
        """The fields that together answer a question, none for records."""
        return [self[name] for name in field_names(question, self.audiences)]

    def well_formed(self, shown: Sequence[str] | None = None) -> dict[str, Any]:
        """The answers in which nothing is wrong, as they are kept. Call it after `validate`.

        `shown` names the questions that stood on the page from which this came; without it, all did.
        """
        read = [question for question in self.asked if shown is None or question.name in shown]
        sound = [question for question in read if not any(field.errors for field in self.fields_of(question))]
        return {
            question.name: _READ.get(question.kind, _read_plain)(self, question)
            for question in sound
            if question.kind != Kind.RECORDS
        }

    def say_missing(self, answers: Answers) -> bool:
        """Put an error on each question that needs an answer and has none; say whether there was one."""
        without = [question for question in self.asked if question.is_missing_in(answers, self.audiences)]
        lists = [question for question in without if question.kind == Kind.RECORDS]
        # A list has no field that could bear the error: it leads to its heading.
        self.lacking_lists = [{"text": _(each.if_missing), "field_id": each.name} for each in lists]
        for question in without:
            for each in _unanswered(self, question, answers):
                each.errors = [*each.errors, _words_about(each, question)]
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
    page: Step, answers: Record, offers: Offers, today: date, formdata: MultiDict[str, str] | None = None
) -> StepForm:
    """The form of a page, holding what was typed or else what is kept. `answers` is the record, on a page about one."""
    asked, audiences = page.asked(answers), tuple(code for code, _name in offers.audiences)
    form: StepForm = _form_class(asked, audiences)(today, formdata, data=_kept(asked, answers, audiences))
    _offer(form, offers)
    return form


# Audiences hold ids of records, so there are as many forms as drafts: old ones must go.
@lru_cache(FORMS_KEPT)
def _form_class(asked: tuple[Question, ...], audiences: Audiences) -> type[StepForm]:
    made: dict[str, Any] = {"asked": asked, "audiences": audiences}
    for question in asked:
        made |= fields_for(question, audiences)
    return type("StepForm", (StepForm,), made)


def _offer(form: StepForm, offers: Offers) -> None:
    for question in form.asked:
        for each in form.fields_of(question):
            if question.kind in _OFFERED:
                each.choices = _OFFERED[question.kind](offers)
            elif question.kind in {Kind.NAMING, Kind.PRECISION}:
                each.label.text = dict(offers.audiences)[audience_of_field(question, each.name)]


def _states(offers: Offers) -> list[SelectChoice]:
    return [SelectChoice("", _("Choose")), *(SelectChoice(*pair) for pair in offers.states)]


def _violations(offers: Offers) -> list[SelectChoice]:
    return [SelectChoice(*pair) for pair in offers.violation_types]


def _addressees(offers: Offers) -> list[SelectChoice]:
    return [SelectChoice(*pair) for pair in offers.addressees]


_OFFERED: Mapping[Kind, Callable[[Offers], list[SelectChoice]]] = {
    Kind.STATES: _states,
    Kind.VIOLATIONS: _violations,
    Kind.ADDRESSEES: _addressees,
}


def _words_about(field: Any, question: Question) -> str:
    """What is missing. Of several fields that answer one question each says whom it is about."""
    words = str(_(question.if_missing))
    if question.kind != Kind.NAMING:
        return words
    return str(_("%(whom)s: %(words)s", whom=field.label.text, words=words))


def _unanswered(form: StepForm, question: Question, answers: Answers) -> list[Any]:
    if question.kind == Kind.NAMING:
        told = answers.get(question.name) or {}
        return [each for each in form.fields_of(question) if not told.get(audience_of_field(question, each.name))]
    return form.fields_of(question)[:1]


def _kept(asked: Sequence[Question], answers: Record, audiences: Audiences) -> dict[str, Any]:
    kept = {question.name: answers.get(question.name) for question in asked}
    states = {f"state_{n}": code for n, code in enumerate(answers.get("states", ()), 1)}
    told = {
        name: (answers.get(question.name) or {}).get(audience_of_field(question, name))
        for question in asked
        if question.kind in {Kind.NAMING, Kind.PRECISION}
        for name in field_names(question, audiences)
    }
    return kept | states | told


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


def _read_told(form: StepForm, question: Question) -> dict[str, str]:
    told = {audience_of_field(question, each.name): each.data for each in form.fields_of(question)}
    return {audience: level for audience, level in told.items() if level}


_READ: Mapping[Kind, Callable[[StepForm, Question], Any]] = {
    Kind.CHOICES: _read_several,
    Kind.VIOLATIONS: _read_several,
    Kind.ADDRESSEES: _read_several,
    Kind.STATES: _read_states,
    Kind.DAY: _read_day,
    Kind.PARTIAL_DAY: _read_day,
    Kind.NAMING: _read_told,
    Kind.PRECISION: _read_told,
}
