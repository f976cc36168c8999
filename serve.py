"""One small supervisor for a machine without any server: web, two workers and beat on one port.

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
from foundation.queue import URGENT
from prepare import prepare, welcome

STOP_SECONDS = 3.5
RESTART_SECONDS = 0.5
ENDS_WITHIN, ENDS_MOST = 60.0, 10
PYTHON = sys.executable


def commands(settings: Settings, env: Mapping[str, str]) -> dict[str, list[str]]:
    """What runs, by name."""
    port, host = env.get("PORT", "8000"), env.get("HOST", "127.0.0.1")
    celery = [PYTHON, "-m", "celery", "--quiet", "-A", "worker"]
    quiet = ["--loglevel", "WARNING"]
    lean = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    web = [PYTHON, "-m", "gunicorn", "--bind", f"{host}:{port}", "--worker-class", "gthread", "--threads", "64"]
    web += ["--log-level", "warning"]
    return {
        "web": [*web, "--timeout", "60", "--graceful-timeout", "2", "--no-control-socket", "app:make_site()"],
        "triage": [*celery, "worker", *quiet, *lean, "--pool", "solo", "--queues", URGENT],
        "worker": [*celery, "worker", *quiet, *lean, "--concurrency", "2"],
        "beat": [*celery, "beat", *quiet, "--pidfile", ""],
    }


def serve(env: Mapping[str, str]) -> int:
    """Run everything until SIGINT or SIGTERM, or until a part ends again and again. Returns the exit code."""
    settings = read_settings(env)
    accounts = prepare(settings)
    if accounts:
        sys.stdout.write(welcome(settings, accounts) + "\n")
        sys.stdout.flush()
    private = settings.queue / "tmp"
    for place in (settings.queue, private):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    asked: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, frame: _note(asked, number, frame))
    # Kombu moves each message through the folder for temporary files, which others may read.
    parts = [Part(name, line, {**env, "TMPDIR": str(private)}) for name, line in commands(settings, env).items()]
    while not asked and all(part.is_kept_running() for part in parts):
        time.sleep(0.1)
    _stop([part.process for part in parts])
    return 0 if asked else 1


class Part:
    """One child: started, and started again when it ends by itself, but not for ever."""

    def __init__(self, name: str, line: Sequence[str], env: Mapping[str, str]) -> None:
        self._name, self._line, self._env = name, line, dict(env)
        self._ends: list[float] = []
        self.process = self._start()

    def is_kept_running(self) -> bool:
        """Start it again if it has ended; False when it ends again and again, so that a person must look."""
        if self.process.poll() is None:
            return True
        now = time.monotonic()
        self._ends = [*(at for at in self._ends if now - at < ENDS_WITHIN), now]
        if len(self._ends) > ENDS_MOST:
            sys.stderr.write(f"{self._name} ends again and again; everything is stopped\n")
            return False
        sys.stderr.write(f"{self._name} ended with {self.process.returncode} and is started again\n")
        time.sleep(RESTART_SECONDS)
        self.process = self._start()
        return True

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._line, env=self._env, start_new_session=True)  # noqa: S603 - the line is ours


def _note(asked: list[int], number: int, frame: FrameType | None) -> None:
    asked.append(number)


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
