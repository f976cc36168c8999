"""A slow line and a large file: sealed as it arrives, nowhere in plain text, and everybody else is served meanwhile."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.cookiejar import CookieJar
from pathlib import Path
from secrets import token_hex
from threading import Event
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener, urlopen

import pytest
from sqlalchemy import func, select

from config import Settings, read_settings
from foundation.clock import geneva_day
from foundation.means import Means
from foundation.receiving import SLOTS
from holdings import make_means
from prepare import prepare
from submissions import attachments, drafts, intake, questionnaire
from submissions.attachments import BYTES_MOST, FILES_MOST
from submissions.models import Attachment
from tests.public_answers import answers_to_all, typed_in
from tests.reading_pages import Form, Reader

ROOT = Path(__file__).resolve().parent.parent.parent
THREADS = 64
LASTS_SECONDS = 10.0
MEMORY_MOST = 300 * 1024
PATIENCE = 10.0
VISITORS = 20
BOUNDARY = "cut-here"
ANSWERS = answers_to_all()


class Site:
    """The public face of an installation as gunicorn serves it."""

    def __init__(self, settings: Settings, port: int, process: "subprocess.Popen[bytes]", temporary: Path) -> None:
        self.settings, self.port, self.process, self.temporary = settings, port, process, temporary
        self.means: Means = make_means(settings, "desk")
        self.public = make_means(settings, "public")
        self.pepper = self.public.keys.secret("pepper")

    @property
    def pids(self) -> list[int]:
        """The processes that serve."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    @property
    def memory_peak(self) -> int:
        """What all of them held in memory at most, in KiB."""
        return sum(_peak_of(pid) for pid in self.pids)

    def rows(self) -> int:
        """How many files there are in the database."""
        with self.means.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Attachment)) or 0

    def blobs(self) -> set[str]:
        """The files that there are in the store, whole or not."""
        return {blob_id for blob_id, _ in self.means.storage.ids()}


def _peak_of(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The real product, with a folder for temporary files of its own."""
    folder = tmp_path_factory.mktemp("slow")
    temporary = folder / "temporary"
    temporary.mkdir()
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env |= {"INSTANCE_DIR": str(folder / "instance"), "DEMO": "1", "TMPDIR": str(temporary), "FORM_SECONDS_LEAST": "0"}
    settings, port = read_settings(env), _free_port()
    prepare(settings)
    line = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    line += ["--threads", str(THREADS), "--timeout", "60", "--graceful-timeout", "1", "--no-control-socket"]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen([*line, "app:create_app(face='public')"], cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(port), "the product is ready", 30)
        yield Site(settings, port, process, temporary)
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except (URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Look again and again until something is so."""
    limit = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < limit, f"not in time: {what}"
        time.sleep(0.05)


class Guest:
    """A visitor with cookies, who notes how long each page took."""

    def __init__(self, site: Site) -> None:
        self._address = f"http://127.0.0.1:{site.port}"
        self._jar = CookieJar()
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(self._jar))
        self.longest = 0.0

    @property
    def cookie(self) -> str:
        """What the browser would send."""
        return "; ".join(f"{one.name}={one.value}" for one in self._jar)

    def get(self, path: str) -> Reader:
        """Load a page."""
        return self._open(path, None)

    def send(self, form: Form, **typed: object) -> Reader:
        """Press the button of a form."""
        return self._open(form.action, urlencode(form.filled(typed), doseq=True).encode())  # type: ignore[arg-type]

    def begin(self) -> Reader:
        """Begin a draft; gives its first step."""
        return self.send(form_of(self.get("/en/"), "/begin"), read="y")

    def _open(self, path: str, body: bytes | None) -> Reader:
        begun = time.monotonic()
        with self._opener.open(f"{self._address}{path}", body, timeout=30) as answer:
            read = Reader(answer.read().decode())
        self.longest = max(self.longest, time.monotonic() - begun)
        return read


def form_of(page: Reader, action: str) -> Form:
    """The form of a page that is sent to an address with this end."""
    return next(form for form in page.forms if form.action.split("?")[0].endswith(action))


class SlowUpload:
    """A browser on a slow line that sends one file by the form for files."""

    def __init__(self, site: Site, guest: Guest, content: bytes) -> None:
        self.body = _fields(guest) + _head_of("story.txt") + content + END
        self._begin(site, guest, len(self.body))

    def _begin(self, site: Site, guest: Guest, length: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", site.port), timeout=30)
        lines = [
            "POST /en/steps/files HTTP/1.1",
            f"Host: 127.0.0.1:{site.port}",
            f"Cookie: {guest.cookie}",
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            f"Content-Length: {length}",
            "Connection: close",
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def send(self, begin: int, end: int) -> None:
        """Send a piece of the body."""
        self._socket.sendall(self.body[begin:end])

    def send_slowly(self, seconds: float, steps: int = 100) -> None:
        """Send the whole body so that it takes that long."""
        begun, length = time.monotonic(), -(-len(self.body) // steps)
        for number in range(steps):
            self.send(number * length, (number + 1) * length)
            time.sleep(max(0.0, begun + (number + 1) * seconds / steps - time.monotonic()))

    def answer(self) -> str:
        """What the site says."""
        said = bytearray()
        with self._socket:
            while piece := self._socket.recv(65536):
                said += piece
        return said.decode()

    def wait_at_most(self, seconds: float) -> None:
        """Wait no longer than that for an answer, which raises TimeoutError then."""
        self._socket.settimeout(seconds)

    def leave(self) -> None:
        """Go away without a word."""
        self._socket.close()


class ManyFiles(SlowUpload):
    """A browser that sends as many files as may be added in one go, each as large as it may be."""

    def __init__(self, site: Site, guest: Guest, content: bytes) -> None:
        fields, self._content = _fields(guest), content
        self._heads = [_head_of(f"{number}.jpg") for number in range(FILES_MOST)]
        length = len(fields) + sum(len(head) + len(content) + 2 for head in self._heads) + len(END) - 2
        self._begin(site, guest, length)
        self._socket.sendall(fields)

    def send_all(self) -> None:
        """Send one file after the other."""
        for number, head in enumerate(self._heads):
            self._socket.sendall((b"\r\n" if number else b"") + head)
            self._socket.sendall(self._content)
        self._socket.sendall(END)


def _fields(guest: Guest) -> bytes:
    token = form_of(guest.get("/en/steps/files"), "/steps/files").filled({})["csrf_token"][0]
    return "".join(_part(name, value) for name, value in (("csrf_token", token), ("go", "add"))).encode()


def _head_of(name: str) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    return head.encode()


END = f"\r\n--{BOUNDARY}--\r\n".encode()


def _part(name: str, value: str) -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


class Search:
    """Looks for a canary in files, again and again: also in files that are open and have no name any more."""

    def __init__(self, canary: bytes, places: Sequence[Path], pids: Callable[[], Sequence[int]]) -> None:
        self._canary, self._places, self._pids = canary, places, pids
        self._begun = time.time() - 1
        self._seen: set[tuple[int, int, int, int]] = set()
        self.found: set[str] = set()
        self.looked_into = 0

    def look(self) -> set[str]:
        """Look once; gives everything in which the canary was found so far."""
        for path in [*self._files(), *self._open_files()]:
            try:
                if self._is_new(path) and self._canary in path.read_bytes():
                    self.found.add(str(path))
            except OSError:
                # It is gone again, or is no file that can be read.
                continue
        return self.found

    def look_while(self, goes_on: Event) -> None:
        """Look until told to stop, and once more."""
        while not goes_on.wait(0.2):
            self.look()
        self.look()

    def _files(self) -> Iterator[Path]:
        shared = [entry for entry in Path("/tmp").iterdir() if entry.lstat().st_ctime > self._begun]  # noqa: S108 - looked at.
        for place in (*self._places, *Path("/dev/shm").iterdir(), *(one for one in shared if one.is_file())):  # noqa: S108
            yield from (path for path in place.rglob("*") if path.is_file()) if place.is_dir() else (place,)

    def _open_files(self) -> Iterator[Path]:
        for pid in self._pids():
            yield from Path(f"/proc/{pid}/fd").iterdir()

    def _is_new(self, path: Path) -> bool:
        told = path.stat()
        key = (told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns)
        if not path.is_file() or key in self._seen:
            return False
        self._seen.add(key)
        self.looked_into += 1
        return True


def save_a_step(site: Site) -> float:
    """A visitor who begins and answers the first step; gives how long the slowest page took."""
    guest, step = Guest(site), questionnaire.STEPS[0]
    guest.get("/en/")
    page = guest.begin()
    after = guest.send(form_of(page, f"/steps/{step.name}"), **typed_in(step, ANSWERS), go="on")
    assert not after.summary
    assert form_of(after, f"/steps/{questionnaire.steps_for(ANSWERS)[1].name}")
    return guest.longest


def test_a_slow_upload_is_nowhere_in_plain_text_and_keeps_nobody_waiting(site: Site) -> None:
    canary = f"canary-{token_hex(16)}".encode()
    content = ((canary + b" was seen at the harbour.\n") * (BYTES_MOST // len(canary)))[:BYTES_MOST]
    guest = Guest(site)
    guest.begin()
    code = "".join(guest.get("/en/code").code)
    upload = SlowUpload(site, guest, content)
    search = Search(canary, [site.settings.instance, site.temporary], lambda: site.pids)
    done = Event()
    with ThreadPoolExecutor(VISITORS + 2) as threads:
        looking = threads.submit(search.look_while, done)
        try:
            sending = threads.submit(upload.send_slowly, LASTS_SECONDS)
            wait_until(lambda: bool(site.blobs()), "the first part is written while the rest is on its way")
            longest = list(threads.map(lambda _: save_a_step(site), range(VISITORS)))
            assert not sending.done(), "the upload was over before the others were served"
            sending.result()
            assert "303 SEE OTHER" in upload.answer()
        finally:
            upload.leave()
            done.set()
        looking.result()
    assert max(longest) < PATIENCE
    assert search.found == set()
    assert search.looked_into > BYTES_MOST // (1024 * 1024)
    assert site.memory_peak < MEMORY_MOST
    submitted_file_is(site, code, content)


def test_twenty_files_of_fifty_megabytes_come_in_one_go_and_fit_into_little_memory(site: Site) -> None:
    guest = Guest(site)
    guest.begin()
    code, blobs = "".join(guest.get("/en/code").code), site.blobs()
    content = b"\xff\xd8\xff\xe0" + os.urandom(1024) * (BYTES_MOST // 1024 - 1)
    upload = ManyFiles(site, guest, content)
    try:
        upload.send_all()
        assert "303 SEE OTHER" in upload.answer()
    finally:
        upload.leave()
    assert site.memory_peak < MEMORY_MOST, f"{site.memory_peak} KiB"
    assert len(site.blobs() - blobs) == FILES_MOST
    with site.means.database.reading() as session:
        today = geneva_day(site.means.clock())
        files = drafts.open_draft(session, drafts.come_back(session, site.pepper, code, today), today).files
    assert [(file.name, file.size) for file in files] == [(f"{n}.jpg", len(content)) for n in range(FILES_MOST)]
    for blob_id in site.blobs() - blobs:
        site.means.storage.delete(blob_id)


def submitted_file_is(site: Site, code: str, content: bytes) -> None:
    """The file goes with the submission, and whoever holds the mandate's key reads what was sent."""
    means = site.means
    with means.database.reading() as session:
        visitor = drafts.come_back(session, site.pepper, code, geneva_day(means.clock()))
    submission = intake.submit(site.public, visitor)
    with means.database.reading() as session:
        (file,) = intake.files_of(session, submission.id)
    assert attachments.read_file(means, file) == ("story.txt", content)


def test_the_search_finds_a_planted_file_and_one_that_is_open_without_a_name(site: Site) -> None:
    canary = token_hex(16).encode()
    search = Search(canary, [site.settings.instance, site.temporary], lambda: [*site.pids, os.getpid()])
    assert search.look() == set()
    planted = site.settings.instance / "blobs" / "planted"
    planted.write_bytes(b"words and " + canary)
    try:
        assert search.look() == {str(planted)}
    finally:
        planted.unlink()
    with tempfile.TemporaryFile() as nameless:
        nameless.write(canary)
        nameless.flush()
        assert len(search.look()) == 2
        assert any(found.startswith(f"/proc/{os.getpid()}/fd/") for found in search.found)


def test_of_an_upload_that_breaks_off_nothing_stays(site: Site) -> None:
    guest = Guest(site)
    guest.begin()
    blobs, rows = site.blobs(), site.rows()
    upload = SlowUpload(site, guest, b"A line of the file.\n" * 400_000)
    upload.send(0, 4 * 1024 * 1024)
    wait_until(lambda: len(site.blobs() - blobs) == 1, "a part is written")
    upload.leave()
    wait_until(lambda: site.blobs() == blobs, "what was written is removed")
    assert site.rows() == rows
    assert "story.txt" not in " ".join(guest.get("/en/steps/files").words)


def test_with_all_slots_taken_the_next_upload_is_told_so_and_pages_are_served(site: Site) -> None:
    guest = Guest(site)
    guest.begin()
    with ExitStack() as leaving:
        for _ in range(SLOTS):
            slow = SlowUpload(site, guest, b"A line of the file.\n" * 20_000)
            leaving.callback(slow.leave)
            slow.send(0, 300_000)
        refused = _refused(site, guest)
        assert "Retry-After: " in refused
        assert "Many files are being received just now" in refused
        assert save_a_step(site) < PATIENCE
        with pytest.raises(HTTPError) as told:
            guest.send(form_of(guest.get("/en/steps/files"), "/steps/files"), more="x" * 300_000)
        with told.value as answer:
            assert answer.code == 503
    wait_until(lambda: _is_taken(site, guest), "the slots come back")


def _refused(site: Site, guest: Guest) -> str:
    """What is said to one more upload, as soon as the others hold all slots."""
    answers: list[str] = []

    def is_refused() -> bool:
        upload = SlowUpload(site, guest, b"A line of the file.\n" * 20_000)
        upload.send(0, 1000)
        upload.wait_at_most(1)
        try:
            answers.append(upload.answer())
        except TimeoutError:
            return False
        return answers[-1].startswith("HTTP/1.1 503")

    wait_until(is_refused, "one more upload is refused")
    return answers[-1]


def _is_taken(site: Site, guest: Guest) -> bool:
    upload = SlowUpload(site, guest, b"A line of the file.\n" * 20_000)
    upload.send(0, len(upload.body))
    return upload.answer().startswith("HTTP/1.1 303")
