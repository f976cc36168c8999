"""The buttons that move a letter through its life: each is a permission, a form, one deed, and a redirect."""

from collections.abc import Callable
from datetime import datetime

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from accounts.session import actor, requires
from foundation.actor import ActorId
from foundation.keys import Keyring
from foundation.web import means
from foundation.words import N_
from workflows import communications, letter_hold
from workflows.forms import ApproveForm, ButtonForm, SendForm, WhyForm
from workflows.lifecycle import COMMUNICATION, CommunicationAction, CommunicationStatus
from workflows.views.desk import shown
from workflows.views.desk.door import CANNOT_BE_USED, NOT_AS_IT_WAS, bp, go_to, now, page, the_letter, today
from workflows.views.desk.letter import letter_here
from workflows.views.desk.letter_page import letter_page
from workflows.views.desk.refusals import REFUSALS, refuse

SUBMITTED = N_("The letter is submitted for review.")
APPROVED = N_("The letter is approved and frozen.")
SENDING = N_("The letter is being sent.")
HELD = N_("The letter is held. Nothing of it leaves, and it cannot be opened.")
LIFTED = N_("The hold is lifted. A letter that had not left is sent by your press, not by itself.")
DONE = {
    CommunicationAction.RETURN: N_("The letter is returned to the drafter."),
    CommunicationAction.RECALL: N_("The approval is recalled; the letter is a draft again."),
    CommunicationAction.WITHDRAW: N_("The letter is withdrawn."),
}


WithReason = Callable[[Session, Keyring, str, ActorId, datetime, str], None]


@bp.post("/letters/<letter_id>/submit")
@requires(Permission.DRAFT_LETTER)
def submit_letter(letter_id: str) -> ResponseReturnValue:
    """Put a draft before an approver."""
    form, _known = ButtonForm(), letter_here(letter_id)

    def deed(session: Session) -> None:
        communications.submit(session, means().keys, letter_id, actor(), now())

    return _move(letter_id, form, deed, SUBMITTED)


@bp.post("/letters/<letter_id>/return")
@requires(Permission.APPROVE_LETTER)
def return_letter(letter_id: str) -> ResponseReturnValue:
    """Give a letter back to its drafter."""
    return _set_back(letter_id, CommunicationAction.RETURN)


@bp.post("/letters/<letter_id>/recall")
@requires(Permission.DRAFT_LETTER)
def recall_letter(letter_id: str) -> ResponseReturnValue:
    """Take an approval back, so that the letter can be edited."""
    return _set_back(letter_id, CommunicationAction.RECALL)


@bp.post("/letters/<letter_id>/withdraw")
@requires(Permission.DRAFT_LETTER)
def withdraw_letter(letter_id: str) -> ResponseReturnValue:
    """End a letter that has not left."""
    return _set_back(letter_id, CommunicationAction.WITHDRAW)


@bp.post("/letters/<letter_id>/approve")
@requires(Permission.APPROVE_LETTER)
def approve_letter(letter_id: str) -> ResponseReturnValue:
    """Approve just the text that was on the page."""
    form, _known = ApproveForm(), letter_here(letter_id)
    if not form.validate():
        return letter_page(letter_id, CANNOT_BE_USED, form)
    try:
        # A page that does not say which text it showed has shown none.
        communications.approve(means(), letter_id, actor(), form.accepts.data, form.seen.data or "")
    except REFUSALS as error:
        refuse(form, error)
        return letter_page(letter_id, NOT_AS_IT_WAS, form)
    return go_to("letter", APPROVED, letter_id=letter_id)


@bp.post("/letters/<letter_id>/hold")
@requires(Permission.SEND_LETTER)
def hold_letter(letter_id: str) -> ResponseReturnValue:
    """Keep a letter from leaving, or from being opened."""
    return _with_reason(letter_id, "hold", letter_hold.hold, HELD)


@bp.post("/letters/<letter_id>/lift")
@requires(Permission.SEND_LETTER)
def lift_hold(letter_id: str) -> ResponseReturnValue:
    """End a hold."""
    return _with_reason(letter_id, "lift", letter_hold.lift, LIFTED)


@bp.get("/letters/<letter_id>/send")
@requires(Permission.SEND_LETTER)
def ask_to_send(letter_id: str) -> ResponseReturnValue:
    """Ask once more: to whom, which mailbox, and what happens."""
    letter = letter_here(letter_id)
    possible = COMMUNICATION.actions_from(CommunicationStatus(letter.status))
    if CommunicationAction.BEGIN_SENDING not in possible or letter.held_at is not None:
        return redirect(url_for("desk.letter", letter_id=letter_id))
    return _send_page(letter_id, SendForm(formdata=None, data={"sha256": letter.letter_sha256}))


@bp.post("/letters/<letter_id>/send")
@requires(Permission.SEND_LETTER)
def send_letter(letter_id: str) -> ResponseReturnValue:
    """Let a letter leave, or its approval lapse if what it rests on has changed."""
    form, _known = SendForm(), letter_here(letter_id)
    if not form.validate():
        return letter_page(letter_id, CANNOT_BE_USED, form)
    try:
        with means().database.transaction() as session:
            # What leaves must be what the page spoke of, and not a letter that was approved meanwhile in its place.
            lapsed = communications.begin_sending(session, means(), letter_id, actor(), form.sha256.data or "")
    except REFUSALS as error:
        refuse(form, error)
        return letter_page(letter_id, NOT_AS_IT_WAS, form)
    # A lapse is told by the page of the letter itself, for as long as it is a draft again.
    return go_to("letter", "" if lapsed else SENDING, letter_id=letter_id)


def _move(letter_id: str, form: ButtonForm, deed: Callable[[Session], None], done: str) -> ResponseReturnValue:
    try:
        with means().database.transaction() as session:
            deed(session)
    except REFUSALS as error:
        refuse(form, error)
        return letter_page(letter_id, NOT_AS_IT_WAS, form)
    return go_to("letter", done, letter_id=letter_id)


def _set_back(letter_id: str, action: CommunicationAction) -> ResponseReturnValue:
    def deed(session: Session, keys: Keyring, letter_id: str, by: ActorId, at: datetime, why: str) -> None:
        communications.set_back(session, keys, letter_id, action, by, at, why)

    return _with_reason(letter_id, action.value, deed, DONE[action])


def _with_reason(letter_id: str, prefix: str, do: WithReason, done: str) -> ResponseReturnValue:
    form, _known = WhyForm(prefix=prefix), letter_here(letter_id)
    if not form.validate():
        return letter_page(letter_id, CANNOT_BE_USED, form)

    def deed(session: Session) -> None:
        do(session, means().keys, letter_id, actor(), now(), form.why.data)

    return _move(letter_id, form, deed, done)


def _send_page(letter_id: str, form: SendForm) -> ResponseReturnValue:
    with means().database.reading() as session:
        found = the_letter(session, letter_id)
    return page(
        "send",
        "letters",
        narrow=True,
        form=form,
        letter=found.letter,
        recipient=found.recipient,
        dated=shown.day(found.letter.dated_on),
        is_today=found.letter.dated_on == today(),
        again=found.release is not None,
    )
