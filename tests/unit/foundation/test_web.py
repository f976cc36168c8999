"""What every face shares, tried on a small face with the product's own templates."""

import logging
import sqlite3
import tempfile
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import psycopg
import pytest
from flask import Flask, Request, Response, abort, redirect, request, session
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from foundation import web
from foundation.i18n import speak
from foundation.languages import UN_LANGUAGES
from foundation.means import Means
from foundation.receiving import SealingRequest
from foundation.storage import Storage, StorageFull
from tests.fakes import FakeClock

ROOT = Path(__file__).parents[3]
STORAGE = Storage(f"memory://{uuid4().hex}")
MEANS = cast("Means", SimpleNamespace(storage=STORAGE))
SECRET = "the source lives at number nine"
IDLE, WRITING = timedelta(minutes=20), timedelta(hours=12)
THREE_MEGABYTES = b"secret " * 450_000


def full_sqlite() -> OperationalError:
    """What SQLite says when there is no room, got by leaving it no room."""
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count = 2")
    connection.execute("CREATE TABLE words (word)")
    try:
        connection.execute("INSERT INTO words VALUES (zeroblob(100000))")
    except sqlite3.OperationalError as error:
        return OperationalError(SECRET, {}, error)
    raise AssertionError("there was room")


FAULTS: dict[str, Exception] = {
    "storage": StorageFull(SECRET),
    "sqlite": full_sqlite(),
    "postgresql": OperationalError(SECRET, {}, psycopg.errors.DiskFull(SECRET)),
    "table": OperationalError(SECRET, {}, sqlite3.OperationalError(SECRET)),
}


def make_app(clock: FakeClock, secret: bytes = b"face", secure: bool = False, csrf: bool = False) -> Flask:
    app = Flask("face", root_path=str(ROOT))
    web.protect(app, MEANS, "visit", "/portal", secure)
    app.session_interface = web.SealedSessions(secret, IDLE, WRITING, lambda: clock().timestamp())
    app.config.update(WTF_CSRF_ENABLED=csrf, WTF_CSRF_SECRET_KEY="a secret of the tests")
    speak(app, "public", UN_LANGUAGES)
    for add_pages in (_add_pages_with_a_session, _add_pages_that_work, _add_pages_that_fail):
        add_pages(app)
    return app


def _add_pages_with_a_session(app: Flask) -> None:
    @app.route("/portal/remember", methods=["GET", "POST"])
    def remember() -> str:
        session["code"] = SECRET
        return "remembered"

    @app.route("/portal/recall", methods=["GET", "HEAD", "POST"])
    def recall() -> str:
        return str(session.get("code"))

    @app.post("/portal/forget")
    def forget() -> str:
        session.clear()
        return "forgotten"


def _add_pages_that_work(app: Flask) -> None:
    @app.get("/portal/go")
    def go() -> Any:
        return redirect("/portal/recall")

    @app.get("/portal/slash/")
    def slash() -> str:
        return "slash"

    @app.get("/portal/open")
    def known_to_all() -> str:
        web.may_be_kept()
        return "open"

    @app.post("/portal/upload")
    def upload() -> str:
        return str(len(request.files["file"].read()))


def _add_pages_that_fail(app: Flask) -> None:
    @app.get("/portal/fails")
    def fails() -> str:
        raise RuntimeError(SECRET)

    @app.get("/portal/refuses/<int:code>")
    def refuses(code: int) -> str:
        abort(code, description=SECRET)

    @app.get("/portal/stores/<place>")
    def stores(place: str) -> str:
        raise FAULTS[place]

    @app.get("/portal/answers")
    def answers() -> str:
        abort(Response("its own answer", 403))


@pytest.fixture
def app(clock: FakeClock) -> Flask:
    return make_app(clock)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def recalled(client: FlaskClient, method: str = "GET") -> bool:
    return client.open("/portal/recall", method=method).text == SECRET


def cookie_value(client: FlaskClient) -> str:
    cookie = client.get_cookie("visit", path="/portal")
    assert cookie is not None
    return cookie.value


# The sealed cookie


def test_what_is_remembered_comes_back_at_the_next_visit(client: FlaskClient) -> None:
    assert not recalled(client)
    client.get("/portal/remember")
    assert recalled(client)
    assert recalled(client, "POST")


def test_the_cookie_shows_nothing_and_ends_with_the_browser(client: FlaskClient) -> None:
    header = client.get("/portal/remember").headers["Set-Cookie"]
    assert "number" not in header
    flags = {part.strip() for part in header.split(";")[1:]}
    assert flags == {"HttpOnly", "SameSite=Strict", "Path=/portal"}


def test_in_production_the_cookie_belongs_to_one_host_and_to_https(clock: FakeClock) -> None:
    client = make_app(clock, secure=True).test_client()
    header = client.get("/portal/remember", base_url="https://portal.test").headers["Set-Cookie"]
    assert header.startswith("__Host-visit=")
    flags = {part.strip() for part in header.split(";")[1:]}
    assert flags == {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"}


@pytest.mark.parametrize("at", [0, 10, 40, -1])
def test_an_altered_cookie_counts_for_nothing(client: FlaskClient, at: int) -> None:
    client.get("/portal/remember")
    value = list(cookie_value(client).rstrip("="))
    value[at] = "A" if value[at] != "A" else "B"
    client.set_cookie("visit", "".join(value), path="/portal")
    assert not recalled(client)
    assert not recalled(client, "POST")


@pytest.mark.parametrize("value", ["", "nonsense", "é", "gAAAAA==", "a.b.c"])
def test_a_cookie_that_is_none_counts_for_nothing(client: FlaskClient, value: str) -> None:
    client.set_cookie("visit", value, path="/portal")
    assert not recalled(client)


def test_the_cookie_of_another_face_counts_for_nothing(client: FlaskClient, clock: FakeClock) -> None:
    client.get("/portal/remember")
    other = make_app(clock, secret=b"another face").test_client()
    other.set_cookie("visit", cookie_value(client), path="/portal")
    assert not recalled(other)
    assert not recalled(other, "POST")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_after_the_idle_time_nothing_can_be_read(client: FlaskClient, clock: FakeClock, method: str) -> None:
    client.get("/portal/remember")
    clock.now += IDLE
    answer = client.open("/portal/recall", method=method)
    assert SECRET not in answer.text
    assert client.get_cookie("visit", path="/portal") is not None, "a page that is still open may yet be sent"


def test_each_visit_begins_the_idle_time_anew(client: FlaskClient, clock: FakeClock) -> None:
    client.get("/portal/remember")
    for _ in range(5):
        clock.advance(minutes=19)
        assert recalled(client)


def test_a_page_that_was_being_written_can_still_be_sent_after_the_idle_time(
    client: FlaskClient, clock: FakeClock
) -> None:
    client.get("/portal/remember")
    clock.now += WRITING - timedelta(seconds=1)
    assert recalled(client, "POST")


def test_after_the_writing_time_nothing_can_be_sent_either(client: FlaskClient, clock: FakeClock) -> None:
    client.get("/portal/remember")
    clock.now += WRITING
    assert not recalled(client, "POST")


def test_a_file_fetched_beside_a_page_neither_ends_nor_prolongs_a_visit(client: FlaskClient, clock: FakeClock) -> None:
    client.get("/portal/remember")
    clock.now += IDLE
    # The cookie's path keeps it from files in development; in production every address of the host gets it.
    with client.get("/static/app.css", headers={"Cookie": f"visit={cookie_value(client)}"}) as answer:
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert recalled(client, "POST")


def test_an_emptied_session_takes_its_cookie_away(client: FlaskClient) -> None:
    client.get("/portal/remember")
    client.post("/portal/forget")
    assert client.get_cookie("visit", path="/portal") is None


def test_who_is_not_remembered_gets_no_cookie(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/portal/recall").headers


# Headers

ADDRESSES = [
    "/portal/recall",
    "/portal/go",
    "/portal/slash",
    "/portal/open",
    "/portal/fails",
    "/portal/answers",
    "/portal/nowhere",
    "/portal/refuses/403",
    "/portal/refuses/413",
    "/static/app.css",
    "/static/nowhere.css",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_headers_that_protect(client: FlaskClient, address: str) -> None:
    answer = client.get(address, buffered=True)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("address", ADDRESSES)
def test_in_production_every_answer_asks_for_https(clock: FakeClock, address: str) -> None:
    client = make_app(clock, secure=True).test_client()
    answer = client.get(address, base_url="https://portal.test", buffered=True)
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_pages_are_never_stored_unless_they_say_so(client: FlaskClient) -> None:
    answers = {address: client.get(address, buffered=True) for address in ADDRESSES}
    stored = {address for address, answer in answers.items() if answer.headers.get("Cache-Control") != "no-store"}
    assert stored == {"/portal/open", "/static/app.css", "/static/nowhere.css"}


# Uploads


def upload(app: Flask) -> TestResponse:
    # The body is written by hand, since the test client would want a temporary file for itself.
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n'
    body = head + THREE_MEGABYTES + b"\r\n--cut--\r\n"
    return app.test_client().post("/portal/upload", data=body, content_type="multipart/form-data; boundary=cut")


class SpoolingRequest(SealingRequest):
    """A request that keeps its files as Werkzeug does."""

    _get_file_stream = Request._get_file_stream


@pytest.fixture
def no_temporary_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With no folder for temporary files, whoever wants to make one fails."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))


@pytest.mark.usefixtures("no_temporary_files")
def test_an_upload_never_touches_the_disk(app: Flask) -> None:
    answer = upload(app)
    assert (answer.status_code, answer.text) == (200, str(len(THREE_MEGABYTES)))


@pytest.mark.usefixtures("no_temporary_files")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_check_for_uploads_on_the_disk_would_find_one(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    app.request_class = SpoolingRequest
    app.config.update(MAX_FORM_MEMORY_SIZE=None)
    assert upload(app).status_code == 500
    assert "FileNotFoundError at tempfile" in caplog.text


# Pages for what fails


@pytest.mark.parametrize("code", [400, 403, 404, 405, 410, 413, 415, 429, 500, 503])
def test_an_error_page_says_its_code_and_nothing_of_what_was_typed(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = client.get(f"/portal/refuses/{code}")
    assert answer.status_code == code
    assert "<h1" in answer.text
    assert SECRET not in answer.text + caplog.text


def test_an_unexpected_error_shows_a_page_and_logs_its_kind_and_place_only(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    answer = app.test_client().get("/portal/fails?name=" + SECRET.replace(" ", "+"))
    assert answer.status_code == 500
    assert "<h1" in answer.text
    assert "RuntimeError at tests.unit.foundation.test_web:" in caplog.text
    assert "number nine" not in answer.text + caplog.text
    # The check would find it: without the product's own page, Flask writes the error's text into the log.
    caplog.clear()
    app.error_handler_spec[None][None].pop(Exception)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.test_client().get("/portal/fails")
    assert SECRET in caplog.text


@pytest.mark.parametrize("place", ["storage", "sqlite", "postgresql"])
def test_a_full_disk_is_told_with_what_was_kept(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    answer = client.get(f"/portal/stores/{place}")
    assert answer.status_code == 507
    assert "no room left on our side" in answer.text
    assert "Everything that you had saved before is kept." in answer.text
    assert SECRET not in answer.text + caplog.text


def test_another_fault_of_the_database_is_no_full_disk(client: FlaskClient) -> None:
    assert client.get("/portal/fails").status_code == 500
    assert client.get("/portal/stores/table").status_code == 503


def test_an_error_page_speaks_the_language_of_its_address(client: FlaskClient) -> None:
    arabic, english = client.get("/portal/ar/nowhere"), client.get("/portal/en/nowhere")
    assert 'lang="ar" dir="rtl"' in arabic.text
    assert 'lang="en" dir="ltr"' in english.text


def test_a_form_without_its_token_is_refused_with_a_page_that_explains(clock: FakeClock) -> None:
    client = make_app(clock, csrf=True).test_client()
    answer = client.post("/portal/remember")
    assert answer.status_code == 400
    assert "open for too long" in answer.text
    assert not recalled(client)


def test_answers_and_redirects_of_a_view_are_passed_on(client: FlaskClient) -> None:
    assert client.get("/portal/answers").text == "its own answer"
    assert client.get("/portal/slash").status_code == 308


def test_a_view_finds_the_means_of_its_face(app: Flask) -> None:
    with app.app_context():
        assert web.means() is MEANS
