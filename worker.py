"""The Celery app and its one schedule: `celery -A worker worker` and `celery -A worker beat`.

A worker takes what is urgent and what is ordinary; one with `--queues urgent` is kept free for what is urgent. Run one
of each at least, and any number of either on any machine. Nothing is scheduled in the queue but the sweep, which
sends messages for jobs that are due; time lives in the database. A worker holds the keys for its deeds and no other:
it never learns who a source is.
"""

import logging
import os
from typing import Any

from celery.signals import worker_init, worker_process_init
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

import workflows.tasks
from config import read_settings
from foundation import jobs, queue
from foundation.faults import place_of
from foundation.jobs import Tasks
from foundation.keys import KeyMissing, KeysMixedUp
from foundation.means import Means
from foundation.recurring import Calendar
from holdings import keys_of, make_means

log = logging.getLogger(__name__)

SETTINGS = read_settings(os.environ)
TASKS = Tasks()
workflows.tasks.register(TASKS)
CALENDAR = Calendar(TASKS.every)

app = queue.make_queue(SETTINGS.broker_url, SETTINGS.queue, TASKS.urgent)
app.conf.beat_schedule = {
    # A sweep that could not be taken up in time is worth nothing, since the next one follows at once.
    "sweep": {
        "task": queue.SWEEP,
        "schedule": SETTINGS.sweep_seconds,
        "options": {"expires": 5 * SETTINGS.sweep_seconds},
    }
}
app.conf.beat_schedule_filename = str(SETTINGS.instance / "beat-schedule")

_in_hand: dict[str, Means] = {}


@worker_init.connect
def _require_keys(**_: Any) -> None:
    # Keys are read when a job first needs them; a worker with wrong ones must not start, and not fail job by job.
    try:
        keys_of(SETTINGS, "worker")
    except (KeyMissing, KeysMixedUp) as error:
        raise SystemExit(str(error)) from error


@worker_process_init.connect
def _take_up(**_: Any) -> None:
    # Each process opens the database and the stores for itself: connections do not survive a fork.
    _in_hand.clear()


def means() -> Means:
    """What this process holds in its hands, opened when it is first asked for."""
    if "means" not in _in_hand:
        _in_hand["means"] = make_means(SETTINGS, "worker")
    return _in_hand["means"]


@app.task(name=queue.SWEEP)
def sweep() -> None:
    """Write the jobs of a period that began, and send messages for all that are due and have none under way."""
    try:
        _sweep(means())
    except (OperationalError, NoConnectionFree) as error:
        # The database is away. The next sweep follows in a moment, and nothing that is due is forgotten meanwhile.
        log.warning("the database is away: %s", place_of(error))


def _sweep(own: Means) -> None:
    CALENDAR.keep(own.database, own.clock())
    with own.database.transaction() as session:
        jobs.set_right(session, own.clock(), own.lease)
    with own.database.reading() as session:
        due = jobs.waiting(session, own.clock())
    sent = queue.send(app, due)
    if sent:
        with own.database.transaction() as session:
            jobs.mark_sent(session, sent, own.clock())


def _add_task(name: str) -> None:
    @app.task(name=name)
    def run(job_id: str) -> None:
        try:
            TASKS.run(means(), job_id)
        except (OperationalError, NoConnectionFree) as error:
            # Not even its lease could be taken or given back: the sweep sends the job again.
            log.warning("job %s: the database is away: %s", job_id, place_of(error))


for task_name in TASKS:
    _add_task(task_name)
