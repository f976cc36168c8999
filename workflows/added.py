"""What follows from additions of sources: an event on the case, a flag for an officer, an alarm for what is not signed.

The event names the addition. So one that was taken out of the database afterwards, or changed there, is missed, and
until a person has looked nothing may be sent (docs/decisions/0018).
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import alarms
from foundation.actor import SOURCE
from foundation.jobs import Transient
from foundation.keys import Keyring
from submissions import additions, believed, cleaned, intake
from submissions.believed import Judged
from submissions.models import Addition, AdditionKind, Submission
from workflows import cases
from workflows.cases import Deed, Happening
from workflows.models import CaseEvent

NOT_SIGNED = "addition_not_signed"
MOST_URGENT = 1


def receive(session: Session, keys: Keyring, addition_id: str, now: datetime) -> None:
    """Put a case before an officer because its source, or a person concerned, added something.

    Raises Transient while the submission is not triaged.
    """
    row = session.get(Addition, addition_id)
    submission = session.get(Submission, row.submission_id) if row else None
    if row is None or submission is None or submission.erased_at is not None:
        return
    case = cases.case_of(session, submission.id)
    if case is None:
        raise Transient("the submission has not been triaged yet")
    one = next(each for each in judged(session, keys, submission) if each.opened.id == addition_id)
    if not one.is_believed:
        alarms.raise_alarm(session, NOT_SIGNED, submission.id, now)
    cases.note_happening(session, keys, case.id, Deed(Happening.SOURCE_ADDED, SOURCE, now, _note(one)))
    case.source_wrote_at, case.asked_source_at = now, None
    # Files may have come with it.
    cleaned.clean_later(session, submission.id, now)
    if one.opened.kind == AdditionKind.REPRISAL:
        case.reprisal_at, case.priority = now, MOST_URGENT


def judged(session: Session, keys: Keyring, submission: Submission) -> list[Judged]:
    """All additions to a submission, each with whether it is believed. Raises SubmissionErased, CannotOpen."""
    return additions.judged(session, keys, submission, intake.facts_of(keys, submission))


def current_facts(session: Session, keys: Keyring, submission: Submission) -> dict[str, Any]:
    """The facts with consents as they stand now; nothing may be sent where an addition is no longer what came.

    Whatever decides what a letter may say asks here. Raises SubmissionErased.
    """
    facts = intake.facts_of(keys, submission)
    every = additions.judged(session, keys, submission, facts)
    standing = believed.as_they_stand(facts, every)
    return standing if are_as_received(session, keys, submission, every) else {**standing, "consent_to_send": "no"}


def are_as_received(session: Session, keys: Keyring, submission: Submission, every: list[Judged]) -> bool:
    """Whether all additions of which events tell are there, as they came."""
    case = cases.case_of(session, submission.id)
    if case is None:
        return True
    told = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.action == Happening.SOURCE_ADDED)
    notes = [cases.note_of(keys, event) for event in session.scalars(told)]
    return {note for note in notes if note.startswith(submission.id)} <= {_note(one) for one in every}


def _note(one: Judged) -> str:
    """By which an event remembers an addition: whose it is, which, and a hash of all that it says."""
    digest = sha256(one.opened.text + one.opened.signature.encode()).hexdigest()
    return f"{one.opened.submission_id} {one.opened.id} {digest}"
