"""The lives of a case and of a communication: which move leads from which status to which.

Both are tables and nothing else. The desk draws its buttons from `actions_from`, and a deed asks `after`, so that
screen and rule cannot disagree; `diagram` draws the same tables for docs/architecture.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar, overload

from foundation.words import N_


class CaseStatus(StrEnum):
    """How far our work on one or more submissions is."""

    RECEIVED = "received"
    IN_TRIAGE = "in_triage"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REFERRED = "referred"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class CaseAction(StrEnum):
    """What may be done to a case. Only its source withdraws."""

    BEGIN_TRIAGE = "begin_triage"
    ACCEPT = "accept"
    DECLINE = "decline"
    REFER = "refer"
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


class CommunicationStatus(StrEnum):
    """How far one letter to one recipient is. Published is a date and overdue is computed: neither is a status."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    UNDELIVERED = "undelivered"
    REPLIED = "replied"
    WITHDRAWN = "withdrawn"


class CommunicationAction(StrEnum):
    """What may be done to a communication. Two are the machine's own.

    `LAPSE`: what the approval rested on has changed. `FIND_LEFT`: the journal says that the letter left before the
    database was put back to a day on which it had not.
    """

    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    RECALL = "recall"
    LAPSE = "lapse"
    BEGIN_SENDING = "begin_sending"
    CONFIRM_SENT = "confirm_sent"
    REFUSE = "refuse"
    RECORD_REPLY = "record_reply"
    WITHDRAW = "withdraw"
    FIND_LEFT = "find_left"


class MoveNotAllowed(Exception):
    """This action cannot be taken in this status. Carries both."""

    def __init__(self, status: StrEnum, action: StrEnum) -> None:
        super().__init__(f"{action} is not allowed from {status}")
        self.status = status
        self.action = action


S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Lifecycle(Generic[S, A]):
    """One table of moves, with the status in which a life begins."""

    name: str
    first: S
    moves: Mapping[tuple[S, A], S]

    def after(self, status: S, action: A) -> S:
        """The status that `action` leads to. Raises MoveNotAllowed."""
        try:
            return self.moves[status, action]
        except KeyError:
            raise MoveNotAllowed(status, action) from None

    def actions_from(self, status: S) -> tuple[A, ...]:
        """What may be done in this status, in the order of the table."""
        return tuple(action for start, action in self.moves if start == status)

    def diagram(self) -> str:
        """The table as the text of a Mermaid state diagram."""
        lines = [f"    {start} --> {end}: {action}" for (start, action), end in self.moves.items()]
        ends = dict.fromkeys(end for end in self.moves.values() if not self.actions_from(end))
        closing = [f"    {end} --> [*]" for end in ends]
        return "\n".join(["stateDiagram-v2", f"    [*] --> {self.first}", *lines, *closing]) + "\n"


_C = CaseStatus
_DO = CaseAction

# A source may withdraw at any time; only what is withdrawn already stays as it is.
CASE: Final = Lifecycle(
    name="case",
    first=_C.RECEIVED,
    moves={
        (_C.RECEIVED, _DO.BEGIN_TRIAGE): _C.IN_TRIAGE,
        (_C.RECEIVED, _DO.WITHDRAW): _C.WITHDRAWN,
        (_C.IN_TRIAGE, _DO.ACCEPT): _C.ACCEPTED,
        (_C.IN_TRIAGE, _DO.DECLINE): _C.DECLINED,
        (_C.IN_TRIAGE, _DO.REFER): _C.REFERRED,
        (_C.IN_TRIAGE, _DO.WITHDRAW): _C.WITHDRAWN,
        (_C.ACCEPTED, _DO.CLOSE): _C.CLOSED,
        (_C.ACCEPTED, _DO.WITHDRAW): _C.WITHDRAWN,
        (_C.DECLINED, _DO.CLOSE): _C.CLOSED,
        (_C.DECLINED, _DO.REOPEN): _C.IN_TRIAGE,
        (_C.DECLINED, _DO.WITHDRAW): _C.WITHDRAWN,
        (_C.REFERRED, _DO.CLOSE): _C.CLOSED,
        (_C.REFERRED, _DO.REOPEN): _C.IN_TRIAGE,
        (_C.REFERRED, _DO.WITHDRAW): _C.WITHDRAWN,
        (_C.CLOSED, _DO.REOPEN): _C.IN_TRIAGE,
        (_C.CLOSED, _DO.WITHDRAW): _C.WITHDRAWN,
    },
)

_L = CommunicationStatus
_ACT = CommunicationAction

# From `sending` nothing leads back to a draft: the recipient may hold the letter already. One that was given up as not
# delivered is sent after all once its recipient opens it. Its approval lapses only if it was never visible, and a
# person withdraws it only as long as nobody has opened it; both are asked by the deeds, since no status tells it.
COMMUNICATION: Final = Lifecycle(
    name="communication",
    first=_L.DRAFT,
    moves={
        (_L.DRAFT, _ACT.SUBMIT): _L.IN_REVIEW,
        (_L.DRAFT, _ACT.WITHDRAW): _L.WITHDRAWN,
        (_L.IN_REVIEW, _ACT.APPROVE): _L.APPROVED,
        (_L.IN_REVIEW, _ACT.RETURN): _L.DRAFT,
        (_L.IN_REVIEW, _ACT.WITHDRAW): _L.WITHDRAWN,
        (_L.APPROVED, _ACT.BEGIN_SENDING): _L.SENDING,
        (_L.APPROVED, _ACT.RECALL): _L.DRAFT,
        (_L.APPROVED, _ACT.LAPSE): _L.DRAFT,
        (_L.APPROVED, _ACT.WITHDRAW): _L.WITHDRAWN,
        (_L.APPROVED, _ACT.FIND_LEFT): _L.SENDING,
        (_L.SENDING, _ACT.CONFIRM_SENT): _L.SENT,
        (_L.SENDING, _ACT.REFUSE): _L.UNDELIVERED,
        (_L.UNDELIVERED, _ACT.BEGIN_SENDING): _L.SENDING,
        (_L.UNDELIVERED, _ACT.CONFIRM_SENT): _L.SENT,
        (_L.UNDELIVERED, _ACT.LAPSE): _L.DRAFT,
        (_L.UNDELIVERED, _ACT.WITHDRAW): _L.WITHDRAWN,
        (_L.UNDELIVERED, _ACT.FIND_LEFT): _L.SENDING,
        (_L.SENT, _ACT.RECORD_REPLY): _L.REPLIED,
        (_L.REPLIED, _ACT.RECORD_REPLY): _L.REPLIED,
    },
)


@overload
def after(status: CaseStatus, action: CaseAction) -> CaseStatus: ...
@overload
def after(status: CommunicationStatus, action: CommunicationAction) -> CommunicationStatus: ...
def after(
    status: CaseStatus | CommunicationStatus, action: CaseAction | CommunicationAction
) -> CaseStatus | CommunicationStatus:
    """The status that `action` leads to. Raises MoveNotAllowed, also when the two are of different lives."""
    if isinstance(status, CaseStatus) and isinstance(action, CaseAction):
        return CASE.after(status, action)
    if isinstance(status, CommunicationStatus) and isinstance(action, CommunicationAction):
        return COMMUNICATION.after(status, action)
    raise MoveNotAllowed(status, action)


@overload
def actions_from(status: CaseStatus) -> tuple[CaseAction, ...]: ...
@overload
def actions_from(status: CommunicationStatus) -> tuple[CommunicationAction, ...]: ...
def actions_from(
    status: CaseStatus | CommunicationStatus,
) -> tuple[CaseAction, ...] | tuple[CommunicationAction, ...]:
    """What may be done in this status. Whether somebody in particular may do it is asked elsewhere."""
    if isinstance(status, CaseStatus):
        return CASE.actions_from(status)
    return COMMUNICATION.actions_from(status)


def diagrams() -> str:
    """Both tables as Mermaid diagrams under their names, as they stand in docs/architecture.md."""
    return "\n".join(
        f"### {title}\n\n```mermaid\n{text}```\n"
        for title, text in (("Case", CASE.diagram()), ("Communication", COMMUNICATION.diagram()))
    )


# Text enums are equal when their text is, so `withdrawn` and `withdraw` of both lives are one key with one label.
LABELS: Final[Mapping[StrEnum, str]] = {
    _C.RECEIVED: N_("Received"),
    _C.IN_TRIAGE: N_("In triage"),
    _C.ACCEPTED: N_("Accepted"),
    _C.DECLINED: N_("Not taken up"),
    _C.REFERRED: N_("Referred"),
    _C.CLOSED: N_("Closed"),
    _C.WITHDRAWN: N_("Withdrawn"),
    _DO.BEGIN_TRIAGE: N_("Begin triage"),
    _DO.ACCEPT: N_("Accept"),
    _DO.DECLINE: N_("Do not take up"),
    _DO.REFER: N_("Refer to another mandate"),
    _DO.CLOSE: N_("Close"),
    _DO.REOPEN: N_("Reopen"),
    _DO.WITHDRAW: N_("Withdraw"),
    _L.DRAFT: N_("Draft"),
    _L.IN_REVIEW: N_("In review"),
    _L.APPROVED: N_("Approved"),
    _L.SENDING: N_("Being sent"),
    _L.SENT: N_("Sent"),
    _L.UNDELIVERED: N_("Not delivered"),
    _L.REPLIED: N_("Reply received"),
    _ACT.SUBMIT: N_("Submit for review"),
    _ACT.RETURN: N_("Return to the drafter"),
    _ACT.APPROVE: N_("Approve"),
    _ACT.RECALL: N_("Recall the approval"),
    _ACT.LAPSE: N_("Let the approval lapse"),
    _ACT.BEGIN_SENDING: N_("Send"),
    _ACT.CONFIRM_SENT: N_("Confirm as sent"),
    _ACT.REFUSE: N_("Record that it was not delivered"),
    _ACT.RECORD_REPLY: N_("Record a reply"),
    _ACT.FIND_LEFT: N_("Record that it left before the database was put back"),
}
