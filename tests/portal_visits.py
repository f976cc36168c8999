"""The portal as its addressees meet it: the face with just the keys it may hold, and a browser for one visitor."""

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from werkzeug.test import TestResponse

from app import FORM_MOST, UPLOAD_MOST
from foundation.i18n import speak
from foundation.keys import load_keys
from foundation.languages import UN_LANGUAGES
from foundation.mail import Letterbox
from foundation.means import Means
from foundation.web import SealedSessions, protect
from holdings import HOLDINGS
from tests.compiled import compile_once
from tests.databases import acting_as
from workflows.views import portal

ROOT = Path(__file__).parent.parent
IDLE = timedelta(minutes=30)
LINK = re.compile(r"/portal/(?P<lang>[a-z]{2})/letter/(?P<token>\S+)")
CSRF = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def portal_means(means: Means, instance: Path) -> Means:
    """What the portal's process holds, and no more."""
    held = HOLDINGS["portal"]
    keys = load_keys(instance / "keys", held.private, held.secrets, held.signs)
    return replace(means, database=acting_as(means.database, "portal"), keys=keys)


def make_portal(means: Means) -> Flask:
    """The face, made as app.py makes it, on the means of a test."""
    app = Flask("portal_under_test", root_path=str(ROOT), template_folder="templates")
    library = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_loader = ChoiceLoader([FileSystemLoader(ROOT / "templates"), library])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    compile_once(app)
    app.secret_key = means.keys.secret("portal_cookies")
    app.config.update(MAX_CONTENT_LENGTH=UPLOAD_MOST, MAX_FORM_MEMORY_SIZE=FORM_MOST)
    protect(app, means, "letter", "/portal", secure=False)
    app.session_interface = SealedSessions(app.secret_key, IDLE, IDLE, lambda: means.clock().timestamp())
    speak(app, "public", UN_LANGUAGES)
    app.register_blueprint(portal.bp)
    return app


def path_in(mail: Letterbox) -> str:
    """The path of the link in a notice."""
    found = LINK.search(mail.text)
    assert found is not None
    return found.group(0)


def token_in(mail: Letterbox) -> str:
    """The token of the link in a notice."""
    return path_in(mail).rpartition("/")[2]


class Browser:
    """One visitor's browser. Forms are sent with the token of the page that was loaded last."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.page: TestResponse | None = None

    def get(self, path: str) -> TestResponse:
        """Load a page."""
        self.page = self.client.get(path)
        return self.page

    def post(self, path: str, follow: bool = True, **fields: Any) -> TestResponse:
        """Press a button of the page that is loaded."""
        sent = {"csrf_token": self.token(), **fields}
        files = multipart(sent.pop("files", {}))
        answer = self.client.post(
            path, data={**sent, "files": files} if files else sent, content_type="multipart/form-data"
        )
        # The test client keeps large uploads in a temporary file, and leaves it open.
        answer.request.environ["wsgi.input"].close()
        self.page = answer
        return self.get(answer.location) if follow and answer.status_code == 303 else answer

    def open(self, mail: Letterbox) -> TestResponse:
        """Follow the link of a notice and press its button."""
        self.get(path_in(mail))
        return self.post(path_in(mail))

    def token(self) -> str:
        """The CSRF token of the page that is loaded; none if it has no form."""
        found = CSRF.search(self.page.text) if self.page is not None else None
        return found.group(1) if found else ""

    def attempt(self) -> str:
        """The hidden field by which the same press counts once."""
        found = re.search(r'name="attempt" value="([0-9a-f]+)"', self.page.text if self.page is not None else "")
        assert found is not None
        return found.group(1)


def multipart(files: dict[str, bytes]) -> list[tuple[BytesIO, str]]:
    """Files as the test client sends them."""
    return [(BytesIO(content), name) for name, content in files.items()]
