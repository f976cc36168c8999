"""On which way a message travels, for whoever sends it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import workflows.tasks
from config import read_settings
from foundation import folder_queue, queue
from foundation.jobs import Claim, Tasks
from foundation.keys import make_keys
from foundation.means import Means
from holdings import HOLDINGS, make_means
from serve import commands
from submissions import intake
from workflows import communications


def registered() -> Tasks:
    tasks = Tasks()
    workflows.tasks.register(tasks)
    return tasks


def queue_of(folder: Path, name: str) -> str:
    app = queue.make_queue("filesystem://", folder, registered().urgent)
    return str(app.amqp.router.route({}, name)["queue"].name)


def messages(folder: Path) -> list[str]:
    return sorted(path.name.split(".")[1] for path in (folder / "messages").iterdir())


def test_what_is_urgent_and_the_sweep_travel_apart_from_all_else(tmp_path: Path) -> None:
    assert queue_of(tmp_path, intake.RECEIVED) == queue.URGENT
    assert queue_of(tmp_path, intake.WITHDRAWN) == queue.URGENT
    assert queue_of(tmp_path, queue.SWEEP) == queue.URGENT
    assert queue_of(tmp_path, communications.DELIVER) == queue.ORDINARY
    assert queue_of(tmp_path, intake.MESSAGE_RECEIVED) == queue.ORDINARY


def test_every_face_sends_what_is_urgent_on_its_own_way(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    settings = read_settings({"INSTANCE_DIR": str(tmp_path)})
    for process in HOLDINGS:
        nudge = make_means(settings, process).database._nudge
        assert nudge is not None
        nudge([(intake.RECEIVED, "one"), (communications.DELIVER, "two")])
        assert messages(settings.queue) == [queue.ORDINARY, queue.URGENT]
        for path in (settings.queue / "messages").iterdir():
            path.unlink()


def test_one_worker_is_kept_free_for_what_is_urgent(tmp_path: Path) -> None:
    lines = commands(read_settings({"INSTANCE_DIR": str(tmp_path)}), {})
    assert lines["triage"][-2:] == ["--queues", queue.URGENT]
    assert "--queues" not in lines["worker"]


def test_a_task_may_be_urgent_and_may_recur() -> None:
    def nothing(means: Means, claim: Claim) -> None:
        """Does nothing."""

    tasks = Tasks()
    tasks.add("tests.plain", nothing)
    tasks.add("tests.urgent", nothing, urgent=True)
    tasks.add("tests.recurring", nothing, every=timedelta(hours=1))
    assert tasks.urgent == {"tests.urgent"}
    assert tasks.every == {"tests.recurring": timedelta(hours=1)}
    assert list(tasks) == ["tests.plain", "tests.urgent", "tests.recurring"]


def test_a_message_in_the_folder_is_whole_as_soon_as_it_is_there(tmp_path: Path) -> None:
    app, folder, seen = queue.make_queue("filesystem://", tmp_path), tmp_path / "messages", []
    ended = Event()

    def look() -> None:
        while not ended.is_set():
            seen.extend(json.loads(path.read_text()) for path in folder.glob("*.msg"))
            for path in folder.glob("*.msg"):
                path.unlink(missing_ok=True)

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        for number in range(400):
            queue.send(app, [(communications.DELIVER, str(number))])
        ended.set()
        looking.result()
    assert seen
    with app.connection_for_write() as connection:
        assert isinstance(connection.transport, folder_queue.Transport)
    assert [path.name for path in folder.iterdir() if path.suffix == ".part"] == []
