"""What the desk reads of letters and of the notices about them: those that want somebody stand first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, and_, case, or_, select
from sqlalchemy.orm import Session, aliased

from foundation.jobs import Job
from workflows.cases import Happening
from workflows.communications import DELIVERS
from workflows.lifecycle import CommunicationAction, CommunicationStatus
from workflows.models import CaseEvent, Communication, Notice, NoticeStatus, Recipient, Release, Reply, ReplyFile

PAGE = 25
UNOPENED_DAYS = 7
SET_BACK = (CommunicationAction.RETURN, CommunicationAction.RECALL, CommunicationAction.LAPSE)


@dataclass(frozen=True, slots=True)
class ListedLetter:
    """A letter with what is shown of it in a list. `release` is there once it has left."""

    letter: Communication
    recipient: Recipient
    release: Release | None


def letters_of(session: Session, case_id: str) -> list[ListedLetter]:
    """The letters of a case, the newest first."""
    own = _letters().where(Communication.case_id == case_id)
    return _listed(session.execute(own.order_by(Communication.dated_on.desc(), Communication.reference_number.desc())))


class Shelf(StrEnum):
    """By which the list of letters is filtered."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


_ENDED = {Shelf.ANSWERED: CommunicationStatus.REPLIED, Shelf.WITHDRAWN: CommunicationStatus.WITHDRAWN}
_BY_NEED = (
    CommunicationStatus.UNDELIVERED,
    CommunicationStatus.IN_REVIEW,
    CommunicationStatus.APPROVED,
    CommunicationStatus.SENDING,
    CommunicationStatus.SENT,
    CommunicationStatus.DRAFT,
)


def letters_page(
    session: Session, shelf: Shelf, today: date, now: datetime, page: int
) -> tuple[list[ListedLetter], bool]:
    """A page of letters, numbered from 1, and whether there are more.

    Open ones: overdue first, then those that are held or that nobody opened for a week, then what waits for somebody
    here.
    """
    query = _letters()
    if shelf == Shelf.OPEN:
        overdue = (Communication.status == CommunicationStatus.SENT) & (Communication.reply_due_on < today)
        needs = {status: place for place, status in enumerate(_BY_NEED, 2)}
        waits = _unopened(now) | Communication.held_at.is_not(None)
        need = case((overdue, 0), (waits, 1), else_=case(needs, value=Communication.status, else_=9))
        query = query.where(Communication.status.in_(_BY_NEED))
        query = query.order_by(need, Communication.reply_due_on, Communication.dated_on, Communication.id)
    else:
        query = query.where(Communication.status == _ENDED[shelf])
        query = query.order_by(Communication.dated_on.desc(), Communication.id)
    rows = _listed(session.execute(query.offset((page - 1) * PAGE).limit(PAGE + 1)))
    return rows[:PAGE], len(rows) > PAGE


def is_unopened(row: ListedLetter, now: datetime) -> bool:
    """Whether a letter left more than seven days ago and nobody has opened it: an alarm, not a state of rest."""
    sent_at = row.letter.sent_at
    return (
        row.letter.status == CommunicationStatus.SENT
        and sent_at is not None
        and sent_at < now - timedelta(days=UNOPENED_DAYS)
        and (row.release is None or row.release.opened_at is None)
        and row.letter.held_at is None
    )


def _unopened(now: datetime) -> Any:
    long_ago = Communication.sent_at < now - timedelta(days=UNOPENED_DAYS)
    unseen = Release.opened_at.is_(None) & Communication.held_at.is_(None)
    return (Communication.status == CommunicationStatus.SENT) & long_ago & unseen


def _letters() -> Select[Communication, Recipient, Release]:
    joined = select(Communication, Recipient, Release).join(Recipient, Recipient.id == Communication.recipient_id)
    return joined.outerjoin(Release, Release.communication_id == Communication.id)


def _listed(rows: Iterable[Row[Communication, Recipient, Release]]) -> list[ListedLetter]:
    return [ListedLetter(letter, recipient, release) for letter, recipient, release in rows]


def letter_with(session: Session, letter_id: str) -> ListedLetter | None:
    """One letter with its recipient and, once it has left, its release."""
    found = _listed(session.execute(_letters().where(Communication.id == letter_id)))
    return found[0] if found else None


def notices_of(session: Session, letter_id: str) -> Sequence[Notice]:
    """All mails about a letter, in the order in which they were written."""
    own = select(Notice).where(Notice.communication_id == letter_id)
    return session.scalars(own.order_by(Notice.written_at, Notice.id)).all()


def last_set_back(session: Session, letter_id: str) -> CaseEvent | None:
    """Why a letter is a draft again: the last time that it was returned, recalled, or that its approval lapsed."""
    own = select(CaseEvent).where(CaseEvent.communication_id == letter_id, CaseEvent.action.in_(SET_BACK))
    return session.scalar(own.order_by(CaseEvent.sequence.desc()).limit(1))


def last_hold(session: Session, letter_id: str) -> CaseEvent | None:
    """The last time that a letter was held."""
    own = select(CaseEvent).where(CaseEvent.communication_id == letter_id, CaseEvent.action == Happening.LETTER_HELD)
    return session.scalar(own.order_by(CaseEvent.sequence.desc()).limit(1))


def reply_file_of_case(session: Session, file_id: str) -> ReplyFile | None:
    """A file that came with a reply to one of our letters."""
    joined = select(ReplyFile).join(Reply, Reply.id == ReplyFile.reply_id).join(Release, Release.id == Reply.release_id)
    return session.scalar(joined.where(ReplyFile.id == file_id))


@dataclass(frozen=True, slots=True)
class ListedNotice:
    """A notice that waits for a person, with the letter that it is about.

    `given_up` is why the job that sends it was given up, and empty where it was not.
    """

    notice: Notice
    letter: Communication
    recipient: Recipient
    release: Release | None
    given_up: str


def notices_to_settle(session: Session) -> list[ListedNotice]:
    """Notices of which nobody knows whether they arrived, those that no job will send any more, and the last one of a
    letter if it was refused.
    """
    later = aliased(Notice)
    is_last = (
        ~select(later.id)
        .where(later.communication_id == Notice.communication_id, later.written_at > Notice.written_at)
        .exists()
    )
    refused = and_(Notice.status == NoticeStatus.REFUSED, is_last)
    stuck = and_(Notice.status.in_((NoticeStatus.DUE, NoticeStatus.TRYING)), Job.gave_up_at.is_not(None))
    query = (
        select(Notice, Communication, Recipient, Release, Job.error)
        .join(Communication, Communication.id == Notice.communication_id)
        .join(Recipient, Recipient.id == Communication.recipient_id)
        .outerjoin(Release, Release.communication_id == Communication.id)
        .outerjoin(Job, Job.key == DELIVERS + Notice.id)
        .where(or_(Notice.status == NoticeStatus.UNCONFIRMED, refused, stuck))
        .where(Communication.status != CommunicationStatus.WITHDRAWN)
        .order_by(Notice.status.desc(), Notice.written_at, Notice.id)
    )
    return [_listed_notice(row) for row in session.execute(query)]


def _listed_notice(row: Row[Notice, Communication, Recipient, Release, str | None]) -> ListedNotice:
    notice, letter, recipient, release, error = row
    waits = notice.status in (NoticeStatus.DUE, NoticeStatus.TRYING)
    return ListedNotice(notice, letter, recipient, release, (error or "") if waits else "")
