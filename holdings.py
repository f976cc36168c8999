"""Who holds what: the keys and secrets of each process, in one table, and the means made of them.

This table is the promise of docs/architecture.md and of the page on keys: the public face opens nothing, the worker
never learns who a source is, and only the desk signs approvals.
"""

from dataclasses import dataclass
from datetime import timedelta

from config import Settings
from foundation import clock, queue
from foundation.db import Database
from foundation.journal import Journal
from foundation.keys import SealingKey, SigningKey, load_keys
from foundation.mail import make_mailer
from foundation.means import Means
from foundation.storage import Storage


@dataclass(frozen=True, slots=True)
class Holding:
    """Private halves and secrets of one process, and what it signs."""

    private: tuple[SealingKey, ...] = ()
    secrets: tuple[str, ...] = ()
    signs: tuple[SigningKey, ...] = ()


HOLDINGS = {
    "public": Holding(secrets=("pepper", "public_cookies")),
    "desk": Holding(("mandate", "identity"), ("chain", "desk_cookies"), ("approval",)),
    "portal": Holding(("portal",), ("portal_cookies", "tokens")),
    "worker": Holding(("mandate", "notices"), ("chain", "tokens"), ("record",)),
}


def make_means(settings: Settings, process: str) -> Means:
    """What a process holds in its hands. Raises KeyMissing while the installation has no keys."""
    held = HOLDINGS[process]
    nudge = queue.make_nudge(queue.make_queue(settings.broker_url, settings.queue, patient=False))
    return Means(
        database=Database(settings.database_url, nudge),
        clock=clock.now,
        keys=load_keys(settings.keys, held.private, held.secrets, held.signs),
        storage=Storage(settings.storage_url),
        journal=Journal(settings.journal_url),
        mailer=make_mailer(settings.smtp_url),
        portal_url=settings.portal_url,
        public_url=settings.public_url,
        desk_url=settings.desk_url,
        mail_from=settings.mail_from,
        lease=timedelta(seconds=settings.lease_seconds),
        draft_life=timedelta(days=settings.draft_days),
        demo=settings.demo,
    )
