"""How much may be written in a minute, by everybody together: whoever comes when it is full waits, and is let in.

Nothing is kept by which visitors could be told apart. What one draft has used of a minute is counted under a hash
whose key is drawn anew each minute and lives in this process alone; no address and no cookie is looked at.
"""

import math
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from secrets import token_bytes
from threading import Lock

from foundation.sealing import keyed_hash
from submissions.form_tokens import Token

MINUTE = 60
# Of a minute's room one draft gets a part, so that one that writes without end slows itself and nobody else.
PARTS = 4
# For so long a ticket is good; then its holder is counted among those who have just come.
TICKET_SECONDS = 15 * 60


class Writing(StrEnum):
    """What a source makes us write."""

    BEGIN = "begin"
    SEND = "send"
    MESSAGE = "message"
    UPLOAD = "upload"


class Crowd:
    """Counts what was written in the running minute of this process. `room` says how much of each kind is let in.

    As much again is let in of those who have waited, which they prove by a ticket of an earlier minute: a flood of
    newcomers takes no place of theirs. An upload is counted in megabytes, everything else by number.
    """

    def __init__(self, room: Mapping[Writing, int]) -> None:
        self._room = dict(room)
        self._lock = Lock()
        self._used_tickets: dict[str, int] = {}
        self._begin_minute(0.0)

    def seconds_to_wait(
        self, kind: Writing, now: float, amount: int = 1, whose: str = "", ticket: Token | None = None
    ) -> int:
        """How long to wait; 0 lets in and counts. `now` is in seconds, `whose` the draft that grows, if there is one.

        However large it is, what comes while there is any room left is let in: nothing is too large to ever be sent.
        """
        with self._lock:
            if not self._began <= now < self._began + MINUTE:
                self._begin_minute(now)
            lane = "waited" if self._has_waited(ticket, now) else "new"
            own = keyed_hash(self._key, whose.encode()) if whose else ""
            if self._is_full(kind, lane, own):
                return max(1, math.ceil(self._began + MINUTE - now))
            self._count(kind, lane, own, amount)
            if ticket and lane == "waited":
                self._used_tickets[ticket.mark] = ticket.made_at
            return 0

    def _begin_minute(self, now: float) -> None:
        self._began, self._key = now, token_bytes(32)
        self._counted: Counter[tuple[Writing, str]] = Counter()
        still_good = now - TICKET_SECONDS
        self._used_tickets = {mark: at for mark, at in self._used_tickets.items() if at > still_good}

    def _has_waited(self, ticket: Token | None, now: float) -> bool:
        if ticket is None or ticket.mark in self._used_tickets:
            return False
        return now - TICKET_SECONDS < ticket.made_at < math.floor(self._began)

    def _is_full(self, kind: Writing, lane: str, own: str) -> bool:
        room = self._room[kind]
        of_all = self._counted[kind, lane] >= room
        return of_all or bool(own and self._counted[kind, own] >= max(1, room // PARTS))

    def _count(self, kind: Writing, lane: str, own: str, amount: int) -> None:
        self._counted[kind, lane] += amount
        if own:
            self._counted[kind, own] += amount
