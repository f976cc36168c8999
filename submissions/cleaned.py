"""Cleaned copies: what officers see of a file by default. The file itself stays sealed as it came, as evidence.

Cleaning follows what was received, file by file, in jobs that nothing urgent waits for. A stranger's file is read by
nobody but a confined child (`foundation.child`); whatever becomes of that is written down once and not tried for ever.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from foundation import child, jobs, sealing
from foundation.child import Ended, Limits, Outcome
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.jobs import Claim, Transient
from foundation.keys import Keyring
from foundation.means import Means
from foundation.scanning import Finding, Scan
from foundation.sealing import PART
from foundation.storage import BlobMissing, StorageFull
from foundation.uploads import SealedFile, Upload
from submissions import attachments, file_kinds
from submissions.models import Attachment, CleanedCopy

CLEAN_FILE = "submissions.clean_file"
CLEAN_MISSING = "submissions.clean_missing"

PROGRAM = "submissions.cleaning.program"
MEGABYTE = 1024 * 1024
MEMORY_MOST = 1024 * MEGABYTE
COPY_MOST = 200 * MEGABYTE
# Reading, cleaning and sealing a file must all fit into one lease.
OF_THE_LEASE = 0.5
# So often is a scanner waited for that is away; then the page says so.
SCANS_MOST = 3
BATCH = 200


# The kind of a file, its pieces, who takes the pieces of the copy, and limits.
Cleaner = Callable[[str, Iterable[bytes], Callable[[bytes], object], Limits], Ended]


class Result(StrEnum):
    """What became of cleaning one file. Of KEPT the file itself is what is shown: plain text carries no traces."""

    MADE = "made"
    KEPT = "kept"
    WITHHELD = "withheld"
    REFUSED = "refused"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Made:
    """What came out of one file, with the copy if there is one, not yet named by any row."""

    result: Result
    reason: str = ""
    kind: str = ""
    copy: Upload | None = None


def clean_later(session: Session, submission_id: str, now: datetime) -> None:
    """Have every file of a submission cleaned that is not, in the transaction at hand."""
    for attachment_id in session.scalars(_uncleaned().where(Attachment.submission_id == submission_id)).all():
        jobs.enqueue(session, CLEAN_FILE, now, key=f"clean:{attachment_id}", attachment_id=attachment_id)


def clean_missing(means: Means, claim: Claim) -> None:
    """Have cleaned what for whatever reason is not. The daily deed behind `submissions.clean_missing`."""
    with means.database.transaction() as session:
        now = means.clock()
        waiting = _uncleaned().where(Attachment.submission_id.is_not(None)).order_by(Attachment.id).limit(BATCH)
        for attachment_id in session.scalars(waiting).all():
            jobs.enqueue(session, CLEAN_FILE, now, key=f"clean:{attachment_id}", attachment_id=attachment_id)
        jobs.finish(session, claim, now)


def _in_child(kind: str, pieces: Iterable[bytes], take: Callable[[bytes], object], limits: Limits) -> Ended:
    return child.run(PROGRAM, kind, pieces, take, limits)


def clean_file(means: Means, claim: Claim, cleaner: Cleaner = _in_child) -> None:
    """Clean one file and look through it. The deed behind `submissions.clean_file`; doing it again does nothing."""
    attachment_id = claim.ids["attachment_id"]
    with means.database.reading() as session:
        waiting = session.scalar(_uncleaned().where(Attachment.id == attachment_id)) is not None
        attachment = session.get(Attachment, attachment_id)
    if not waiting or attachment is None:
        _finish(means, claim)
        return
    try:
        name, file = attachments.opened(means, attachment)
        scan = means.scanner.scan(_pieces(file))
        if scan.finding == Finding.AWAY and claim.attempt < SCANS_MOST:
            raise Transient("the virus scanner is away")
        made = _made(means, attachment.media_type, file, cleaner)
    except (OSError, StorageFull, BlobMissing) as error:
        raise Transient(f"the store is away: {type(error).__name__}") from error
    try:
        _keep(means, claim, _row(means, attachment_id, name, made, scan), made)
    finally:
        if made.copy is not None:
            made.copy.discard()


def copy_of(session: Session, attachment_id: str) -> CleanedCopy | None:
    """What became of cleaning a file; None as long as nobody has tried."""
    return session.scalar(select(CleanedCopy).where(CleanedCopy.attachment_id == attachment_id))


def copies_of(session: Session, submission_id: str) -> dict[str, CleanedCopy]:
    """What became of cleaning the files of a submission, by the ids of the files."""
    own = select(CleanedCopy).join(Attachment).where(Attachment.submission_id == submission_id)
    return {copy.attachment_id: copy for copy in session.scalars(own)}


def open_copy(means: Means, copy: CleanedCopy) -> tuple[str, SealedFile]:
    """Name and content of a cleaned copy that was made. Raises CannotOpen, and BlobMissing for one that was not."""
    if copy.blob_id is None:
        raise BlobMissing(copy.id)
    place = sealing.label_of("cleaned_copy", "envelope", copy.id)
    told = json.loads(sealing.open_sealed(copy.envelope or b"", means.keys.identity("mandate"), place))
    return told["name"], SealedFile(means.storage, copy.blob_id, told["identity"], copy.size)


def _uncleaned() -> Any:
    # A file without its key was erased, or belongs to a draft.
    is_done = exists().where(CleanedCopy.attachment_id == Attachment.id)
    return select(Attachment.id).where(Attachment.envelope.is_not(None), ~is_done)


def _made(means: Means, kind: str, file: SealedFile, cleaner: Cleaner) -> Made:
    if kind == file_kinds.TEXT:
        return Made(Result.KEPT)
    if kind.startswith(("audio/", "video/")):
        return Made(Result.WITHHELD)
    copy = Upload(means.storage)
    try:
        limits = Limits(MEMORY_MOST, means.lease.total_seconds() * OF_THE_LEASE, COPY_MOST)
        return _judged(cleaner(kind, _pieces(file), copy.write, limits), copy)
    except BaseException:
        copy.discard()
        raise


def _judged(ended: Ended, copy: Upload) -> Made:
    if ended.outcome == Outcome.MADE and copy.size:
        copy.finish()
        return Made(Result.MADE, kind=ended.kind, copy=copy)
    copy.discard()
    outcome = Outcome.CRASHED if ended.outcome == Outcome.MADE else ended.outcome
    return Made(Result(outcome), ended.reason)


def _pieces(file: SealedFile) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PART):
        yield piece


def _row(means: Means, attachment_id: str, name: str, made: Made, scan: Scan) -> CleanedCopy:
    row = CleanedCopy(
        id=new_id(),
        attachment_id=attachment_id,
        outcome=made.result,
        reason=made.reason,
        media_type=made.kind,
        size=0,
        scan=scan.finding,
        scan_name=scan.name[:80],
        made_on=geneva_day(means.clock()),
    )
    if made.copy is not None:
        row.blob_id, row.size = made.copy.id, made.copy.size
        row.envelope = _sealed(means.keys, row.id, _name_of_copy(name, made.kind), made.copy.identity)
    return row


def _sealed(keys: Keyring, row_id: str, name: str, identity: str) -> bytes:
    told = json.dumps({"identity": identity, "name": name}).encode()
    return sealing.seal(told, keys.recipients("mandate"), sealing.label_of("cleaned_copy", "envelope", row_id))


def _name_of_copy(name: str, kind: str) -> str:
    """The name of the file, with the ending of what the copy is."""
    endings = file_kinds.ALLOWED.get(kind, ("",))
    stem, dot, ending = name.rpartition(".")
    return name if f".{ending.lower()}" in endings or not dot else f"{stem}{endings[0]}"


def _keep(means: Means, claim: Claim, row: CleanedCopy, made: Made) -> None:
    with means.database.transaction() as session:
        # Held, so that nobody erases the file between this look and the commit.
        attachment = session.get(Attachment, row.attachment_id, with_for_update=True, populate_existing=True)
        if attachment is not None and attachment.envelope is not None and copy_of(session, attachment.id) is None:
            session.add(row)
            session.flush()
            if made.copy is not None:
                made.copy.keep()
        jobs.finish(session, claim, means.clock())


def _finish(means: Means, claim: Claim) -> None:
    with means.database.transaction() as session:
        jobs.finish(session, claim, means.clock())
