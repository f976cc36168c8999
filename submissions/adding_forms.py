"""The forms of what comes after sending: more words, more files, a reprisal, what may be told to whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice

from foundation.words import N_
from submissions import fields
from submissions.confidentiality import MANDATE, MANDATES, PUBLIC
from submissions.fields import Fits, Needed, OneOf, OneOfMany, SomeOf
from submissions.forms import MessageForm
from submissions.questionnaire import TEXT_MOST
from submissions.questions import Choice
from submissions.records import AGREEMENT, LEVELS, PRECISIONS

Answers = Mapping[str, Any]
Typed = MultiDict[str, str] | None

AUDIENCES: Mapping[str, str] = {
    MANDATE: N_("We, who read this"),
    MANDATES: N_("Other mandates of the United Nations"),
    PUBLIC: N_("Everybody, once it is published"),
}
MAY_BE_SENT = (Choice("yes", N_("Yes, a letter may be sent")), Choice("no", N_("No, do not send a letter")))
MAY_BE_TOLD = (Choice("own", N_("Yes, as I choose below")), Choice("refused", N_("No, name me to nobody outside")))


class MessageWithFilesForm(MessageForm):
    """A message to the mandate, with files if need be."""

    files = MultipleFileField(_l("Add files to the message"))


class WordsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """More words. The page says what about."""

    words = fields.text_field(
        _l("In your own words"), [Fits(TEXT_MOST), Needed()], description=_l("You can write in any language.")
    )


class MoreFilesForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """More files."""

    files = MultipleFileField(_l("Choose files"))


class ReprisalForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """That somebody is threatened or punished for what was told. Nothing in it is needed."""

    danger = BooleanField(_l("Somebody is in danger now"))
    words = fields.text_field(
        _l("What happened? (optional)"),
        [Fits(TEXT_MOST)],
        description=_l("Who, when, and by whom. You can also send it empty and write later."),
    )


class ChoicesForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """What may be told to whom; each audience has a number, which stands at the end of its fields' names."""

    audiences: tuple[str, ...] = ()

    def said(self) -> dict[str, Any]:
        """What was chosen, in the shape of the answers. Call it after `validate`."""
        wishes = {
            what: {one: self[f"{what}_{n}"].data for n, one in enumerate(self.audiences) if f"{what}_{n}" in self}
            for what in ("naming", "precision")
        }
        plain = ("consent_to_send", "not_to", "basis")
        return {**wishes, **{name: self[name].data for name in plain if name in self and self[name].data is not None}}


def choices_for_all(labels: Mapping[str, str], kept: Answers, typed: Typed) -> ChoicesForm:
    """What holds for everybody of whom nothing else is chosen."""
    addressees = [SelectChoice(one, label) for one, label in labels.items() if one not in AUDIENCES]
    more: dict[str, Any] = {
        "consent_to_send": OneOf(_l("May a letter be sent at all?"), choices=_offered(MAY_BE_SENT)),
        "not_to": SomeOf(_l("To whom may no letter go?"), choices=addressees),
    }
    plain = {"consent_to_send": kept.get("consent_to_send"), "not_to": list(kept.get("not_to", ()))}
    return _form(labels, kept, typed, more if addressees else {"consent_to_send": more["consent_to_send"]}, plain)


def choices_by_source(labels: Mapping[str, str], person: Answers, typed: Typed) -> ChoicesForm:
    """What holds for one person, as her source says."""
    basis = next(asked for asked in AGREEMENT.questions if asked.name == "basis")
    more = {} if person.get("is_source") else {"basis": OneOf(_l("Do they agree?"), choices=_offered(basis.choices))}
    return _form(labels, person, typed, more, {"basis": person.get("basis")})


def choices_by_person(labels: Mapping[str, str], person: Answers, typed: Typed) -> ChoicesForm:
    """What holds for one person, as she says herself."""
    more = {"basis": OneOf(_l("May anybody outside be told who you are?"), choices=_offered(MAY_BE_TOLD))}
    return _form(labels, person, typed, more, {"basis": "refused" if person.get("basis") == "refused" else "own"})


def _form(
    labels: Mapping[str, str], kept: Answers, typed: Typed, more: Mapping[str, Any], plain: Mapping[str, Any]
) -> ChoicesForm:
    made: dict[str, Any] = {"audiences": tuple(labels), **more}
    data = dict(plain)
    for n, one in enumerate(labels):
        made[f"naming_{n}"] = OneOfMany(_("The name may be told like this"), choices=_offered(LEVELS, reverse=True))
        data[f"naming_{n}"] = kept.get("naming", {}).get(one, "none")
        if one != MANDATE:
            made[f"precision_{n}"] = OneOfMany(
                _("The place may be told like this"), choices=_offered(PRECISIONS, reverse=True)
            )
            data[f"precision_{n}"] = kept.get("precision", {}).get(one) or "country"
    form: ChoicesForm = type("ChoicesForm", (ChoicesForm,), made)(typed, data=data)
    return form


def _offered(choices: Sequence[Choice], reverse: bool = False) -> list[SelectChoice]:
    # What is chosen by mistake should tell less, so the most careful stands first.
    return [SelectChoice(one.value, _(one.label)) for one in (reversed(choices) if reverse else choices)]
