"""Record keeping: what is due, what waits for a second person, what is kept, what was erased; and the buttons."""

from collections.abc import Callable
from typing import Any

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from accounts.session import actor, requires
from foundation.clock import geneva_day
from foundation.web import means
from foundation.words import N_
from workflows import cases, disposals, keeping
from workflows.disposals import Proposal
from workflows.forms import WhyForm
from workflows.keeping import ListedDisposal
from workflows.keeping_forms import ConfirmForm, ProposalForm, RefusalForm
from workflows.lifecycle import CaseStatus
from workflows.models import Case, DisposalGround
from workflows.retention_terms import due_on, shipped_schedule
from workflows.views.desk import shown
from workflows.views.desk.case_keeping import HOLD, ground_words, tombstone
from workflows.views.desk.case_page import case_page
from workflows.views.desk.case_source import form_prefix
from workflows.views.desk.door import (
    CANNOT_BE_USED,
    NOT_AS_IT_WAS,
    an_id,
    bp,
    go_to,
    now,
    page,
    page_number,
    the_case,
    today,
)
from workflows.views.desk.refusals import REFUSALS, refuse

KEPT = N_("The record is kept until somebody lifts that.")
LIFTED = N_("The record is no longer kept from disposal.")
PROPOSED = N_("The erasure is proposed. A second person decides.")
CONFIRMED = N_("The erasure is confirmed and will be done at once.")
DECLINED = N_("The proposal is declined.")


@bp.get("/keeping")
@requires(Permission.SEE_CASES)
def show_keeping() -> ResponseReturnValue:
    """All that somebody may want to decide on, and what was decided. Nothing is decided here, but on each case."""
    number = page_number()
    with means().database.reading() as session:
        erased, more = keeping.done(session, number)
        due = keeping.due(session, shipped_schedule(), today())
        words: dict[str, Any] = {
            "due": [_case_row(one) for one in due[: keeping.SHOWN]],
            "more_due": len(due) > keeping.SHOWN,
            "waiting": [_waiting_row(one) for one in keeping.waiting(session)],
            "held": [_case_row(one) for one in keeping.held(session)],
            "erased": [{"case_id": one.case.id, "words": tombstone(session, one)} for one in erased],
        }
    before = url_for("desk.show_keeping", page=number - 1) if number > 1 else None
    after = url_for("desk.show_keeping", page=number + 1) if more else None
    return page("keeping", "keeping", before=before, after=after, **words)


@bp.post("/cases/<case_id>/keep")
@requires(Permission.HOLD_RECORDS)
def keep_record(case_id: str) -> ResponseReturnValue:
    """Keep the record of a case from disposal."""
    form = _of_case(case_id)

    def deed(session: Session) -> None:
        disposals.keep_record(session, means().keys, case_id, actor(), now(), form.why.data)

    return _do(case_id, form, deed, KEPT)


@bp.post("/cases/<case_id>/keep/lift")
@requires(Permission.HOLD_RECORDS)
def lift_keeping(case_id: str) -> ResponseReturnValue:
    """No longer keep the record of a case from disposal."""
    form = _of_case(case_id)

    def deed(session: Session) -> None:
        disposals.lift(session, means().keys, case_id, actor(), now(), form.why.data)

    return _do(case_id, form, deed, LIFTED)


@bp.post("/cases/<case_id>/erasure/<submission_id>")
@requires(Permission.PROPOSE_DISPOSAL)
def propose_erasure(case_id: str, submission_id: str) -> ResponseReturnValue:
    """Propose that a submission is erased."""
    form = _of_source(case_id, submission_id, ProposalForm)

    def deed(session: Session) -> None:
        proposal = Proposal(DisposalGround(form.ground.data), form.words.data)
        disposals.propose(session, means().keys, submission_id, proposal, actor(), now())

    return _do(case_id, form, deed, PROPOSED)


@bp.post("/cases/<case_id>/erasure/<submission_id>/confirm")
@requires(Permission.CONFIRM_DISPOSAL)
def confirm_erasure(case_id: str, submission_id: str) -> ResponseReturnValue:
    """Decide, as the second person, that a submission is erased."""
    form = _of_source(case_id, submission_id, ConfirmForm)

    def deed(session: Session) -> None:
        disposals.confirm(session, means().keys, submission_id, form.seen.data or "", actor(), now())

    return _do(case_id, form, deed, CONFIRMED)


@bp.post("/cases/<case_id>/erasure/<submission_id>/decline")
@requires(Permission.CONFIRM_DISPOSAL)
def decline_erasure(case_id: str, submission_id: str) -> ResponseReturnValue:
    """Refuse a proposal, or take one's own back."""
    form = _of_source(case_id, submission_id, RefusalForm)

    def deed(session: Session) -> None:
        read, why = form.read.data or "", form.refusal.data
        disposals.decline(session, means().keys, submission_id, read, actor(), now(), why)

    return _do(case_id, form, deed, DECLINED)


def _do(case_id: str, form: FlaskForm, deed: Callable[[Session], None], done: str) -> ResponseReturnValue:
    if not form.validate():
        return case_page(case_id, CANNOT_BE_USED, keeping=form)
    try:
        with means().database.transaction() as session:
            deed(session)
    except REFUSALS as error:
        refuse(form, error)
        return case_page(case_id, NOT_AS_IT_WAS, keeping=form)
    return go_to("case", done, case_id=case_id, _anchor="record-keeping")


def _of_case(case_id: str) -> WhyForm:
    with means().database.reading() as session:
        the_case(session, case_id)
    return WhyForm(prefix=HOLD)


def _of_source(case_id: str, submission_id: str, kind: Any) -> Any:
    """The form that was sent for a submission of this case. Aborts with 404."""
    with means().database.reading() as session:
        the_case(session, case_id)
        if an_id(submission_id) not in cases.submissions_of(session, case_id):
            abort(404)
    return kind(prefix=form_prefix(submission_id))


def _case_row(case: Case) -> dict[str, Any]:
    due = due_on(CaseStatus(case.status), geneva_day(case.moved_at), shipped_schedule())
    return {
        "id": case.id,
        "reference": case.reference,
        "status": shown.case_tag(case),
        "moved": shown.day(case.moved_at),
        "due": shown.day(due) if due else "",
        "since": shown.day(case.kept_since),
    }


def _waiting_row(one: ListedDisposal) -> dict[str, Any]:
    return {
        "id": one.case.id,
        "reference": one.submission.reference,
        "ground": ground_words(one.disposal.ground),
        "proposed": shown.day(one.disposal.proposed_at),
        "is_confirmed": one.disposal.confirmed_at is not None,
        "own": one.disposal.proposed_by == actor(),
    }
