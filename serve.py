"""One small supervisor for a machine without any server: web, worker and beat on one port.

Celery on the filesystem queue stops cleanly only when its main process alone is asked to, so each child leads a
session of its own, gets SIGTERM by its own id, and is killed if it has not stopped in time.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from config import Settings, read_settings
from prepare import prepare, welcome

STOP_SECONDS = 4.0
PYTHON = sys.executable


def commands(settings: Settings, env: Mapping[str, str]) -> dict[str, list[str]]:
    """What runs, by name."""
    port, host = env.get("PORT", "8000"), env.get("HOST", "127.0.0.1")
    celery = [PYTHON, "-m", "celery", "--quiet", "-A", "worker"]
    quiet = ["--loglevel", "WARNING"]
    lean = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--concurrency", "2"]
    web = [PYTHON, "-m", "gunicorn", "--bind", f"{host}:{port}", "--worker-class", "gthread", "--threads", "8"]
    return {
        "web": [*web, "--timeout", "60", "--graceful-timeout", "2", "--no-control-socket", "app:make_site()"],
        "worker": [*celery, "worker", *quiet, *lean],
        "beat": [*celery, "beat", *quiet, "--pidfile", str(settings.instance / "beat.pid")],
    }


def serve(env: Mapping[str, str]) -> int:
    """Run everything until SIGINT or SIGTERM, or until one part ends by itself. Returns the exit code."""
    settings = read_settings(env)
    accounts = prepare(settings)
    if accounts:
        sys.stdout.write(welcome(settings, accounts) + "\n")
        sys.stdout.flush()
    (settings.instance / "beat.pid").unlink(missing_ok=True)
    private = settings.queue / "tmp"
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    asked: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, frame: _note(asked, number, frame))
    # Kombu moves each message through the folder for temporary files, which others may read.
    children = _start(commands(settings, env), {**env, "TMPDIR": str(private)})
    while not asked and all(child.poll() is None for child in children.values()):
        time.sleep(0.1)
    ended = [name for name, child in children.items() if child.poll() is not None]
    _stop(list(children.values()))
    if ended and not asked:
        sys.stderr.write(f"{', '.join(ended)} stopped by itself; everything was stopped\n")
        return 1
    return 0


def _note(asked: list[int], number: int, frame: FrameType | None) -> None:
    asked.append(number)


def _start(lines: Mapping[str, Sequence[str]], env: Mapping[str, str]) -> dict[str, subprocess.Popen[bytes]]:
    return {
        name: subprocess.Popen(line, env=dict(env), start_new_session=True)  # noqa: S603 - the lines are ours
        for name, line in lines.items()
    }


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    limit = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.0, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            # The child leads its own session, so this ends whatever it started too. Its jobs come back by their lease.
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


if __name__ == "__main__":
    sys.exit(serve(os.environ))
