"""What a deed that refused says on the page."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workflows.cases import NotPermitted
from workflows.communications import LetterBlocked, LetterChanged, NeedsWord, OwnEdit
from workflows.drafting import NothingGiven
from workflows.letters import AnnexRefused, LetterError, MissingField, NoSuchLetter, SignsNotCovered
from workflows.lifecycle import LABELS, MoveNotAllowed
from workflows.models import NoticeStatus
from workflows.sources import MessagesCame
from workflows.views.desk.wording import MISSING_FIELDS, NOTHING_GIVEN, NOTICES, OBSTACLES

E = TypeVar("E", bound=Exception)

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
)


def refuse(form: FlaskForm, error: Exception) -> None:
    """Put what a deed said above the form, which keeps what was typed."""
    form.form_errors.append(words_for(error))


def words_for(error: Exception) -> str:
    """Why something was not done, and what to do about it."""
    say = next(say for kind, say in _SAY.items() if isinstance(error, kind))
    return say(error)


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
    return str(_(MISSING_FIELDS[error.field])) if error.field in MISSING_FIELDS else _cannot_be_made(error)


def _cannot_be_made(error: Any) -> str:
    return str(_("The letter cannot be made from what is on record. Nothing was changed."))


# The first kind that fits counts, so what is narrower stands before what is wider.
_SAY: dict[type[Exception], Callable[[Any], str]] = {
    MoveNotAllowed: _not_allowed_now,
    NotPermitted: lambda error: str(_("Your role does not include this. Nothing was changed.")),
    OwnEdit: lambda error: str(
        _("You were the last to edit this letter, and nobody approves what they edited last. Somebody else must.")
    ),
    LetterChanged: lambda error: str(
        _("This was changed by somebody else while you had the page open. Read it as it is now, then decide again.")
    ),
    MessagesCame: lambda error: str(_("The source wrote again meanwhile. Read the new message first.")),
    LetterBlocked: _blocked,
    NeedsWord: lambda error: str(
        _("This letter rests on records that nobody has reviewed. Say that you take it upon yourself, or leave it.")
    ),
    NothingGiven: lambda error: str(_(NOTHING_GIVEN[error.missing])),
    MissingField: _missing,
    AnnexRefused: lambda error: str(
        _("The annex must cite at least one existing right; the draft declaration alone is not enough.")
    ),
    SignsNotCovered: lambda error: str(
        _("No letter can show these signs: %(signs)s. Write the word in Latin letters instead.", signs=error.signs)
    ),
    NoSuchLetter: lambda error: str(_("There is no text for this kind of letter in the language of this addressee.")),
    LetterError: _cannot_be_made,
}
