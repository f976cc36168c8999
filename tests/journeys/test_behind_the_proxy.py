"""Each face over TLS behind the shipped proxy, as in production: a process, a role, keys and a host name for each.

Afterwards no log, folder or database knows where a visitor came from, whatever went wrong on their way.
"""

import http.server
import json
import os
import re
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from redis import Redis

from accounts.demo import DEMO_SIGN_INS, demo_code
from foundation.clock import now
from mandate.facts import states
from tests import factories
from tests.databases import close_roles
from tests.journeys import behind_proxy, desk, source
from tests.journeys.behind_proxy import FACES, HOSTS, Installation, Visitor, nginx, read_all, status_of
from tests.journeys.conftest import ARGUMENTS, CHROMIUM, DESKTOP, PATIENCE
from tests.journeys.pressing import follow
from tests.journeys.source import ASYLUM

FAR_AWAY, BROUGHT_ALONG = "127.0.0.77", "203.0.113.77"
HEADERS = tuple(f"{name}: {BROUGHT_ALONG}" for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"))
# More than the memory of the proxy and of both ends of a connection takes while nobody reads.
MORE_THAN_MEMORY = 30_000_000
PASSWORD = "a-tall-lighthouse-on-the-left"


@pytest.fixture(scope="module")
def proxy_on_this_machine() -> None:
    if nginx() is None:
        if os.environ.get("JOURNEYS") == "required":
            pytest.fail("the journeys are required, and there is no nginx")
        pytest.skip("there is no nginx; .ci/run installs it")


@pytest.fixture(scope="module")
def made(proxy_on_this_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with an officer, and with a letter that the worker lets leave once it is started."""
    with behind_proxy.installed(tmp_path_factory.mktemp("installation")) as installation:
        means = installation.means()
        factories.sending(means)
        close_roles()
        means.database.engine.dispose()
        behind_proxy.start_faces_and_workers(installation)
        yield installation


@pytest.fixture(scope="module")
def chromium(made: Installation, browser: Browser) -> Iterator[Browser]:
    """A browser that finds the three host names on this machine."""
    rules = ",".join(f"MAP {host} 127.0.0.1" for host in HOSTS.values())
    arguments = [*ARGUMENTS, f"--host-resolver-rules={rules}"]
    launched = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    yield launched
    launched.close()


@pytest.fixture
def window(made: Installation, chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a window on a face; no script runs in it."""
    contexts: list[BrowserContext] = []

    def opened(face: str) -> Page:
        context = chromium.new_context(
            base_url=made.url(face), ignore_https_errors=True, java_script_enabled=False, viewport=DESKTOP, locale="fr"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        return page

    yield opened
    for context in contexts:
        context.close()


def assert_safe_cookies(page: Page, name: str) -> None:
    cookies: dict[str, Mapping[str, Any]] = {cookie["name"]: cookie for cookie in page.context.cookies()}
    # The desk also remembers in which language somebody reads, so that the page to sign in is in it.
    assert set(cookies) - {"language"} == {f"__Host-{name}"}
    safe = {"secure": True, "httpOnly": True, "sameSite": "Strict"}
    assert [name for name, cookie in cookies.items() if {key: cookie[key] for key in safe} != safe] == []
    assert (cookies[f"__Host-{name}"]["path"], cookies[f"__Host-{name}"]["expires"]) == ("/", -1)


def told_by_a_source(page: Page, files: list[Path]) -> source.Told:
    # Outside of demonstrations there are real States only; it is the first of the list, whichever that is.
    source.walk(page, "fr", {**ASYLUM, "states": {"state_1": min(states())}}, files)
    return source.send(page)


def test_a_source_submits_with_files_and_comes_back_with_the_code(
    made: Installation, window: Callable[[str], Page], two_files: list[Path]
) -> None:
    page = window("public")
    told = told_by_a_source(page, two_files)
    assert_safe_cookies(page, "visit")
    again = window("public")
    source.come_back(again, "fr", told.code)
    assert told.reference in again.locator("main").inner_text()


def test_an_officer_signs_in_and_sees_the_case(
    made: Installation, window: Callable[[str], Page], two_files: list[Path]
) -> None:
    told = told_by_a_source(window("public"), two_files)
    person = ("--name", "Lena Ortal", "--email", "lena.ortal@example.org", "--role", "officer", "--language", "en")
    said = made.command("accounts", "add", *person, "--password", PASSWORD)
    uri = re.search(r"otpauth://\S+", said)
    assert uri
    secret = parse_qs(urlsplit(uri.group()).query)["secret"][0]
    page = window("desk")
    sign_in(page, "lena.ortal@example.org", PASSWORD, demo_code(secret, now()))
    assert "/sign-in" not in page.url, page.locator("main").inner_text()
    assert_safe_cookies(page, "desk")
    assert told.reference in desk.queue_row(page, told.reference, 10)
    desk.open_case(page, told.reference)
    assert source.ACCOUNT[:60] in page.locator("main").inner_text()


def test_no_demo_account_opens_in_production(window: Callable[[str], Page]) -> None:
    page, known = window("desk"), DEMO_SIGN_INS[0]
    sign_in(page, known.email, known.password, demo_code(known.totp_secret, now()))
    assert "/sign-in" in page.url


def test_a_mission_opens_its_link_and_reads_the_letter(
    made: Installation, window: Callable[[str], Page], tmp_path: Path
) -> None:
    limit = time.monotonic() + 20
    while not made.mails():
        assert time.monotonic() < limit, waiting_jobs(made)
        time.sleep(0.1)
    link = re.search(r"https://\S+/portal/\S+/letter/\S+", made.mails()[0].read_text().replace("=\n", ""))
    assert link
    page = window("portal")
    page.goto(link.group())
    follow(page.locator("main form button").first)
    assert_safe_cookies(page, "letter")
    assert desk.download(page, "PDF", tmp_path).startswith(b"%PDF")


def waiting_jobs(made: Installation) -> str:
    """What is under way, and what the worker said."""
    with psycopg.connect(made.postgresql.url(behind_proxy.PREFIX)) as connection:
        rows = connection.execute("SELECT name, attempts, error FROM job WHERE done_at IS NULL").fetchall()
    return f"{rows}\n{(made.folder / 'logs' / 'worker.log').read_text()}"


def sign_in(page: Page, email: str, password: str, code: str) -> None:
    page.goto("/desk/sign-in")
    for name, value in (("email", email), ("password", password), ("code", code)):
        page.locator(f"[name={name}]").fill(value)
    follow(page.locator("main form button"))


def test_each_face_answers_under_its_own_name_alone(made: Installation) -> None:
    visitor = Visitor(made, "127.0.0.1")
    for face in FACES:
        answer = visitor.ask(face, "/healthz")
        assert status_of(answer) == 200
        assert b"strict-transport-security: max-age=31536000" in answer.lower()
        for other in FACES:
            answered = status_of(visitor.ask(face, "/healthz", host=f"{HOSTS[other]}:{made.https}"))
            # A connection may be used for another name; it then leads to the face of that name.
            assert answered == 200
        assert status_of(visitor.ask(face, "/healthz", host="elsewhere.test")) == 0
    with pytest.raises(ssl.SSLError):
        visitor.connect("public", "elsewhere.test")


def test_a_face_itself_refuses_every_name_but_its_own(made: Installation) -> None:
    """Also where the proxy is set up wrongly."""
    for face in FACES:
        for name, expected in ((HOSTS[face], 200), ("elsewhere.test", 400)):
            assert asked_directly(made, face, name) == expected


def asked_directly(made: Installation, face: str, host: str) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(made.folder / "sockets" / f"{face}.sock"))
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return status_of(read_all(connection))


def test_without_tls_everybody_is_sent_to_tls(made: Installation) -> None:
    with Visitor(made, "127.0.0.1").plain(made.http) as connection:
        connection.sendall(f"GET /fr/ HTTP/1.1\r\nHost: {HOSTS['public']}\r\nConnection: close\r\n\r\n".encode())
        answer = read_all(connection)
    assert status_of(answer) == 301
    assert f"location: https://{HOSTS['public']}/fr/".encode() in answer.lower()


def test_a_stranger_learns_nothing_of_what_runs(made: Installation) -> None:
    answer = Visitor(made, "127.0.0.1").ask("public", "/readyz")
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2].strip()) == {"ready": True}
    assert b"nginx/" not in answer
    assert b"gunicorn" not in answer.lower()


# What a visitor may do, well and badly. Each leaves a line with an address in the log of a proxy as it is delivered.


def go_wrong(made: Installation, visitor: Visitor) -> None:
    for face in FACES:
        assert status_of(visitor.ask(face, "/healthz", *HEADERS)) == 200
        assert status_of(visitor.ask(face, "/no-such-page", *HEADERS)) == 404
        assert status_of(visitor.ask(face, "/healthz", method="POST", body=b"x=1")) in {400, 405}
        assert status_of(visitor.ask(face, "/" + "x" * 9_000)) == 414
    assert status_of(visitor.ask("public", "/healthz", "Content-Length: 1999999999")) == 413
    say_nonsense(visitor)
    give_up_uploading(visitor)


def say_nonsense(visitor: Visitor) -> None:
    with visitor.plain() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert status_of(read_all(connection)) == 400
    with visitor.plain() as connection:
        connection.sendall(b"\x16\x03\x01\x00\x05nonsense")
        read_all(connection)
    with pytest.raises(ssl.SSLError):
        visitor.connect("public", "elsewhere.test")
    with visitor.connect("public") as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert status_of(read_all(connection)) == 400


def give_up_uploading(visitor: Visitor) -> None:
    head = f"POST /fr/steps/files HTTP/1.1\r\nHost: {HOSTS['public']}\r\nContent-Length: 5000000\r\n"
    connection = visitor.connect("public")
    connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n".encode() + b"a" * 300_000)
    time.sleep(0.3)
    # The connection is torn, as by a telephone that lost its network.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def places_of(made: Installation, word: str) -> list[str]:
    """Every file, table and key in which a word stands."""
    with psycopg.connect(made.postgresql.url("postgres"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    files = [path for place in made.places for path in place.rglob("*") if path.is_file()]
    found = [str(path) for path in files if word.encode() in path.read_bytes()]
    with Redis.from_url(made.redis.url) as client:
        found += [f"Redis {key!r}" for key in client.scan_iter() if word.encode() in (client.dump(key) or b"") + key]
    return found


def test_no_log_and_no_store_knows_where_a_visitor_came_from(made: Installation) -> None:
    """After the journeys above; a face is stopped in the end, so that the proxy finds nobody behind it."""
    visitor = Visitor(made, FAR_AWAY)
    go_wrong(made, visitor)
    made.stop("desk")
    answer = visitor.ask("desk", "/desk/", *HEADERS)
    assert status_of(answer) == 503
    assert b"Not available" in answer
    time.sleep(0.5)
    assert "desk.test 503 upstream=502" in (made.folder / "proxy" / "faults.log").read_text()
    for address in (FAR_AWAY, BROUGHT_ALONG):
        assert places_of(made, address) == []


def test_the_search_for_an_address_finds_a_planted_one(made: Installation) -> None:
    planted = "198.51.100.99"
    with (made.folder / "logs" / "proxy.log").open("a") as log:
        log.write(f"client: {planted}\n")
    with psycopg.connect(made.postgresql.url(behind_proxy.PREFIX)) as connection:
        connection.execute(b"CREATE TABLE planted AS SELECT '198.51.100.99' AS address")
    with Redis.from_url(made.redis.url) as client:
        client.set("planted", planted)
    found = places_of(made, planted)
    assert [place for place in found if place.endswith("proxy.log")]
    assert [place for place in found if "/data/" in place]
    assert "Redis b'planted'" in found


def test_a_process_is_given_the_files_of_its_own_keys_alone(made: Installation) -> None:
    given = {face: {path.name for path in (made.folder / "keys" / face).iterdir()} for face in (*FACES, "worker")}
    assert given["public"] == {"public.json", "pepper.secret", "public_cookies.secret"}
    private = {name for face in FACES for name in given[face] if name.endswith(".key")}
    assert private == {"mandate.key", "identity.key", "approval.key", "portal.key"}
    assert not {"identity.key", "approval.key", "portal.key"} & given["worker"]


class Echo(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Behind the proxy, in a face's place: remembers what reaches it, and when."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.seen: list[dict[str, str]] = []
        self.first_bytes = threading.Event()
        super().__init__(str(path), EchoAnswer)


class EchoAnswer(http.server.BaseHTTPRequestHandler):
    """Reads the body, and answers with much."""

    protocol_version = "HTTP/1.1"
    server: Echo

    def do_POST(self) -> None:
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        left = int(self.headers.get("Content-Length", 0))
        while left:
            left -= len(self.rfile.read(min(left, 65536)))
            self.server.first_bytes.set()
        answer = b"a" * MORE_THAN_MEMORY
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Bare(Installation):
    """A proxy alone."""

    def environment(self, process: str, **more: str) -> dict[str, str]:
        """What the proxy needs, which is next to nothing."""
        return {"PATH": os.environ["PATH"], **more}


@pytest.fixture
def echo(proxy_on_this_machine: None, tmp_path: Path) -> Iterator[tuple[Installation, Echo]]:
    """The shipped proxy before something that is no face."""
    nobody: Any = None
    bare = Bare(tmp_path, behind_proxy.free_port(), behind_proxy.free_port(), nobody, nobody)
    for name in ("logs", "sockets"):
        (tmp_path / name).mkdir()
    with Echo(tmp_path / "sockets" / "public.sock") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        behind_proxy.start_proxy(bare)
        yield bare, server
        bare.stop("proxy")
        server.shutdown()


def test_nothing_of_a_visitor_reaches_a_face_but_what_they_say(echo: tuple[Installation, Echo]) -> None:
    made, server = echo
    brought = (*HEADERS, f"X-Client-IP: {BROUGHT_ALONG}", "User-Agent: unheard-of", "X-Planted: arrives")
    Visitor(made, FAR_AWAY).ask("public", "/", *brought, method="POST", body=b"hello")
    (seen,) = server.seen
    assert seen["x-planted"] == "arrives"
    assert seen["x-forwarded-proto"] == "https"
    assert set(seen) == {"host", "x-forwarded-proto", "content-length", "x-planted"}


def test_neither_a_question_nor_an_answer_is_kept_on_the_proxys_disk(echo: tuple[Installation, Echo]) -> None:
    made, server = echo
    head = f"POST / HTTP/1.1\r\nHost: {HOSTS['public']}\r\nConnection: close\r\nContent-Length: 4000000\r\n\r\n"
    with Visitor(made, FAR_AWAY).connect("public") as connection:
        connection.sendall(head.encode() + b"b" * 2_000_000)
        assert server.first_bytes.wait(10), "the proxy hands on what has come while the rest is under way"
        assert files_of_bodies(made) == []
        connection.sendall(b"b" * 2_000_000)
        # The answer is not taken yet, so the proxy has more of it than goes into its memory.
        time.sleep(0.5)
        assert files_of_bodies(made) == []
        assert len(read_all(connection)) > MORE_THAN_MEMORY


def files_of_bodies(made: Installation) -> list[str]:
    """Files of the proxy, also those that have no name any more."""
    run = made.folder / "proxy"
    named = [str(path) for folder in ("body", "answers") for path in (run / folder).rglob("*") if path.is_file()]
    master = made.processes["proxy"].pid
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    opened = [
        str(link.readlink()) for pid in children for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()
    ]
    return named + [target for target in opened if target.startswith((f"{run}/body", f"{run}/answers"))]
