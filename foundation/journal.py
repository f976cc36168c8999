"""The journal: what must be remembered even if the database is put back to yesterday. Ids only, and only ever added to.

It lies outside the database, in any store that fsspec knows, one small object for each entry, so that several
machines write to it without a lock and a store that forbids changing what it holds can keep it. An entry is written
before the deed that it tells of is committed; the same commit makes it *known* (a row of `journal_entry`). An entry
that the database does not know is what a restored database has forgotten.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from io import UnsupportedOperation

import fsspec
from fsspec.core import url_to_fs
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation.db import Base, new_id


class JournalEntry(Base):
    """An entry of the journal that this database knows of."""

    __tablename__ = "journal_entry"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    written_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be remembered: its kind, when it was, and the ids of what it is about."""

    id: str
    kind: str
    at: str
    ids: Mapping[str, str]


class Journal:
    """One store of entries, a folder for each day."""

    def __init__(self, url: str) -> None:
        self._url = url

    def _open(self) -> tuple[fsspec.AbstractFileSystem, str]:
        # Opened anew in each process that uses it: fsspec's network backends do not survive a fork.
        files, root = url_to_fs(self._url)
        return files, root

    def write(self, kind: str, now: datetime, **ids: str) -> Entry:
        """Add an entry; on return it is kept. Raises OSError if the store is away, and then nothing may happen."""
        files, root = self._open()
        entry = Entry(new_id(), kind, now.isoformat(), ids)
        folder = f"{root}/{now.date().isoformat()}"
        files.makedirs(folder, exist_ok=True)
        with files.open(f"{folder}/{entry.id}.json", "wb") as file:
            file.write(json.dumps(asdict(entry)).encode())
            file.flush()
            with suppress(UnsupportedOperation):
                os.fsync(file.fileno())
        return entry

    def entries(self, since: date | None = None) -> Iterator[Entry]:
        """All entries of `since` and later, by day and within a day by the time at which they were written."""
        files, root = self._open()
        files.makedirs(root, exist_ok=True)
        days = sorted(name.rsplit("/", 1)[-1] for name in files.ls(root, detail=False))
        for day in days:
            if since is None or day >= since.isoformat():
                names = files.ls(f"{root}/{day}", detail=False)
                yield from sorted((_entry(files.cat_file(name)) for name in names), key=lambda entry: entry.at)


def know(session: Session, entry: Entry, now: datetime) -> None:
    """Remember in the deed's own transaction that the database knows of this entry."""
    if session.get(JournalEntry, entry.id) is None:
        session.add(JournalEntry(id=entry.id, kind=entry.kind, written_at=now))
        session.flush()


def unknown(session: Session, journal: Journal, since: date | None = None) -> list[Entry]:
    """The entries that this database has not heard of, oldest first."""
    return [entry for entry in journal.entries(since) if not _is_known(session, entry)]


def _is_known(session: Session, entry: Entry) -> bool:
    return session.scalar(select(JournalEntry.id).where(JournalEntry.id == entry.id)) is not None


def _entry(text: bytes) -> Entry:
    return Entry(**json.loads(text))
