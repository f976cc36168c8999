"""How gunicorn serves one face: `python -m gunicorn -c deploy/gunicorn.conf.py "app:create_app(face='desk')"`.

It listens where systemd or `--bind` says. One process for each face: the limits on uploads and on wrong codes are
counted in its memory, so a second process would count for itself: more threads and more machines come first.
"""

import os
import sys
from typing import Any

from gunicorn.glogging import Logger

from foundation.faults import place_of

workers = 1
# A slow phone holds a thread and nothing else. Threads that wait for a database connection wait their turn.
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "64"))
# This is about a process that hangs, not about a slow visitor, whom the proxy times.
timeout = 60
graceful_timeout = 30
keepalive = 30
worker_tmp_dir = "/dev/shm"  # noqa: S108 - a heartbeat in memory, since a full disk must not stop the face.
umask = 0o007
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"


class PlacesOnly(Logger):  # type: ignore[misc]
    """Tells of a fault by its kind and place alone: gunicorn would add the address, which may hold a link's token."""

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Log where something failed, and nothing that a visitor sent."""
        fault = sys.exc_info()[1]
        self.error_log.error("a request failed: %s", place_of(fault) if fault else "for no known reason")

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Log a warning of gunicorn's own without what it was about, which may quote a request."""
        self.error_log.warning("gunicorn: %s", str(msg).split("%", 1)[0].strip())


logger_class = PlacesOnly
