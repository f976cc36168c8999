"""Signed heads of all chains, which leave the database: what a chain alone cannot show, that its end was cut off.

A head says of each case whose chain grew how far it is now, by the sequence and the seal of its last event. It is
signed by the worker, names the head before it, and goes to the journal, which whoever writes to the database cannot
reach. So events that were cut off, a case that was removed and a database that was put back are found
(workflows/head_audit.py).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, text, tuple_
from sqlalchemy.orm import Session

from foundation import alarms, jobs
from foundation import journal as journals
from foundation.jobs import Claim, Transient
from foundation.journal import Entry, JournalEntry
from foundation.means import Means
from workflows import audit, chain
from workflows.models import CaseEvent, ChainHead

HEAD: Final = "head"
WRITE: Final = "workflows.write_head"
HEAD_BROKEN: Final = "head_broken"

# What is cut off between two heads is not missed, so they are written far oftener than the day that was asked for.
EVERY = timedelta(hours=1)
# With nothing to tell, a head is written all the same before a day is over, so that silence is seen.
SILENCE = timedelta(hours=23)
AT_ONCE = 400


class NotSigned(Exception):
    """An entry that claims to be a head, and that the worker never signed."""


@dataclass(frozen=True, slots=True)
class End:
    """How far the chain of a case is: its last event's sequence and seal."""

    case_id: str
    sequence: int
    seal: str


@dataclass(frozen=True, slots=True)
class Head:
    """How far all chains are: the ends of those that grew since the head before it, and how much there is in all.

    `before` is the SHA-256 of the head before it.
    """

    number: int
    before: str
    at: str
    cases: int
    events: int
    ends: tuple[End, ...]

    @property
    def instant(self) -> datetime:
        """When it was written."""
        return datetime.fromisoformat(self.at)

    @property
    def text(self) -> str:
        """What is signed."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """By what the next head names it."""
        return sha256(self.text.encode()).hexdigest()


def read(public_key: str, entry: Entry) -> Head:
    """The head in an entry of the journal. Raises NotSigned."""
    said, signature = entry.ids.get("text", ""), entry.ids.get("signature", "")
    if not chain.is_signed(public_key, said.encode(), signature):
        raise NotSigned(entry.id)
    told = json.loads(said)
    return Head(**{**told, "ends": tuple(End(**end) for end in told["ends"])})


def write(means: Means, claim: Claim) -> None:
    """The task: write a head to the journal if a chain grew, or if there was none for nearly a day."""
    try:
        _write(means, claim)
    except OSError as error:
        raise Transient("the journal is away") from error


def holds(session: Session, head: Head) -> bool:
    """Whether the database has all that a head tells."""
    there, found = audit.extent(session), standing(session, head.ends)
    enough = there.cases >= head.cases and there.events >= head.events
    return enough and all(found.get((end.case_id, end.sequence)) == end.seal for end in head.ends)


def standing(session: Session, ends: Sequence[End]) -> dict[tuple[str, int], str]:
    """The seals that the database has where `ends` say that there is one."""
    found: dict[tuple[str, int], str] = {}
    for start in range(0, len(ends), AT_ONCE):
        places = [(end.case_id, end.sequence) for end in ends[start : start + AT_ONCE]]
        asked = select(CaseEvent.case_id, CaseEvent.sequence, CaseEvent.seal)
        rows = session.execute(asked.where(tuple_(CaseEvent.case_id, CaseEvent.sequence).in_(places)))
        found.update({(row.case_id, row.sequence): row.seal for row in rows})
    return found


def _write(means: Means, claim: Claim) -> None:
    now, told = means.clock(), _newest_day(means)
    newest = max((head for _, head in told), key=lambda head: head.number, default=None)
    with means.database.reading() as session:
        if newest is None and _knows_heads(session):
            raise Transient("the journal does not hold what this database has written to it")
        known = journals.known_among(session, [entry.id for entry, _ in told])
        unknown = [(entry, holds(session, head)) for entry, head in told if entry.id not in known]
        head = _next_head(session, newest, now)
    is_due = newest is None or bool(head.ends) or now - newest.instant >= SILENCE
    fresh = [_written(means, head, now)] if is_due else []
    with means.database.transaction() as session:
        # A head whose worker died before it could commit is as good as any other, if what it tells is still there.
        for entry in (*(entry for entry, is_held in unknown if is_held), *fresh):
            journals.know(session, entry, now)
        for entry in (entry for entry, is_held in unknown if not is_held):
            alarms.raise_alarm(session, HEAD_BROKEN, f"entry {entry.id}", now)
        _remember(session, head.ends)
        jobs.finish(session, claim, now)


def _written(means: Means, head: Head, now: datetime) -> Entry:
    said = head.text
    signature = chain.sign(means.keys.signs("record"), said.encode())
    return means.journal.write(HEAD, now, number=str(head.number), text=said, signature=signature)


def _newest_day(means: Means) -> list[tuple[Entry, Head]]:
    """The heads of the last day that has any. A day once past never grows, so the newest head is among them."""
    for day in reversed(means.journal.days()):
        entries = (means.journal.read(day, entry_id) for entry_id in means.journal.ids(day))
        told = [(entry, head) for entry in entries if (head := _read_if_head(means.keys.public["record"], entry))]
        if told:
            return told
    return []


def _knows_heads(session: Session) -> bool:
    return session.scalar(select(JournalEntry.id).where(JournalEntry.kind == HEAD).limit(1)) is not None


def _read_if_head(public_key: str, entry: Entry) -> Head | None:
    try:
        return read(public_key, entry) if entry.kind == HEAD else None
    except NotSigned:
        return None


def _next_head(session: Session, newest: Head | None, now: datetime) -> Head:
    there = audit.extent(session)
    return Head(
        number=newest.number + 1 if newest else 1,
        before=newest.digest if newest else chain.FIRST,
        at=now.isoformat(),
        cases=there.cases,
        events=there.events,
        ends=tuple(_grown(session)),
    )


def _grown(session: Session) -> list[End]:
    """The ends of the chains that grew since they were last told."""
    last = select(CaseEvent.case_id, func.max(CaseEvent.sequence).label("sequence")).group_by(CaseEvent.case_id)
    ends = last.subquery()
    grew: ColumnElement[bool] = or_(ChainHead.sequence.is_(None), ends.c.sequence > ChainHead.sequence)
    asked = (
        select(CaseEvent.case_id, CaseEvent.sequence, CaseEvent.seal)
        .join(ends, (ends.c.case_id == CaseEvent.case_id) & (ends.c.sequence == CaseEvent.sequence))
        .outerjoin(ChainHead, ChainHead.case_id == CaseEvent.case_id)
        .where(grew)
        .order_by(CaseEvent.case_id)
    )
    rows = session.execute(asked)
    return [End(row.case_id, row.sequence, row.seal) for row in rows]


def _remember(session: Session, ends: Sequence[End]) -> None:
    if ends:
        table = ChainHead.__tablename__
        session.execute(
            text(
                f"INSERT INTO {table} (case_id, sequence) VALUES (:case_id, :sequence)"  # noqa: S608 - our own name
                " ON CONFLICT (case_id) DO UPDATE SET sequence = excluded.sequence"
            ),
            [{"case_id": end.case_id, "sequence": end.sequence} for end in ends],
        )
