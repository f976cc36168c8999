"""The product as one small supervisor starts it: what is killed comes back, and all of it stops when asked to."""

import json
import os
import shutil
import signal
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import func, select

from config import read_settings
from foundation.jobs import Job
from foundation.means import Means
from holdings import make_means
from submissions import drafts, intake
from tests.integration.test_intake import ANSWERS
from tests.journeys.site import STOP_SECONDS, Site, running, stop
from workflows.models import Case

PARTS = {"web", "triage", "worker", "beat"}


@pytest.fixture
def own_site(tmp_path: Path) -> object:
    with running(tmp_path / "instance", {"LEASE_SECONDS": "3", "SWEEP_SECONDS": "0.5"}) as started:
        yield started


def means_of(site: Site) -> Means:
    return make_means(read_settings({"INSTANCE_DIR": str(site.instance), "DEMO": "1"}), "public")


def submit(own: Means) -> None:
    visitor = drafts.begin(own.database, own.keys.secret("pepper"), "en", own.clock(), own.draft_life)
    drafts.save_answers(own.database, visitor, own.clock().date(), ANSWERS)
    intake.submit(own, visitor)


def is_up(site: Site) -> bool:
    try:
        with urlopen(f"{site.url}/healthz", timeout=2) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False


def wait_for_cases(own: Means, number: int, seconds: float) -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        with own.database.reading() as session:
            if session.scalar(select(func.count()).select_from(Case)) == number:
                return time.monotonic() - begun
        time.sleep(0.05)
    raise AssertionError(f"not {number} cases within {seconds} s")


def undone(own: Means) -> int:
    with own.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.done_at.is_(None))) or 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_all_of_it_stops_when_it_is_asked_to(tmp_path: Path, how: signal.Signals) -> None:
    with running(tmp_path / "instance") as site:
        own = means_of(site)
        submit(own)
        children = site.children()
        took = stop(site, how)
        assert took < STOP_SECONDS
        assert site.supervisor.returncode == 0
        assert [name for name, pid in children.items() if Path(f"/proc/{pid}").exists()] == []
        own.database.engine.dispose()


@pytest.mark.parametrize("name", ["triage", "worker", "web", "beat"])
def test_a_part_that_is_killed_comes_back_and_nothing_is_lost(own_site: Site, name: str) -> None:
    own = means_of(own_site)
    submit(own)
    wait_for_cases(own, 1, 30)
    os.kill(own_site.children()[name], signal.SIGKILL)
    submit(own)
    wait_for_cases(own, 2, 30)
    limit = time.monotonic() + 30
    while not (is_up(own_site) and set(own_site.children()) == PARTS and undone(own) == 0):
        assert time.monotonic() < limit, (own_site.children(), undone(own))
        time.sleep(0.1)
    own.database.engine.dispose()


def test_the_queue_gone_keeps_nobody_from_submitting(own_site: Site) -> None:
    own = means_of(own_site)
    submit(own)
    wait_for_cases(own, 1, 30)
    messages = own_site.instance / "queue" / "messages"
    shutil.rmtree(messages)
    messages.write_text("a file where the folder was")
    submit(own)
    time.sleep(2)
    with own.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
    messages.unlink()
    messages.mkdir(mode=0o700)
    wait_for_cases(own, 2, 30)
    own.database.engine.dispose()


def test_readiness_tells_of_each_part(own_site: Site) -> None:
    with urlopen(f"{own_site.url}/readyz", timeout=5) as answer:
        report = json.load(answer)
    assert [part for part in ("database", "broker", "storage") if not report[part]] == []
    assert report["oldest_waiting_job_seconds"] >= 0


def test_keys_and_queue_are_for_their_owner_alone(own_site: Site) -> None:
    for folder in ("keys", "queue", "queue/messages"):
        assert (own_site.instance / folder).stat().st_mode & 0o077 == 0, folder
