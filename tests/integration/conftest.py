"""Mail servers of every temper, for tests that send mail."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from foundation.means import Means
from tests import factories
from tests.desk_visits import Colleague, desk_means, make_desk
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


@pytest.fixture
def desk(means: Means, instance: Path) -> Flask:
    """The desk, with just the keys that its process may hold."""
    return make_desk(desk_means(means, instance))


@pytest.fixture
def noor(desk: Flask, means: Means) -> Colleague:
    """An officer."""
    return Colleague(desk, means, factories.OFFICER)


@pytest.fixture
def tomas(desk: Flask, means: Means) -> Colleague:
    """Another officer."""
    return Colleague(desk, means, factories.COLLEAGUE)


@pytest.fixture
def amara(desk: Flask, means: Means) -> Colleague:
    """The mandate holder, who approves."""
    return Colleague(desk, means, factories.HOLDER)
