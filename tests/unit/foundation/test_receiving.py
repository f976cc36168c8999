"""Requests with files, on a small face: what is kept, what is bounded, and how many come at once."""

import time
from collections.abc import Callable
from io import BytesIO
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
from flask import Flask, abort, request
from werkzeug.test import TestResponse

from foundation import receiving, web
from foundation.i18n import speak
from foundation.languages import UN_LANGUAGES
from foundation.means import Means
from foundation.receiving import SMALL, upload_of
from foundation.sealing import PART
from foundation.storage import Storage
from tests.unit.foundation.test_web import ROOT

FORM_MOST, SLOTS = 100_000, 2
CONTENT = b"a line of the file\n" * 100_000
MULTIPART = "multipart/form-data; boundary=cut"
URLENCODED = "application/x-www-form-urlencoded"


class Gate:
    """Lets a view wait inside until a test lets it go."""

    def __init__(self) -> None:
        self.inside: Callable[[], object] = lambda: None


@pytest.fixture
def storage() -> Storage:
    return Storage(f"memory://{uuid4().hex}")


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def app(storage: Storage, gate: Gate) -> Flask:
    app = Flask("face", root_path=str(ROOT))
    app.config.update(MAX_CONTENT_LENGTH=10 * PART, MAX_FORM_MEMORY_SIZE=FORM_MOST, WTF_CSRF_ENABLED=False)
    web.protect(app, cast("Means", SimpleNamespace(storage=storage)), "visit", "/", secure=False, slots=SLOTS)
    app.secret_key = b"a secret of the tests"
    speak(app, "public", UN_LANGUAGES)

    @app.post("/<lang>/<deed>")
    def take(lang: str, deed: str) -> str:
        uploads = [upload_of(file) for file in request.files.getlist("file")]
        gate.inside()
        if deed == "keep":
            uploads[0].keep()
        if deed == "fail":
            raise RuntimeError
        if deed == "refuse":
            abort(403)
        return f"{[upload.size for upload in uploads]} {sum(map(len, request.form.values()))}"

    @app.get("/<lang>/look")
    def look(lang: str) -> str:
        return "a page"

    return app


def part(name: str, value: bytes, more: bytes = b"") -> bytes:
    return (
        b'--cut\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + more + b"\r\n\r\n" + value + b"\r\n"
    )


def a_file(content: bytes = CONTENT) -> bytes:
    return part("file", content, b'; filename="a.txt"')


def post(
    app: Flask, deed: str, body: bytes, content_type: str = MULTIPART, language: str = "en", **more: Any
) -> TestResponse:
    # Written by hand, since the test client would keep what is large in a file for itself.
    return app.test_client().post(f"/{language}/{deed}", data=body, content_type=content_type, **more)


def ids(storage: Storage) -> list[str]:
    return [blob_id for blob_id, _ in storage.ids()]


def test_of_several_files_only_those_that_are_kept_stay(app: Flask, storage: Storage) -> None:
    answer = post(app, "keep", a_file() + a_file(b"short") + a_file(b"") + b"--cut--\r\n")
    assert answer.text == f"{[len(CONTENT), 5, 0]} 0"
    assert len(ids(storage)) == 1


@pytest.mark.parametrize(("deed", "status"), [("drop", 200), ("fail", 500), ("refuse", 403)])
def test_whatever_becomes_of_a_request_what_was_not_kept_is_removed(
    app: Flask, storage: Storage, gate: Gate, deed: str, status: int
) -> None:
    seen: list[int] = []
    gate.inside = lambda: seen.append(len(ids(storage)))
    assert post(app, deed, a_file() + b"--cut--\r\n").status_code == status
    assert (seen, ids(storage)) == ([1], [])


@pytest.mark.parametrize("end", [b"", b"--cu", b"--cut\r\n"])
def test_a_body_that_breaks_off_leaves_nothing(app: Flask, storage: Storage, end: bytes) -> None:
    post(app, "keep", part("name", b"value") + a_file() + end)
    assert ids(storage) == []


def test_a_visitor_who_leaves_in_the_middle_leaves_nothing(app: Flask, storage: Storage) -> None:
    body = a_file()
    claimed = {"CONTENT_LENGTH": str(len(body) + 1000)}
    assert post(app, "keep", body, environ_overrides=claimed).status_code == 400
    assert ids(storage) == []


def test_fields_that_are_no_files_are_bounded_together(app: Flask, storage: Storage) -> None:
    fields = [part(f"field{number}", b"x" * 30_000) for number in range(4)]
    assert post(app, "drop", a_file() + b"".join(fields[:3]) + b"--cut--\r\n").text == f"[{len(CONTENT)}] 90000"
    assert post(app, "drop", a_file() + b"".join(fields) + b"--cut--\r\n").status_code == 413
    assert ids(storage) == []


@pytest.mark.parametrize("content_type", [URLENCODED, "application/json", "text/plain", ""])
def test_a_body_without_files_is_bounded_whatever_it_is_called(app: Flask, content_type: str) -> None:
    with app.test_request_context("/en/drop", method="POST", data=b"a=" + b"x" * FORM_MOST, content_type=content_type):
        app.preprocess_request()
        assert request.max_content_length == FORM_MOST
    answer = post(app, "drop", b"a=" + b"x" * FORM_MOST, URLENCODED)
    assert answer.status_code == 413
    assert post(app, "drop", b"a=" + b"x" * (FORM_MOST - 2), URLENCODED).status_code == 200


def test_a_file_larger_than_a_request_may_be_is_refused(app: Flask, storage: Storage) -> None:
    assert post(app, "keep", a_file(b"x" * 10 * PART) + b"--cut--\r\n").status_code == 413
    assert ids(storage) == []


# Slots


def hold_slots(app: Flask, gate: Gate, meanwhile: Callable[[], None]) -> list[int]:
    """Do something while as many large bodies are being received as may; gives their answers."""
    arrived, leaving, answers = Barrier(SLOTS + 1), Barrier(SLOTS + 1), list[int]()

    def wait() -> None:
        arrived.wait(10)
        leaving.wait(10)

    def send() -> None:
        answers.append(post(app, "drop", a_file() + b"--cut--\r\n").status_code)

    gate.inside = wait
    threads = [Thread(target=send) for _ in range(SLOTS)]
    for thread in threads:
        thread.start()
    arrived.wait(10)
    gate.inside = lambda: None
    try:
        meanwhile()
    finally:
        leaving.wait(10)
        for thread in threads:
            thread.join()
    return answers


def test_when_all_slots_are_taken_a_large_body_is_refused_at_once_and_pages_are_shown(app: Flask, gate: Gate) -> None:
    def meanwhile() -> None:
        begun = time.monotonic()
        refused = post(app, "drop", a_file() + b"--cut--\r\n")
        assert time.monotonic() - begun < 2, "a thread waited for a slot"
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, str(receiving.AGAIN_AFTER_SECONDS))
        assert "Many files are being received just now" in refused.text
        assert 'lang="ar" dir="rtl"' in post(app, "drop", a_file() + b"--cut--\r\n", language="ar").text
        assert app.test_client().get("/en/look").text == "a page"
        assert post(app, "drop", a_file(b"x" * (SMALL - 1000)) + b"--cut--\r\n").status_code == 200
        # A body that does not say how large it is may be large.
        chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        assert post(app, "drop", a_file(b"x") + b"--cut--\r\n", environ_overrides=chunked).status_code == 503

    assert hold_slots(app, gate, meanwhile) == [200] * SLOTS


def test_what_is_refused_for_want_of_a_slot_is_not_read(app: Flask, gate: Gate, storage: Storage) -> None:
    body = BytesIO(a_file() + b"--cut--\r\n")

    def meanwhile() -> None:
        before = len(ids(storage))
        claimed = {"wsgi.input": body, "CONTENT_LENGTH": str(len(body.getvalue()))}
        assert post(app, "drop", b"", environ_overrides=claimed).status_code == 503
        assert (body.tell(), len(ids(storage))) == (0, before)

    hold_slots(app, gate, meanwhile)


@pytest.mark.parametrize("deed", ["drop", "keep", "fail", "refuse"])
def test_a_slot_comes_back_whatever_becomes_of_the_request(app: Flask, deed: str) -> None:
    for _ in range(SLOTS * 2):
        post(app, deed, a_file() + b"--cut--\r\n")
        post(app, deed, a_file())
    assert post(app, "drop", a_file() + b"--cut--\r\n").status_code == 200
