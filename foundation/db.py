"""The database: one base for all records, and the only two ways in. Nothing else commits.

On SQLite a transaction begins with BEGIN IMMEDIATE, since a deferred one that reads and then writes
fails under load; there, writing is one at a time, which its single file makes it anyway.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import uuid4

from sqlalchemy import DateTime, Dialect, Engine, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from foundation.faults import place_of

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

AFTER_COMMIT = "after_commit"

# Seconds for which a SQLite connection waits for a lock.
PATIENCE = 30

log = logging.getLogger(__name__)

Nudge = Callable[[Sequence[tuple[str, str]]], None]


class Instant(TypeDecorator[datetime]):
    """An aware instant. SQLite keeps no offset, so it is stored in UTC and comes back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse an instant without an offset: it would mean another time on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs an offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the instant back in UTC, whatever the engine remembered."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every record."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = {datetime: Instant()}


def new_id() -> str:
    """A fresh random id for a record; it tells nothing about when or how many."""
    return uuid4().hex


class Database:
    """An engine with its two ways in. `nudge` is told names and ids of jobs after the commit that wrote them."""

    def __init__(self, url: str, nudge: Nudge | None = None) -> None:
        self.engine = _engine(url)
        self._nudge = nudge

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits on a clean exit and rolls back on any exception; then jobs are nudged."""
        with Session(self.engine, expire_on_commit=False) as session:
            _begin_writing(session)
            yield session
            session.commit()
            enqueued: list[tuple[str, str]] = session.info.get(AFTER_COMMIT, [])
        if enqueued and self._nudge:
            _hurry(self._nudge, enqueued)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that never commits."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    def empty_log(self) -> bool:
        """Leave nothing of what was erased in SQLite's write-ahead log; says whether nobody was reading meanwhile.

        The file itself holds no deleted bytes (`secure_delete`). PostgreSQL keeps dead rows until they are vacuumed
        away by whoever owns the tables: docs/retention.md.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            # A reader may hold the log for long, and nobody shall wait for it with us.
            cursor.execute("PRAGMA busy_timeout=1000")
            (busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
            cursor.close()
        finally:
            connection.close()
        return not busy


def _hurry(nudge: Nudge, enqueued: Sequence[tuple[str, str]]) -> None:
    try:
        nudge(enqueued)
    except Exception as error:  # noqa: BLE001 - what was committed is committed; the sweep sends what was not hurried.
        log.error("the queue could not be nudged: %s", place_of(error))


def _begin_writing(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.connection(execution_options={"begin_immediate": True})


# No transaction here waits for anything but the database, so one in which nothing is said for so long belongs to a host
# that is gone; ending it sets free what it holds. A host that is cut off learns of it in about the same time.
_FOR_POSTGRESQL: dict[str, Any] = {
    "pool_pre_ping": True,
    "pool_size": 10,
    "connect_args": {
        "options": "-c idle_in_transaction_session_timeout=15s",
        "connect_timeout": 5,
        "keepalives_idle": 5,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 15_000,
    },
}


def _engine(url: str) -> Engine:
    options: dict[str, Any] = {} if url.startswith("sqlite") else _FOR_POSTGRESQL
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": PATIENCE, "check_same_thread": False}
    engine = create_engine(url, hide_parameters=True, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling is switched off, so that BEGIN is ours alone.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    immediate = connection.get_execution_options().get("begin_immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
