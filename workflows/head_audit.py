"""Whether the signed heads in the journal are whole, and whether all that they tell still stands in the database.

Reads the whole journal and compares head by head, so that what was put back and has grown anew since is found as well.
Heads that a database had forgotten when the journal was replayed to it (workflows/replay.py) are no longer held against
it; every check says that there was a replay.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.journal import Damaged, Entry, Journal, JournalEntry
from workflows import audit, chain, heads
from workflows.heads import End, Head
from workflows.models import Case, CaseEvent
from workflows.replay import REPLAYED

# Two hours more than a day, so that a worker that is started anew is no alarm.
OLDEST = timedelta(hours=26)


class HeadFault(StrEnum):
    """What is wrong with a head, or with what it tells."""

    NOT_SIGNED = "not_signed"
    NOT_READABLE = "not_readable"
    MISSING = "missing"
    OUT_OF_ORDER = "out_of_order"
    TOO_OLD = "too_old"
    EVENTS_CUT_OFF = "events_cut_off"
    CASE_REMOVED = "case_removed"
    CHAIN_REPLACED = "chain_replaced"
    IN_NO_HEAD = "in_no_head"
    FEWER = "fewer"


@dataclass(frozen=True, slots=True)
class BrokenHead:
    """What does not hold. `subject` is the id of a case, or `head 12`, `entry <id>`, `cases`, `events`."""

    subject: str
    fault: HeadFault


@dataclass(frozen=True, slots=True)
class Verified:
    """How many heads were read, when the journal was replayed to the database, and all that does not hold."""

    heads: int
    replayed: tuple[str, ...]
    broken: tuple[BrokenHead, ...]


@dataclass(slots=True)
class _Told:
    """What all heads that count tell."""

    newest: Head | None = None
    reached: dict[str, int] = field(default_factory=dict)
    broken: dict[BrokenHead, None] = field(default_factory=dict)

    def find(self, subject: str, fault: HeadFault) -> None:
        self.broken[BrokenHead(subject, fault)] = None


@dataclass(slots=True)
class _Links:
    """Of each number the digests of heads that bear it, and of the heads before them."""

    digests: dict[int, set[str]] = field(default_factory=dict)
    before: dict[int, set[str]] = field(default_factory=dict)

    def add(self, head: Head) -> None:
        self.digests.setdefault(head.number, set()).add(head.digest)
        self.before.setdefault(head.number, set()).add(head.before)

    @property
    def count(self) -> int:
        return sum(map(len, self.digests.values()))

    def find_broken(self, told: _Told) -> None:
        # A worker that was slow may have written a number a second time; that is no fault.
        for number in range(1, max(self.digests, default=0) + 1):
            expected = self.digests.get(number - 1, set()) if number > 1 else {chain.FIRST}
            if number not in self.digests:
                told.find(f"head {number}", HeadFault.MISSING)
            elif expected and not self.before[number] <= expected:
                told.find(f"head {number}", HeadFault.OUT_OF_ORDER)


def verify(session: Session, public_key: str, journal: Journal, now: datetime) -> Verified:
    """Check every head of the journal. Raises OSError if the journal cannot be read."""
    # What the database knows is asked first: a head that is written meanwhile is in the journal before it is known.
    known = set(session.scalars(select(JournalEntry.id).where(JournalEntry.kind == heads.HEAD)))
    replays = _replays(session, journal)
    forgotten = {entry_id for replay in replays for entry_id in replay.ids["heads"].split()}
    links, told = _Links(), _Told()
    for entry in _entries(journal, told):
        known.discard(entry.id)
        try:
            head = heads.read(public_key, entry)
        except heads.NotSigned:
            told.find(f"entry {entry.id}", HeadFault.NOT_SIGNED)
            continue
        links.add(head)
        if entry.id not in forgotten:
            _hold_against(session, told, head)
    for lost in sorted(known):
        told.find(f"entry {lost}", HeadFault.MISSING)
    links.find_broken(told)
    _hold_the_whole_against(session, told, now)
    return Verified(links.count, tuple(replay.at for replay in replays), tuple(told.broken))


def _replays(session: Session, journal: Journal) -> list[Entry]:
    # The database only says where to look: whoever could write this there would still have to write to the journal.
    found = select(JournalEntry.day, JournalEntry.id).where(JournalEntry.kind == REPLAYED).order_by(JournalEntry.day)
    replays: list[Entry] = []
    for row in session.execute(found):
        with suppress(FileNotFoundError, Damaged):
            replays.append(journal.read(row.day.isoformat(), row.id))
    return [entry for entry in replays if entry.kind == REPLAYED]


def _entries(journal: Journal, told: _Told) -> Iterator[Entry]:
    for day in journal.days():
        for entry_id in journal.ids(day):
            try:
                entry = journal.read(day, entry_id)
            except Damaged:
                told.find(f"entry {entry_id}", HeadFault.NOT_READABLE)
                continue
            if entry.kind == heads.HEAD:
                yield entry


def _hold_against(session: Session, told: _Told, head: Head) -> None:
    if told.newest is None or head.number > told.newest.number:
        told.newest = head
    found = heads.standing(session, head.ends)
    for end in head.ends:
        told.reached[end.case_id] = max(end.sequence, told.reached.get(end.case_id, 0))
        if fault := _fault_of(session, end, found.get((end.case_id, end.sequence))):
            told.find(end.case_id, fault)


def _fault_of(session: Session, end: End, seal: str | None) -> HeadFault | None:
    if seal == end.seal:
        return None
    if seal is not None:
        return HeadFault.CHAIN_REPLACED
    there = session.scalar(select(Case.id).where(Case.id == end.case_id))
    return HeadFault.EVENTS_CUT_OFF if there else HeadFault.CASE_REMOVED


def _hold_the_whole_against(session: Session, told: _Told, now: datetime) -> None:
    newest = told.newest
    # Before the first head there is only the first event to count from.
    begun = newest.instant if newest else session.scalar(select(func.min(CaseEvent.at)).where(CaseEvent.sequence == 1))
    if begun is not None and now - begun > OLDEST:
        told.find(f"head {newest.number if newest else 1}", HeadFault.TOO_OLD)
    if newest is not None:
        _find_fewer(session, told, newest)
        _find_untold(session, told, newest.instant - OLDEST)


def _find_fewer(session: Session, told: _Told, newest: Head) -> None:
    there = audit.extent(session)
    if there.cases < newest.cases:
        told.find("cases", HeadFault.FEWER)
    if there.events < newest.events:
        told.find("events", HeadFault.FEWER)


def _find_untold(session: Session, told: _Told, until: datetime) -> None:
    last = select(CaseEvent.case_id, func.max(CaseEvent.sequence).label("sequence")).where(CaseEvent.at < until)
    for row in session.execute(last.group_by(CaseEvent.case_id).execution_options(yield_per=audit.BATCH)):
        if row.sequence > told.reached.get(row.case_id, 0):
            told.find(row.case_id, HeadFault.IN_NO_HEAD)
