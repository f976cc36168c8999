"""Deeds of triage: a submission becomes a case with findings and a proposal; a person decides."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from foundation import alarms, sealing
from foundation.actor import SOURCE, ActorId
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.keys import Keyring
from foundation.means import Means
from mandate.vocabulary import LetterKind
from submissions import cleaned, intake
from submissions.attachments import ReceivedFile
from submissions.confidentiality import PLACES
from submissions.models import Source, Submission
from workflows import bindings, cases
from workflows.account import Account, Victim
from workflows.assessment import Assessment
from workflows.cases import Deed, Happening
from workflows.criteria import assess
from workflows.lifecycle import COMMUNICATION, CaseAction, CaseStatus, CommunicationAction, CommunicationStatus
from workflows.models import NOT_APPROVED, Case, CaseSubmission, Communication, KeptAssessment, Release


class NotAsReceived(Exception):
    """The submission, or the key of its source, is no longer what triage read; its text is one of bindings' codes."""


@dataclass(frozen=True, slots=True)
class Triaged:
    """A case with its assessment, not yet in the database."""

    case: Case
    assessment: KeptAssessment
    bound: CaseSubmission


def triage(means: Means, submission: Submission, recipient: str) -> Triaged:
    """Assess a submission. Opens and seals, and touches no database: call `keep` with the result.

    `recipient` is the public key of the source, to which answers are sealed. Raises CannotOpen if what came is not
    sealed to the mandate's key.
    """
    facts = intake.facts_of(means.keys, submission)
    assessment = assess(account_of(facts, submission))
    proposal = assessment.proposal
    case = Case(
        id=new_id(),
        reference=submission.reference,
        status=CaseStatus.RECEIVED,
        language=submission.language,
        received_at=submission.received_at,
        states=list(proposal.addressees),
        proposed=proposal.kind,
        proposed_letter=proposal.letter_kind,
        priority=proposal.priority,
        look_by_at=submission.received_at + proposal.look_by,
        moved_at=submission.received_at,
    )
    kept = KeptAssessment(id=new_id(), case_id=case.id, submission_id=submission.id, made_at=means.clock())
    place = sealing.label_of("assessment", "envelope", kept.id)
    kept.envelope = sealing.seal(json.dumps(assessment.to_json()).encode(), means.keys.recipients("mandate"), place)
    return Triaged(case, kept, bindings.bind(means.keys, case.id, submission, recipient, facts))


def keep(session: Session, keys: Keyring, triaged: Triaged, now: datetime) -> None:
    """Write the case and its assessment; a submission that has a case already is left as it is."""
    submission_id = triaged.assessment.submission_id
    if cases.case_of(session, submission_id) is None:
        cases.open_case(session, keys, triaged.case, triaged.bound, now)
        session.add(triaged.assessment)


def assessments_of(session: Session, keys: Keyring, case_id: str) -> list[tuple[str, Assessment]]:
    """The assessments of a case, each with the id of its submission, the newest last."""
    kept = select(KeptAssessment).where(KeptAssessment.case_id == case_id).order_by(KeptAssessment.made_at)
    return [(row.submission_id, _opened(keys, row)) for row in session.scalars(kept)]


def accept(
    session: Session, keys: Keyring, case_id: str, kind: LetterKind, by: ActorId, now: datetime, why: str
) -> None:
    """Decide that a letter of this kind is to be written. Raises MoveNotAllowed, NotPermitted, CaseDisposed."""
    case = cases.lock(session, case_id)
    cases.require_something_left(session, case_id)
    cases.decide(session, keys, case, Deed(CaseAction.ACCEPT, by, now, why))
    case.decided_letter = kind


def decide(
    session: Session, keys: Keyring, case_id: str, action: CaseAction, by: ActorId, now: datetime, why: str
) -> None:
    """Decline, refer, close or reopen a case, with the reason. Raises MoveNotAllowed, NotPermitted, CaseDisposed."""
    case = cases.lock(session, case_id)
    if action == CaseAction.REOPEN:
        cases.require_something_left(session, case_id)
    cases.decide(session, keys, case, Deed(action, by, now, why))


def withdraw(session: Session, keys: Keyring, submission_id: str, now: datetime) -> None:
    """The source took the submission back: nothing that has not left will leave."""
    case = cases.case_of(session, submission_id)
    if case is None or case.status == CaseStatus.WITHDRAWN:
        return
    cases.decide(session, keys, case, Deed(CaseAction.WITHDRAW, SOURCE, now))
    # What is visible in the portal may have been read; an officer decides what becomes of it.
    visible = select(Release.communication_id)
    unseen = select(Communication).where(Communication.case_id == case.id, Communication.id.not_in(visible))
    for letter in session.scalars(unseen):
        if CommunicationAction.WITHDRAW in COMMUNICATION.actions_from(CommunicationStatus(letter.status)):
            cases.perform(session, keys, letter, Deed(CommunicationAction.WITHDRAW, SOURCE, now), **NOT_APPROVED)


def source_wrote(session: Session, keys: Keyring, submission_id: str, now: datetime) -> None:
    """Put a case before an officer because its source wrote."""
    case = cases.case_of(session, submission_id)
    if case is not None:
        cases.note_happening(session, keys, case.id, Deed(Happening.SOURCE_WROTE, SOURCE, now))
        case.source_wrote_at, case.asked_source_at = now, None
        # Files may have come with the message.
        cleaned.clean_later(session, submission_id, now)


def write_to_source(
    means: Means, case_id: str, submission_id: str, words: str, by: ActorId, files: Sequence[ReceivedFile] = ()
) -> None:
    """Leave a message for a source; an event says that it was done, and the message itself says what.

    It is sealed to the key that triage saw and to no other, so that whoever put another in its place reads nothing.
    Raises NotPermitted, SubmissionErased, and NotAsReceived with an alarm.
    """
    now = means.clock()
    with means.database.reading() as session:
        cases.require(session, by, Permission.WRITE_TO_SOURCE)
        bound = session.get_one(CaseSubmission, submission_id)
        submission = session.get_one(Submission, submission_id)
        intake.require_kept(submission)
        recipient = session.get_one(Source, submission.source_id).recipient
    differs = bindings.difference(means.keys, bound, submission, recipient)
    if differs is not None:
        with means.database.transaction() as session:
            alarms.raise_alarm(session, differs, submission_id, now)
        raise NotAsReceived(differs)
    intake.write_to_source(means, submission_id, recipient, words, files)
    with means.database.transaction() as session:
        cases.note_happening(session, means.keys, case_id, Deed(Happening.SOURCE_ASKED, by, now))
        cases.lock(session, case_id).asked_source_at = now
        cleaned.clean_later(session, submission_id, now)


def account_of(facts: Mapping[str, Any], submission: Submission) -> Account:
    """What triage reads of a submission: the answers that it knows, in the shapes that it expects."""
    known = {name: facts[name] for name in TEXTS if facts.get(name)}
    return Account(
        **known,
        received_on=geneva_day(submission.received_at),
        states=tuple(facts.get("states", ())),
        stakeholders=tuple(str(one.get("kind", "other")) for one in facts.get("stakeholders", ())),
        place=", ".join(str(facts[part]) for part in reversed(PLACES) if facts.get(part)),
        perpetrator_kinds=frozenset(facts.get("perpetrator_kinds", ())),
        asked_by=day_of(facts.get("asked_by")),
        happened_on=day_of(facts.get("happened_on")),
        ended_on=day_of(facts.get("ended_on")),
        may_happen_by=day_of(facts.get("may_happen_by")),
        at_stake=frozenset(facts.get("at_stake", ())),
        victims=tuple(_victim(victim) for victim in facts.get("victims", ())),
        violation_types=tuple(facts.get("violation_types", ())),
        law_next_vote_on=day_of(facts.get("law_next_vote_on")),
        identity_given=submission.identity_given,
        consent_to_send=facts.get("consent_to_send") == "yes",
        language=submission.language,
    )


TEXTS = (
    "kind",
    "what_happened",
    "when_text",
    "going_on",
    "may_happen",
    "perpetrators",
    "how_solidarity",
    "law_title",
    "law_stage",
    "law_authority",
    "law_provisions",
    "law_affected",
    "steps_at_home",
    "other_mechanisms",
    "asked_of_state",
    "reprisal",
    "reprisal_details",
    "relation",
    "knowledge",
)


def day_of(told: object) -> date | None:
    """A day from `2026-11-03`, the first of a month from `2026-11`, of a year from `2026`; None for anything else."""
    text = str(told or "")
    rest = {len("2026-11-03"): "", len("2026-11"): "-01", len("2026"): "-01-01"}.get(len(text))
    with suppress(ValueError):
        return None if rest is None else date.fromisoformat(text + rest)
    return None


def _victim(victim: Mapping[str, Any]) -> Victim:
    # Somebody with initials has a name: it lies with the identity of the source, where triage does not look.
    told = any(victim.get(name) for name in ("name", "details", "occupation", "is_source"))
    return Victim(str(victim.get("kind", "person")), told or "initials" in victim)


def _opened(keys: Keyring, row: KeptAssessment) -> Assessment:
    place = sealing.label_of("assessment", "envelope", row.id)
    return Assessment.from_json(json.loads(sealing.open_sealed(row.envelope, keys.identity("mandate"), place)))
