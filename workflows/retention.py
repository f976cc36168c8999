"""Erasure: what follows from a decision of two persons, done by the worker, and done again after a restore.

What the source told goes: envelopes, messages, files with their keys, what the code finds, what triage made of it,
and where the case rests on nothing else, notes and the drafts of letters. What left stays: letters and replies are
records of their own. A tombstone says when, on what ground and by whom.
"""

from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from foundation import alarms, jobs
from foundation import journal as journals
from foundation.actor import WORKER
from foundation.db import new_id
from foundation.jobs import Claim, Transient
from foundation.journal import Entry
from foundation.means import Means
from submissions import erasure
from submissions.models import Submission
from workflows import audit, cases, disposals
from workflows.cases import Deed, Happening
from workflows.models import (
    CaseEvent,
    CaseSubmission,
    Communication,
    Disposal,
    DisposalGround,
    KeptAssessment,
    Release,
    Summary,
)

ERASED = "erased"
NOT_DECIDED = "disposal_not_decided"


class NotDecided(Exception):
    """No two persons have decided, by an unbroken chain of events, that this submission is erased."""


def dispose(means: Means, claim: Claim) -> None:
    """Erase what two persons decided to erase. The deed behind `workflows.dispose`; doing it again is harmless."""
    submission_id = claim.ids["submission_id"]
    try:
        erase(means, submission_id)
    except OSError as error:
        raise Transient(f"the journal or the store is away: {type(error).__name__}") from error
    with means.database.transaction() as session:
        jobs.finish(session, claim, means.clock())


def erase(means: Means, submission_id: str, told: Entry | None = None) -> None:
    """Erase what a submission said, with its files. Doing it again finishes what was begun, and else does nothing.

    A journal entry of kind "erased" is written first; after a restore the entry that the journal holds is given as
    `told`, from which the tombstone is made anew, and which is known from the same commit on. Raises NotDecided
    (only without `told`), and OSError while the journal or the store is away.
    """
    with means.database.reading() as session:
        submission = session.get(Submission, submission_id)
    if told is not None or (submission is not None and submission.erased_at is None):
        _forget(means, submission_id, told or _entry(means, submission_id))
    erasure.erase_files(means, submission_id)
    means.database.empty_log()


def _entry(means: Means, submission_id: str) -> Entry:
    """The entry that this erasure began with, if it was stopped behind it; else a new one."""
    decided = _decided(means, submission_id)
    with means.database.reading() as session:
        begun = journals.unknown(session, means.journal, decided.proposed_at.date())
    own = [entry for entry in begun if entry.kind == ERASED and entry.ids["submission_id"] == submission_id]
    return own[0] if own else means.journal.write(ERASED, means.clock(), **_ids(decided))


def _decided(means: Means, submission_id: str) -> Disposal:
    with means.database.reading() as session:
        decided = disposals.disposal_of(session, submission_id)
        is_sound = decided is not None and _is_in_chain(means, session, decided)
    if decided is None or not is_sound:
        # A row can be written by whoever can write to the database; the sealed events behind it cannot.
        with means.database.transaction() as session:
            alarms.raise_alarm(session, NOT_DECIDED, submission_id, means.clock())
        raise NotDecided(submission_id)
    return decided


def _is_in_chain(means: Means, session: Session, decided: Disposal) -> bool:
    if decided.confirmed_by is None or audit.verify(session, means.keys, decided.case_id):
        return False
    reference = session.get_one(Submission, decided.submission_id).reference
    confirmed = _events(session, decided, Happening.DISPOSAL_CONFIRMED, decided.confirmed_by)
    proposed = _events(session, decided, Happening.DISPOSAL_PROPOSED, decided.proposed_by)
    return bool(proposed) and any(cases.note_of(means.keys, event) == reference for event in confirmed)


def _events(session: Session, decided: Disposal, happening: Happening, by: str) -> list[CaseEvent]:
    own = CaseEvent.case_id == decided.case_id, CaseEvent.action == str(happening), CaseEvent.by == by
    return list(session.scalars(select(CaseEvent).where(*own)))


def _ids(decided: Disposal) -> dict[str, str]:
    return {
        "submission_id": decided.submission_id,
        "case_id": decided.case_id,
        "ground": str(decided.ground),
        "proposed_by": decided.proposed_by,
        "proposed_at": decided.proposed_at.isoformat(),
        "confirmed_by": decided.confirmed_by or "",
        "confirmed_at": decided.confirmed_at.isoformat() if decided.confirmed_at else "",
    }


def _forget(means: Means, submission_id: str, entry: Entry) -> None:
    now = means.clock()
    with means.database.transaction() as session:
        # A database from before the submission came has nothing to forget, and one from before triage has no case.
        case = cases.case_of(session, submission_id)
        if case is not None:
            cases.lock(session, case.id)
        is_here = session.get(Submission, submission_id) is not None
        if is_here and erasure.empty_submission(session, submission_id, now) and case is not None:
            case.asked_source_at = case.source_wrote_at = None
            _forget_work(session, case.id, submission_id)
            _bury(session, case.id, entry, now)
            cases.note_happening(session, means.keys, case.id, Deed(Happening.DISPOSED, WORKER, now))
        journals.know(session, entry, now)


def _forget_work(session: Session, case_id: str, submission_id: str) -> None:
    """Erase what we made of a submission; what rests on another submission of the case as well stays with that."""
    session.execute(delete(KeptAssessment).where(KeptAssessment.submission_id == submission_id))
    joined = select(Submission.id).join(CaseSubmission, CaseSubmission.submission_id == Submission.id)
    others = joined.where(CaseSubmission.case_id == case_id, Submission.erased_at.is_(None))
    if session.scalar(others.limit(1)) is not None:
        return
    # The digests of the notes stay, so that the chain holds without a word of them.
    session.execute(update(CaseEvent).where(CaseEvent.case_id == case_id).values(note=None))
    left = exists().where(Release.communication_id == Communication.id)
    unsent = Communication.case_id == case_id, ~left
    session.execute(
        update(Communication).where(*unsent).values(fields=b"").execution_options(synchronize_session=False)
    )
    if session.scalar(select(Communication.id).where(Communication.case_id == case_id, left).limit(1)) is None:
        session.execute(delete(Summary).where(Summary.case_id == case_id))


def _bury(session: Session, case_id: str, entry: Entry, now: datetime) -> None:
    """Leave the tombstone: when, on what ground, and by which two persons."""
    submission_id, told = entry.ids["submission_id"], entry.ids
    tombstone = disposals.disposal_of(session, submission_id)
    if tombstone is None:
        tombstone = Disposal(id=new_id(), submission_id=submission_id, case_id=case_id)
    tombstone.ground = DisposalGround(told["ground"])
    tombstone.proposed_by, tombstone.proposed_at = told["proposed_by"], datetime.fromisoformat(told["proposed_at"])
    tombstone.confirmed_by, tombstone.confirmed_at = told["confirmed_by"], datetime.fromisoformat(told["confirmed_at"])
    tombstone.done_at = now
    session.add(tombstone)
