"""Forms of the desk. They check shape only: rules are the deeds' own.

Field names differ between the forms that share a page, since a name is also the id that an error leads to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, HiddenField
from wtforms.fields import Field
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from foundation.words import N_
from mandate.vocabulary import LETTER_KIND_LABELS, LetterKind
from submissions.days import PartialDay
from submissions.fields import DayField, Fits, OneOf, OneOfMany, SomeOf, line_field, text_field
from workflows.drafting import Fields
from workflows.lifecycle import CaseAction

LINE_MOST = 300
NOTE_MOST = 2_000
TEXT_MOST = 20_000
HIDDEN_MOST = 100


@dataclass(frozen=True, slots=True)
class Decision:
    """What may be decided of a case: the action, for an acceptance the kind of letter, and the words for it."""

    action: CaseAction
    words: str
    kind: LetterKind | None = None


DECISIONS: Mapping[str, Decision] = {
    "accept_ua": Decision(CaseAction.ACCEPT, N_("Accept: write an urgent appeal"), LetterKind.urgent_appeal),
    "accept_al": Decision(
        CaseAction.ACCEPT, N_("Accept: write a letter of allegation"), LetterKind.letter_of_allegation
    ),
    "accept_ol": Decision(
        CaseAction.ACCEPT, N_("Accept: write an other letter, on a law or policy"), LetterKind.other_letter
    ),
    "decline": Decision(CaseAction.DECLINE, N_("Do not take up")),
    "refer": Decision(CaseAction.REFER, N_("Refer to another mandate")),
    "close": Decision(CaseAction.CLOSE, N_("Close the case")),
    "reopen": Decision(CaseAction.REOPEN, N_("Reopen the case")),
}


def _kept(most: int = HIDDEN_MOST) -> HiddenField:
    return HiddenField(validators=[Length(max=most)])


def _words(label: str, if_missing: str, most: int = NOTE_MOST, **more: Any) -> Field:
    return text_field(label, [DataRequired(if_missing), Fits(most)], **more)


class ButtonForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """A button and nothing else."""


class DecisionForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """What becomes of a case, and why. A page offers those decisions alone that its status allows."""

    decision = OneOf(
        _l("Your decision"),
        validators=[DataRequired(_l("Choose what you decide"))],
        choices=[SelectChoice(value, _l(decision.words)) for value, decision in DECISIONS.items()],
    )
    why = _words(
        _l("Reason"),
        _l("Give the reason for your decision"),
        description=_l("Kept with the case. The source does not see it."),
        render_kw={"rows": 3},
    )

    def offer(self, actions: Sequence[CaseAction]) -> bool:
        """Leave only what may be done now; says whether anything is left."""
        offered = [(value, decision) for value, decision in DECISIONS.items() if decision.action in actions]
        self.decision.choices = [SelectChoice(value, _(decision.words)) for value, decision in offered]
        return bool(offered)


class SummaryForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """The neutral summary of facts; `version` is the one that was on the page."""

    summary = _words(
        _l("Summary of facts"),
        _l("Write the summary first"),
        TEXT_MOST,
        description=_l(
            "In the third person and without a word that tells who told us. It goes into the letter as it stands. "
            "Leave an empty line between paragraphs."
        ),
        render_kw={"rows": 18},
    )
    version = _kept()


class MessageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """A message to the source of one submission."""

    message = _words(
        _l("Message to the source"),
        _l("Write your message first"),
        description=_l("The source finds it when they come back with their code. Nobody else can read it."),
        render_kw={"rows": 5},
    )
    files = MultipleFileField(_l("Files for the source"))


class ReadForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """That what sources wrote was read; `seen` is how many of their messages were on the page."""

    seen = _kept()


class DraftForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """A letter to begin; `letters` is how many the case had on the page, so that pressing twice drafts one."""

    state = OneOfMany(_l("To which State"), validators=[DataRequired(_l("Choose a State"))], choices=[])
    kind = OneOf(
        _l("Kind of letter"),
        validators=[DataRequired(_l("Choose the kind of letter"))],
        choices=[SelectChoice(kind.value, _l(label)) for kind, label in LETTER_KIND_LABELS.items()],
    )
    letters = _kept()


class IdentityForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Why somebody must know who a source is."""

    purpose = _words(
        _l("Why you need to know who the source is"),
        _l("Give the reason why you need to know"),
        description=_l("Your name, the time and this reason are written into the events of the case first."),
        render_kw={"rows": 2},
    )


class OriginalForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Why somebody must have a file as it was received. Several of these share a page, each with a prefix."""

    reason = _words(
        _l("Why you need the file as it was received"),
        _l("Give the reason why you need the file as it was received"),
        description=_l("Your name, the time and this reason are written into the events of the case first."),
        render_kw={"rows": 2},
    )


class WhyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Why a letter goes back, or ends. Several of these share a page, each with a prefix of its own."""

    why = _words(_l("Reason"), _l("Give the reason"), render_kw={"rows": 2})


class ApproveForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """An approval; `seen` is the hash of the text that was on the page."""

    accepts = BooleanField()
    seen = _kept()


class SendForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """That a letter shall leave; `sha256` is that of the PDF that the page spoke of."""

    sha256 = _kept()


class FieldsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """What an officer writes for one letter; `edited` is when it was last changed, as the page knew it."""

    subject = line_field(
        _l("Subject"),
        [Fits(LINE_MOST)],
        description=_l("Ends the sentence that brings information to the Government's attention “concerning …”."),
        render_kw={"autocomplete": "off"},
    )
    concern = text_field(
        _l("Concern"),
        [Fits(TEXT_MOST)],
        description=_l("One or more paragraphs, with an empty line between them."),
        render_kw={"rows": 6},
    )
    questions = text_field(
        _l("Questions"),
        [Fits(TEXT_MOST)],
        description=_l("One on each line. The first question of every letter is in its text already."),
        render_kw={"rows": 8},
    )
    measures = text_field(
        _l("Interim measures asked for"),
        [Fits(TEXT_MOST)],
        description=_l("One on each line; each ends the words “I call upon your Excellency's Government to …”."),
        render_kw={"rows": 5},
    )
    violation_types = SomeOf(
        _l("The annex cites the rights behind"),
        choices=[],
        description=_l("Without a choice, those that the source chose are cited."),
    )
    dated_on = DayField(
        _l("Date of the letter"),
        [InputRequired(_l("Give the date of the letter"))],
        partial=False,
        past=False,
        description=_l("It must be sent on this day in Geneva; otherwise its approval lapses."),
    )
    edited = _kept()

    @classmethod
    def of(cls, fields: Fields, dated_on: date, edited: str) -> "FieldsForm":
        """The form with what is kept of a letter."""
        shown = {
            "subject": fields.subject,
            "concern": fields.concern,
            "questions": "\n".join(fields.questions),
            "measures": "\n".join(fields.measures),
            "violation_types": list(fields.violation_types),
            "dated_on": dated_on.isoformat(),
            "edited": edited,
        }
        return cls(formdata=None, data=shown)

    def told(self) -> Fields:
        """What was typed, as it is kept."""
        return Fields(
            subject=self.subject.data or "",
            concern=self.concern.data or "",
            questions=_lines(self.questions.data),
            measures=_lines(self.measures.data),
            violation_types=tuple(self.violation_types.data or ()),
        )

    def day(self) -> date:
        """The date that was typed; call it after `validate`."""
        typed: PartialDay | None = self.dated_on.data
        if typed is None:
            raise ValueError("no date was typed")
        return typed.first


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())
