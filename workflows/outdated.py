"""Blobs that a row named once and names no longer, such as a letter under an old key: erased once the change is sure.

That a blob is to go is written in the transaction that lets go of it, so that no stop half way leaves it behind.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import jobs
from foundation.clock import Clock
from foundation.jobs import Claim, Job
from foundation.means import Means
from workflows.sweeps import NAMES

ERASE_BLOB = "workflows.erase_blob"


def leave_behind(session: Session, blob_id: str, clock: Clock) -> None:
    """Have a blob erased, in the transaction at hand, unless a row still names it then."""
    jobs.enqueue(session, ERASE_BLOB, clock(), blob_id=blob_id)


def are_erased(session: Session) -> bool:
    """Whether nothing that was left behind is still there."""
    waiting = select(Job.id).where(Job.name == ERASE_BLOB, Job.done_at.is_(None))
    return session.scalar(waiting.limit(1)) is None


def erase(means: Means, claim: Claim) -> None:
    """Erase one blob that no row names. The deed behind `workflows.erase_blob`."""
    blob_id = claim.ids["blob_id"]
    with means.database.reading() as session:
        is_named = any(session.scalar(select(column).where(column == blob_id)) is not None for column in NAMES)
    if not is_named:
        means.storage.delete(blob_id)
    with means.database.transaction() as session:
        jobs.finish(session, claim, means.clock())
