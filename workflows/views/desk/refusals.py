"""What a deed that refused says on the page."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm

from foundation.words import N_
from workflows.cases import NotPermitted
from workflows.communications import LetterBlocked, LetterChanged, NeedsWord, OwnEdit
from workflows.drafting import NothingGiven
from workflows.letters import AnnexRefused, LetterError, MissingField, NoSuchLetter, SignsNotCovered
from workflows.lifecycle import LABELS, MoveNotAllowed
from workflows.models import NoticeStatus
from workflows.sources import MessagesCame, NotOfThisCase
from workflows.views.desk.wording import MISSING_FIELDS, NOTHING_GIVEN, NOTICES, OBSTACLES

REFUSALS = (
    MoveNotAllowed,
    NotPermitted,
    OwnEdit,
    LetterChanged,
    LetterBlocked,
    NeedsWord,
    NothingGiven,
    LetterError,
    MessagesCame,
    NotOfThisCase,
)


def refuse(form: FlaskForm, error: Exception) -> None:
    """Put what a deed said above the form, which keeps what was typed."""
    form.form_errors.append(words_for(error))


def words_for(error: Exception) -> str:
    """Why something was not done, and what to do about it."""
    say = next(say for kind, say in _SAY.items() if isinstance(error, kind))
    return str(_(say)) if isinstance(say, str) else say(error)


def _not_allowed_now(error: Any) -> str:
    status, action = error.status, error.action
    if isinstance(status, NoticeStatus):
        return str(_("This notice was settled already. It is now: %(status)s.", status=_(NOTICES[status])))
    return str(
        _(
            "“%(action)s” is not possible now: the status is “%(status)s”. Perhaps it was done already, by you or by "
            "somebody else. Look at the page as it is now.",
            action=_(LABELS[action]),
            status=_(LABELS[status]),
        )
    )


def _blocked(error: Any) -> str:
    return " ".join(str(_(OBSTACLES[obstacle.code][0])) for obstacle in error.obstacles)


def _missing(error: Any) -> str:
    missing = MISSING_FIELDS.get(error.field)
    return str(_(missing) if missing else _("The letter needs “%(field)s”, which is missing.", field=error.field))


def _nothing_given(error: Any) -> str:
    return str(_(NOTHING_GIVEN[error.missing]))


def _signs(error: Any) -> str:
    words = _("No letter can show these signs: %(signs)s. Write the word in Latin letters instead.", signs=error.signs)
    return str(words)


# The first kind that fits counts, so what is narrower stands before what is wider.
_SAY: dict[type[Exception], str | Callable[[Any], str]] = {
    MoveNotAllowed: _not_allowed_now,
    NotPermitted: N_("Your role does not include this. Nothing was changed."),
    OwnEdit: N_("You edited this letter last, and nobody approves what they edited last. Somebody else must."),
    LetterChanged: N_(
        "This was changed by somebody else while you had the page open. Read it as it is now, then decide again."
    ),
    MessagesCame: N_("The source wrote again meanwhile. Read the new message first."),
    NotOfThisCase: N_("This submission no longer belongs to this case."),
    LetterBlocked: _blocked,
    NeedsWord: N_(
        "This letter rests on records that nobody has reviewed. Say that you take it upon yourself, or leave it."
    ),
    NothingGiven: _nothing_given,
    MissingField: _missing,
    AnnexRefused: N_("The annex must cite at least one existing right; the draft declaration alone is not enough."),
    SignsNotCovered: _signs,
    NoSuchLetter: N_("There is no text for this kind of letter in the language of this addressee."),
    LetterError: N_("The letter cannot be made from what is on record. Nothing was changed."),
}
