"""Who holds what: the keys and secrets of each process, in one table, and the means made of them.

This table is the promise of docs/architecture.md and of the page on keys: the public face opens nothing, the worker
never learns who a source is, and only the desk signs approvals.
"""

import logging
from datetime import timedelta

import workflows.tasks
from config import Settings
from foundation import clock, queue
from foundation.db import Database
from foundation.jobs import Tasks
from foundation.journal import Journal, key_of
from foundation.keys import Holding, KeyMissing, Keyring, KeysMixedUp, load_keys
from foundation.mail import make_mailer
from foundation.means import Means
from foundation.scanning import make_scanner
from foundation.storage import Storage

log = logging.getLogger(__name__)

HOLDINGS = {
    "public": Holding(secrets=("pepper", "public_cookies")),
    "desk": Holding(("mandate", "identity"), ("chain", "desk_cookies", "accounts"), ("approval",)),
    "portal": Holding(("portal",), ("portal_cookies", "tokens")),
    "worker": Holding(("mandate", "notices"), ("chain", "tokens"), ("record",)),
    # Who migrates, grants and adds accounts on the command line: opens nothing, signs no letter, seals accounts.
    "owner": Holding(secrets=("accounts",)),
}


def make_means(settings: Settings, process: str) -> Means:
    """What a process holds in its hands. Raises KeyMissing while it has no keys, and KeysMixedUp for false ones."""
    broker = queue.make_queue(settings.broker_url, settings.queue, _urgent(), patient=False)
    keys = keys_of(settings, process)
    return Means(
        database=Database(settings.database_url, queue.make_nudge(broker)),
        clock=clock.now,
        keys=keys,
        storage=Storage(settings.storage_url),
        journal=Journal(settings.journal_url, key_of(keys.secrets)),
        # A mail must be settled before the worker's lease on it ends.
        mailer=make_mailer(settings.smtp_url, timedelta(seconds=settings.lease_seconds * 3 / 4)),
        portal_url=settings.portal_url,
        public_url=settings.public_url,
        desk_url=settings.desk_url,
        mail_from=settings.mail_from,
        lease=timedelta(seconds=settings.lease_seconds),
        scanner=make_scanner(settings.clamd_url),
        draft_life=timedelta(days=settings.draft_days),
        demo=settings.demo,
    )


def keys_of(settings: Settings, process: str) -> Keyring:
    """The keys of a process, checked against each other and against KEYS_FINGERPRINT.

    Raises KeyMissing, and KeysMixedUp if somebody swapped a key: sealing to it would tell them everything from now on.
    """
    held = HOLDINGS[process]
    try:
        _require_fingerprint(settings)
        return load_keys(settings.keys, held.private, held.secrets, held.signs, settings.keys_fingerprint)
    except (KeyMissing, KeysMixedUp) as error:
        log.critical("%s does not start: %s", process, error)
        raise


def _require_fingerprint(settings: Settings) -> None:
    if settings.production and not settings.keys_fingerprint:
        raise KeysMixedUp("KEYS_FINGERPRINT is not set: `flask keys fingerprint` shows what the ceremony showed")


def _urgent() -> set[str]:
    # Whoever writes a job also nudges, and must send it the way on which a worker looks for it.
    tasks = Tasks()
    workflows.tasks.register(tasks)
    return tasks.urgent
