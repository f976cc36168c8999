"""Composes a face of the product from rooms. Holds no rule, and is imported by no room."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from sqlalchemy.exc import SQLAlchemyError

import accounts.views
import mandate.views
import submissions.views
import workflows.views.desk
import workflows.views.portal
from config import Settings, SettingsWrong, read_settings
from foundation import jobs, queue, web
from foundation.i18n import speak
from foundation.languages import DESK_LANGUAGES, UN_LANGUAGES, Language
from foundation.means import Means
from foundation.sealing import derive
from holdings import make_means
from submissions.attachments import BYTES_MOST, FILES_MOST
from submissions.crowd import Writing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HERE = Path(__file__).parent
WHILE_WRITING = timedelta(hours=12)
FORM_MOST = 4 * 1024 * 1024
# All files that may be added come together, as some browsers send them.
UPLOAD_MOST = FILES_MOST * BYTES_MOST + FORM_MOST


@dataclass(frozen=True, slots=True)
class Face:
    """One of the faces: for whom, in which languages, and what is shown there."""

    path: str
    cookie: str
    domain: str
    languages: tuple[Language, ...]
    url: Callable[[Settings], str]
    idle_minutes: Callable[[Settings], int]
    rooms: Callable[[Flask], None]


def _public_rooms(app: Flask) -> None:
    app.register_blueprint(mandate.views.bp)
    app.register_blueprint(submissions.views.bp)


def _desk_rooms(app: Flask) -> None:
    app.register_blueprint(accounts.views.bp)
    app.register_blueprint(workflows.views.desk.bp)


def _portal_rooms(app: Flask) -> None:
    app.register_blueprint(workflows.views.portal.bp)


FACES = {
    "public": Face(
        path="/",
        cookie="visit",
        domain="public",
        languages=UN_LANGUAGES,
        url=lambda settings: settings.public_url,
        idle_minutes=lambda settings: settings.source_idle_minutes,
        rooms=_public_rooms,
    ),
    "desk": Face(
        path="/desk",
        cookie="desk",
        domain="desk",
        languages=DESK_LANGUAGES,
        url=lambda settings: settings.desk_url,
        idle_minutes=lambda settings: settings.desk_idle_minutes,
        rooms=_desk_rooms,
    ),
    "portal": Face(
        path="/portal",
        cookie="letter",
        domain="public",
        languages=UN_LANGUAGES,
        url=lambda settings: settings.portal_url,
        idle_minutes=lambda settings: settings.portal_idle_minutes,
        rooms=_portal_rooms,
    ),
}


def create_app(settings: Settings | None = None, face: str = "public") -> Flask:
    """One face as a Flask app; without settings, those of the environment."""
    settings = settings or read_settings(os.environ)
    made = FACES[face]
    own = make_means(settings, face)
    app = Flask(__name__, template_folder="templates")
    library = PackageLoader("govuk_frontend_jinja")
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(HERE / "templates"), PrefixLoader({"govuk_frontend_jinja": library})]
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config.update(MAX_CONTENT_LENGTH=UPLOAD_MOST, MAX_FORM_MEMORY_SIZE=FORM_MOST, DEMO=settings.demo)
    if settings.production:
        app.config.update(TRUSTED_HOSTS=[_own_host(settings, face)])
    web.protect(app, own, made.cookie, made.path, settings.production)
    idle = timedelta(minutes=made.idle_minutes(settings))
    app.config.update(IDLE_TIME=idle, IDLE_MINUTES=made.idle_minutes(settings), QUICK_EXIT=face == "public")
    app.config.update(ROOM_A_MINUTE=_room(settings), FORM_SECONDS_LEAST=settings.form_seconds_least)
    writing = idle if face == "desk" else WHILE_WRITING
    secret = own.keys.secret(f"{face}_cookies")
    app.secret_key = derive(secret, b"", "csrf")
    app.session_interface = web.SealedSessions(secret, idle, writing, lambda: own.clock().timestamp())
    speak(app, made.domain, made.languages)
    made.rooms(app)
    _add_health(app, settings)
    return app


def _room(settings: Settings) -> dict[Writing, int]:
    return {
        Writing.BEGIN: settings.begins_a_minute,
        Writing.SEND: settings.sendings_a_minute,
        Writing.MESSAGE: settings.messages_a_minute,
        Writing.UPLOAD: settings.upload_megabytes_a_minute,
    }


def _own_host(settings: Settings, face: str) -> str:
    url = urlsplit(FACES[face].url(settings))
    others = {urlsplit(other.url(settings)).hostname for name, other in FACES.items() if name != face}
    # Under one host name the cookies of two faces, all of them with the path /, would reach both.
    if url.scheme != "https" or not url.hostname or url.hostname in others:
        raise SettingsWrong(f"PRODUCTION: {face.upper()}_URL must be https:// with a host name of this face alone")
    return url.hostname


def make_site(settings: Settings | None = None) -> "WSGIApplication":
    """All faces in one process, chosen by path, for development only. Raises SettingsWrong in production.

    No prefix is cut off, so that every address is the same in both; each face has a cookie of its own name and path.
    """
    settings = settings or read_settings(os.environ)
    if settings.production:
        raise SettingsWrong("PRODUCTION: each face is a process of its own, see docs/operations.md")
    apps = {face: create_app(settings, face) for face in FACES}

    def site(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        first = environ["PATH_INFO"].split("/")[1:2]
        face = first[0] if first and first[0] in apps else "public"
        return apps[face](environ, start_response)

    return site


def _add_health(app: Flask, settings: Settings) -> None:
    broker = queue.make_queue(settings.broker_url, settings.queue)

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.get("/readyz")
    def readyz() -> tuple[dict[str, Any], int]:
        report = _readiness(web.means(), queue.is_ready(broker))
        ready = all(report[part] for part in ("database", "broker", "storage"))
        # In production anybody may ask; what fails is told to those who run it, on the desk's page of jobs and in logs.
        return {"ready": ready} if settings.production else report, 200 if ready else 503


def _readiness(own: Means, broker_ready: bool) -> dict[str, Any]:
    report: dict[str, Any] = {"database": True, "broker": broker_ready, "storage": own.storage.is_ready()}
    try:
        with own.database.reading() as session:
            waited = jobs.oldest_waiting(session, own.clock())
            report["oldest_waiting_job_seconds"] = waited.total_seconds() if waited else 0
    except SQLAlchemyError:
        report["database"] = False
    return report
