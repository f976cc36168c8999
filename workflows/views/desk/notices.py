"""Notices that wait for a person: nobody knows whether they arrived, or they were refused."""

from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.permissions import Permission
from accounts.session import actor, requires
from foundation.web import means
from foundation.words import N_
from workflows import delivery, letter_queries
from workflows.forms import ButtonForm
from workflows.letter_queries import ListedNotice
from workflows.lifecycle import CommunicationStatus
from workflows.models import Notice, NoticeStatus
from workflows.views.desk import shown
from workflows.views.desk.door import NOT_AS_IT_WAS, an_id, bp, go_to, now, page
from workflows.views.desk.refusals import REFUSALS, refuse

ANSWERS = {"arrived": True, "not-arrived": False}
SETTLED = N_("Your answer is recorded.")


@bp.get("/notices")
@requires(Permission.SEE_CASES)
def notices() -> ResponseReturnValue:
    """All that waits."""
    return _notices_page(ButtonForm())


@bp.post("/notices/<notice_id>/<answer>")
@requires(Permission.SEND_LETTER)
def settle_notice(notice_id: str, answer: str) -> ResponseReturnValue:
    """Record what a person knows of a notice: it arrived, or it did not."""
    form = ButtonForm()
    with means().database.reading() as session:
        if answer not in ANSWERS or session.get(Notice, an_id(notice_id)) is None:
            abort(404)
    try:
        with means().database.transaction() as session:
            delivery.confirm(session, means().keys, notice_id, ANSWERS[answer], actor(), now())
    except REFUSALS as error:
        refuse(form, error)
        return _notices_page(form, NOT_AS_IT_WAS)
    return go_to("notices", SETTLED)


def _notices_page(form: ButtonForm, code: int = 200) -> Response:
    with means().database.reading() as session:
        rows = [_row(one) for one in letter_queries.notices_to_settle(session)]
    return page("notices", "notices", code, form=form, rows=rows)


def _row(one: ListedNotice) -> dict[str, Any]:
    opened = one.release.opened_at if one.release else None
    return {
        "id": one.notice.id,
        "letter_id": one.letter.id,
        "reference": one.letter.reference,
        "to": one.recipient.name,
        "mailbox": one.recipient.mailbox,
        "tried": shown.moment(one.notice.tried_at) if one.notice.tried_at else "",
        "message_id": one.notice.message_id,
        "status": shown.notice_tag(NoticeStatus(one.notice.status)),
        "explanation": one.notice.explanation or one.given_up,
        "is_stuck": one.notice.status in (NoticeStatus.DUE, NoticeStatus.TRYING),
        "asks": one.notice.status == NoticeStatus.UNCONFIRMED,
        "undelivered": one.letter.status == CommunicationStatus.UNDELIVERED,
        "opened": _("The letter was opened on %(day)s.", day=shown.day(opened)) if opened else "",
    }
