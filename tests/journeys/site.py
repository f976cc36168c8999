"""The product as a newcomer starts it: `serve.py` in a folder of its own, with real web, worker and beat."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Site:
    """A running product."""

    url: str
    instance: Path
    supervisor: "subprocess.Popen[bytes]"
    log: Path

    @property
    def mails(self) -> list[Path]:
        """The mails that left, oldest first."""
        return sorted((self.instance / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)

    def children(self) -> dict[str, int]:
        """The processes that the supervisor started, by what they do."""
        listed = Path(f"/proc/{self.supervisor.pid}/task/{self.supervisor.pid}/children").read_text().split()
        lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in listed}
        return {_what_it_does(line): pid for pid, line in lines.items()}


def _what_it_does(line: Sequence[bytes]) -> str:
    # All of Celery's own are started with "-A worker", so that this word tells nothing.
    told = {b"gunicorn": "web", b"beat": "beat", b"urgent": "triage"}
    return next((name for word, name in told.items() if word in line), "worker")


@contextmanager
def running(instance: Path, more: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Start the product in demo mode, wait until it is ready, and stop it as Ctrl-C would."""
    port = _free_port()
    instance.mkdir(parents=True, exist_ok=True)
    log = instance / "log.txt"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = {**kept, "DEMO": "1", "INSTANCE_DIR": str(instance), "PORT": str(port), **(more or {})}
    with log.open("wb") as file:
        supervisor = subprocess.Popen([sys.executable, "serve.py"], cwd=ROOT, env=env, stdout=file, stderr=file)
    site = Site(f"http://127.0.0.1:{port}", instance, supervisor, log)
    try:
        _wait_until_ready(site)
        yield site
    finally:
        stop(site)


def stop(site: Site, how: signal.Signals = signal.SIGTERM) -> float:
    """Ask the supervisor to stop and give the seconds that it took; kill it if it does not."""
    if site.supervisor.poll() is not None:
        return 0.0
    begun = time.monotonic()
    site.supervisor.send_signal(how)
    try:
        site.supervisor.wait(STOP_SECONDS + 5)
    except subprocess.TimeoutExpired:
        site.supervisor.kill()
        site.supervisor.wait()
    return time.monotonic() - begun


def _wait_until_ready(site: Site) -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit:
        if site.supervisor.poll() is not None:
            raise AssertionError(f"the product ended while starting:\n{site.log.read_text()}")
        try:
            with urlopen(f"{site.url}/readyz", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the product was not ready in time:\n{site.log.read_text()}")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
