"""Builders that lead a complaint as far as a test needs it, by the deeds of the product and by nothing else.

Each stands on the one before: submitted, triaged, accepted, drafted, in_review, approved, sending, sent. What is given
as `answers` changes what the source tells; `XXB` is addressed in English, `XXA` in French. Use a fresh database.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select

import workflows.tasks
from accounts import access, demo
from foundation.actor import ActorId, officer_actor
from foundation.jobs import Job, Tasks
from foundation.means import Means
from mandate import seeding
from mandate.vocabulary import LetterKind
from submissions import attachments, drafts, intake
from submissions.drafts import Visitor
from submissions.models import Submission
from tests.databases import acting_as
from workflows import cases, communications, triage
from workflows.drafting import Fields
from workflows.models import Case, Communication, Notice, Release

TASKS = Tasks()
workflows.tasks.register(TASKS)

OFFICER, COLLEAGUE, HOLDER = 0, 1, 2


def told_to_all(value: str) -> dict[str, str]:
    """The same wish for each audience that a complaint of these builders has."""
    return dict.fromkeys(("mandate", "mandates", "state:XXA", "state:XXB", "public"), value)


IDALIA: Mapping[str, Any] = {
    "id": "idalia",
    "kind": "person",
    "name": "Idalia Venn",
    "minor": "no",
    "details": "She cooks for people who were sent back.",
    "basis": "family",
    "given_by": "Her sister, by telephone.",
    "own_wishes": "no",
}
SOURCE_AS_VICTIM: Mapping[str, Any] = {"id": "source", "is_source": True, "kind": "person", "minor": "no"}
ANSWERS: Mapping[str, Any] = {
    "kind": "people",
    "states": ["XXB"],
    "what_happened": (
        "On 14 November officers came to the harbour kitchen that cooks for people who were sent back, and took"
        " Idalia Venn away in a grey van. Nobody was shown a paper. She has not been seen since."
    ),
    "place_region": "Ostrel Coast",
    "place_town": "Lumara",
    "happened_on": "2026-11-14",
    "going_on": "yes",
    "at_stake": ["liberty", "health"],
    "may_happen": "A hearing may be held without a lawyer.",
    "may_happen_by": "2026-12-01",
    "relation": "organisation",
    "knowledge": "direct",
    "victims": [IDALIA],
    "perpetrators": "Officers of the harbour unit.",
    "violation_types": ["SOL-01"],
    "how_solidarity": "She was taken because she cooked for others.",
    "consent_to_send": "yes",
    "naming": told_to_all("name"),
    "precision": told_to_all("exact"),
    "your_name": "Bruna Quist",
    "your_organisation": "Harbour Kitchen Friends",
    "your_email": "bruna.quist@example.org",
    "your_address": "7 Lantern Steps, Ostrel",
}

SUMMARIES = {
    "en": "On 14 November 2026, officers reportedly arrested Ms. Idalia Venn at the port of Lumara.",
    "fr": "Le 14 novembre 2026, des agents auraient arrêté Mme Idalia Venn au port de Lumara.",
}
FIELDS = {
    "en": Fields(
        subject="the reported arrest of Ms. Idalia Venn at the port of Lumara",
        concern="I am concerned that her health may be at risk.",
        questions=("Please indicate the legal grounds of the arrest.",),
        measures=("provide Ms. Venn with access to a lawyer.",),
    ),
    "fr": Fields(
        subject="l’arrestation alléguée de Mme Idalia Venn au port de Lumara",
        concern="Je crains que sa santé ne soit en danger.",
        questions=("Veuillez indiquer les motifs de droit de l’arrestation.",),
        measures=("permettre à Mme Venn de s’entretenir avec un avocat.",),
    ),
}


def prepared(means: Means) -> None:
    """Write the facts of the mandate and the demo accounts, as a demonstration's start does. Doing it again is free."""
    with means.database.transaction() as session:
        if access.find_account(session, demo.DEMO_SIGN_INS[OFFICER].email) is None:
            seeding.seed(session, demo=True)
            demo.add_demo_accounts(session, means.keys, means.clock(), demo=True)


def actor(means: Means, which: int = OFFICER) -> ActorId:
    """One of OFFICER, COLLEAGUE (an officer too) and HOLDER (who approves)."""
    with means.database.reading() as session:
        account = access.find_account(session, demo.DEMO_SIGN_INS[which].email)
    assert account is not None
    return officer_actor(account.id)


def visited(means: Means, language: str = "en", files: Mapping[str, bytes] | None = None, **answers: Any) -> Visitor:
    """A source with a draft that holds ANSWERS, changed by `answers`; an answer of None is left out."""
    told = {name: value for name, value in {**ANSWERS, **answers}.items() if value is not None}
    now = means.clock()
    visitor = drafts.begin(means.database, means.keys.secret("pepper"), language, now, means.draft_life)
    drafts.save_answers(means.database, visitor, now.date(), told)
    for name, content in (files or {}).items():
        attachments.add_file(means, visitor, now.date(), name, content)
    return visitor


def submitted(means: Means, **answers: Any) -> Submission:
    """A submission that nobody has looked at. Takes what `visited` takes."""
    prepared(means)
    return intake.submit(means, visited(means, **answers))


def triaged(means: Means, **answers: Any) -> Case:
    """A case with a proposal, before an officer."""
    submission = submitted(means, **answers)
    work(means)
    with means.database.reading() as session:
        case = cases.case_of(session, submission.id)
    assert case is not None
    return case


def accepted(means: Means, letter: LetterKind = LetterKind.urgent_appeal, **answers: Any) -> Case:
    """A case on which a letter is to be written."""
    case = triaged(means, **answers)
    by = actor(means)
    with means.database.transaction() as session:
        triage.accept(session, means.keys, case.id, letter, by, means.clock(), "It is within the mandate.")
    return case_now(means, case.id)


def drafted(
    means: Means, state: str = "XXB", letter: LetterKind = LetterKind.urgent_appeal, **answers: Any
) -> Communication:
    """A letter that an officer has written, with its summary of facts."""
    case = accepted(means, letter, **{"states": [state], **answers})
    by, now = actor(means), means.clock()
    with means.database.transaction() as session:
        written = communications.draft(session, means.keys, case.id, letter, state, by, now)
        words = SUMMARIES[written.language]
        cases.save_summary(session, means.keys, case.id, written.language, words, by, now)
        fields = FIELDS[written.language]
        communications.edit(session, means.keys, written.id, fields, written.dated_on, by, now)
    return letter_now(means, written.id)


def in_review(means: Means, **more: Any) -> Communication:
    """A letter before its approver. Takes what `drafted` takes."""
    written = drafted(means, **more)
    by = actor(means)
    with means.database.transaction() as session:
        communications.submit(session, means.keys, written.id, by, means.clock())
    return letter_now(means, written.id)


def approved(means: Means, **more: Any) -> Communication:
    """A letter that is frozen and signed, and has not left. Takes what `drafted` takes."""
    written = in_review(means, **more)
    communications.approve(means, written.id, actor(means, HOLDER), accepts_unreviewed=True)
    return letter_now(means, written.id)


def sending(means: Means, **more: Any) -> Communication:
    """A letter that a person sends: its notice is due, and no worker has touched it yet."""
    return send(means, approved(means, **more))


def sent(means: Means, **more: Any) -> Communication:
    """A letter whose notice left, with whatever mailer `means` holds."""
    written = sending(means, **more)
    work(means)
    return letter_now(means, written.id)


def send(means: Means, letter: Communication) -> Communication:
    """An officer's press of the button on an approved or undelivered letter."""
    by = actor(means)
    with means.database.transaction() as session:
        assert communications.begin_sending(session, means, letter.id, by) is None
    return letter_now(means, letter.id)


def work(means: Means) -> None:
    """Do every job that is due now, as a worker would, until none is left."""
    worker = replace(means, database=acting_as(means.database, "worker"))
    while due := due_jobs(means):
        for job_id in due:
            TASKS.run(worker, job_id)


def due_jobs(means: Means) -> list[str]:
    """The ids of jobs that a worker may claim now, oldest first."""
    now = means.clock()
    free = or_(Job.lease_until.is_(None), Job.lease_until <= now)
    waiting = select(Job.id).where(Job.done_at.is_(None), Job.gave_up_at.is_(None), Job.due_at <= now, free)
    with means.database.reading() as session:
        return list(session.scalars(waiting.order_by(Job.written_at, Job.id)))


def case_now(means: Means, case_id: str) -> Case:
    """A case as it is in the database now."""
    with means.database.reading() as session:
        return session.get_one(Case, case_id)


def letter_now(means: Means, letter_id: str) -> Communication:
    """A letter as it is in the database now."""
    with means.database.reading() as session:
        return session.get_one(Communication, letter_id)


def notices_of(means: Means, letter_id: str) -> list[Notice]:
    """The notices about a letter, oldest first."""
    with means.database.reading() as session:
        about = select(Notice).where(Notice.communication_id == letter_id)
        return list(session.scalars(about.order_by(Notice.written_at)))


def release_of(means: Means, letter_id: str) -> Release | None:
    """What the portal shows of a letter; None as long as it is not visible."""
    with means.database.reading() as session:
        return session.scalar(select(Release).where(Release.communication_id == letter_id))
