"""How it stands with the record of what was done, and every opening of an identity, for those who may see events."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from accounts.session import requires
from foundation import alarms
from foundation.journal import JournalEntry
from foundation.web import means
from workflows import audit, cases, heads, queries, sources
from workflows.models import CaseEvent
from workflows.views.desk import shown
from workflows.views.desk.door import bp, opened, page, page_number
from workflows.views.desk.wording import ALARMS


@bp.get("/record")
@requires(Permission.SEE_EVENTS)
def show_record() -> ResponseReturnValue:
    """The state of the record, and the openings of identities, the newest first."""
    number = page_number()
    with means().database.reading() as session:
        found, more = sources.newest_openings(session, number)
        names = queries.names_of(session, [event.by for event, _reference in found])
        words: dict[str, Any] = {
            "extent": audit.extent(session),
            "head": _last_head(session),
            "alarms": _alarms(session),
            "rows": [_opening(event, reference, names) for event, reference in found],
        }
    newer = url_for(".show_record", page=number - 1) if number > 1 else ""
    return page(
        "record", "record", newer=newer, older=url_for(".show_record", page=number + 1) if more else "", **words
    )


def _last_head(session: Session) -> str:
    written = select(func.max(JournalEntry.written_at)).where(JournalEntry.kind == heads.HEAD)
    last = session.scalar(written)
    return shown.moment(last) if last else ""


def _alarms(session: Session) -> list[dict[str, str]]:
    return [
        {"what": _(ALARMS.get(alarm.code, alarm.code)), "subject": alarm.subject, "when": shown.moment(alarm.raised_at)}
        for alarm in alarms.open_alarms(session)
    ]


def _opening(event: CaseEvent, reference: str, names: dict[str, str]) -> dict[str, Any]:
    return {
        "case_id": event.case_id,
        "reference": reference,
        "when": shown.moment(event.at),
        "who": shown.who(event.by, names),
        "why": opened(f"the note of event {event.id}", lambda: cases.note_of(means().keys, event), ""),
    }
