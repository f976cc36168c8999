"""A worker that is killed at one step of one job: `python -m tests.ordeals.dying_worker`, told what to do by lines.

Each line holds a step, the id of a job and the address of a mail server. A process forked for it does the job as a
worker would, and kills itself with SIGKILL when it comes to that step; steps are counted before and after each
commit, each blob, each entry of the journal and each mail. It answers with the pid of that process, and once that has
ended with how it ended.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.orm import Session

import workflows.tasks
from config import Settings, read_settings
from foundation.db import Database
from foundation.jobs import Tasks
from foundation.journal import Entry, Journal, key_of
from foundation.mail import Letterbox, Mailer
from foundation.means import Means
from foundation.storage import Storage
from holdings import make_means

TASKS = Tasks()
workflows.tasks.register(TASKS)


class Steps:
    """Counts, and dies at the one that was asked for. At step 0 it never does."""

    def __init__(self, dies_at: int) -> None:
        self._left = dies_at

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class SteppedStorage(Storage):
    def __init__(self, url: str, step: Steps) -> None:
        super().__init__(url)
        self._step = step

    def put(self, blob_id: str, parts: Sequence[bytes]) -> None:
        self._step()
        super().put(blob_id, parts)
        self._step()


class SteppedJournal(Journal):
    def __init__(self, url: str, key: bytes, step: Steps) -> None:
        super().__init__(url, key)
        self._step = step

    def write(self, kind: str, now: datetime, **ids: str) -> Entry:
        self._step()
        entry = super().write(kind, now, **ids)
        self._step()
        return entry


class SteppedMailer:
    def __init__(self, mailer: Mailer, step: Steps) -> None:
        self._mailer, self._step = mailer, step

    def send(self, mail: Letterbox) -> None:
        self._step()
        self._mailer.send(mail)
        self._step()


class SteppedDatabase(Database):
    def __init__(self, url: str, step: Steps) -> None:
        super().__init__(url)
        self._step = step
        event.listen(self.engine, "commit", lambda _: step())

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with super().transaction() as session:
            yield session
        self._step()


def stepped(settings: Settings, dies_at: int) -> Means:
    """What a worker holds, with a step before and after each thing that outlives it."""
    step, means = Steps(dies_at), make_means(settings, "worker")
    return replace(
        means,
        database=SteppedDatabase(settings.database_url, step),
        storage=SteppedStorage(settings.storage_url, step),
        journal=SteppedJournal(settings.journal_url, key_of(means.keys.secrets), step),
        mailer=SteppedMailer(means.mailer, step),
    )


def main() -> None:
    """Do what the lines say."""
    settings = read_settings(os.environ)
    for line in sys.stdin:
        dies_at, job_id, smtp_url = line.split()
        pid = os.fork()
        if pid == 0:
            TASKS.run(stepped(replace(settings, smtp_url=smtp_url), int(dies_at)), job_id)
            os._exit(0)
        print(pid, flush=True)  # noqa: T201 - this is how it answers.
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
