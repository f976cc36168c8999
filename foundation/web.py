"""What every face shares: sealed cookies, headers, and pages for what fails."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import cast

from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect

from foundation.compressing import compress_files
from foundation.error_pages import explain_faults
from foundation.means import Means
from foundation.receiving import SLOTS, SealingRequest, receive
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


def protect(app: Flask, own_means: Means, cookie: str, path: str, secure: bool, slots: int = SLOTS) -> None:
    """Give a face its means, its cookie, CSRF protection, headers and pages for what fails.

    Of bodies larger than a form it receives `slots` at once in each process; it must have clearly more threads.
    """
    app.request_class = SealingRequest
    app.extensions["means"] = own_means
    app.config.update(
        SESSION_COOKIE_NAME=f"__Host-{cookie}" if secure else cookie,
        SESSION_COOKIE_PATH="/" if secure else path,
        SESSION_COOKIE_SECURE=secure,
        # A form may take a source many hours; the session that holds its token ends by itself.
        WTF_CSRF_TIME_LIMIT=None,
        MAX_FORM_PARTS=1000,
    )
    receive(app, slots)
    CSRFProtect(app)
    app.after_request(_add_headers)
    app.after_request(compress_files)
    explain_faults(app)


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
