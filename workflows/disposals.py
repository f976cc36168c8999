"""Decisions on the record of a case: to keep it, and to dispose of what a source told, which takes two persons.

A decision erases nothing; the worker does (workflows/retention.py). Once it is confirmed, nobody takes it back.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from foundation import jobs
from foundation.actor import ActorId
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.keys import Keyring
from submissions import intake
from submissions.models import Submission
from workflows import cases
from workflows.cases import Deed, Happening
from workflows.lifecycle import CaseStatus, CommunicationStatus
from workflows.models import Case, Communication, Disposal, DisposalGround
from workflows.retention_terms import AT_REST, is_due, shipped_schedule

DISPOSE = "workflows.dispose"

# A letter in one of these is work that somebody has not ended: it needs what the source told.
OPEN_WORK = (
    CommunicationStatus.DRAFT,
    CommunicationStatus.IN_REVIEW,
    CommunicationStatus.APPROVED,
    CommunicationStatus.SENDING,
)


class RecordHeld(Exception):
    """Somebody keeps the record of this case, so that nothing of it is disposed of."""


class RecordNotHeld(Exception):
    """Nobody keeps the record of this case, so there is nothing to lift."""


class StillInWork(Exception):
    """The case is not at rest, or one of its letters is still being worked on."""


class TermNotOver(Exception):
    """The record must be kept longer, so that its term is no ground yet."""


class DisposalDecided(Exception):
    """A disposal of this submission is proposed already, or confirmed."""


class DisposalGone(Exception):
    """The proposal that was on the page is no longer there, or was decided."""


class OwnProposal(Exception):
    """Nobody confirms what they proposed."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Why a submission should be erased."""

    ground: DisposalGround
    why: str


def keep_record(session: Session, keys: Keyring, case_id: str, by: ActorId, now: datetime, why: str) -> None:
    """Keep the record of a case until somebody lifts that again.

    Raises NotPermitted, RecordHeld if it is kept already, DisposalDecided if it is too late.
    """
    case = cases.lock(session, case_id)
    cases.require(session, by, Permission.HOLD_RECORDS)
    _refuse_held(case)
    confirmed = Disposal.case_id == case_id, Disposal.confirmed_at.is_not(None), Disposal.done_at.is_(None)
    if session.scalar(select(Disposal.id).where(*confirmed).limit(1)) is not None:
        raise DisposalDecided
    case.kept_since = now
    cases.note_happening(session, keys, case_id, Deed(Happening.RECORD_HELD, by, now, why))


def lift(session: Session, keys: Keyring, case_id: str, by: ActorId, now: datetime, why: str) -> None:
    """No longer keep the record of a case. Raises NotPermitted, RecordNotHeld."""
    case = cases.lock(session, case_id)
    cases.require(session, by, Permission.HOLD_RECORDS)
    if case.kept_since is None:
        raise RecordNotHeld
    case.kept_since = None
    cases.note_happening(session, keys, case_id, Deed(Happening.RECORD_HOLD_LIFTED, by, now, why))


def propose(
    session: Session, keys: Keyring, submission_id: str, proposal: Proposal, by: ActorId, now: datetime
) -> Disposal:
    """Propose that a submission is erased.

    Raises NotPermitted, SubmissionErased, DisposalDecided, RecordHeld, StillInWork, TermNotOver.
    """
    case = _case_of(session, submission_id)
    cases.require(session, by, Permission.PROPOSE_DISPOSAL)
    intake.require_kept(session.get_one(Submission, submission_id, populate_existing=True))
    if disposal_of(session, submission_id) is not None:
        raise DisposalDecided
    _require_disposable(session, case, proposal.ground, now)
    proposed = Disposal(
        id=new_id(),
        submission_id=submission_id,
        case_id=case.id,
        ground=proposal.ground,
        proposed_by=by,
        proposed_at=now,
    )
    session.add(proposed)
    cases.note_happening(session, keys, case.id, Deed(Happening.DISPOSAL_PROPOSED, by, now, proposal.why))
    return proposed


def confirm(session: Session, keys: Keyring, submission_id: str, seen: str, by: ActorId, now: datetime) -> None:
    """Decide as the second person that a submission is erased. `seen` is the id of the proposal that was read.

    Raises NotPermitted, OwnProposal, DisposalGone, RecordHeld, StillInWork, TermNotOver.
    """
    case = _case_of(session, submission_id)
    cases.require(session, by, Permission.CONFIRM_DISPOSAL)
    proposed = _waiting(session, submission_id, seen)
    if proposed.proposed_by == by:
        raise OwnProposal
    _require_disposable(session, case, DisposalGround(proposed.ground), now)
    proposed.confirmed_by, proposed.confirmed_at = by, now
    reference = session.get_one(Submission, submission_id).reference
    # By the reference the worker knows which of several submissions of a case was decided on.
    cases.note_happening(session, keys, case.id, Deed(Happening.DISPOSAL_CONFIRMED, by, now, reference))
    jobs.enqueue(session, DISPOSE, now, key=f"dispose:{proposed.id}", submission_id=submission_id)


def decline(
    session: Session, keys: Keyring, submission_id: str, seen: str, by: ActorId, now: datetime, why: str
) -> None:
    """Refuse a proposal, or take one's own back; another can be made. Raises NotPermitted, DisposalGone."""
    case = _case_of(session, submission_id)
    cases.require(session, by, Permission.CONFIRM_DISPOSAL)
    # The row goes, since the events of the case tell what was proposed and why it was refused.
    session.delete(_waiting(session, submission_id, seen))
    cases.note_happening(session, keys, case.id, Deed(Happening.DISPOSAL_DECLINED, by, now, why))


def disposal_of(session: Session, submission_id: str) -> Disposal | None:
    """What was proposed or decided of a submission; afterwards its tombstone."""
    return session.scalar(select(Disposal).where(Disposal.submission_id == submission_id))


def _case_of(session: Session, submission_id: str) -> Case:
    case = cases.case_of(session, submission_id)
    if case is None:
        raise LookupError("nobody has looked at this submission yet")
    return cases.lock(session, case.id)


def _waiting(session: Session, submission_id: str, seen: str) -> Disposal:
    proposed = disposal_of(session, submission_id)
    if proposed is None or proposed.id != seen or proposed.confirmed_at is not None:
        raise DisposalGone
    return proposed


def _require_disposable(session: Session, case: Case, ground: DisposalGround, now: datetime) -> None:
    _refuse_held(case)
    status = CaseStatus(case.status)
    in_work = Communication.case_id == case.id, Communication.status.in_(OPEN_WORK)
    if status not in AT_REST or session.scalar(select(Communication.id).where(*in_work).limit(1)) is not None:
        raise StillInWork
    over = is_due(status, case.moved_at, shipped_schedule(), geneva_day(now))
    if ground == DisposalGround.TERM_OVER and not over:
        raise TermNotOver


def _refuse_held(case: Case) -> None:
    if case.kept_since is not None:
        raise RecordHeld
