"""Pages for what fails: each says what happened, what was kept and what to do next, and nothing typed is lost."""

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Flask, Request, Response, current_app, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException

from foundation.faults import place_of
from foundation.i18n import page_language
from foundation.receiving import TooManyAtOnce
from foundation.storage import StorageFull

AWAY, NO_ROOM, FAULT = 503, 507, 500
WHAT_IS_AWAY = (OperationalError, InterfaceError, NoConnectionFree)
AGAIN_AFTER = {"Retry-After": "60"}
POSTGRESQL_DISK_FULL = "53100"
# A password is never shown again, not even in a hidden field of a page that goes back to whoever typed it.
NEVER_SHOWN_AGAIN = "password"

Answer = tuple[str, int, dict[str, str]] | Response


class Words(NamedTuple):
    """What an error page says: what happened, what was kept, and what to do next."""

    title: str
    what_happened: str
    what_was_kept: str
    what_next: str


def explain_faults(app: Flask) -> None:
    """Let a face say in words what went wrong, whatever it was."""
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Exception, _show_unexpected)


def _show_http_error(error: HTTPException) -> Any:
    if error.response is not None or (error.code or FAULT) < 400:
        return error
    again = getattr(error, "retry_after", None)
    return _error_page(error.code or FAULT, _words_for(error), {"Retry-After": str(again)} if again else {})


def _show_unexpected(error: Exception) -> Any:
    # The text of an error may quote what somebody typed, so the log gets its kind and place only.
    current_app.logger.error("%s %s failed: %s", request.method, request.endpoint, place_of(error))
    if _is_for_want_of_room(error):
        return _error_page(NO_ROOM, _no_room(), AGAIN_AFTER, _typed(request))
    if isinstance(error, WHAT_IS_AWAY):
        return _error_page(AWAY, _away(), AGAIN_AFTER, _typed(request))
    return _error_page(FAULT, _fault(), {}, _typed(request))


def _is_for_want_of_room(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else None
    is_full = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, StorageFull) or is_full or getattr(cause, "sqlstate", None) == POSTGRESQL_DISK_FULL


def _typed(sent: Request) -> list[tuple[str, str]]:
    """What was typed into a form that had no files, to be sent once more; a file cannot be given back to a browser."""
    if sent.mimetype != "application/x-www-form-urlencoded" or NEVER_SHOWN_AGAIN in sent.form:
        return []
    return list(sent.form.items(multi=True))


def _error_page(
    code: int, words: Words, headers: dict[str, str] | None = None, typed: list[tuple[str, str]] | None = None
) -> Answer:
    try:
        quick_exit = current_app.config.get("QUICK_EXIT", False)
        # On the public face nobody may stand before a wall; the desk and the portal have their own ways back.
        way = {"next_url": f"/{page_language()}/", "next_text": _("To the first page")} if quick_exit else {}
        page = render_template("layout/error.html", show_leave=quick_exit, typed=typed, **way, **words._asdict())
        return page, code, headers or {}
    except Exception as error:  # noqa: BLE001 - a fault while telling of a fault must not end in a log of what was typed.
        current_app.logger.error("the error page failed: %s", place_of(error))
        return Response("\n\n".join(words), code, mimetype="text/plain")


def _words_for(error: HTTPException) -> Words:
    if isinstance(error, TooManyAtOnce):
        return _too_many_at_once()
    if isinstance(error, CSRFError):
        return Words(
            _("This page had been open for too long"),
            _("Your visit had ended before the page was sent, so it was not accepted."),
            _(
                "What you had saved before is kept; a complaint is opened again with its code. "
                "What you typed on the last page was not saved."
            ),
            _("Go back with your browser's back button: what you typed may still be there. Copy it, then begin anew."),
        )
    return _BY_CODE.get(error.code or 500, _fault)()


def _missing() -> Words:
    return Words(
        _("There is no page at this address"),
        _("The address may be mistyped, or the page may have moved."),
        _("Nothing that you sent before is affected."),
        _("Check the address, or start from the first page."),
    )


def _not_allowed() -> Words:
    return Words(
        _("You may not open this page"),
        _("Your role does not include what this page does."),
        _("Nothing was changed."),
        _("If you need it for your work, ask the person who gives out roles."),
    )


def _too_large() -> Words:
    return Words(
        _("That was too large to be accepted"),
        _("What was sent is larger than this page takes."),
        _("Everything that you had saved before is kept. The last file was not saved."),
        _("Go back and choose a smaller file, or send files one at a time."),
    )


def _too_many_at_once() -> Words:
    return Words(
        _("Many files are being received just now"),
        _("So many files are arriving at this moment that what you sent could not be received."),
        _("Everything that you had saved before is kept. What you sent just now was not saved."),
        _("Wait a few minutes, go back and send it again."),
    )


def _no_room() -> Words:
    return Words(
        _("There is no room left on our side"),
        _("This is our fault, not yours. What you sent could not be kept, since our disk is full."),
        _("Everything that you had saved before is kept. What you sent just now was not saved."),
        _("Wait a minute, go back and try again. Sending twice does no harm: it is counted once."),
    )


def _away() -> Words:
    return Words(
        _("This cannot be kept just now"),
        _("The place where everything is kept cannot be reached at this moment. This is our fault, not yours."),
        _("Everything that you had saved before is kept. What you sent just now may not be."),
        _("Wait a minute, go back and try again. Sending twice does no harm: it is counted once."),
    )


def _not_understood() -> Words:
    return Words(
        _("This could not be understood"),
        _("Your browser sent something that this page does not know."),
        _("Everything that you had saved before is kept."),
        _("Go back, load the page anew and try again."),
    )


def _fault() -> Words:
    return Words(
        _("Something went wrong on our side"),
        _("This is our fault, not yours. The fault has been noted without anything that you typed."),
        _("Everything that you had saved before is kept. What you sent just now may not be."),
        _("Wait a minute, go back and try again. Sending twice does no harm: it is counted once."),
    )


_BY_CODE: dict[int, Callable[[], Words]] = {
    400: _not_understood,
    403: _not_allowed,
    404: _missing,
    405: _not_understood,
    413: _too_large,
}
