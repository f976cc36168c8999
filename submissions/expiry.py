"""Drafts whose time is over: they are erased with their files and their sources, for good and without a trace."""

from datetime import date, timedelta

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from foundation import jobs
from foundation.clock import geneva_day
from foundation.jobs import Claim, Transient
from foundation.means import Means
from submissions.models import Attachment, Draft, Source, Submission

EXPIRE = "submissions.expire_drafts"

# A draft opens until the end of its last day; whoever presses the last button at midnight must still find it.
GRACE = timedelta(days=1)


def expire_drafts(means: Means, claim: Claim) -> None:
    """Erase all drafts that expired. The daily deed behind `submissions.expire_drafts`."""
    try:
        erase_expired(means, geneva_day(means.clock()))
    except OSError as error:
        raise Transient(f"the store is away: {type(error).__name__}") from error
    with means.database.transaction() as session:
        jobs.finish(session, claim, means.clock())


def erase_expired(means: Means, today: date) -> int:
    """Erase the drafts that expired before yesterday, and files that belong to nothing. Says how many drafts.

    Raises OSError while the store is away.
    """
    with means.database.reading() as session:
        sources = list(session.scalars(select(Draft.source_id).where(Draft.expires_on < today - GRACE)))
        strays = list(session.scalars(_stray_files()))
    for source_id in sources:
        _erase(means, source_id)
    for file_id in strays:
        _erase_file(means, file_id)
    means.database.empty_log()
    return len(sources)


def _erase(means: Means, source_id: str) -> None:
    with means.database.reading() as session:
        files = list(session.scalars(select(Attachment.id).where(Attachment.source_id == source_id)))
    for file_id in files:
        _erase_file(means, file_id)
    with means.database.transaction() as session:
        session.execute(delete(Draft).where(Draft.source_id == source_id))
        # A file that was added at this very moment keeps its source until the next day.
        _delete_source(session, source_id)


def _delete_source(session: Session, source_id: str) -> None:
    has_file = exists().where(Attachment.source_id == source_id)
    has_submission = exists().where(Submission.source_id == source_id)
    session.execute(delete(Source).where(Source.id == source_id, ~has_file, ~has_submission))


def _erase_file(means: Means, file_id: str) -> None:
    # The file first: stopped between the two, its row still names it.
    means.storage.delete(file_id)
    with means.database.transaction() as session:
        session.execute(delete(Attachment).where(Attachment.id == file_id, Attachment.submission_id.is_(None)))


def _stray_files() -> Select[str]:
    # Their upload was cut short, and the draft has become a submission without them.
    in_draft = exists().where(Draft.source_id == Attachment.source_id)
    return select(Attachment.id).where(Attachment.submission_id.is_(None), ~in_draft)
