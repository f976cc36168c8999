"""Deeds on the sources of a case, by those who work on it: learning who they are, and reading what they wrote."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from foundation.actor import ActorId
from foundation.clock import geneva_day
from foundation.means import Means
from foundation.uploads import SealedFile
from submissions import attachments, intake
from submissions.models import Addition, Attachment, Author, Message, Submission
from workflows import cases
from workflows.cases import Deed, Happening
from workflows.models import OPENED, Case, CaseEvent

BATCH = 500
PAGE = 50


class NotOfThisCase(Exception):
    """The submission belongs to another case, or to none."""


class MessagesCame(Exception):
    """The source wrote again while the messages were being read."""


def open_identity(means: Means, case_id: str, submission_id: str, by: ActorId, why: str) -> dict[str, str]:
    """Who the source is. That it was asked, by whom and why, is written down before anything is opened.

    Raises NotPermitted, NotOfThisCase.
    """
    with means.database.transaction() as session:
        cases.require(session, by, Permission.OPEN_IDENTITY)
        if submission_id not in cases.submissions_of(session, case_id):
            raise NotOfThisCase
        submission = session.get_one(Submission, submission_id)
        asked = Deed(Happening.IDENTITY_OPENED, by, means.clock(), why)
        cases.note_happening(session, means.keys, case_id, asked)
    return intake.identity_of(means.keys, submission)


def open_original(means: Means, case_id: str, attachment_id: str, by: ActorId, why: str) -> tuple[str, SealedFile]:
    """A file as it was received, with its name. That it was asked for, by whom and why, is written down first.

    Raises NotPermitted, NotOfThisCase, CannotOpen.
    """
    with means.database.reading() as session:
        file = session.get(Attachment, attachment_id)
        if file is None or file.submission_id not in cases.submissions_of(session, case_id):
            raise NotOfThisCase
    name, content = attachments.opened(means, file)
    with means.database.transaction() as session:
        cases.require(session, by, Permission.OPEN_ORIGINAL)
        asked = Deed(Happening.ORIGINAL_OPENED, by, means.clock(), f"{name}: {why}")
        cases.note_happening(session, means.keys, case_id, asked)
    return name, content


def openings(session: Session) -> Iterator[tuple[CaseEvent, str]]:
    """Every opening of an identity with the reference of its case, the oldest first."""
    opened = _openings().order_by(CaseEvent.at, CaseEvent.id).execution_options(yield_per=BATCH)
    yield from ((row.CaseEvent, row.reference) for row in session.execute(opened))


def newest_openings(session: Session, page: int) -> tuple[list[tuple[CaseEvent, str]], bool]:
    """A page of the openings of identities, the newest first, and whether there are older ones."""
    newest = _openings().order_by(CaseEvent.at.desc(), CaseEvent.id.desc())
    rows = session.execute(newest.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    return [(row.CaseEvent, row.reference) for row in rows[:PAGE]], len(rows) > PAGE


def read_messages(session: Session, case_id: str, seen: int, by: ActorId, now: datetime) -> None:
    """Take a case off the list of those whose source wrote. `seen` is what `told_by_sources` gave for the page.

    Raises NotPermitted, and MessagesCame if there are more by now, so that none counts as read that nobody saw.
    """
    case = cases.lock(session, case_id)
    cases.require(session, by, Permission.WRITE_TO_SOURCE)
    submission_ids = cases.submissions_of(session, case_id)
    if told_by_sources(session, submission_ids) != seen:
        raise MessagesCame
    for submission_id in submission_ids:
        intake.mark_read(session, submission_id, Author.SOURCE, geneva_day(now))
    case.source_wrote_at = case.reprisal_at = None


def _openings() -> Select[CaseEvent, str]:
    # Written as the partial index of these events has it, so that both engines use it.
    opened = select(CaseEvent, Case.reference).join(Case, Case.id == CaseEvent.case_id)
    return opened.where(text(f"case_event.{OPENED}"))


def told_by_sources(session: Session, submission_ids: list[str]) -> int:
    """How many messages sources wrote, and how much was added after sending."""
    written = select(func.count()).where(Message.submission_id.in_(submission_ids), Message.author == Author.SOURCE)
    added = select(func.count()).where(Addition.submission_id.in_(submission_ids))
    return (session.scalar(written) or 0) + (session.scalar(added) or 0)
