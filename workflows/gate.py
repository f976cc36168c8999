"""Whether letters may leave. They may not while the journal knows more than the database, which was then put back.

It does not matter who put it back: our own command, an administrator's `pg_restore`, a machine set back to a snapshot.
The journal lies outside, so what a database has forgotten is seen by comparing the two.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from foundation import journal as journals
from foundation.journal import Entry, Journal

# An entry is written before the commit that makes it known, which waits for locks (30 seconds at most on SQLite) and
# for a database that is away for a moment. What is unknown after this long was forgotten, or its writer has died.
GRACE = timedelta(minutes=2)

# Our own command tells the journal before it puts a database back. That entry closes the gate at once.
RESTORED = "restored"


class Closed(Exception):
    """Nothing may leave: the database has forgotten what the journal holds, or the journal is not where it was."""


def require_open(session: Session, journal: Journal, now: datetime, about: str = "") -> None:
    """Raise Closed unless the database knows what the journal holds. Raises OSError if the journal cannot be read.

    `about` is the id of the letter that is to leave: of it, an unknown entry counts at once. It costs the names of
    the days, and of the entries of those days that were not yet found complete: two or three.
    """
    days = journal.days()
    _require_same_journal(session, journal, days)
    until = journals.complete_until(session)
    for day in days:
        if day > until:
            unknown = journals.unknown_of(session, journal, day)
            if any(not is_under_way(entry, now) or _is_about(entry, about) for entry in unknown):
                raise Closed("the journal holds what this database does not know: flask journal replay")


def is_under_way(entry: Entry, now: datetime) -> bool:
    """Whether the commit that makes an entry known may still be on its way."""
    # An entry from the future was written before a clock was set back, so it tells nothing of being under way.
    return entry.kind != RESTORED and abs(now - entry.instant) <= GRACE


def _is_about(entry: Entry, record_id: str) -> bool:
    return bool(record_id) and record_id in entry.ids.values()


def _require_same_journal(session: Session, journal: Journal, days: list[str]) -> None:
    """A journal that lacks what the database knows is another one, or an empty folder where a disk should be."""
    newest = journals.newest_known(session)
    if newest is None:
        return
    day = newest.day.isoformat()
    if day not in days or newest.id not in journal.ids(day):
        raise Closed("the journal does not hold what this database has written to it: see JOURNAL_URL")
