"""Workers that are killed, stopped, slow or kept busy, with the real worker and beat as processes.

Each ordeal is gone through twice: on SQLite with the queue that needs no server, and on PostgreSQL with Redis.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from foundation.jobs import Job
from foundation.keys import SEALING_KEYS, SECRETS, SIGNING_KEYS, load_keys
from tests import factories, servers
from tests.ordeals.installation import LONG, Installation, end, wait_until
from workflows.communications import DELIVER
from workflows.models import Case, CaseEvent

IN_FLIGHT = (Job.done_at.is_(None), Job.lease_token.is_not(None))
LATE = b"another worker has it; this attempt does not count"


@pytest.fixture(params=["filesystem", "redis"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "redis":
        more = {"DATABASE_URL": request.getfixturevalue("postgresql_url")}
        made = Installation(tmp_path / "instance", request.getfixturevalue("redis_url"), more)
    else:
        made = Installation(tmp_path / "instance", "filesystem://")
    yield made
    made.close()


# Killed


def test_killed_workers_leave_forty_cases_for_forty_submissions(installation: Installation) -> None:
    with installation.running("beat"):
        for _ in range(40):
            installation.submit(what_happened=LONG)
        caught = [kill_while_working(installation) for _ in range(3)]
        assert all(caught), f"jobs in flight at the three kills: {caught}"
        with installation.running("worker"):
            wait_until(lambda: installation.count(Job, Job.done_at.is_(None)) == 0, 60, "all jobs are done")
    assert installation.count(Case) == 40
    assert installation.count(CaseEvent) == 40
    assert installation.count(Job, Job.gave_up_at.is_not(None)) == 0
    assert installation.count(Job, Job.attempts > 1) >= 1


def kill_while_working(installation: Installation) -> int:
    """Kill a worker and all its processes while jobs are in flight; gives how many were."""
    done = installation.count(Case)
    with installation.running("worker") as worker:
        wait_until(lambda: installation.count(Case) > done, 30, "the worker works")
        wait_until(lambda: installation.count(Job, *IN_FLIGHT) > 0, 10, "a job is in flight")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    return installation.count(Job, *IN_FLIGHT)


# Slower than its lease


def test_a_task_slower_than_its_lease_has_one_effect(installation: Installation, tmp_path: Path) -> None:
    said = tmp_path / "slow.log"
    with installation.running("beat"), installation.running("worker", log=said) as slow:
        while not overtaken(installation, slow):
            assert installation.count(Job) < 400, "no job was ever caught while its worker had it"
        wait_until(lambda: LATE in said.read_bytes(), 20, "the late attempt found that it does not count")
        wait_until(lambda: installation.count(Job, Job.done_at.is_(None)) == 0, 20, "all jobs are done")
    assert installation.count(Case) == installation.count(CaseEvent) == installation.count(Job, WITH_KEY)
    assert installation.count(Job, Job.gave_up_at.is_not(None)) == 0


WITH_KEY = Job.key.like("received:%")


def overtaken(installation: Installation, slow: "subprocess.Popen[bytes]") -> bool:
    """Stop a worker while it has jobs until another has done them, then let it go on. Says whether that was so."""
    held = stop_while_working(installation, slow)
    try:
        with installation.running("worker"):
            undone = (Job.id.in_(held), Job.done_at.is_(None))
            wait_until(lambda: installation.count(Job, *undone) == 0, 30, "another worker did what this one has")
    finally:
        os.killpg(slow.pid, signal.SIGCONT)
    return installation.count(Job, Job.id.in_(held), Job.attempts > 1) > 0


def stop_while_working(installation: Installation, worker: "subprocess.Popen[bytes]") -> list[str]:
    """Stop a worker with all its processes at a moment at which it has jobs and holds no lock; give their ids."""
    for _ in range(20):
        installation.submit(what_happened=LONG)
    while True:
        wait_until(lambda: installation.count(Job, *IN_FLIGHT) > 0, 30, "a job is in flight")
        os.killpg(worker.pid, signal.SIGSTOP)
        held = jobs_in_flight(installation)
        if held and nobody_writes(installation, held):
            return held
        os.killpg(worker.pid, signal.SIGCONT)
        if installation.count(Job, Job.done_at.is_(None)) == 0:
            return []


def jobs_in_flight(installation: Installation) -> list[str]:
    with installation.means.database.reading() as session:
        return list(session.scalars(select(Job.id).where(*IN_FLIGHT)))


def nobody_writes(installation: Installation, held: Sequence[str]) -> bool:
    """Whether no process was stopped in the middle of a transaction, in which it keeps all others from the jobs."""
    database = installation.means.database
    try:
        if database.engine.dialect.name == "sqlite":
            with sqlite3.connect(str(database.engine.url.database), timeout=0.2, isolation_level=None) as file:
                file.execute("BEGIN IMMEDIATE").execute("ROLLBACK")
            file.close()
            return True
        with database.transaction() as session:
            session.execute(select(Job.id).where(Job.id.in_(held)).with_for_update(nowait=True))
    except (OperationalError, sqlite3.OperationalError):
        return False
    return True


# Kept busy


@contextmanager
def silent_mail_server() -> Iterator[tuple[str, list[socket.socket]]]:
    """Takes every connection and never says a word. Gives its address, and the connections that it has."""
    held: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def take() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    taking = threading.Thread(target=take)
    taking.start()
    try:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}", held
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        taking.join()
        for one in held:
            one.close()


def test_triage_never_waits_for_a_mail_server_that_hangs(installation: Installation) -> None:
    with silent_mail_server() as (smtp_url, connections):
        letters_due(installation, 3)
        parts = installation.running("triage"), installation.running("beat")
        with parts[0], parts[1], installation.running("worker", SMTP_URL=smtp_url, LEASE_SECONDS="60") as ordinary:
            # The ordinary worker has two processes; when neither is left, the third notice waits.
            wait_until(lambda: len(connections) == 2, 30, "every ordinary worker waits for the mail server")
            known = installation.count(Case)
            for more in range(1, 4):
                installation.submit()
                wait_until(lambda more=more: installation.count(Case) == known + more, 2, "it is triaged")
            assert installation.count(Job, Job.name == DELIVER, Job.done_at.is_(None)) == 3
            os.killpg(ordinary.pid, signal.SIGKILL)


def letters_due(installation: Installation, number: int) -> None:
    """Letters that a person sends, with their notices waiting for a worker."""
    keys = load_keys(installation.settings.keys, SEALING_KEYS, SECRETS, SIGNING_KEYS)
    everything = replace(installation.means, keys=keys)
    for letter in [factories.approved(everything) for _ in range(number)]:
        factories.send(everything, letter)


# Without their broker


def test_redis_stopped_and_emptied_loses_nothing(tmp_path: Path) -> None:
    with servers.redis() as first:
        installation = Installation(tmp_path / "instance", first.url)
        with installation.running("worker"), installation.running("beat"):
            installation.submit()
            wait_until(lambda: installation.count(Case) == 1, 20, "the worker has started")
            first.process.kill()
            first.process.wait()
            took = submit_without_broker(installation)
            again = subprocess.Popen(first.process.args, cwd=first.folder, stdout=subprocess.DEVNULL)
            try:
                wait_until(lambda: installation.count(Case) == 2, 10, "what was submitted meanwhile is triaged")
            finally:
                end(again)
        installation.close()
    assert took < 5, "a broker that is away must not keep the source waiting"


def submit_without_broker(installation: Installation) -> float:
    """Submit, and give the seconds that it took; nothing is triaged while the sweep looks for a way."""
    begun = time.monotonic()
    installation.submit()
    took = time.monotonic() - begun
    time.sleep(3)
    assert installation.count(Case) == 1
    return took
