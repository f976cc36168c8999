"""Wrong codes are slowed down for everybody alike, since nothing is kept by which visitors could be told apart.

A code cannot be guessed: it has 115 random bits. What is kept small is the work that guessing makes. The right code is
never slowed, so a flood of wrong ones keeps no source out.
"""

import time
from collections import deque
from collections.abc import Callable
from threading import BoundedSemaphore, Lock

FREE_IN_A_MINUTE = 20
MINUTE = 60.0
STEP_SECONDS, WAIT_MOST_SECONDS = 0.1, 2.0
WAITING_MOST = 4


class Pace:
    """Counts the wrong codes of the last minute in this process and makes the next one wait."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._wrong: deque[float] = deque()
        self._lock = Lock()
        self._places = BoundedSemaphore(WAITING_MOST)

    def wait_after_wrong_code(self) -> bool:
        """Wait as long as the number of wrong codes asks for. False, at once, where too many wait already."""
        return self.wait(min(max(self._count() - FREE_IN_A_MINUTE, 0) * STEP_SECONDS, WAIT_MOST_SECONDS))

    def wait(self, seconds: float) -> bool:
        """Wait. False, at once, where too many wait already."""
        if not seconds:
            return True
        # Each that waits holds a thread, and threads are needed for those who have the right code.
        if not self._places.acquire(blocking=False):
            return False
        try:
            self._sleep(seconds)
        finally:
            self._places.release()
        return True

    def _count(self) -> int:
        now = self._clock()
        with self._lock:
            self._wrong.append(now)
            while self._wrong[0] <= now - MINUTE:
                self._wrong.popleft()
            return len(self._wrong)
