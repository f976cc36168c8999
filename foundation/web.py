"""What every face shares: sealed cookies, headers, requests that never touch the disk, and pages for what fails."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import IO, Any, NamedTuple, cast

from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, Request, Response, current_app, g, render_template, request
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from foundation.faults import place_of
from foundation.i18n import page_language
from foundation.means import Means
from foundation.sealing import derive

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    "X-Robots-Tag": "noindex, nofollow",
}
ONE_YEAR = "max-age=31536000; includeSubDomains"
SEEN = "_seen"


class MemoryRequest(Request):
    """A request whose uploads stay in memory: Werkzeug would put large ones on the disk as plain text."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


class Words(NamedTuple):
    """What an error page says: what happened, what was kept, and what to do next."""

    title: str
    what_happened: str
    what_was_kept: str
    what_next: str


class SealedSessions(SessionInterface):
    """Sessions in an encrypted cookie that ends with the browser and after `idle` without a visit.

    A page that is still open may be *sent* until `writing` has passed, so that somebody who writes for a long
    time without sending anything does not lose it; nothing can be *read* by then any more.
    """

    def __init__(self, secret: bytes, idle: timedelta, writing: timedelta, now: Callable[[], float]) -> None:
        self._fernet = Fernet(urlsafe_b64encode(derive(secret, b"", "session cookie")))
        self._idle, self._writing, self._now = idle.total_seconds(), writing.total_seconds(), now

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """The session of a cookie that is ours and not too old, else an empty one."""
        sealed = request.cookies.get(self.get_cookie_name(app), "")
        limit = self._writing if request.method == "POST" else self._idle
        try:
            kept = json.loads(self._fernet.decrypt(sealed.encode()))
        except (InvalidToken, UnicodeEncodeError, ValueError):
            return SecureCookieSession()
        return SecureCookieSession(kept) if self._now() - kept.pop(SEEN, 0) < limit else SecureCookieSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Seal the session into its cookie anew at each visit; remove the cookie when nothing is left in it."""
        if request.endpoint == "static" or g.get("may_be_kept"):
            # Files are fetched beside pages: an older session that came with them must not replace a newer one.
            # A page that proxies may keep must carry nobody's cookie.
            return
        name, path = self.get_cookie_name(app), self.get_cookie_path(app)
        response.vary.add("Cookie")
        if not session:
            # One that is only too old to be read is left as it is: a page still open may yet be sent with it.
            if name in request.cookies and session.modified:
                response.delete_cookie(name, path=path, secure=self.get_cookie_secure(app), httponly=True)
            return
        kept = json.dumps({**session, SEEN: self._now()}).encode()
        response.set_cookie(
            name,
            self._fernet.encrypt(kept).decode(),
            path=path,
            secure=self.get_cookie_secure(app),
            httponly=True,
            samesite="Strict",
        )


def means() -> Means:
    """What this face holds in its hands."""
    return cast("Means", current_app.extensions["means"])


def protect(app: Flask, own_means: Means, cookie: str, path: str, secure: bool) -> None:
    """Give a face its means, its cookie, CSRF protection, headers and pages for what fails."""
    app.request_class = MemoryRequest
    app.extensions["means"] = own_means
    app.config.update(
        SESSION_COOKIE_NAME=f"__Host-{cookie}" if secure else cookie,
        SESSION_COOKIE_PATH="/" if secure else path,
        SESSION_COOKIE_SECURE=secure,
        # A form may take a source many hours; the session that holds its token ends by itself.
        WTF_CSRF_TIME_LIMIT=None,
        MAX_FORM_PARTS=1000,
    )
    CSRFProtect(app)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Exception, _show_unexpected)


def may_be_kept() -> None:
    """Let browsers and proxies keep the page at hand; all others are personal and are never stored."""
    g.may_be_kept = True


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static" and not g.get("may_be_kept"):
        response.headers["Cache-Control"] = "no-store"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = ONE_YEAR
    return response


def _show_http_error(error: HTTPException) -> Any:
    if error.response is not None or (error.code or 500) < 400:
        return error
    return _error_page(error.code or 500, _words_for(error))


def _show_unexpected(error: Exception) -> Any:
    # The text of an error may quote what somebody typed, so the log gets its kind and place only.
    current_app.logger.error("%s %s failed: %s", request.method, request.endpoint, place_of(error))
    return _error_page(500, _words_for(None))


def _error_page(code: int, words: Words) -> tuple[str, int] | Response:
    try:
        quick_exit = current_app.config.get("QUICK_EXIT", False)
        # On the public face nobody may stand before a wall; the desk and the portal have their own ways back.
        way = {"next_url": f"/{page_language()}/", "next_text": _("To the first page")} if quick_exit else {}
        return render_template("layout/error.html", show_leave=quick_exit, **way, **words._asdict()), code
    except Exception as error:  # noqa: BLE001 - a fault while telling of a fault must not end in a log of what was typed.
        current_app.logger.error("the error page failed: %s", place_of(error))
        return Response("\n\n".join(words), code, mimetype="text/plain")


def _words_for(error: HTTPException | None) -> Words:
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
    return _BY_CODE.get(error.code if error and error.code else 500, _fault)()


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
