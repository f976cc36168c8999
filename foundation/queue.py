"""The queue that hurries: messages carry a job's id and nothing else, and losing one loses nothing.

What is urgent travels apart from what is ordinary, so that it never waits behind it: a mail server that hangs keeps
the workers for ordinary work, and none of those that take urgent work alone.
"""

import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from celery import Celery
from kombu.entity import Exchange, Queue
from kombu.exceptions import OperationalError

from foundation import folder_queue
from foundation.db import Nudge

log = logging.getLogger(__name__)

SWEEP = "foundation.sweep"
URGENT, ORDINARY = "urgent", "ordinary"
POLL_SECONDS = 0.05


def make_queue(broker_url: str, folder: Path, urgent: Collection[str] = (), *, patient: bool = True) -> Celery:
    """A Celery app on `broker_url`. For `filesystem://` messages lie in `folder`, which only its owner may read.

    Whoever sends must know the names that are `urgent`; the sweep is urgent always, since it must not wait either.
    An impatient queue gives up on a broker that is away at once, so that no page waits for it.
    """
    folder_queue.use()
    queue = Celery("solidarity", broker=_address(broker_url), set_as_current=False)
    queue.conf.update(
        # Without an exchange of a name, a queue needs no table of bindings, which an emptied broker would have lost.
        task_queues=[_without_exchange(name) for name in (URGENT, ORDINARY)],
        task_default_queue=ORDINARY,
        task_routes={name: {"queue": URGENT} for name in (SWEEP, *urgent)},
        task_ignore_result=True,
        task_acks_late=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options=_options(broker_url, folder, patient),
        timezone="UTC",
    )
    return queue


def make_nudge(queue: Celery) -> Nudge:
    """What a committed transaction calls. A broker that is away is no error: the sweep sends later."""

    def nudge(jobs: Sequence[tuple[str, str]]) -> None:
        sent = send(queue, jobs)
        if len(sent) < len(jobs):
            log.warning("the broker is away; %d jobs wait for the sweep", len(jobs) - len(sent))

    return nudge


def send(queue: Celery, jobs: Sequence[tuple[str, str]]) -> list[str]:
    """Send a message for each job, as far as the broker takes them; returns the ids that were sent."""
    sent: list[str] = []
    for name, job_id in jobs:
        try:
            queue.send_task(name, args=[job_id], retry=False)
        except (OperationalError, OSError):
            break
        sent.append(job_id)
    return sent


def is_ready(queue: Celery) -> bool:
    """Whether the broker answers now."""
    try:
        with queue.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True


def _without_exchange(name: str) -> Queue:
    return Queue(name, Exchange(""), routing_key=name)  # type: ignore[no-untyped-call]


def _address(broker_url: str) -> str:
    # Kombu warns at each connection of a host that is missing, also where a folder has none.
    return "filesystem://localhost//" if broker_url == "filesystem://" else broker_url


def _options(broker_url: str, folder: Path, patient: bool) -> dict[str, Any]:
    if not broker_url.startswith("filesystem"):
        patience = {} if patient else {"max_retries": 0}
        return {"socket_connect_timeout": 2, "socket_timeout": 10, "visibility_timeout": 3600, **patience}
    messages, control = folder / "messages", folder / "control"
    for place in (folder, messages, control):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": POLL_SECONDS,
    }
