"""The door that knows who is there. The cookie holds a random token only; the database says what it is worth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import abort, current_app, g, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import Entrance
from accounts.permissions import ROLE_LABELS, Permission, may
from accounts.visits import SignedIn, account_of, sign_out, touch
from foundation.actor import ActorId, officer_actor
from foundation.web import means

__all__ = [
    "SignedIn",
    "actor",
    "begin",
    "desk_root",
    "end",
    "local_page",
    "page_words",
    "requires",
    "requires_sign_in",
    "signed_in",
    "token",
]

P = ParamSpec("P")

TOKEN = "sign_in"  # noqa: S105 - the name of the cookie's entry, not a secret.
IDLE = "IDLE_TIME"
TOUCHES_PER_IDLE_TIME = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page's header says of the person who is signed in."""

    name: str
    role: str


def signed_in() -> SignedIn | None:
    """Who is signed in, asked of the database once in each request."""
    if "signed_in" not in g:
        g.signed_in = _look_up()
    person: SignedIn | None = g.signed_in
    return person


def actor() -> ActorId:
    """Who acts in this request. Aborts with 403 if nobody is signed in, which a guarded view never sees."""
    person = signed_in()
    if person is None:
        abort(403)
    return officer_actor(person.account_id)


def requires_sign_in(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let a view be seen only by somebody who is signed in, and send all others to sign in first."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return _send_to_sign_in() if signed_in() is None else view(*args, **kwargs)

    return guarded


def requires(
    permission: Permission,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let a view be seen only by somebody whose role has `permission`; the others get 403."""

    def guard(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @requires_sign_in
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            person = signed_in()
            if person is None or not may(person.role, permission):
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return guard


def token() -> str:
    """The token in this request's cookie; empty if there is none."""
    kept = cookie.get(TOKEN)
    return kept if isinstance(kept, str) else ""


def begin(entrance: Entrance) -> None:
    """Give the browser its token, and nothing of what the cookie held before."""
    cookie.clear()
    cookie[TOKEN] = entrance.token
    g.pop("signed_in", None)


def end() -> None:
    """End the visit on the server and empty the cookie."""
    if held := token():
        with means().database.transaction() as session:
            sign_out(session, means().keys, held, means().clock())
    cookie.clear()
    g.pop("signed_in", None)


def desk_root() -> str:
    """The address under which the whole desk lies, with a slash at its end."""
    return url_for("accounts.sign_in").removesuffix("sign-in")


def local_page(asked: str | None) -> str:
    """The page of the desk that was `asked` for, else its first page: never an address outside the desk."""
    safe = asked and asked.startswith(desk_root()) and "\\" not in asked and asked.isprintable()
    return str(asked) if safe else desk_root()


def page_words() -> dict[str, object]:
    """What layouts show of the person, from what the view has asked already: an error page asks no database."""
    person: SignedIn | None = g.get("signed_in")
    if person is None:
        return {"signed_in": None}
    shown = Shown(person.name, _(ROLE_LABELS[person.role]))
    return {"signed_in": shown, "sign_out_url": url_for("accounts.sign_out")}


def _look_up() -> SignedIn | None:
    held, now = token(), means().clock()
    idle: timedelta = current_app.config[IDLE]
    if not held:
        return None
    with means().database.reading() as session:
        person = account_of(session, means().keys, held, now, idle)
    # Writing at each visit would make every page a write; once a minute in an hour's idle time is enough.
    if person is not None and now - person.seen_at >= idle / TOUCHES_PER_IDLE_TIME:
        with means().database.transaction() as session:
            touch(session, means().keys, held, now)
    return person


def _send_to_sign_in() -> ResponseReturnValue:
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("accounts.sign_in", next=request.script_root + request.full_path.rstrip("?")))
    return redirect(url_for("accounts.sign_in", next=_page_before(), unsent="1"))


def _page_before() -> str | None:
    # What was sent cannot be sent again for them, so they come back to the page on which they wrote it.
    try:
        return urlsplit(request.referrer or "").path or None
    except ValueError:
        return None
