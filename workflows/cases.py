"""Deeds on cases. `perform` is the one place where a status changes, and it never does without an event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import Account
from accounts.permissions import Permission, Role, may
from foundation import sealing
from foundation.actor import SOURCE, WORKER, ActorId, account_of
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.keys import Keyring
from submissions import intake
from submissions.models import Stage, Submission
from workflows import chain
from workflows.lifecycle import CaseAction, CaseStatus, CommunicationAction, CommunicationStatus, after
from workflows.models import Case, CaseEvent, CaseSubmission, Communication, Disposal, Summary


class Happening(StrEnum):
    """What happens to a case without moving it."""

    SUMMARY_SAVED = "summary_saved"
    LETTER_DRAFTED = "letter_drafted"
    LETTER_EDITED = "letter_edited"
    SOURCE_ASKED = "source_asked"
    SOURCE_WROTE = "source_wrote"
    SOURCE_ADDED = "source_added"
    IDENTITY_OPENED = "identity_opened"
    ORIGINAL_OPENED = "original_opened"
    LETTER_OPENED = "letter_opened"
    LETTER_ACKNOWLEDGED = "letter_acknowledged"
    NOTICE_UNCONFIRMED = "notice_unconfirmed"
    LINK_ASKED = "link_asked"
    RECORD_HELD = "record_held"
    RECORD_HOLD_LIFTED = "record_hold_lifted"
    DISPOSAL_PROPOSED = "disposal_proposed"
    DISPOSAL_CONFIRMED = "disposal_confirmed"
    DISPOSAL_DECLINED = "disposal_declined"
    DISPOSED = "disposed"
    LETTER_HELD = "letter_held"
    LETTER_HOLD_LIFTED = "letter_hold_lifted"


Action = CaseAction | CommunicationAction

# Who may take which action. An action that stands here with no permission belongs to the worker or to the source.
PERMISSIONS: Mapping[Action, Permission] = {
    CaseAction.ACCEPT: Permission.DECIDE_CASE,
    CaseAction.DECLINE: Permission.DECIDE_CASE,
    CaseAction.REFER: Permission.DECIDE_CASE,
    CaseAction.CLOSE: Permission.DECIDE_CASE,
    CaseAction.REOPEN: Permission.DECIDE_CASE,
    CommunicationAction.SUBMIT: Permission.DRAFT_LETTER,
    CommunicationAction.WITHDRAW: Permission.DRAFT_LETTER,
    CommunicationAction.RECALL: Permission.DRAFT_LETTER,
    CommunicationAction.RETURN: Permission.APPROVE_LETTER,
    CommunicationAction.APPROVE: Permission.APPROVE_LETTER,
    CommunicationAction.BEGIN_SENDING: Permission.SEND_LETTER,
    CommunicationAction.CONFIRM_SENT: Permission.SEND_LETTER,
    CommunicationAction.REFUSE: Permission.SEND_LETTER,
    CommunicationAction.LAPSE: Permission.SEND_LETTER,
}
BY_WORKER: frozenset[Action] = frozenset(
    {
        CaseAction.BEGIN_TRIAGE,
        CommunicationAction.LAPSE,
        CommunicationAction.CONFIRM_SENT,
        CommunicationAction.REFUSE,
        CommunicationAction.RECORD_REPLY,
        CommunicationAction.FIND_LEFT,
        CommunicationAction.WITHDRAW,
    }
)
BY_SOURCE: frozenset[Action] = frozenset({CaseAction.WITHDRAW, CommunicationAction.WITHDRAW})

STAGE_AFTER: Mapping[CaseStatus, Stage] = {
    CaseStatus.IN_TRIAGE: Stage.UNDER_REVIEW,
    CaseStatus.ACCEPTED: Stage.TAKEN_UP,
    CaseStatus.DECLINED: Stage.NOT_TAKEN_UP,
    CaseStatus.REFERRED: Stage.REFERRED,
    CaseStatus.CLOSED: Stage.CLOSED,
    CaseStatus.WITHDRAWN: Stage.WITHDRAWN,
}


class NotPermitted(Exception):
    """This actor may not take this action."""


class CaseDisposed(Exception):
    """All that sources told on this case was erased, or two persons have decided that it is."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An action with who took it, when, and a note in words."""

    action: Action | Happening
    by: ActorId
    at: datetime
    note: str = ""


def perform(session: Session, keys: Keyring, record: Case | Communication, deed: Deed, **changes: object) -> None:
    """Move a case or a communication to its next status and write the event, in the transaction at hand.

    `changes` are other columns of the record that change with the status.

    The case's row is locked first, so that deeds on one case follow each other. Raises MoveNotAllowed, NotPermitted.
    """
    case_id = record.id if isinstance(record, Case) else record.case_id
    lock(session, case_id)
    session.refresh(record)
    _require(session, deed)
    before = str(record.status)
    if isinstance(record, Case) and isinstance(deed.action, CaseAction):
        record.status = after(CaseStatus(record.status), deed.action)
    elif isinstance(record, Communication) and isinstance(deed.action, CommunicationAction):
        record.status = after(CommunicationStatus(record.status), deed.action)
    else:
        raise TypeError("the action is not one of this record's life")
    for name, value in changes.items():
        setattr(record, name, value)
    if isinstance(record, Case):
        record.moved_at = deed.at
    communication_id = record.id if isinstance(record, Communication) else None
    write_event(session, keys, case_id, deed, before, str(record.status), communication_id)


def open_case(session: Session, keys: Keyring, case: Case, bound: CaseSubmission, now: datetime) -> None:
    """Begin our work on a submission, which is `bound` to the case, and tell its source so."""
    session.add(case)
    session.flush()
    session.add(bound)
    session.flush()
    decide(session, keys, case, Deed(CaseAction.BEGIN_TRIAGE, WORKER, now))


def decide(session: Session, keys: Keyring, case: Case, deed: Deed) -> None:
    """Perform an action on a case and tell its sources how far it is."""
    perform(session, keys, case, deed)
    tell_sources(session, case.id, STAGE_AFTER[CaseStatus(case.status)], geneva_day(deed.at))


def tell_sources(session: Session, case_id: str, stage: Stage, today: date) -> None:
    """Write down for every source of a case how far it is. Sources never learn of each other."""
    for submission_id in submissions_of(session, case_id):
        intake.tell_stage(session, submission_id, stage, today)


def submissions_of(session: Session, case_id: str) -> list[str]:
    """The ids of the submissions a case rests on."""
    return list(session.scalars(select(CaseSubmission.submission_id).where(CaseSubmission.case_id == case_id)))


def case_of(session: Session, submission_id: str) -> Case | None:
    """The case that a submission belongs to."""
    joined = select(Case).join(CaseSubmission, CaseSubmission.case_id == Case.id)
    return session.scalar(joined.where(CaseSubmission.submission_id == submission_id))


def require_something_left(session: Session, case_id: str) -> None:
    """Raise CaseDisposed if work on a case could rest on nothing: all its submissions are erased, or will be."""
    decided = select(Disposal.submission_id).where(Disposal.confirmed_at.is_not(None))
    joined = select(Submission.id).join(CaseSubmission, CaseSubmission.submission_id == Submission.id)
    left = joined.where(
        CaseSubmission.case_id == case_id, Submission.erased_at.is_(None), Submission.id.not_in(decided)
    )
    if session.scalar(left.limit(1)) is None:
        raise CaseDisposed


def lock(session: Session, case_id: str) -> Case:
    """The case, held so that nobody else changes it before this transaction ends."""
    return session.get_one(Case, case_id, with_for_update=True, populate_existing=True)


def note_happening(
    session: Session, keys: Keyring, case_id: str, deed: Deed, letter: Communication | None = None
) -> None:
    """Write an event that moves nothing."""
    case = lock(session, case_id)
    status = str(letter.status if letter else case.status)
    write_event(session, keys, case_id, deed, status, status, letter.id if letter else None)


def write_event(
    session: Session, keys: Keyring, case_id: str, deed: Deed, before: str, after_: str, communication_id: str | None
) -> None:
    """Add an event to the chain of a case, whose row the caller holds."""
    last = session.scalar(
        select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.sequence.desc()).limit(1)
    )
    event = CaseEvent(
        id=new_id(),
        case_id=case_id,
        communication_id=communication_id,
        sequence=last.sequence + 1 if last else 1,
        action=str(deed.action),
        from_status=before,
        to_status=after_,
        by=deed.by,
        at=deed.at,
        note=None,
        note_digest="",
        seal="",
    )
    event.note = _sealed_note(keys, event.id, deed.note)
    event.note_digest = digest_of_note(keys, event.id, deed.note)
    event.seal = seal_of(keys.secret("chain"), last.seal if last else chain.FIRST, event)
    session.add(event)
    session.flush()


def seal_of(key: bytes, before: str, event: CaseEvent) -> str:
    """The seal that an event must bear, behind the event whose seal is `before`."""
    moved = (event.action, event.from_status, event.to_status, event.by, event.note_digest)
    return chain.seal_of_event(key, before, (event.case_id, event.communication_id, event.sequence, *moved), event.at)


def note_of(keys: Keyring, event: CaseEvent) -> str:
    """The note of an event in words."""
    if event.note is None:
        return ""
    return sealing.open_sealed(event.note, keys.identity("mandate"), _note_place(event.id)).decode()


def save_summary(
    session: Session, keys: Keyring, case_id: str, language: str, words: str, by: ActorId, now: datetime
) -> Summary:
    """Keep a new version of the neutral summary of facts in one language. Raises NotPermitted."""
    lock(session, case_id)
    require(session, by, Permission.WRITE_SUMMARY)
    earlier = select(func.max(Summary.version)).where(Summary.case_id == case_id, Summary.language == language)
    summary = Summary(id=new_id(), case_id=case_id, language=language, by=by, at=now, envelope=b"")
    summary.version = (session.scalar(earlier) or 0) + 1
    place = sealing.label_of("summary", "envelope", summary.id)
    summary.envelope = sealing.seal(words.encode(), keys.recipients("mandate"), place)
    session.add(summary)
    note_happening(session, keys, case_id, Deed(Happening.SUMMARY_SAVED, by, now))
    return summary


def latest_summary(session: Session, keys: Keyring, case_id: str, language: str) -> str:
    """The newest summary in a language, or an empty text."""
    newest = select(Summary).where(Summary.case_id == case_id, Summary.language == language)
    summary = session.scalar(newest.order_by(Summary.version.desc()).limit(1))
    if summary is None:
        return ""
    place = sealing.label_of("summary", "envelope", summary.id)
    return sealing.open_sealed(summary.envelope, keys.identity("mandate"), place).decode()


def _require(session: Session, deed: Deed) -> None:
    if deed.by == WORKER and deed.action in BY_WORKER:
        return
    if deed.by == SOURCE and deed.action in BY_SOURCE:
        return
    permission = None if isinstance(deed.action, Happening) else PERMISSIONS.get(deed.action)
    if permission is None:
        raise NotPermitted(f"{deed.by} may not {deed.action}")
    require(session, deed.by, permission)


def require(session: Session, by: ActorId, permission: Permission) -> None:
    """Raise NotPermitted unless the actor is somebody with an account that may do this."""
    account = session.get(Account, account_of(by) or "")
    if account is None or account.disabled_at is not None or not may(Role(account.role), permission):
        raise NotPermitted(f"{by} lacks {permission}")


def digest_of_note(keys: Keyring, event_id: str, note: str) -> str:
    """What the chain holds of a note: it stays true when the note is sealed anew, and tells nothing of it."""
    return sealing.keyed_hash(keys.secret("chain"), f"note:{event_id}:{note}".encode())


def _sealed_note(keys: Keyring, event_id: str, note: str) -> bytes | None:
    return sealing.seal(note.encode(), keys.recipients("mandate"), _note_place(event_id)) if note else None


def _note_place(event_id: str) -> str:
    return sealing.label_of("case_event", "note", event_id)
