"""Deeds by which what a source told is erased: the words in one transaction, then the files.

What stays of a submission is its row, with reference, kind, language, day and stage, and without a word of the source.
"""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from foundation.db import new_id
from foundation.means import Means
from submissions.models import (
    Addition,
    Attachment,
    CleanedCopy,
    ConsentCode,
    Draft,
    Message,
    Source,
    StageReached,
    Submission,
)

NOTHING = b""
NEUTRAL_RELATION = "other"


def empty_submission(session: Session, submission_id: str, now: datetime) -> bool:
    """Erase all envelopes of a submission, its messages and additions, and what codes find of it.

    Says whether there was anything.

    The keys of its files go too, so that no file of it opens any more; the files themselves go with `erase_files`.
    """
    submission = session.get_one(Submission, submission_id, with_for_update=True, populate_existing=True)
    if submission.erased_at is not None:
        return False
    submission.facts, submission.identity, submission.source_copy = NOTHING, None, NOTHING
    submission.relation, submission.identity_given, submission.reachable = NEUTRAL_RELATION, False, False
    submission.erased_at = now
    files = update(Attachment).where(Attachment.submission_id == submission_id)
    session.execute(files.values(envelope=None, message_id=None))
    for told in (Message, Addition, ConsentCode):
        session.execute(delete(told).where(told.submission_id == submission_id))
    session.execute(delete(StageReached).where(StageReached.submission_id == submission_id))
    # Whoever is about to write a copy holds the row of its file, and sees from here on that there is no key any more.
    of_files = select(Attachment.id).where(Attachment.submission_id == submission_id)
    session.execute(update(CleanedCopy).where(CleanedCopy.attachment_id.in_(of_files)).values(envelope=None))
    _forget_source(session, submission.source_id)
    return True


def erase_files(means: Means, submission_id: str) -> None:
    """Erase the files of an emptied submission and their copies, each with its row after it.

    So stopping half way loses no name.

    Raises OSError while the store is away.
    """
    with means.database.reading() as session:
        with_copies = select(Attachment.id, CleanedCopy.blob_id).outerjoin(CleanedCopy)
        found = session.execute(with_copies.where(Attachment.submission_id == submission_id)).all()
    for file_id, copy_id in found:
        for blob_id in filter(None, (copy_id, file_id)):
            means.storage.delete(blob_id)
        with means.database.transaction() as session:
            session.execute(delete(CleanedCopy).where(CleanedCopy.attachment_id == file_id))
            session.execute(delete(Attachment).where(Attachment.id == file_id))


def _forget_source(session: Session, source_id: str) -> None:
    # No code leads to a random name, and a visit that is still open ends with the epoch.
    forgotten = {"lookup": new_id(), "recipient": "", "epoch": Source.epoch + 1}
    session.execute(delete(Draft).where(Draft.source_id == source_id))
    session.execute(update(Source).where(Source.id == source_id).values(**forgotten))
