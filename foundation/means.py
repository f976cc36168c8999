"""What a door holds in its hands: made once when a process starts, and passed on to whoever needs a part of it."""

from dataclasses import dataclass, field
from datetime import timedelta

from foundation.clock import Clock
from foundation.db import Database
from foundation.journal import Journal
from foundation.keys import Keyring
from foundation.mail import Mailer
from foundation.scanning import NoScanner, Scanner
from foundation.storage import Storage


@dataclass(frozen=True, slots=True)
class Means:
    """Database, clock, the keys this process may hold, blobs, journal, mail, scanner and the addresses of the faces."""

    database: Database
    clock: Clock
    keys: Keyring
    storage: Storage
    journal: Journal
    mailer: Mailer
    portal_url: str
    public_url: str
    desk_url: str
    mail_from: str
    lease: timedelta
    draft_life: timedelta
    demo: bool
    scanner: Scanner = field(default_factory=NoScanner)
