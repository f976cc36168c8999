"""What the desk reads of cases: the queue in the order in which a person should look, and what belongs to one case.

The queue is read in pages that begin where the last one ended, so that a page costs the same at any length.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from accounts.models import Account
from foundation.actor import account_of
from submissions.models import Attachment
from workflows.lifecycle import CaseStatus
from workflows.models import Case, CaseEvent, CaseSubmission, Communication, Summary

PAGE = 25
CURSOR_PARTS = re.compile(r"[0-9A-Za-z:+.\-]{1,40}(~[0-9A-Za-z:+.\-]{1,40}){1,3}")


class Group(StrEnum):
    """By which the queue is filtered."""

    TO_DECIDE = "to_decide"
    IN_WORK = "in_work"
    WAITING = "waiting"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Order:
    """Which cases belong to a group, and by which columns they stand in order. `id` is always the last."""

    statuses: tuple[CaseStatus, ...]
    columns: tuple[InstrumentedAttribute[Any], ...]
    newest_first: bool = False


_BY_URGENCY = (Case.priority, Case.look_by_at, Case.id)
ORDERS = {
    Group.TO_DECIDE: Order((CaseStatus.RECEIVED, CaseStatus.IN_TRIAGE), _BY_URGENCY),
    Group.IN_WORK: Order((CaseStatus.ACCEPTED,), _BY_URGENCY),
    Group.WAITING: Order((CaseStatus.IN_TRIAGE, CaseStatus.ACCEPTED), (Case.asked_source_at, Case.id)),
    Group.CLOSED: Order(
        (CaseStatus.CLOSED, CaseStatus.DECLINED, CaseStatus.REFERRED, CaseStatus.WITHDRAWN),
        (Case.received_at, Case.id),
        newest_first=True,
    ),
}


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some cases in order, and the cursors of the pages before and after them, if there are any."""

    cases: Sequence[Case]
    before: str | None
    after: str | None


def queue_page(session: Session, group: Group, after: str = "", before: str = "") -> QueuePage:
    """One page of a group, from behind one cursor or up to another. A cursor that makes no sense is the beginning."""
    order = ORDERS[group]
    place = _place(order, before or after)
    backward = bool(before) and place is not None
    found = _found(session, order, place, backward)
    more, shown = len(found) > PAGE, found[:PAGE]
    if backward:
        shown.reverse()
    has_before, has_after = (more, True) if backward else (place is not None, more)
    return QueuePage(
        shown,
        _cursor(order, shown[0]) if shown and has_before else None,
        _cursor(order, shown[-1]) if shown and has_after else None,
    )


def _found(session: Session, order: Order, place: tuple[Any, ...] | None, backward: bool) -> list[Case]:
    # Each status is read by itself: an index gives the order within one status only.
    descending = order.newest_first != backward
    found: list[Case] = []
    for status in order.statuses:
        found.extend(session.scalars(_of_status(order, status, place, descending)))
    return sorted(found, key=lambda one: _values(order, one), reverse=descending)[: PAGE + 1]


def _of_status(order: Order, status: CaseStatus, place: tuple[Any, ...] | None, descending: bool) -> Select[Case]:
    columns = order.columns
    query = select(Case).where(Case.status == status)
    if columns[0] is Case.asked_source_at:
        query = query.where(Case.asked_source_at.is_not(None))
    if place is not None:
        here = tuple_(*(literal(value, column.type) for value, column in zip(place, columns, strict=True)))
        query = query.where(tuple_(*columns) < here if descending else tuple_(*columns) > here)
    return query.order_by(*(column.desc() if descending else column for column in columns)).limit(PAGE + 1)


def _values(order: Order, one: Case) -> tuple[Any, ...]:
    return tuple(getattr(one, column.key) for column in order.columns)


def _cursor(order: Order, one: Case) -> str:
    return "~".join(value.isoformat() if isinstance(value, datetime) else str(value) for value in _values(order, one))


def _place(order: Order, cursor: str) -> tuple[Any, ...] | None:
    parts = cursor.split("~")
    if not CURSOR_PARTS.fullmatch(cursor) or len(parts) != len(order.columns):
        return None
    try:
        place = tuple(_read(column, part) for column, part in zip(order.columns, parts, strict=True))
    except ValueError:
        return None
    return place


def _read(column: InstrumentedAttribute[Any], part: str) -> Any:
    if column is Case.priority:
        return min(int(part), 99)
    if column is Case.id:
        return part
    instant = datetime.fromisoformat(part)
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant


def find(session: Session, reference: str) -> Case | Communication | None:
    """The case, or the letter, with this reference, however it is spaced and cased."""
    words = reference.upper().split()
    if not words or not reference.isprintable():
        return None
    case_found = session.scalar(select(Case).where(Case.reference == words[-1]))
    return case_found or session.scalar(
        select(Communication).where(Communication.reference_number == " ".join(words[-2:]))
    )


def names_of(session: Session, actors: Iterable[str | None]) -> dict[str, str]:
    """The names of those actors who have accounts."""
    ids = {account_id: actor for actor in actors if actor and (account_id := account_of(actor))}
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
    return {ids[row.id]: row.name for row in rows}


def events_of(session: Session, case_id: str) -> Sequence[CaseEvent]:
    """What happened to a case, the newest first."""
    own = select(CaseEvent).where(CaseEvent.case_id == case_id)
    return session.scalars(own.order_by(CaseEvent.sequence.desc())).all()


def newest_summary(session: Session, case_id: str, language: str) -> Summary | None:
    """The newest version of the summary in a language, still sealed."""
    own = select(Summary).where(Summary.case_id == case_id, Summary.language == language)
    return session.scalar(own.order_by(Summary.version.desc()).limit(1))


def attachment_of_case(session: Session, attachment_id: str) -> Attachment | None:
    """A file that came with a submission on which a case rests; None for a file of a draft."""
    joined = select(Attachment).join(CaseSubmission, CaseSubmission.submission_id == Attachment.submission_id)
    return session.scalar(joined.where(Attachment.id == attachment_id))
