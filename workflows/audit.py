"""Whether the record of what was done is whole: chains of events, the statuses they led to, and what cases rest on.

A chain alone does not show that its newest events were cut off. For moves, a status that disagrees shows it; for all
others the signed heads do, which have left the database (workflows/heads.py). Reads only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hmac import compare_digest
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from foundation.keys import Keyring
from foundation.sealing import CannotOpen
from submissions.models import Source, Submission
from workflows import bindings, cases, chain
from workflows.cases import Happening
from workflows.lifecycle import CASE, COMMUNICATION
from workflows.models import Case, CaseEvent, CaseSubmission, Communication

BATCH = 1000
# Accounts may be long, and each is opened.
ACCOUNTS = 100


class Fault(StrEnum):
    """What is wrong with the record of a case."""

    MISSING = "missing"
    NOTE_CHANGED = "note_changed"
    NOTE_REMOVED = "note_removed"
    EVENT_CHANGED = "event_changed"
    STATUS_DIFFERS = "status_differs"
    NO_SUBMISSION = "no_submission"
    NOT_SEALED = bindings.NOT_SEALED
    SOURCE_KEY_SWAPPED = bindings.SOURCE_KEY_SWAPPED
    SUBMISSION_CHANGED = bindings.SUBMISSION_CHANGED
    ENVELOPE_NOT_OPENED = bindings.ENVELOPE_NOT_OPENED
    ERASED_UNDECIDED = "erased_undecided"


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """A place where the record of a case does not hold. `sequence` is that of the event found there; 0 for none."""

    case_id: str
    sequence: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is to be checked."""

    cases: int
    events: int


@dataclass(slots=True)
class _Seen:
    """What was met on the way along the chains: where each record was led to, and where something was disposed of."""

    last_status: dict[str, tuple[str, int]] = field(default_factory=dict)
    disposed: set[str] = field(default_factory=set)

    def note(self, event: CaseEvent) -> None:
        self.last_status[event.communication_id or event.case_id] = (event.to_status, event.sequence)
        if event.action == Happening.DISPOSED:
            self.disposed.add(event.case_id)


def verify(session: Session, keys: Keyring, case_id: str | None = None) -> list[BrokenChain]:
    """Check the record of all cases, or of one, with the key of the chain and the one that opens notes and accounts.

    Gives the first fault of each chain, every false status, and every submission that is not what triage read. What
    was erased is no fault where an event says so; of a note its hash stays behind for that. Rows are read one after
    the other: where others are at work meanwhile, look a second time at what was found (`verify_twice`).
    """
    told = select(CaseEvent).where(*_only(CaseEvent.case_id, case_id)).order_by(CaseEvent.case_id, CaseEvent.sequence)
    events = session.scalars(told.execution_options(yield_per=BATCH))
    seen, broken = _Seen(), list[BrokenChain]()
    for chained_id, chained in groupby(events, lambda event: event.case_id):
        broken.extend(_first_fault(keys, chained_id, chained, seen))
    broken.extend(_false_statuses(session, seen.last_status, case_id))
    return [*broken, *_false_submissions(session, keys, seen.disposed, case_id)]


def verify_twice(session: Session, keys: Keyring) -> list[BrokenChain]:
    """What `verify` finds of all cases and finds again in each of these by itself, a moment later."""
    suspects = dict.fromkeys(found.case_id for found in verify(session, keys))
    # What was read before is read anew, also what the session remembers.
    session.rollback()
    return [found for case_id in suspects for found in verify(session, keys, case_id)]


def extent(session: Session) -> Extent:
    """How many cases and events there are."""
    counted = (session.scalar(select(func.count()).select_from(kind)) or 0 for kind in (Case, CaseEvent))
    return Extent(*counted)


def _only(column: InstrumentedAttribute[str], case_id: str | None) -> list[ColumnElement[bool]]:
    return [] if case_id is None else [column == case_id]


def _first_fault(keys: Keyring, case_id: str, events: Iterable[CaseEvent], seen: _Seen) -> list[BrokenChain]:
    before, found, bare = chain.FIRST, list[BrokenChain](), list[BrokenChain]()
    # Every event is looked at, also behind a fault, since the last status of each letter is noted on the way.
    for expected, event in enumerate(events, 1):
        seen.note(event)
        if fault := _fault_of(keys, before, expected, event):
            found.append(BrokenChain(case_id, event.sequence, fault))
        if _note_is_gone(keys, event):
            bare.append(BrokenChain(case_id, event.sequence, Fault.NOTE_REMOVED))
        before = event.seal
    return [*found, *([] if case_id in seen.disposed else bare)][:1]


def _fault_of(keys: Keyring, before: str, expected: int, event: CaseEvent) -> Fault | None:
    if event.sequence != expected:
        return Fault.MISSING
    if not _note_holds(keys, event):
        return Fault.NOTE_CHANGED
    if not compare_digest(cases.seal_of(keys.secret("chain"), before, event), event.seal):
        return Fault.EVENT_CHANGED
    return None


def _note_is_gone(keys: Keyring, event: CaseEvent) -> bool:
    return event.note is None and not compare_digest(cases.digest_of_note(keys, event.id, ""), event.note_digest)


def _note_holds(keys: Keyring, event: CaseEvent) -> bool:
    if event.note is None:
        return True
    try:
        return compare_digest(cases.digest_of_note(keys, event.id, cases.note_of(keys, event)), event.note_digest)
    except CannotOpen:
        return False


def _false_statuses(
    session: Session, last_status: dict[str, tuple[str, int]], case_id: str | None
) -> Iterator[BrokenChain]:
    for row in _streamed(session, select(Case.id, Case.status).where(*_only(Case.id, case_id))):
        if str(row.status) != last_status.get(row.id, (CASE.first, 0))[0]:
            yield _differs(last_status, row.id, row.id)
    letters = select(Communication.id, Communication.case_id, Communication.status)
    for letter in _streamed(session, letters.where(*_only(Communication.case_id, case_id))):
        if str(letter.status) != last_status.get(letter.id, (COMMUNICATION.first, 0))[0]:
            yield _differs(last_status, letter.id, letter.case_id)


def _differs(last_status: dict[str, tuple[str, int]], record_id: str, case_id: str) -> BrokenChain:
    return BrokenChain(case_id, last_status.get(record_id, ("", 0))[1], Fault.STATUS_DIFFERS)


def _false_submissions(
    session: Session, keys: Keyring, disposed: set[str], case_id: str | None
) -> Iterator[BrokenChain]:
    none = select(Case.id).outerjoin(CaseSubmission).where(CaseSubmission.case_id.is_(None), *_only(Case.id, case_id))
    for row in _streamed(session, none):
        yield BrokenChain(row.id, 0, Fault.NO_SUBMISSION)
    bound = select(CaseSubmission, Submission, Source.recipient).where(*_only(CaseSubmission.case_id, case_id))
    joined = bound.outerjoin(Submission, Submission.id == CaseSubmission.submission_id)
    with_source = joined.outerjoin(Source, Source.id == Submission.source_id)
    for one, submission, recipient in session.execute(with_source.execution_options(yield_per=ACCOUNTS)):
        if fault := _fault_of_submission(keys, disposed, one, submission, recipient):
            yield BrokenChain(one.case_id, 0, fault)


def _fault_of_submission(
    keys: Keyring, disposed: set[str], bound: CaseSubmission, submission: Submission | None, recipient: str | None
) -> Fault | None:
    if submission is None or recipient is None:
        return Fault.NO_SUBMISSION
    if submission.erased_at is not None:
        return None if bound.case_id in disposed else Fault.ERASED_UNDECIDED
    differs = bindings.difference(keys, bound, submission, recipient)
    return Fault(differs) if differs else None


def _streamed(session: Session, asked: Executable) -> Iterator[Row[*tuple[Any, ...]]]:
    return iter(session.execute(asked.execution_options(yield_per=BATCH)))
