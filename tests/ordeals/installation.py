"""An installation of a test's own, with the real worker and beat as processes that the test starts and ends."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from config import Settings, read_settings
from foundation.means import Means
from holdings import make_means
from prepare import prepare
from serve import commands
from submissions import drafts, intake
from submissions.drafts import Visitor
from tests.integration.test_intake import ANSWERS

ROOT = Path(__file__).resolve().parent.parent.parent
LONG = "Three volunteers were arrested at the port and are held without contact with a lawyer. " * 220


class Installation:
    """A folder with keys and a database, and the processes that a test starts in it.

    `more` is added to the environment of all: DATABASE_URL, where it is not to be SQLite in that folder.
    """

    def __init__(self, folder: Path, broker_url: str, more: Mapping[str, str] | None = None) -> None:
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "INSTANCE_DIR": str(folder),
            "DEMO": "1",
            "BROKER_URL": broker_url,
            "SWEEP_SECONDS": "0.5",
            "LEASE_SECONDS": "3",
            "TMPDIR": str(folder),
            "FORM_SECONDS_LEAST": "0",
            **(more or {}),
        }
        self.settings: Settings = read_settings(self.env)
        prepare(self.settings)
        self.means: Means = make_means(self.settings, "public")

    @contextmanager
    def running(
        self, name: str, inside: Sequence[str] = (), log: Path | None = None, loglevel: str = "WARNING", **more: str
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """One part of the product, by its name in serve.py, ended at the end.

        `inside` comes before its command line, `log` takes what it says at `loglevel`, `more` is added to its
        environment.
        """
        line = [loglevel if word == "WARNING" else word for word in commands(self.settings, self.env)[name]]
        said = log.open("ab") if log else None
        process = subprocess.Popen(
            [*inside, *line], cwd=ROOT, env={**self.env, **more}, start_new_session=True, stdout=said, stderr=said
        )
        try:
            yield process
        finally:
            end(process)
            if said:
                said.close()

    def visit(self, **more: Any) -> Visitor:
        """A source whose draft is ready to be submitted."""
        own = self.means
        visitor = drafts.begin(own.database, own.keys.secret("pepper"), "en", own.clock(), timedelta(days=30))
        drafts.save_answers(own.database, visitor, own.clock().date(), {**ANSWERS, **more})
        return visitor

    def submit(self, **more: Any) -> str:
        """Receive a submission by the deed of the public face, and give its id."""
        return intake.submit(self.means, self.visit(**more)).id

    def count(self, model: Any, *where: Any) -> int:
        """How many rows there are."""
        with self.means.database.reading() as session:
            return session.scalar(select(func.count()).select_from(model).where(*where)) or 0

    def close(self) -> None:
        """Let go of the database."""
        self.means.database.engine.dispose()


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
    """Look again and again, for so many seconds at most; give how many it took."""
    begun = time.monotonic()
    while not is_so():
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - begun
