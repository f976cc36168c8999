"""Workers are killed at every step of sending, against mail servers of every temper.

Afterwards at most one mail bears each Message-ID, and every letter whose notice is not confirmed is on the list of an
officer. The mail servers are real, and count.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from threading import Event

import pytest
from sqlalchemy import select

from foundation import clock, journal
from foundation.jobs import Job
from foundation.keys import SEALING_KEYS, SECRETS, SIGNING_KEYS, load_keys
from foundation.mail import make_mailer
from foundation.means import Means
from tests import factories
from tests.factories import TASKS
from tests.mail_servers import LATER, NEVER, Command, Postbox, mail_server, stubborn_mail_server
from tests.ordeals.installation import ROOT, Installation, wait_until
from workflows import communications, letter_queries
from workflows.models import Communication, Notice, NoticeStatus

ROUNDS = 3
# What a mail server does is the same to both databases; each step between commits is tried on both.
ON_ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LEASE = timedelta(seconds=2)
MOMENTS: tuple[Command, ...] = ("EHLO", "MAIL", "RCPT", "DATA")


@pytest.fixture
def own_means(means: Means) -> Means:
    """The means of the test by the clock of the machine, since the killed processes go by that."""
    return replace(means, clock=clock.now, lease=LEASE)


def ready_to_leave(means: Means, how_many: int) -> list[Communication]:
    """Letters that a person has sent and that no worker has touched."""
    approved = [factories.approved(means) for _ in range(how_many)]
    return [factories.send(means, letter) for letter in approved]


def job_of(means: Means, letter: Communication) -> str:
    (notice,) = factories.notices_of(means, letter.id)
    with means.database.reading() as session:
        return session.scalars(select(Job.id).where(Job.key == f"{communications.DELIVERS}{notice.id}")).one()


@dataclass(frozen=True, slots=True)
class DyingWorkers:
    """Processes that do one job each and die at a step of it."""

    process: "subprocess.Popen[str]"

    def do(self, job_id: str, smtp_url: str, dies_at: int = 0) -> bool:
        """Do a job in a process of its own. Says whether that was killed."""
        self.begin(job_id, smtp_url, dies_at)
        return self.ended() == -signal.SIGKILL

    def begin(self, job_id: str, smtp_url: str, dies_at: int = 0) -> int:
        """Begin a job, and give the pid of the process that does it."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{dies_at} {job_id} {smtp_url}\n")
        self.process.stdin.flush()
        return self._answer()

    def ended(self) -> int:
        """How the process that was begun last has ended."""
        return self._answer()

    def _answer(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def dying_workers(means: Means, instance: Path) -> Iterator[DyingWorkers]:
    env = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "INSTANCE_DIR": str(instance),
        "DATABASE_URL": means.database.engine.url.render_as_string(hide_password=False),
        "LEASE_SECONDS": str(int(LEASE.total_seconds())),
    }
    command = [sys.executable, "-m", "tests.ordeals.dying_worker"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield DyingWorkers(process)
    finally:
        process.communicate(timeout=30)


def recover(means: Means, smtp_url: str) -> None:
    """What a healthy worker does once the leases of the dead ones have ended."""
    healthy = replace(means, mailer=make_mailer(smtp_url, LEASE / 2))
    until = time.monotonic() + 3 * LEASE.total_seconds()
    while time.monotonic() < until:
        for job_id in factories.due_jobs(means):
            TASKS.run(healthy, job_id)
        if not open_jobs(means):
            return
        time.sleep(0.1)


def open_jobs(means: Means) -> int:
    with means.database.reading() as session:
        waiting = select(Job.id).where(Job.name == communications.DELIVER, Job.done_at.is_(None))
        return len(session.scalars(waiting.where(Job.gave_up_at.is_(None))).all())


def require_nothing_twice_and_nothing_forgotten(means: Means, *postboxes: Postbox) -> Counter[str]:
    """The law itself. Gives how many notices ended in which way."""
    mails = Counter(str(mail["Message-ID"]) for postbox in postboxes for mail in postbox.mails())
    assert set(mails.values()) <= {1}, f"a mail left twice: {mails}"
    with means.database.reading() as session:
        notices = session.scalars(select(Notice)).all()
        listed = {row.notice.id for row in letter_queries.notices_to_settle(session)}
        letters = session.scalars(select(Communication)).all()
        waiting = set(session.scalars(select(Job.key).where(Job.done_at.is_(None), Job.gave_up_at.is_(None))))
        forgotten = journal.unknown(session, means.journal)
    assert Counter(notice.communication_id for notice in notices) == {letter.id: 1 for letter in letters}
    for notice in notices:
        arrived, due = notice.message_id in mails, f"{communications.DELIVERS}{notice.id}" in waiting
        assert notice.status != NoticeStatus.ACCEPTED or arrived, "no mail is believed to have left that has not"
        assert notice.status == NoticeStatus.ACCEPTED or notice.id in listed or due, f"forgotten: {notice.status}"
        assert not (arrived and due), "a mail that has arrived is not tried again"
    assert forgotten == []
    return Counter(notice.status for notice in notices)


def test_killed_at_each_step_in_turn_no_mail_leaves_twice_and_none_is_forgotten(
    own_means: Means, instance: Path
) -> None:
    with mail_server() as (url, postbox), dying_workers(own_means, instance) as workers:
        letters = ready_to_leave(own_means, 14)
        killed = [workers.do(job_of(own_means, letter), url, step) for step, letter in enumerate(letters, 1)]
        recover(own_means, url)
        ended = require_nothing_twice_and_nothing_forgotten(own_means, postbox)
    steps = killed.index(False)
    assert killed == [True] * steps + [False] * (len(letters) - steps)
    assert steps >= 12, "claiming, sealing, the journal, becoming visible, the mail and its end were all come to"
    assert ended[NoticeStatus.UNCONFIRMED] >= 4, "who died between the journal and the last commit is not believed"
    assert set(ended) == {NoticeStatus.ACCEPTED, NoticeStatus.UNCONFIRMED}


TEMPERS: dict[str, tuple[dict[Command, str], Command | None]] = {
    "accepts": ({}, None),
    "refuses the mailbox": ({"RCPT": NEVER}, None),
    "refuses the text": ({"DATA": NEVER}, None),
    "is busy": ({"RCPT": LATER}, None),
    "keeps the mail and dies before its answer": ({}, "DATA"),
}


@ON_ONE_ENGINE
def test_killed_at_each_command_of_mail_servers_of_every_temper_no_mail_leaves_twice(
    own_means: Means, instance: Path
) -> None:
    with mail_server() as (healthy, second), dying_workers(own_means, instance) as workers:
        letters = ready_to_leave(own_means, len(TEMPERS) * (len(MOMENTS) + 1))
        postboxes = [
            killed_at_each(own_means, workers, temper, [letters.pop() for _ in (*MOMENTS, "unharmed")])
            for temper in TEMPERS
        ]
        recover(own_means, healthy)
        ended = require_nothing_twice_and_nothing_forgotten(own_means, second, *postboxes)
    # All that were killed, but for the DATA of the server that knows no mailbox and of the one that is busy, to which
    # it never came, and one that was not killed but lost the answer to its text.
    assert ended[NoticeStatus.UNCONFIRMED] == len(TEMPERS) * len(MOMENTS) - 2 + 1
    # Of those that were not killed, three tried the mailbox that was not there or whose text was not taken.
    assert ended[NoticeStatus.REFUSED] == 3
    assert ended[NoticeStatus.ACCEPTED] == 3


def killed_at_each(means: Means, workers: DyingWorkers, temper: str, letters: Sequence[Communication]) -> Postbox:
    """One letter for each command at which its worker is killed, and one whose worker lives."""
    answers, hangs_up_at = TEMPERS[temper]
    *dying, unharmed = letters
    with mail_server(answers, hangs_up_at) as (url, postbox):
        killed = [killed_at(moment, postbox, workers, job_of(means, one), url) for moment, one in in_turn(dying)]
        assert killed == [moment != "DATA" or "RCPT" not in answers for moment in MOMENTS]
        postbox.meanwhile = {}
        assert not workers.do(job_of(means, unharmed), url)
    return postbox


def in_turn(letters: Sequence[Communication]) -> list[tuple[Command, Communication]]:
    return list(zip(MOMENTS, letters, strict=True))


def killed_at(moment: Command, postbox: Postbox, workers: DyingWorkers, job_id: str, url: str) -> bool:
    """Kill a worker just when the mail server has heard a command from it. Says whether it came to that."""
    pids: SimpleQueue[int] = SimpleQueue()
    postbox.meanwhile = {moment: lambda: os.kill(pids.get(), signal.SIGKILL)}
    pids.put(workers.begin(job_id, url))
    return workers.ended() == -signal.SIGKILL


@ON_ONE_ENGINE
def test_a_mail_server_that_hangs_before_its_greeting_delays_a_letter_and_no_more(
    own_means: Means, instance: Path
) -> None:
    (letter,) = ready_to_leave(own_means, 1)
    with stubborn_mail_server() as silent, dying_workers(own_means, instance) as workers:
        pid = workers.begin(job_of(own_means, letter), silent)
        wait_until(lambda: status_of(own_means, letter) == NoticeStatus.TRYING, 10, "the mail is being tried")
        os.kill(pid, signal.SIGKILL)
        workers.ended()
    with mail_server() as (healthy, postbox):
        recover(own_means, healthy)
        ended = require_nothing_twice_and_nothing_forgotten(own_means, postbox)
    assert ended == {NoticeStatus.UNCONFIRMED: 1}
    assert postbox.received == []


def status_of(means: Means, letter: Communication) -> str:
    (notice,) = factories.notices_of(means, letter.id)
    return notice.status


@pytest.fixture(params=["filesystem", "redis"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An installation on each of the two queues."""
    url = "filesystem://" if request.param == "filesystem" else request.getfixturevalue("redis_url")
    made = Installation(tmp_path / "installation", url)
    yield made
    made.close()


def test_real_workers_killed_three_times_in_the_midst_of_sending_send_nothing_twice(
    installation: Installation,
) -> None:
    own = all_means(installation)
    with mail_server() as (url, postbox), mail_server() as (healthy, second):
        ready_to_leave(own, 3 * ROUNDS)
        with installation.running("beat"):
            heard = [killed_in_flight(installation, moment, postbox, url) for moment in ("MAIL", "RCPT", "DATA")]
            postbox.meanwhile = {}
            with installation.running("worker", SMTP_URL=healthy):
                wait_until(lambda: open_jobs(own) == 0, 40, "all jobs are done")
        ended = require_nothing_twice_and_nothing_forgotten(own, postbox, second)
    own.database.engine.dispose()
    assert heard == [True] * ROUNDS
    assert ended[NoticeStatus.UNCONFIRMED] >= ROUNDS, "who was killed in the midst of a mail is not believed"
    assert ended[NoticeStatus.ACCEPTED] >= 1


def killed_in_flight(installation: Installation, moment: Command, postbox: Postbox, url: str) -> bool:
    """Start a worker, and kill it with all its processes at the moment when a mail server hears a command from it."""
    heard = Event()
    with installation.running("worker", SMTP_URL=url) as worker:

        def kill() -> None:
            if not heard.is_set():
                os.killpg(worker.pid, signal.SIGKILL)
                heard.set()

        postbox.meanwhile = {moment: kill}
        found = heard.wait(30)
        worker.wait()
    return found


def all_means(installation: Installation) -> Means:
    """What no process of the product ever holds: all keys, to lead letters as far as a test needs them."""
    keys = load_keys(installation.settings.keys, private=SEALING_KEYS, secrets=SECRETS, signing=SIGNING_KEYS)
    return replace(installation.means, keys=keys, lease=LEASE)
