"""Whether the record of what was done is whole: every chain of events verifies, and every status is where it led.

The chain alone does not show that its newest events were cut off; that a status agrees with the last move shows it
for moves. Reads only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from itertools import groupby

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from foundation.keys import Keyring
from foundation.sealing import CannotOpen
from workflows import cases, chain
from workflows.lifecycle import CASE, COMMUNICATION
from workflows.models import Case, CaseEvent, Communication

BATCH = 1000


class Fault(StrEnum):
    """What is wrong with a chain."""

    MISSING = "missing"
    NOTE_CHANGED = "note_changed"
    EVENT_CHANGED = "event_changed"
    STATUS_DIFFERS = "status_differs"


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """The first place where the record of a case does not hold; `sequence` is that of the event found there."""

    case_id: str
    sequence: int
    fault: Fault


def verify(session: Session, keys: Keyring, case_id: str | None = None) -> list[BrokenChain]:
    """Check the events of all cases, or of one, with the key of the chain and the one that opens notes.

    Gives the first fault of each chain and every false status. A note that was erased is no fault: its hash stays
    behind for that. Events and statuses are read one after the other: where others are at work meanwhile, hold the
    case, or look a second time at what was found.
    """
    told = select(CaseEvent).where(*_only(CaseEvent.case_id, case_id)).order_by(CaseEvent.case_id, CaseEvent.sequence)
    events = session.scalars(told.execution_options(yield_per=BATCH))
    last_status: dict[str, tuple[str, int]] = {}
    broken: list[BrokenChain] = []
    for chained_id, chained in groupby(events, lambda event: event.case_id):
        broken.extend(_first_fault(keys, chained_id, _noted(chained, last_status)))
    return [*broken, *_false_statuses(session, last_status, case_id)]


def _only(column: InstrumentedAttribute[str], case_id: str | None) -> list[ColumnElement[bool]]:
    return [] if case_id is None else [column == case_id]


def _noted(events: Iterable[CaseEvent], last_status: dict[str, tuple[str, int]]) -> Iterator[CaseEvent]:
    for event in events:
        last_status[event.communication_id or event.case_id] = (event.to_status, event.sequence)
        yield event


def _first_fault(keys: Keyring, case_id: str, events: Iterable[CaseEvent]) -> list[BrokenChain]:
    before, found = chain.FIRST, None
    # Every event is looked at, also behind a fault, since the last status of each letter is noted on the way.
    for expected, event in enumerate(events, 1):
        fault = _fault_of(keys, before, expected, event)
        if fault and not found:
            found = BrokenChain(case_id, event.sequence, fault)
        before = event.seal
    return [found] if found else []


def _fault_of(keys: Keyring, before: str, expected: int, event: CaseEvent) -> Fault | None:
    if event.sequence != expected:
        return Fault.MISSING
    if not _note_holds(keys, event):
        return Fault.NOTE_CHANGED
    if not compare_digest(cases.seal_of(keys.secret("chain"), before, event), event.seal):
        return Fault.EVENT_CHANGED
    return None


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
    for row in session.execute(select(Case.id, Case.status).where(*_only(Case.id, case_id))):
        if str(row.status) != last_status.get(row.id, (CASE.first, 0))[0]:
            yield _differs(last_status, row.id, row.id)
    letters = select(Communication.id, Communication.case_id, Communication.status)
    for letter in session.execute(letters.where(*_only(Communication.case_id, case_id))):
        if str(letter.status) != last_status.get(letter.id, (COMMUNICATION.first, 0))[0]:
            yield _differs(last_status, letter.id, letter.case_id)


def _differs(last_status: dict[str, tuple[str, int]], record_id: str, case_id: str) -> BrokenChain:
    return BrokenChain(case_id, last_status.get(record_id, ("", 0))[1], Fault.STATUS_DIFFERS)
