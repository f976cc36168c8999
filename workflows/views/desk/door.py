"""The blueprint of the desk, and what each of its views needs."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.permissions import PERMISSIONS, Permission
from accounts.session import SignedIn, signed_in
from foundation.clock import geneva_day
from foundation.sealing import CannotOpen
from foundation.web import means
from workflows.letter_queries import ListedLetter, letter_with
from workflows.models import Case

T = TypeVar("T")

AN_ID = re.compile(r"[0-9a-f]{32}")
SEE_OTHER = 303
CANNOT_BE_USED = 422
NOT_AS_IT_WAS = 409

SECTIONS = {
    "queue": ("desk.queue", Permission.SEE_CASES),
    "letters": ("desk.letters", Permission.SEE_CASES),
    "notices": ("desk.notices", Permission.SEE_CASES),
    "keeping": ("desk.show_keeping", Permission.SEE_CASES),
    "jobs": ("desk.show_jobs", Permission.SEE_JOBS),
    "record": ("desk.show_record", Permission.SEE_EVENTS),
}

bp = Blueprint("desk", __name__, url_prefix="/desk")


@bp.app_context_processor
def page_words() -> dict[str, object]:
    """What layouts show of the desk, from what the view has asked already: an error page asks no database."""
    person: SignedIn | None = g.get("signed_in")
    allowed = PERMISSIONS[person.role] if person else frozenset()
    urls = {name: url_for(page) for name, (page, permission) in SECTIONS.items() if permission in allowed}
    return {"desk_urls": urls, "home_url": url_for("desk.root"), "permissions": allowed}


def permissions() -> frozenset[Permission]:
    """What the person who is signed in may do."""
    person = signed_in()
    return PERMISSIONS[person.role] if person else frozenset()


def now() -> datetime:
    """The present instant."""
    return means().clock()


def today() -> date:
    """The day in Geneva."""
    return geneva_day(now())


def the_case(session: Session, case_id: str) -> Case:
    """The case of this page. Aborts with 404."""
    found = session.get(Case, an_id(case_id))
    return found or abort(404)


def the_letter(session: Session, letter_id: str) -> ListedLetter:
    """The letter of this page. Aborts with 404."""
    found = letter_with(session, an_id(letter_id))
    return found or abort(404)


def an_id(text: str) -> str:
    """What has the shape of an id; anything else belongs to nothing. Aborts with 404."""
    return text if AN_ID.fullmatch(text) else abort(404)


def opened(what: str, open_it: Callable[[], T], otherwise: T) -> T:
    """What `open_it` opens, or `otherwise` where an envelope does not open: one that was damaged or forged must not
    hide all the others of a page. The page says so, and the log gets the place, `what`.
    """
    try:
        return open_it()
    except CannotOpen:
        current_app.logger.error("%s cannot be opened", what)
        g.cannot_open = True
        return otherwise


def page(template: str, section: str, code: int = 200, **words: Any) -> Response:
    """A page of the desk, in the section under which it stands."""
    words = {"current_section": section, "cannot_open": g.get("cannot_open", False), **words}
    return Response(render_template(f"desk/{template}.html", **words), code, mimetype="text/html")


def go_to(view: str, done: str = "", **parts: Any) -> Response:
    """Send the browser to a page of the desk by GET, which says what was `done`."""
    if done:
        flash(_(done))
    return redirect(url_for(f"desk.{view}", **parts), SEE_OTHER)


def page_number() -> int:
    """The number of the page in a list that is paged by number."""
    typed = request.args.get("page", "1")
    return min(max(int(typed), 1), 10_000) if typed.isascii() and typed.isdigit() and len(typed) < 8 else 1
