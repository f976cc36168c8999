"""What the house stands on goes away: nothing received is lost, every page says so, and nobody has to repair it."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from foundation.clock import now
from operations import grants
from submissions import questionnaire
from tests import servers
from tests.ordeals.installation import Installation, wait_until
from tests.public_answers import answers_to_all, typed_in
from tests.public_visits import Browser, code_of, come_back, draft_of, public_face, send, type_back, walk
from tests.reading_pages import Page
from workflows.models import Case

GONE_SECONDS = 20.0
TOLD = answers_to_all(what_happened="The lamps on the ninth pier were put out.\nNobody said why.")
ACCOUNT = questionnaire.BY_NAME["what"]
WORDS = {503: "This cannot be kept just now", 507: "There is no room left on our side"}


class InTrouble(Browser):
    """A browser whose owner may be told of trouble: an answer may be a 503, and then it must say what happened."""

    def keep(self, answer: object) -> Page:
        page = Page(answer)  # type: ignore[arg-type]
        self.seen.append(page)
        if page.status >= 500:
            assert_says_what_happened(page)
        return page


def assert_says_what_happened(page: Page) -> None:
    assert page.status in WORDS, (page.path, page.status)
    assert WORDS[page.status] in page.words
    assert "Everything that you had saved before is kept." in page.words
    assert page.headers["Retry-After"]


@contextmanager
def face_of(installation: Installation) -> Iterator[Flask]:
    """The public face of an installation, in this process."""
    settings, broker = installation.settings, {"BROKER_URL": installation.env["BROKER_URL"]}
    with public_face(settings.instance, settings.database_url, now, **broker) as made:
        yield made


def send_again_until_taken(browser: Browser, page: Page, seconds: float) -> Page:
    """Press the button on the page that told of the trouble, as somebody does until it is over."""
    limit = time.monotonic() + seconds
    while page.status in WORDS:
        assert time.monotonic() < limit, "the page is still refused"
        time.sleep(0.3)
        page = browser.press(page.form(page.path.split("?")[0]))
    return page


@contextmanager
def gone(server: servers.PostgreSQL, seconds: float) -> Iterator[None]:
    """The database is away for so long, and then starts again as the machine's own supervisor would start it."""
    begun = time.monotonic()
    server.kill()
    yield
    time.sleep(max(0.0, begun + seconds - time.monotonic()))
    server.start_again()


@pytest.fixture
def own_postgresql() -> Iterator[servers.PostgreSQL]:
    with servers.postgresql() as server:
        yield server


def test_a_database_that_is_gone_for_twenty_seconds_loses_nothing(
    tmp_path: Path, own_postgresql: servers.PostgreSQL, redis_url: str
) -> None:
    more = {"DATABASE_URL": own_postgresql.create("outage")}
    with psycopg.connect(more["DATABASE_URL"], autocommit=True) as connection:
        # Other tests' databases need not outlive their server, and are in haste; this one is as in production.
        connection.execute("ALTER DATABASE outage SET synchronous_commit = on")
    installation = Installation(tmp_path / "instance", redis_url, more)
    own_postgresql.make_roles()
    grants.grant(installation.means.database)
    with face_of(installation) as face, installation.running("worker"), installation.running("beat"):
        settled, writing, sending = InTrouble(face), InTrouble(face), InTrouble(face)
        walk(settled, TOLD)
        walk(sending, TOLD)
        codes = [code_of(settled), code_of(sending)]
        send(settled)
        step, last = walk(writing, TOLD, until="what").form("/steps/what"), sending.get("/en/send")
        with gone(own_postgresql, GONE_SECONDS):
            begun = time.monotonic()
            unsaved = writing.press(step, typed_in(ACCOUNT, TOLD), go="on")
            unsent = sending.press(last.form("/send"), type_back(last))
            asked = [settled.get("/en/status"), come_back(InTrouble(face), codes[0])]
            assert [page.status for page in (unsaved, unsent, *asked)] == [503] * 4
            assert InTrouble(face).get("/en/").status == 200, "the first page needs nothing that is gone"
            assert time.monotonic() - begun < GONE_SECONDS / 2, "nobody waits for an answer that cannot come"
        assert send_again_until_taken(writing, unsaved, 10).path.endswith("/steps/where")
        kept = draft_of(writing).answers["what_happened"]
        assert kept.splitlines() == TOLD["what_happened"].splitlines(), "nothing that was typed is lost"
        assert "/status" in send_again_until_taken(sending, unsent, 10).path
        wait_until(lambda: installation.count(Case) == 2, 20, "both submissions are triaged")
        for code in codes:
            assert come_back(Browser(face), code).path == "/en/status"
    installation.means.database.engine.dispose()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own that is soon full."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not a byte is free on this disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1024 * 1024, 4096, 1):
            _write_while_there_is_room(file.fileno(), bytes(size))
        yield
    ballast.unlink()


def _write_while_there_is_room(descriptor: int, piece: bytes) -> None:
    while True:
        try:
            os.write(descriptor, piece)
        except OSError:
            return


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        if os.environ.get("HOSTS") == "required":
            pytest.fail("a disk of its own is required, and only root may mount one")
        pytest.skip("only root may mount a disk of its own; .ci/run does")
    with small_disk(tmp_path / "disk", 40) as mounted:
        yield mounted


def test_a_disk_that_is_full_loses_nothing(disk: Path) -> None:
    installation = Installation(disk / "instance", "filesystem://")
    with face_of(installation) as face, installation.running("worker"), installation.running("beat"):
        writing, sending = InTrouble(face), InTrouble(face)
        walk(sending, TOLD)
        code = code_of(sending)
        wait_until(lambda: installation.count(Case) == 0, 1, "nothing is there yet")
        step, last = walk(writing, TOLD, until="what").form("/steps/what"), sending.get("/en/send")
        with filled(disk):
            long = {**typed_in(ACCOUNT, TOLD), "what_happened": "A lamp. " * 2_000}
            unsaved = writing.press(step, long, go="on")
            files = sending.get("/en/steps/files").form("/steps/files")
            unkept = sending.press(files, {}, go="add", files=[("note.txt", b"What I saw. " * 100_000)])
            assert [page.status for page in (unsaved, unkept)] == [507, 507]
            assert come_back(InTrouble(face), code).status == 200, "what is kept can still be read"
        assert send_again_until_taken(writing, unsaved, 10).path.endswith("/steps/where")
        assert len(draft_of(writing).answers["what_happened"]) > 10_000
        assert sending.press(files, {}, go="add", files=[("note.txt", b"What I saw.")]).status == 200
        assert "/status" in sending.press(last.form("/send"), type_back(last)).path
        wait_until(lambda: installation.count(Case) == 1, 20, "what was sent is triaged")
        assert come_back(Browser(face), code).path == "/en/status"
    installation.means.database.engine.dispose()
