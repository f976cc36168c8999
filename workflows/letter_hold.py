"""Holding a letter: one officer keeps a letter from leaving, or from being opened, until an officer lifts the hold.

Of a hold and an opening that come at the same moment just one takes effect: both take the row of the release first.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from foundation.actor import ActorId
from foundation.keys import Keyring
from workflows import cases
from workflows.cases import Deed, Happening
from workflows.lifecycle import CommunicationAction, CommunicationStatus
from workflows.models import CaseEvent, Communication, Release

HOLDABLE = (
    CommunicationStatus.APPROVED,
    CommunicationStatus.SENDING,
    CommunicationStatus.SENT,
    CommunicationStatus.UNDELIVERED,
)
# Whichever of these came last says whether a letter is held; a hold ends with the approval that it was put on.
ENDS = (Happening.LETTER_HOLD_LIFTED, CommunicationAction.RECALL, CommunicationAction.LAPSE)


class LetterHeld(Exception):
    """An officer holds this letter; it neither leaves nor is it shown."""


class WasOpened(Exception):
    """The addressee has opened the letter, so that nothing can be done about it any more. Carries the instant."""

    def __init__(self, opened_at: datetime) -> None:
        super().__init__(f"it was opened at {opened_at.isoformat()}")
        self.opened_at = opened_at


class HoldNotAllowed(Exception):
    """A letter in this status cannot be held, or it is not held and there is nothing to lift."""


def hold(session: Session, keys: Keyring, letter_id: str, by: ActorId, now: datetime, why: str) -> None:
    """Hold a letter that is approved or has left and that nobody has opened.

    Raises LetterHeld if it is held already, WasOpened, HoldNotAllowed, NotPermitted.
    """
    letter = _locked(session, letter_id)
    cases.require(session, by, Permission.SEND_LETTER)
    if letter.status not in HOLDABLE:
        raise HoldNotAllowed(letter.status)
    if is_held(session, letter):
        raise LetterHeld(letter_id)
    release = unopened_release(session, letter_id)
    letter.held_at = now
    if release is not None:
        release.held_at = now
    cases.note_happening(session, keys, letter.case_id, Deed(Happening.LETTER_HELD, by, now, why), letter)


def lift(session: Session, keys: Keyring, letter_id: str, by: ActorId, now: datetime, why: str) -> None:
    """End a hold. What it kept from leaving is sent by a person's press and not by itself; links open again.

    Raises HoldNotAllowed if the letter is not held, NotPermitted.
    """
    letter = _locked(session, letter_id)
    cases.require(session, by, Permission.SEND_LETTER)
    if not is_held(session, letter):
        raise HoldNotAllowed(letter.status)
    release = _locked_release(session, letter_id)
    letter.held_at = None
    if release is not None:
        release.held_at = None
    cases.note_happening(session, keys, letter.case_id, Deed(Happening.LETTER_HOLD_LIFTED, by, now, why), letter)


def is_held(session: Session, letter: Communication) -> bool:
    """Whether a letter is held, by its row or by the events of its case: the row alone could have been edited."""
    if letter.held_at is not None:
        return True
    told = select(CaseEvent.action).where(CaseEvent.communication_id == letter.id)
    told = told.where(CaseEvent.action.in_((Happening.LETTER_HELD, *ENDS)))
    return session.scalar(told.order_by(CaseEvent.sequence.desc()).limit(1)) == Happening.LETTER_HELD


def unopened_release(session: Session, letter_id: str) -> Release | None:
    """What the portal shows of a letter, held against its opening until the transaction ends; None if it shows nothing.

    Raises WasOpened.
    """
    release = _locked_release(session, letter_id)
    if release is not None and release.opened_at is not None:
        raise WasOpened(release.opened_at)
    return release


def _locked_release(session: Session, letter_id: str) -> Release | None:
    own = select(Release).where(Release.communication_id == letter_id).with_for_update()
    return session.scalar(own.execution_options(populate_existing=True))


def _locked(session: Session, letter_id: str) -> Communication:
    cases.lock(session, session.get_one(Communication, letter_id).case_id)
    return session.get_one(Communication, letter_id, populate_existing=True)
