"""What the desk reads of records: what is due, what waits for a second person, what is kept, and what was erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, select, text
from sqlalchemy.orm import Session

from submissions.models import Submission
from workflows.cases import Happening
from workflows.models import KEPT, Case, CaseEvent, CaseSubmission, Disposal
from workflows.retention_terms import AT_REST, Schedule, moved_before

SHOWN = 50


@dataclass(frozen=True, slots=True)
class ListedDisposal:
    """A proposal, a decision or a tombstone, with the submission it is about and its case."""

    disposal: Disposal
    submission: Submission
    case: Case


def due(session: Session, schedule: Schedule, today: date) -> list[Case]:
    """The cases whose term is over, of which nothing is proposed yet and which nobody keeps, the oldest first."""
    found: list[Case] = []
    for status in AT_REST:
        before = moved_before(status, schedule, today)
        if before is not None:
            # Each status is read by itself: an index gives the order within one status only.
            over = select(Case).where(Case.status == status, Case.moved_at < before, Case.kept_since.is_(None))
            oldest = over.where(_something_left()).order_by(Case.moved_at, Case.id)
            found.extend(session.scalars(oldest.limit(SHOWN + 1)))
    return sorted(found, key=lambda case: (case.moved_at, case.id))[: SHOWN + 1]


def waiting(session: Session) -> list[ListedDisposal]:
    """What was proposed and waits for a second person, and what is confirmed and not yet done, the oldest first."""
    return _listed(session, _disposals().where(Disposal.done_at.is_(None)).order_by(Disposal.proposed_at, Disposal.id))


def done(session: Session, page: int) -> tuple[list[ListedDisposal], bool]:
    """A page of tombstones, the newest first, and whether there are older ones."""
    newest = _disposals().where(Disposal.done_at.is_not(None)).order_by(Disposal.done_at.desc(), Disposal.id)
    rows = _listed(session, newest.offset((page - 1) * SHOWN).limit(SHOWN + 1))
    return rows[:SHOWN], len(rows) > SHOWN


def held(session: Session) -> Sequence[Case]:
    """The cases whose records somebody keeps, the oldest first."""
    # Written as the partial index of these cases has it, so that both engines use it.
    return session.scalars(select(Case).where(text(f'"case".{KEPT}')).order_by(Case.kept_since, Case.id)).all()


def disposals_of(session: Session, case_id: str) -> list[ListedDisposal]:
    """What was proposed, decided or done of the submissions of a case."""
    return _listed(session, _disposals().where(Disposal.case_id == case_id).order_by(Submission.reference))


def last_of(session: Session, case_id: str, happening: Happening) -> CaseEvent | None:
    """The last time that this happened to a case."""
    own = select(CaseEvent).where(CaseEvent.case_id == case_id, CaseEvent.action == str(happening))
    return session.scalar(own.order_by(CaseEvent.sequence.desc()).limit(1))


def _something_left() -> ColumnElement[bool]:
    joined = select(CaseSubmission.submission_id).join(Submission, Submission.id == CaseSubmission.submission_id)
    proposed = select(Disposal.id).where(Disposal.submission_id == Submission.id).exists()
    return joined.where(CaseSubmission.case_id == Case.id, Submission.erased_at.is_(None), ~proposed).exists()


def _disposals() -> Select[Disposal, Submission, Case]:
    joined = select(Disposal, Submission, Case).join(Submission, Submission.id == Disposal.submission_id)
    return joined.join(Case, Case.id == Disposal.case_id)


def _listed(session: Session, query: Select[Disposal, Submission, Case]) -> list[ListedDisposal]:
    return [ListedDisposal(*row) for row in session.execute(query)]
