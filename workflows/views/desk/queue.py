"""The queue: cases in the order in which a person should look."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from accounts.session import requires, requires_sign_in
from foundation.clock import geneva_day
from foundation.web import means
from workflows import queries
from workflows.lifecycle import CaseStatus
from workflows.models import Case
from workflows.queries import Group, QueuePage
from workflows.views.desk import shown
from workflows.views.desk.door import bp, go_to, now, page, permissions
from workflows.views.desk.wording import GROUPS

UNDECIDED = (CaseStatus.RECEIVED, CaseStatus.IN_TRIAGE)


@bp.get("/")
@requires_sign_in
def root() -> ResponseReturnValue:
    """The first page: the queue, or the jobs for those who keep the machines running and see no case."""
    allowed = permissions()
    if Permission.SEE_JOBS in allowed and Permission.SEE_CASES not in allowed:
        return redirect(url_for("desk.show_jobs"))
    return queue()


@bp.get("/queue")
@requires(Permission.SEE_CASES)
def queue() -> ResponseReturnValue:
    """A group of cases. Where all that is to be decided fits on the page, what is in work follows below it."""
    group = _group(request.args.get("show", ""))
    after, before = request.args.get("after", ""), request.args.get("before", "")
    with means().database.reading() as session:
        tables = [_table(session, group, after, before)]
        if group == Group.TO_DECIDE and not (tables[0]["before"] or tables[0]["after"]):
            tables.append(_table(session, Group.IN_WORK, "", ""))
    groups = [{"url": _url(one), "text": _(GROUPS[one]), "here": one == group} for one in Group]
    return page("queue", "queue", tables=tables, groups=groups, group=_(GROUPS[group]), missed=_missed())


@bp.get("/find")
@requires(Permission.SEE_CASES)
def find() -> ResponseReturnValue:
    """Go to the case, or to the letter, with a reference."""
    reference = request.args.get("reference", "")[:40].strip()
    with means().database.reading() as session:
        found = queries.find(session, reference)
    if found is None:
        return go_to("queue", missed=reference)
    return go_to("case", case_id=found.id) if isinstance(found, Case) else go_to("letter", letter_id=found.id)


def _missed() -> str | None:
    return request.args.get("missed", "")[:40] if "missed" in request.args else None


def _group(asked: str) -> Group:
    return Group(asked) if asked in {group.value for group in Group} else Group.TO_DECIDE


def _url(group: Group, after: str | None = None, before: str | None = None) -> str:
    return url_for("desk.queue", show=group.value, after=after, before=before)


def _table(session: Session, group: Group, after: str, before: str) -> dict[str, Any]:
    found = queries.queue_page(session, group, after, before)
    return {
        "title": _(GROUPS[group]),
        "group": group.value,
        "rows": [_row(one) for one in found.cases],
        **_neighbours(group, found),
    }


def _neighbours(group: Group, found: QueuePage) -> dict[str, str | None]:
    return {
        "before": _url(group, before=found.before) if found.before else None,
        "after": _url(group, after=found.after) if found.after else None,
    }


def _row(one: Case) -> dict[str, Any]:
    # Whether somebody is late is asked of the clock each time: time alone would make it wrong if it were kept.
    waits = one.status in UNDECIDED
    return {
        "id": one.id,
        "reference": one.reference,
        "proposal": shown.proposal_tag(one.proposed),
        "status": shown.case_tag(one),
        "decided": shown.kind_name(one.decided_letter) if one.decided_letter else "",
        "states": shown.state_names(one.states),
        "received": shown.day(one.received_at),
        "received_iso": geneva_day(one.received_at).isoformat(),
        "look_by": shown.moment(one.look_by_at) if waits else "",
        "look_by_iso": one.look_by_at.isoformat(),
        "overdue": waits and one.look_by_at < now(),
        "language": shown.language_name(one.language),
        "reprisal": shown.day(one.reprisal_at),
        "wrote": shown.day(one.source_wrote_at),
        "asked": shown.day(one.asked_source_at),
    }
