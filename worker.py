"""The Celery app and its one schedule: `celery -A worker worker` and `celery -A worker beat`.

Nothing is scheduled in the queue but the sweep, which sends messages for jobs that are due; time lives in the
database. A worker holds the keys for its deeds and no other: it never learns who a source is.
"""

import os
from typing import Any

from celery.signals import worker_process_init

import workflows.tasks
from config import read_settings
from foundation import jobs, queue
from foundation.jobs import Tasks
from foundation.means import Means
from holdings import make_means

SETTINGS = read_settings(os.environ)
TASKS = Tasks()
workflows.tasks.register(TASKS)

app = queue.make_queue(SETTINGS.broker_url, SETTINGS.queue)
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
    """Send messages for all jobs that are due and for which none is under way."""
    own = means()
    with own.database.reading() as session:
        due = jobs.waiting(session, own.clock())
    sent = queue.send(app, due)
    if sent:
        with own.database.transaction() as session:
            jobs.mark_sent(session, sent, own.clock())


def _add_task(name: str) -> None:
    @app.task(name=name)
    def run(job_id: str) -> None:
        TASKS.run(means(), job_id)


for task_name in TASKS:
    _add_task(task_name)
