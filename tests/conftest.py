"""What tests of every tier may ask for by name."""

import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis

from foundation.db import Database
from foundation.journal import Journal, key_of
from foundation.keys import SEALING_KEYS, SECRETS, SIGNING_KEYS, Keyring, load_keys, make_keys
from foundation.means import Means
from foundation.storage import Storage
from tests import servers
from tests.databases import PostgreSQLDatabase, SQLiteFiles, close_roles
from tests.fakes import FakeClock, FakeMailer, Nudges


def pytest_configure(config: pytest.Config) -> None:
    """End like Ctrl-C on SIGTERM too, so that the servers of a run that is cut short end with it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def made_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a full set of keys, made once. Do not write to it: ask for `instance`."""
    folder = tmp_path_factory.mktemp("made") / "keys"
    make_keys(folder)
    return folder


@pytest.fixture
def instance(tmp_path: Path, made_keys: Path) -> Path:
    """A folder like that of an installation, with keys in it."""
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    shutil.copytree(made_keys, folder / "keys")
    return folder


@pytest.fixture
def keys(instance: Path) -> Keyring:
    """All keys at once, which no face of the product ever holds."""
    return load_keys(instance / "keys", private=SEALING_KEYS, secrets=SECRETS, signing=SIGNING_KEYS)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still on a Monday morning."""
    return FakeClock()


@pytest.fixture
def mailer() -> FakeMailer:
    """Keeps mails in `sent`; raises what is set as `fault`."""
    return FakeMailer()


@pytest.fixture
def nudges() -> Nudges:
    """The ids of jobs that the database nudged the queue about."""
    return Nudges()


@pytest.fixture
def database(database_url: str, nudges: Nudges) -> Iterator[Database]:
    """A fresh database: the test runs once on SQLite and once on PostgreSQL."""
    opened = Database(database_url, nudges)
    yield opened
    opened.engine.dispose()
    close_roles()


@pytest.fixture
def means(instance: Path, database: Database, clock: FakeClock, keys: Keyring, mailer: FakeMailer) -> Means:
    """Everything a door can hold, on both engines, with a clock and a mailer of the tests."""
    return Means(
        database=database,
        clock=clock,
        keys=keys,
        storage=Storage(f"file://{instance / 'blobs'}"),
        journal=Journal(f"file://{instance / 'journal'}", key_of(keys.secrets)),
        mailer=mailer,
        portal_url="http://portal.test",
        public_url="http://public.test",
        desk_url="http://desk.test",
        mail_from="no-reply@example.org",
        lease=timedelta(seconds=60),
        draft_life=timedelta(days=30),
        demo=False,
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, laid out database on each of the two engines."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table on each of the two engines, for tests of the migrations."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: servers.PostgreSQL = request.getfixturevalue("postgresql_server")
    yield server.create("solidarity_empty")
    server.drop("solidarity_empty")


@pytest.fixture
def sqlite_url(sqlite_files: SQLiteFiles, tmp_path: Path) -> str:
    """The address of a fresh SQLite database."""
    return sqlite_files.fresh(tmp_path)


@pytest.fixture
def postgresql_url(postgresql_database: PostgreSQLDatabase) -> str:
    """The address of a fresh PostgreSQL database."""
    return postgresql_database.fresh()


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SQLiteFiles:
    """Where SQLite databases of this run are copied from."""
    return SQLiteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[servers.PostgreSQL]:
    """A real PostgreSQL, started once for the run."""
    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: servers.PostgreSQL) -> PostgreSQLDatabase:
    """The one PostgreSQL database that tests share, one after the other."""
    return PostgreSQLDatabase(postgresql_server, "solidarity_test")


@pytest.fixture
def redis_url(redis_server: servers.Running) -> str:
    """The address of a real Redis, emptied for this test."""
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.Running]:
    """A real Redis, started once for the run."""
    with servers.redis() as server:
        yield server
