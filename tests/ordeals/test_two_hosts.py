"""Workers on two hosts, one PostgreSQL and one Redis between them, and a cable that is pulled half way."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from foundation.jobs import Job
from submissions.models import Submission
from tests import servers
from tests.ordeals.hosts import Hosts, hosts
from tests.ordeals.installation import LONG, Installation, wait_until
from tests.servers import Network
from workflows.lifecycle import CaseAction
from workflows.models import Case, CaseEvent, CaseSubmission

ALL, MORE = 1_000, 150
UNDONE = Job.done_at.is_(None)
IN_FLIGHT = (UNDONE, Job.lease_token.is_not(None))


class Between:
    """An installation whose database and broker stand at the hub; each host has workers of its own."""

    def __init__(self, folder: Path, made: Hosts, postgresql: servers.PostgreSQL, redis: servers.Running) -> None:
        password = redis.url.split(":")[2].split("@")[0]
        broker = f"redis+socket://:{password}@{redis.folder}/socket"
        database = postgresql.create("between")
        self.folder = folder
        self.installation = Installation(folder / "instance", broker, {"DATABASE_URL": database})
        self.at_the_hub = {
            "BROKER_URL": redis.url,
            "DATABASE_URL": f"postgresql://postgres@{made.hub.address}/between",
        }

    def log_of(self, host: Network) -> Path:
        return self.folder / f"{host.namespace}.log"

    @contextmanager
    def worker_on(self, host: Network) -> Iterator[None]:
        talking = {**self.at_the_hub, "PYTHONUNBUFFERED": "1"}
        with self.installation.running("worker", host.entering(), self.log_of(host), loglevel="INFO", **talking):
            yield

    def done_on(self, host: Network) -> int:
        """How many messages the workers of a host have seen to."""
        return len(re.findall(r"submissions\.received\[[^]]*\] succeeded", self.log_of(host).read_text()))


@pytest.fixture
def made() -> Iterator[Hosts]:
    with hosts(2) as laid:
        yield laid


def test_a_thousand_submissions_are_triaged_once_each_though_one_host_is_unplugged_half_way(
    tmp_path: Path, made: Hosts
) -> None:
    with servers.postgresql(made.hub) as postgresql, servers.redis(made.hub) as redis:
        between = Between(tmp_path, made, postgresql, redis)
        one, other = made.around
        with between.installation.running("beat"), between.worker_on(one), between.worker_on(other):
            ordeal(between, made, one)
        assert between.done_on(one) > 50
        assert between.done_on(other) > 50
        assert_each_once(between.installation)
        between.installation.close()


def ordeal(between: Between, made: Hosts, lost: Network) -> None:
    installation = between.installation
    for number in range(ALL):
        # Some take longer, so that a host that is cut off is sure to be caught with one after a few attempts.
        installation.submit(**({"what_happened": LONG} if number % 3 == 0 else {}))
    wait_until(lambda: installation.count(Case) >= ALL * 2 // 5, 60, "nearly half is triaged")
    held = unplugged_with_jobs(installation, made, lost)
    wait_until(lambda: installation.count(Job, UNDONE) == 0, 60, "all is done without the host")
    assert installation.count(Job, Job.id.in_(held), Job.attempts > 1) >= 1, "another host took over what it had"
    made.plug_in(lost)
    # It comes back by itself, and works again.
    before = between.done_on(lost)
    installation.submit()
    again = 1
    while between.done_on(lost) == before:
        assert again < 500, "the host that was plugged in again never worked again"
        installation.submit()
        again += 1
        time.sleep(0.05)
    wait_until(lambda: installation.count(Job, UNDONE) == 0, 30, "what came later is done too")


def unplugged_with_jobs(installation: Installation, made: Hosts, host: Network) -> list[str]:
    """Cut a host off while its workers have jobs, and give the ids of these."""
    while True:
        made.unplug(host)
        held = in_flight(installation)
        time.sleep(0.8)
        # What is still in the same hands after so long is in hands that nobody hears of.
        held &= in_flight(installation)
        if held:
            return [job_id for job_id, _ in held]
        made.plug_in(host)
        give_more_to_do(installation)
        time.sleep(0.2)


def give_more_to_do(installation: Installation) -> None:
    """See to it that there is something left to be caught with."""
    assert installation.count(Submission) < 2 * ALL, "the host was never caught with a job"
    if installation.count(Job, UNDONE) < MORE:
        for _ in range(MORE):
            installation.submit(what_happened=LONG)


def in_flight(installation: Installation) -> set[tuple[str, str | None]]:
    with installation.means.database.reading() as session:
        return {(row.id, row.lease_token) for row in session.execute(select(Job.id, Job.lease_token).where(*IN_FLIGHT))}


def assert_each_once(installation: Installation) -> None:
    submitted = installation.count(Submission)
    assert submitted >= ALL
    assert installation.count(Case) == installation.count(CaseSubmission) == submitted
    assert installation.count(CaseEvent, CaseEvent.action == CaseAction.BEGIN_TRIAGE) == submitted
    assert installation.count(CaseEvent) == submitted
    with installation.means.database.reading() as session:
        assert session.scalar(select(func.count(CaseSubmission.submission_id.distinct()))) == submitted
    assert installation.count(Job, Job.gave_up_at.is_not(None)) == 0
