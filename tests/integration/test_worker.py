"""The real worker and the real beat, as processes, on the queue without a server and on Redis."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from config import Settings, read_settings
from foundation.jobs import Job
from foundation.means import Means
from holdings import make_means
from prepare import prepare
from serve import commands
from submissions import drafts, intake
from tests import servers
from tests.integration.test_intake import ANSWERS
from workflows.models import Case, CaseEvent

ROOT = Path(__file__).resolve().parent.parent.parent
LONG = "Three volunteers were arrested at the port and are held without contact with a lawyer. " * 220


class Installation:
    """A folder with keys and a database, and the processes that a test starts in it."""

    def __init__(self, folder: Path, broker_url: str) -> None:
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "INSTANCE_DIR": str(folder),
            "DEMO": "1",
            "BROKER_URL": broker_url,
            "SWEEP_SECONDS": "0.5",
            "LEASE_SECONDS": "3",
            "TMPDIR": str(folder),
        }
        self.settings: Settings = read_settings(self.env)
        prepare(self.settings)
        self.means: Means = make_means(self.settings, "public")

    @contextmanager
    def running(self, name: str) -> Iterator["subprocess.Popen[bytes]"]:
        line = commands(self.settings, self.env)[name]
        process = subprocess.Popen(line, cwd=ROOT, env=self.env, start_new_session=True)
        try:
            yield process
        finally:
            end(process)

    def submit(self, **more: Any) -> str:
        own = self.means
        visitor = drafts.begin(own.database, own.keys.secret("pepper"), "en", own.clock(), timedelta(days=30))
        drafts.save_answers(own.database, visitor, own.clock().date(), {**ANSWERS, **more})
        return intake.submit(own, visitor).id

    def count(self, model: Any, *where: Any) -> int:
        with self.means.database.reading() as session:
            return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask one process to stop, and end all that it started if it does not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(is_so: Callable[[], bool], seconds: float, what: str) -> float:
    begun = time.monotonic()
    while not is_so():
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - begun


@pytest.fixture(params=["filesystem", "redis"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    url = "filesystem://" if request.param == "filesystem" else request.getfixturevalue("redis_url")
    made = Installation(tmp_path / "instance", url)
    yield made
    made.means.database.engine.dispose()


def test_a_submission_is_triaged_within_two_seconds(installation: Installation) -> None:
    with installation.running("worker"), installation.running("beat"):
        installation.submit()
        wait_until(lambda: installation.count(Case) == 1, 20, "the worker has started")
        installation.submit()
        wait_until(lambda: installation.count(Case) == 2, 2, "the second is triaged")


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
    in_flight = (Job.done_at.is_(None), Job.lease_token.is_not(None))
    done = installation.count(Case)
    with installation.running("worker") as worker:
        wait_until(lambda: installation.count(Case) > done, 30, "the worker works")
        wait_until(lambda: installation.count(Job, *in_flight) > 0, 10, "a job is in flight")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    return installation.count(Job, *in_flight)


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
        installation.means.database.engine.dispose()
    assert took < 1, "a broker that is away must not keep the source waiting"


def submit_without_broker(installation: Installation) -> float:
    """Submit, and give the seconds that it took; nothing is triaged in the three seconds that follow."""
    begun = time.monotonic()
    installation.submit()
    took = time.monotonic() - begun
    time.sleep(3)
    assert installation.count(Case) == 1
    return took
