"""Jobs per second, and what the fence around a job and the chain of events cost, each against the same without it."""

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config import Settings, read_settings
from foundation import jobs
from foundation.actor import WORKER
from foundation.clock import now
from foundation.db import Database, new_id
from foundation.jobs import Job
from foundation.means import Means
from holdings import make_means
from prepare import prepare
from serve import commands
from submissions import drafts, intake
from tests import servers
from workflows import cases
from workflows.cases import Deed
from workflows.lifecycle import CaseAction, CaseStatus
from workflows.models import Case, CaseSubmission

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "tests.nothing"
MANY, TRIAGED = 300, 200
SMALL = {"kind": "people", "states": ["XXA"], "what_happened": "Three people were held.", "consent_to_send": "yes"}
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured on one database with one broker."""

    on: str
    triaged_per_second: float
    bare_ms: float
    fenced_ms: float
    unchained_ms: float
    chained_ms: float


def both() -> Iterator[Figures]:
    """SQLite with the queue that needs no server, and PostgreSQL with Redis."""
    yield measured("SQLite, filesystem", {})
    with servers.postgresql() as postgresql, servers.redis() as redis:
        urls = {"DATABASE_URL": postgresql.create("bench"), "BROKER_URL": redis.url}
        yield measured("PostgreSQL, Redis", urls)


def measured(on: str, more: dict[str, str]) -> Figures:
    """All figures on one database with one broker, in a folder that is gone afterwards."""
    folder = Path(mkdtemp(prefix="bench-"))
    env = {"INSTANCE_DIR": str(folder), "DEMO": "1", "TMPDIR": str(folder), **more}
    settings = read_settings(env)
    prepare(settings)
    public, worker = make_means(settings, "public"), make_means(settings, "worker")
    try:
        bare, fenced = bare_ms(worker.database), fenced_ms(worker.database)
        unchained, chained = unchained_ms(worker), chained_ms(worker)
        return Figures(on, triaged_per_second(settings, env, public), bare, fenced, unchained, chained)
    finally:
        for own in (public, worker):
            own.database.engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


# Through the real worker


def triaged_per_second(settings: Settings, env: dict[str, str], own: Means) -> float:
    """Small submissions triaged by one ordinary worker (two processes), that wait when it begins with them."""
    with working(settings, env):
        _submit(own)
        _wait_for(own, 1)
    for _ in range(TRIAGED):
        _submit(own)
    with working(settings, env):
        _wait_for(own, 2)
        # The worker has begun; what is left of the rest is timed.
        first, begun = _triaged(own), time.perf_counter()
        _wait_for(own, TRIAGED + 1)
        return (TRIAGED + 1 - first) / (time.perf_counter() - begun)


@contextmanager
def working(settings: Settings, env: dict[str, str]) -> Iterator[None]:
    """The ordinary worker and the beat, as serve.py starts them."""
    lines = [commands(settings, env)[name] for name in ("worker", "beat")]
    parts = [
        subprocess.Popen(line, cwd=ROOT, env={**os.environ, **env}, start_new_session=True, stdout=subprocess.DEVNULL)
        for line in lines
    ]
    try:
        yield
    finally:
        for part in parts:
            part.terminate()
        for part in parts:
            part.wait(10)


def _submit(own: Means) -> None:
    visitor = drafts.begin(own.database, own.keys.secret("pepper"), "en", own.clock(), own.draft_life)
    drafts.save_answers(own.database, visitor, own.clock().date(), SMALL)
    intake.submit(own, visitor)


def _triaged(own: Means) -> int:
    with own.database.reading() as session:
        return session.scalar(select(func.count()).select_from(CaseSubmission)) or 0


def _wait_for(own: Means, number: int) -> None:
    for _ in range(6000):
        if _triaged(own) >= number:
            return
        time.sleep(0.01)
    raise RuntimeError("not triaged within 60 s")


# The fence


def bare_ms(database: Database) -> float:
    """One update that says that a job is done, in a transaction: what a worker without a lease would write."""

    def close(session: Session, job_id: str) -> None:
        session.execute(update(Job).where(Job.id == job_id).values(done_at=func.now()))

    return _median(lambda job_id: _in_transaction(database, lambda session: close(session, job_id)), _jobs(database))


def fenced_ms(database: Database) -> float:
    """A claim in its own transaction, and the close under its token."""

    def do(job_id: str) -> None:
        with database.transaction() as session:
            claim = jobs.claim(session, job_id, now(), LEASE)
        if claim is None:
            raise RuntimeError("the job is somebody else's")
        with database.transaction() as session:
            jobs.finish(session, claim, now())

    return _median(do, _jobs(database))


def _jobs(database: Database) -> list[str]:
    made = [new_id() for _ in range(MANY)]
    at = now() - timedelta(seconds=1)
    with database.transaction() as session:
        fixed = {"name": NAME, "ids": {}, "written_at": at, "due_at": at, "resend_at": at + 1000 * LEASE}
        session.add_all([Job(id=one, sends=0, attempts=0, **fixed) for one in made])
    return made


# The chain


def unchained_ms(own: Means) -> float:
    """The update of a case's status that `perform` makes, alone in a transaction."""

    def move(session: Session, case_id: str) -> None:
        case = cases.lock(session, case_id)
        case.status, case.moved_at = CaseStatus.IN_TRIAGE, now()

    return _median(lambda one: _in_transaction(own.database, lambda session: move(session, one)), _received(own))


def chained_ms(own: Means) -> float:
    """The same move by `cases.perform`, with its event sealed to the chain."""

    def move(session: Session, case_id: str) -> None:
        case = session.get_one(Case, case_id)
        cases.perform(session, own.keys, case, Deed(CaseAction.BEGIN_TRIAGE, WORKER, now()))

    return _median(lambda one: _in_transaction(own.database, lambda session: move(session, one)), _received(own))


def _received(own: Means) -> list[str]:
    made = [new_id() for _ in range(MANY)]
    at_once = now()
    fixed = {"status": CaseStatus.RECEIVED, "language": "en", "states": [], "proposed": "ask_source", "priority": 1}
    at = {"received_at": at_once, "look_by_at": at_once, "moved_at": at_once}
    with own.database.transaction() as session:
        session.add_all([Case(id=one, reference=one[:20], **fixed, **at) for one in made])
    return made


def _in_transaction(database: Database, deed: Callable[[Session], None]) -> None:
    with database.transaction() as session:
        deed(session)


def _median(act: Callable[[str], None], on: Sequence[str]) -> float:
    """Milliseconds; the first tenth warms up."""
    took = []
    for one in on:
        begun = time.perf_counter()
        act(one)
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took[len(took) // 10 :])


def lines(figures: Figures) -> list[str]:
    """What is said of them."""
    fence, chain = figures.fenced_ms / figures.bare_ms, figures.chained_ms / figures.unchained_ms
    return [
        f"{figures.on}:",
        f"  triage, one worker {figures.triaged_per_second:8.1f} jobs per second",
        f"  claim and finish   {figures.fenced_ms:8.2f} ms   {fence:5.2f} x one bare update ({figures.bare_ms:.2f})",
        f"  move with event    {figures.chained_ms:8.2f} ms   {chain:5.2f} x without it ({figures.unchained_ms:.2f})",
    ]
