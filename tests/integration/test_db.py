"""The two ways into the database, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from foundation.db import Database
from foundation.jobs import Job, enqueue
from tests.fakes import MONDAY_MORNING as NOW
from tests.fakes import Nudges

CLIENTS = 50
ROUNDS = 4


def job(key: str | None = None, attempts: int = 0, due_at: datetime = NOW) -> Job:
    return Job(name="tests.deed", ids={}, key=key, attempts=attempts, written_at=NOW, due_at=due_at, resend_at=NOW)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Job)) or 0


def test_a_clean_exit_commits(database: Database) -> None:
    with database.transaction() as session:
        session.add(job())
    assert count(database) == 1


def test_an_exception_undoes_everything(database: Database) -> None:
    def fails() -> None:
        with database.transaction() as session:
            session.add(job())
            session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    assert count(database) == 0


def test_reading_never_commits(database: Database) -> None:
    with database.reading() as session:
        session.add(job())
        session.flush()
    assert count(database) == 0


def test_records_can_be_used_after_the_commit(database: Database) -> None:
    with database.transaction() as session:
        written = job(key="kept")
        session.add(written)
    assert written.key == "kept"


def test_fifty_clients_that_read_and_then_write_lose_nothing(database: Database) -> None:
    def work(client: int) -> None:
        for turn in range(ROUNDS):
            with database.transaction() as session:
                session.scalar(select(func.count()).select_from(Job))
                session.add(job(key=f"{client}-{turn}"))

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, range(CLIENTS)))
    assert count(database) == CLIENTS * ROUNDS


def test_fifty_clients_that_count_one_row_up_under_its_lock_miss_no_step(database: Database) -> None:
    with database.transaction() as session:
        session.add(job(key="counter"))

    def work(_: int) -> None:
        with database.transaction() as session:
            counter = session.scalars(select(Job).where(Job.key == "counter").with_for_update()).one()
            counter.attempts += 1

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, range(CLIENTS * ROUNDS)))
    with database.reading() as session:
        assert session.scalar(select(Job.attempts)) == CLIENTS * ROUNDS


def test_a_reader_is_not_held_up_by_a_writer(database: Database) -> None:
    with database.transaction() as session:
        session.add(job())
        session.flush()
        assert count(database) == 0


def test_an_instant_without_an_offset_is_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="offset"), database.transaction() as session:
        session.add(job(due_at=naive))
    with pytest.raises(StatementError, match="offset"), database.reading() as session:
        session.scalar(select(Job).where(Job.due_at == naive))


def test_an_instant_comes_back_in_utc_whatever_its_offset_was(database: Database) -> None:
    abroad = NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))
    with database.transaction() as session:
        session.add(job(due_at=abroad))
    with database.reading() as session:
        found = session.scalar(select(Job.due_at).where(Job.due_at == abroad, Job.due_at <= NOW))
    assert found == NOW
    assert found.tzinfo is UTC


def test_what_is_written_is_not_quoted_in_an_error(database: Database) -> None:
    with database.transaction() as session:
        session.add(job(key="taken"))
    with pytest.raises(IntegrityError) as raised, database.transaction() as session:
        session.add(Job(**{**_plain(job(key="taken")), "error": "what a source told us"}))
    assert "job" in str(raised.value)
    assert "what a source told us" not in str(raised.value)


def _plain(record: Job) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if not name.startswith("_")}


def test_a_nudge_follows_the_commit_and_never_precedes_it(database_url: str) -> None:
    seen: list[int] = []
    other = Database(database_url)
    database = Database(database_url, lambda _: seen.append(count(other)))
    with database.transaction() as session:
        enqueue(session, "tests.deed", NOW)
    assert seen == [1]
    for opened in (database, other):
        opened.engine.dispose()


def test_without_jobs_nobody_is_nudged(database: Database, nudges: Nudges) -> None:
    with database.transaction() as session:
        session.add(job())
    with database.transaction():
        pass
    assert nudges.jobs == []


def test_each_transaction_nudges_its_own_jobs_only(database: Database, nudges: Nudges) -> None:
    for _ in range(2):
        with database.transaction() as session:
            enqueue(session, "tests.deed", NOW)
    assert len({job_id for _, job_id in nudges.jobs}) == len(nudges.jobs) == 2


def test_sqlite_waits_for_the_disk_and_wipes_what_is_deleted(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.reading() as session:
        found = [session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "secure_delete")]
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    database.engine.dispose()
    assert found == ["wal", 2, 1]
