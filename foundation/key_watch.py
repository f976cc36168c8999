"""Whether the public halves on the disk still are those that this process checked when it started.

A process that starts with swapped ones refuses; this finds what was swapped under one that runs.
"""

from datetime import timedelta

from foundation import jobs
from foundation.alarms import raise_alarm
from foundation.jobs import Claim
from foundation.keys import Keyring, KeysMixedUp, fingerprint_of, read_public
from foundation.means import Means

CHECK = "foundation.check_public_keys"
EVERY = timedelta(hours=1)
PUBLIC_KEYS_CHANGED = "public_keys_changed"


def check(means: Means, claim: Claim) -> None:
    """Raise an alarm if the public halves were changed. The deed behind `foundation.check_public_keys`."""
    found = changed(means.keys)
    with means.database.transaction() as session:
        now = means.clock()
        if found is not None:
            raise_alarm(session, PUBLIC_KEYS_CHANGED, found, now)
        jobs.finish(session, claim, now)


def changed(keys: Keyring) -> str | None:
    """The fingerprint of what lies there now, or "unreadable"; None if it is what was loaded."""
    if keys.folder is None:
        return None
    try:
        found = fingerprint_of(read_public(keys.folder))
    except (OSError, KeysMixedUp):
        return "unreadable"
    return None if found == fingerprint_of(keys.public) else found
