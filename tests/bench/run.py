"""Speed as ratios within one run: `make bench`. Nothing here is a test, since a machine's speed proves nothing.

The final submit is compared with a bare Flask and SQLAlchemy insert of the same words under the same server, client
and database engine. One client sends one request after the other; the figure is the median.
"""

import http.client
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from html import unescape
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlencode

from flask import Response
from sqlalchemy import select

from app import create_app
from config import Settings, read_settings
from foundation.means import Means
from foundation.web import means
from holdings import make_means
from mandate.vocabulary import LetterKind
from prepare import prepare
from serve import commands
from submissions import codes, drafts, intake
from submissions.views.sending import asked_groups
from tests.bench import bare, jobs
from workflows import letters
from workflows.models import CaseSubmission

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS, WARM_UP = 60, 10
TOLD = "Les bénévoles ont été arrêtés au port. " * 520


def answers() -> dict[str, object]:
    """An account of 20 KB with three people and no file."""
    agreed = {"kind": "person", "details": "Nurse, 34 years", "minor": "no", "basis": "own", "own_wishes": "no"}
    people = [{"id": f"person{n}", "name": f"Person {n}", **agreed} for n in range(3)]
    return {
        "kind": "people",
        "states": ["XXA"],
        "what_happened": TOLD[:20_000],
        "happened_on": "2026-11",
        "going_on": "yes",
        "at_stake": ["liberty"],
        "relation": "witness",
        "victims": people,
        "perpetrators": "The port police",
        "violation_types": ["SOL-02"],
        "consent_to_send": "yes",
        "naming": {"mandate": "name", "mandates": "none", "state:XXA": "name", "public": "initials"},
        "precision": {"state:XXA": "town", "public": "region"},
        "your_name": "Somebody",
        "your_email": "somebody@example.net",
    }


@contextmanager
def server(target: str, env: Mapping[str, str]) -> Iterator[int]:
    """One gunicorn worker with one thread on a free port."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    line = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    line += ["--threads", "1", "--no-control-socket", "--log-level", "warning", target]
    process = subprocess.Popen(line, cwd=ROOT, env={**os.environ, **env})
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not start")


def post(connection: http.client.HTTPConnection, path: str, form: Mapping[str, str], cookie: str = "") -> str:
    """Send a form and give the address it leads to. Raises RuntimeError for anything but a redirect."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    connection.request("POST", path, urlencode(form), headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status not in {302, 303}:
        raise RuntimeError(f"{path} answered {answer.status}")
    return answer.headers["Location"]


def timed(deeds: list[Callable[[], object]]) -> float:
    """The median of all but the first few, in milliseconds."""
    seconds = []
    for deed in deeds:
        begun = time.perf_counter()
        deed()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[WARM_UP:]) * 1000


def bare_insert(folder: Path, url: str) -> float:
    """Milliseconds for one bare insert."""
    with server("tests.bench.bare:create()", {"BARE_URL": url}) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        form = {"told": json.dumps(answers())}
        return timed([lambda: post(connection, "/insert", form)] * ROUNDS)


def final_submit(settings: Settings, env: Mapping[str, str]) -> float:
    """Milliseconds for the request that turns a draft into a submission."""
    ready = [_ready_to_send(settings) for _ in range(ROUNDS)]
    with server("app:make_site()", env) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        sent = [_with_token(connection, cookie, code) for cookie, code in ready]
        return timed([lambda one=one: _send(connection, *one) for one in sent])  # type: ignore[misc]


def _ready_to_send(settings: Settings) -> tuple[str, str]:
    app = create_app(settings, "public")
    with app.test_request_context():
        own = means()
        visitor = drafts.begin(own.database, own.keys.secret("pepper"), "fr", own.clock(), own.draft_life)
        draft = drafts.save_answers(own.database, visitor, own.clock().date(), answers())
        session = app.session_interface.open_session(app, app.request_class({}))
        if session is None:
            raise RuntimeError("no session")
        session["visit"] = {"source_id": visitor.source_id, "identity": visitor.identity, "epoch": visitor.epoch}
        response = Response()
        app.session_interface.save_session(app, session, response)
    own.database.engine.dispose()
    return response.headers["Set-Cookie"].split(";")[0], draft.code


def _with_token(connection: http.client.HTTPConnection, cookie: str, code: str) -> tuple[str, dict[str, str]]:
    connection.request("GET", "/fr/send", headers={"Cookie": cookie})
    answer = connection.getresponse()
    page = answer.read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if token is None:
        raise RuntimeError("the page holds no token")
    first, second = (codes.groups_of(code)[number - 1] for number in asked_groups(code))
    cookie = (answer.headers["Set-Cookie"] or cookie).split(";")[0]
    return cookie, {"csrf_token": unescape(token.group(1)), "first": first, "second": second}


def _send(connection: http.client.HTTPConnection, cookie: str, form: Mapping[str, str]) -> None:
    location = post(connection, "/fr/send", form, cookie)
    if "/status" not in location:
        raise RuntimeError(f"not received: {location}")


def letter_pdf() -> float:
    """Milliseconds from a letter's fields to its PDF."""
    context = {
        "mandate_title": "Independent Expert on human rights and international solidarity",
        "holder_name": "A. Example",
        "holder_title": "Independent Expert on human rights and international solidarity",
        "holder_gender": "f",
        "resolutions": ["53/5"],
        "reference": "UA XXB 1/2026",
        "dated_on": date(2026, 11, 23),
        "recipient_salutation": "Excellency",
        "recipient_name": "Permanent Mission",
        "recipient_address": ["1 Example Street", "Geneva"],
        "state_short": "Exemplia",
        "state_formal": "the Republic of Exemplia",
        "state_formal_of": "of the Republic of Exemplia",
        "subject": "three volunteers held without contact with a lawyer",
        "facts": "\n\n".join(["On 2 November 2026 the port police reportedly arrested three volunteers. " * 6] * 8),
        "concern": "I am concerned that they are held for an act of solidarity.",
        "questions": ["Please provide the legal grounds of their detention."] * 5,
        "measures": ["ensure access to a lawyer;"] * 3,
        "legal_basis": [
            {"instrument": "International Covenant on Civil and Political Rights", "articles": ["9", "22"]}
        ],
        "reply_days": 30,
        "publication_days": 60,
    }
    meta = letters.LetterMeta("UA XXB 1/2026", "en", "UA XXB 1/2026", date(2026, 11, 23), False)

    def one(number: int) -> bytes:
        # Typst remembers what it has set before, so every letter tells something else.
        words = f"On day {number} the port police reportedly arrested volunteer {number}. "
        told = {**context, "facts": "\n\n".join(f"{part} {words * 6}" for part in range(8)), "subject": words}
        return letters.to_pdf(letters.parse(letters.compose(LetterKind.urgent_appeal, "en", told)), meta)

    return timed([lambda number=number: one(number) for number in range(40)])  # type: ignore[misc]


def submit_to_triaged(settings: Settings, env: Mapping[str, str]) -> float:
    """Milliseconds from a submission's commit to its case's, with the real worker on the filesystem queue."""
    own = make_means(settings, "public")
    line = commands(settings, env)["worker"]
    worker = subprocess.Popen(line, cwd=ROOT, env={**os.environ, **env}, start_new_session=True)
    try:
        _triaged(own)
        return timed([lambda: _triaged(own)] * 30)
    finally:
        worker.terminate()
        worker.wait(10)
        own.database.engine.dispose()


def _triaged(own: Means) -> None:
    visitor = drafts.begin(own.database, own.keys.secret("pepper"), "fr", own.clock(), own.draft_life)
    drafts.save_answers(own.database, visitor, own.clock().date(), answers())
    submission = intake.submit(own, visitor)
    found = select(CaseSubmission.case_id).where(CaseSubmission.submission_id == submission.id)
    for _ in range(6000):
        with own.database.reading() as session:
            if session.scalar(found):
                return
        time.sleep(0.005)
    raise RuntimeError("not triaged within 30 s")


# What is measured is the work, not how it is paced.
UNHURRIED = {"BEGINS_A_MINUTE": "1000000", "SENDINGS_A_MINUTE": "1000000", "FORM_SECONDS_LEAST": "0"}


def main() -> int:
    """Print the figures of one run."""
    folder = Path(mkdtemp(prefix="bench-"))
    try:
        settings = read_settings({"INSTANCE_DIR": str(folder), "DEMO": "1"})
        prepare(settings)
        env = {"INSTANCE_DIR": str(folder), "DEMO": "1", **UNHURRIED}
        bare_ms = bare_insert(folder, f"sqlite:///{folder / 'bare.sqlite'}")
        submit_ms = final_submit(settings, env)
        triaged_ms = submit_to_triaged(settings, env)
        pdf_ms = letter_pdf()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    told = [line for figures in jobs.both() for line in jobs.lines(figures)]
    print_all(bare_ms, submit_ms, triaged_ms, pdf_ms, told)
    return 0


def print_all(bare_ms: float, submit_ms: float, triaged_ms: float, pdf_ms: float, told_of_jobs: Sequence[str]) -> None:
    """Say the figures, the machine and what was compared."""
    lines = [
        f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite WAL, FULL",
        f"bare insert          {bare_ms:8.2f} ms   (below)",
        f"final submit         {submit_ms:8.2f} ms   {submit_ms / bare_ms:5.2f} x the bare insert (target: 5 x)",
        f"submit to triaged    {triaged_ms:8.2f} ms   {triaged_ms / bare_ms:5.2f} x the bare insert (target: 1 s)",
        f"a letter's PDF       {pdf_ms:8.2f} ms   {pdf_ms / bare_ms:5.2f} x the bare insert (target: 20 ms)",
        "",
        *told_of_jobs,
        "",
        "What the first rows are compared with:",
        Path(bare.__file__).read_text(),
    ]
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
