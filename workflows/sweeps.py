"""What is looked at once a day: blobs that no row names, rows whose blob is gone, and sign-ins long over."""

import logging
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import visits
from foundation import alarms, jobs
from foundation.jobs import Claim, Transient
from foundation.means import Means
from foundation.storage import BlobMissing
from submissions.models import Attachment, CleanedCopy
from workflows.models import Communication, Release, ReplyFile
from workflows.retention_terms import shipped_schedule

SWEEP_BLOBS = "workflows.sweep_blobs"
FORGET_SIGN_INS = "workflows.forget_sign_ins"
BLOB_MISSING = "blob_missing"

log = logging.getLogger(__name__)

# Every column that names a blob.
NAMES = (Attachment.id, CleanedCopy.blob_id, Communication.pdf_id, Release.pdf_id, ReplyFile.id)


def sweep_blobs(means: Means, claim: Claim) -> None:
    """Erase what no row names and no upload can still be about to name; alarm for what is named and not there."""
    try:
        _sweep(means)
    except OSError as error:
        raise Transient(f"the store is away: {type(error).__name__}") from error
    with means.database.transaction() as session:
        jobs.finish(session, claim, means.clock())


def forget_sign_ins(means: Means, claim: Claim) -> None:
    """Delete sign-ins whose term is over."""
    now = means.clock()
    with means.database.transaction() as session:
        term = shipped_schedule().sign_ins.length
        # A visit that may still be open stays, however short somebody makes the term.
        if term is not None:
            visits.forget_visits(session, now - max(term, visits.VISIT_MOST))
        jobs.finish(session, claim, now)


def _sweep(means: Means) -> None:
    # The store is read before the rows: a blob comes before the row that names it.
    stored = dict(means.storage.ids())
    with means.database.reading() as session:
        named = set(_named(session))
    long_ago = means.clock() - means.draft_life
    strays = [blob_id for blob_id, written_at in stored.items() if written_at < long_ago and blob_id not in named]
    for blob_id in strays:
        means.storage.delete(blob_id)
    if strays:
        log.warning("%d blobs that no row named were erased", len(strays))
    for blob_id in sorted(named - stored.keys()):
        _look_again(means, blob_id)


def _named(session: Session) -> Iterator[str]:
    for column in NAMES:
        yield from filter(None, session.scalars(select(column)))


def _look_again(means: Means, blob_id: str) -> None:
    """Alarm if a blob is really gone, and its row was not erased with it meanwhile."""
    try:
        means.storage.part(blob_id, 0)
    except BlobMissing:
        with means.database.transaction() as session:
            if any(session.scalar(select(column).where(column == blob_id)) is not None for column in NAMES):
                alarms.raise_alarm(session, BLOB_MISSING, blob_id, means.clock())
