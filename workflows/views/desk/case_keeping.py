"""What stands on the page of a case about its record: whether it is kept, what is proposed, and what was erased."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from accounts.session import actor
from foundation.clock import geneva_day
from foundation.web import means
from submissions.models import Submission
from workflows import cases, keeping, queries
from workflows.cases import Happening
from workflows.forms import WhyForm
from workflows.keeping import ListedDisposal
from workflows.keeping_forms import GROUNDS, ConfirmForm, ProposalForm, RefusalForm
from workflows.lifecycle import CaseStatus
from workflows.models import Case, CaseEvent, DisposalGround
from workflows.retention_terms import AT_REST, due_on, shipped_schedule
from workflows.views.desk import shown
from workflows.views.desk.case_source import form_prefix
from workflows.views.desk.door import permissions

HOLD = "hold"


def keeping_words(session: Session, case: Case, submissions: list[Submission], sent: Any) -> dict[str, Any]:
    """The part of the page on the record of a case. `sent` is the form of it that was not accepted, if any."""
    rows = {row.submission.id: row for row in keeping.disposals_of(session, case.id)}
    due = due_on(CaseStatus(case.status), geneva_day(case.moved_at), shipped_schedule())
    return {
        "at_rest": case.status in AT_REST,
        "due": shown.day(due) if due else "",
        "held": _held(session, case),
        "hold": sent if isinstance(sent, WhyForm) else WhyForm(formdata=None, prefix=HOLD),
        "may_hold": Permission.HOLD_RECORDS in permissions() and any(one.erased_at is None for one in submissions),
        "rows": [_row(session, one, rows.get(one.id), sent) for one in submissions],
    }


def tombstone(session: Session, row: ListedDisposal) -> str:
    """When a submission was erased, on what ground and by whom, in a sentence."""
    disposal = row.disposal
    names = queries.names_of(session, [disposal.proposed_by, disposal.confirmed_by])
    return str(
        _(
            "What the source of %(reference)s told was erased on %(day)s: %(ground)s. Proposed by %(first)s, confirmed "
            "by %(second)s.",
            reference=row.submission.reference,
            day=shown.day(disposal.done_at),
            ground=ground_words(disposal.ground),
            first=shown.who(disposal.proposed_by, names),
            second=shown.who(disposal.confirmed_by or "", names),
        )
    )


def ground_words(ground: str) -> str:
    """The ground of an erasure in words."""
    return str(_(GROUNDS[DisposalGround(ground)]))


def erased_on(submission: Submission) -> str:
    """What is said of an erased submission of which this database holds no tombstone."""
    day: date | None = geneva_day(submission.erased_at) if submission.erased_at else None
    return str(_("What the source of %(reference)s told was erased on %(day)s.", **_of(submission, day)))


def _of(submission: Submission, day: date | None) -> dict[str, str]:
    return {"reference": submission.reference, "day": shown.day(day)}


def _held(session: Session, case: Case) -> dict[str, str] | None:
    if case.kept_since is None:
        return None
    event = keeping.last_of(session, case.id, Happening.RECORD_HELD)
    return {"since": shown.day(case.kept_since), **(_told(session, event) if event else {"who": "", "why": ""})}


def _told(session: Session, event: CaseEvent) -> dict[str, str]:
    who = shown.who(event.by, queries.names_of(session, [event.by]))
    return {"who": who, "why": cases.note_of(means().keys, event)}


def _row(session: Session, submission: Submission, row: ListedDisposal | None, sent: Any) -> dict[str, Any]:
    words: dict[str, Any] = {"id": submission.id, "reference": submission.reference, "erased": "", "proposed": None}
    if submission.erased_at is not None:
        words["erased"] = tombstone(session, row) if row and row.disposal.done_at else erased_on(submission)
    elif row is not None:
        words["proposed"] = _proposed(session, row, sent)
    else:
        words["proposal"] = _form(sent, ProposalForm, submission.id)
    return words


def _proposed(session: Session, row: ListedDisposal, sent: Any) -> dict[str, Any]:
    disposal, submission_id = row.disposal, row.submission.id
    event = keeping.last_of(session, row.case.id, Happening.DISPOSAL_PROPOSED)
    return {
        "ground": ground_words(disposal.ground),
        "who": shown.who(disposal.proposed_by, queries.names_of(session, [disposal.proposed_by])),
        "when": shown.day(disposal.proposed_at),
        "why": cases.note_of(means().keys, event) if event else "",
        "own": disposal.proposed_by == actor(),
        "is_confirmed": disposal.confirmed_at is not None,
        "confirm": _form(sent, ConfirmForm, submission_id, seen=disposal.id),
        "refuse": _form(sent, RefusalForm, submission_id, read=disposal.id),
    }


def _form(sent: Any, kind: Any, submission_id: str, **first: str) -> Any:
    """The form that was sent for this source, else a new one; each source has its own names for its fields."""
    fresh = kind(formdata=None, prefix=form_prefix(submission_id), data=first)
    is_own = isinstance(sent, kind) and next(iter(sent)).name == next(iter(fresh)).name
    return sent if is_own else fresh
