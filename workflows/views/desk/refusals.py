"""What a deed that refused says on the page."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm

from foundation.words import N_
from submissions.intake import SubmissionErased
from workflows.cases import CaseDisposed, NotPermitted
from workflows.communications import LetterBlocked, LetterChanged, NeedsWord, OwnEdit
from workflows.disposals import (
    DisposalDecided,
    DisposalGone,
    OwnProposal,
    RecordHeld,
    RecordNotHeld,
    StillInWork,
    TermNotOver,
)
from workflows.drafting import NothingGiven
from workflows.gate import Closed
from workflows.letter_hold import HoldNotAllowed, LetterHeld, WasOpened
from workflows.letters import AnnexRefused, LetterError, MissingField, NoSuchLetter, SignsNotCovered
from workflows.lifecycle import LABELS, MoveNotAllowed
from workflows.models import NoticeStatus
from workflows.sources import MessagesCame, NotOfThisCase
from workflows.triage import NotAsReceived
from workflows.views.desk import shown
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
    LetterHeld,
    WasOpened,
    HoldNotAllowed,
    Closed,
    SubmissionErased,
    CaseDisposed,
    RecordHeld,
    RecordNotHeld,
    StillInWork,
    TermNotOver,
    DisposalDecided,
    DisposalGone,
    OwnProposal,
    NotAsReceived,
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


def _was_opened(error: Any) -> str:
    return str(
        _("The addressee opened the letter on %(when)s; nothing was changed.", when=shown.moment(error.opened_at))
    )


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
    LetterHeld: N_("An officer holds this letter. Lift the hold first."),
    WasOpened: _was_opened,
    HoldNotAllowed: N_("The letter is no longer as the page showed it. Look at it as it is now, then decide again."),
    Closed: N_(
        "Sending is closed: this database was put back, or the journal is not where it was. An operator must look at "
        "the journal before anything leaves."
    ),
    NotAsReceived: N_(
        "What is on record of this submission, or the key of its source, was changed past the system since it was "
        "received. The message was not left, since somebody else might have read it. An alarm was raised: speak to "
        "those who run the machines."
    ),
    SubmissionErased: N_("What the source told was erased, so that this is no longer possible."),
    CaseDisposed: N_("What the source told was erased, or will be, so that nobody can work on this case any more."),
    RecordHeld: N_("The record of this case is kept from disposal. Nothing of it is erased until that is lifted."),
    RecordNotHeld: N_("The record of this case is not kept from disposal. Perhaps somebody else has just lifted that."),
    StillInWork: N_(
        "Somebody still works on this case. Close it, and withdraw its letters that have not left; then what the "
        "source told can be erased."
    ),
    TermNotOver: N_("The record of this case must be kept longer."),
    DisposalDecided: N_("An erasure is proposed already, or it was confirmed and cannot be stopped."),
    DisposalGone: N_("This proposal was decided meanwhile, or taken back. Look at the page as it is now."),
    OwnProposal: N_("You proposed this erasure yourself. A second person must confirm it."),
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
