"""The list of letters, the page of one letter, and what an officer writes on it."""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from accounts.session import actor, requires
from foundation.web import means
from foundation.words import N_
from workflows import communications, letter_queries
from workflows.communications import LetterChanged
from workflows.forms import FieldsForm
from workflows.letter_queries import Shelf
from workflows.models import Communication
from workflows.views.desk.case_page import letter_row
from workflows.views.desk.door import (
    CANNOT_BE_USED,
    NOT_AS_IT_WAS,
    bp,
    go_to,
    now,
    page,
    page_number,
    the_letter,
    today,
)
from workflows.views.desk.letter_page import letter_page, offer_fields
from workflows.views.desk.refusals import REFUSALS, refuse
from workflows.views.desk.wording import SHELVES

SAVED = N_("The letter is saved.")


@bp.get("/letters")
@requires(Permission.SEE_CASES)
def letters() -> ResponseReturnValue:
    """All letters, those that want somebody first."""
    shelf, number = _shelf(request.args.get("show", "")), page_number()
    with means().database.reading() as session:
        found, more = letter_queries.letters_page(session, shelf, today(), now(), number)
    return page(
        "letters",
        "letters",
        rows=[letter_row(one) for one in found],
        shelves=[{"url": _url(one, 1), "text": _(SHELVES[one]), "here": one == shelf} for one in Shelf],
        shelf=_(SHELVES[shelf]),
        before=_url(shelf, number - 1) if number > 1 else None,
        after=_url(shelf, number + 1) if more else None,
    )


@bp.get("/letters/<letter_id>")
@requires(Permission.SEE_CASES)
def letter(letter_id: str) -> ResponseReturnValue:
    """One letter with its life."""
    return letter_page(letter_id)


@bp.post("/letters/<letter_id>/fields")
@requires(Permission.DRAFT_LETTER)
def edit_letter(letter_id: str) -> ResponseReturnValue:
    """Keep what an officer writes for a letter."""
    form = FieldsForm()
    offer_fields(form, letter_here(letter_id))
    if not form.validate():
        return letter_page(letter_id, CANNOT_BE_USED, form)
    try:
        with means().database.transaction() as session:
            _edit(session, letter_id, form)
    except REFUSALS as error:
        refuse(form, error)
        return letter_page(letter_id, NOT_AS_IT_WAS, form)
    return go_to("letter", SAVED, letter_id=letter_id)


def letter_here(letter_id: str) -> Communication:
    """The letter of this page. Aborts with 404."""
    with means().database.reading() as session:
        return the_letter(session, letter_id).letter


def _edit(session: Session, letter_id: str, form: FieldsForm) -> None:
    # Two officers may write at once, so nothing is written over what the page did not show.
    known = communications.locked(session, letter_id).edited_at.isoformat()
    if form.edited.data != known:
        raise LetterChanged
    communications.edit(session, means().keys, letter_id, form.told(), form.day(), actor(), now())


def _shelf(asked: str) -> Shelf:
    return Shelf(asked) if asked in {shelf.value for shelf in Shelf} else Shelf.OPEN


def _url(shelf: Shelf, number: int) -> Any:
    return url_for("desk.letters", show=shelf.value, page=number)
