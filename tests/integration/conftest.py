"""Mail servers of every temper, for tests that send mail."""

from collections.abc import Iterator

import pytest

from tests.mail_servers import LATER, NEVER, Postbox, mail_server

MailServer = tuple[str, Postbox]


@pytest.fixture
def accepting_mail_server() -> Iterator[MailServer]:
    """Accepts and keeps what comes."""
    with mail_server() as server:
        yield server


@pytest.fixture
def refusing_mail_server() -> Iterator[MailServer]:
    """Knows no recipient at all (550)."""
    with mail_server({"RCPT": NEVER}) as server:
        yield server


@pytest.fixture
def busy_mail_server() -> Iterator[MailServer]:
    """Asks to come back later (450)."""
    with mail_server({"RCPT": LATER}) as server:
        yield server


@pytest.fixture
def mail_server_that_hangs_up_early() -> Iterator[MailServer]:
    """Drops the connection before it has seen the text."""
    with mail_server(hangs_up_at="RCPT") as server:
        yield server


@pytest.fixture
def mail_server_that_hangs_up_late() -> Iterator[MailServer]:
    """Takes the whole text, keeps it, and drops the connection instead of saying so."""
    with mail_server(hangs_up_at="DATA") as server:
        yield server
