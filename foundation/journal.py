"""The journal: what must be remembered even if the database is put back to yesterday. Ids only, and only ever added to.

It lies outside the database, in any store that fsspec knows, one small object for each entry, so that several
machines write to it without a lock and a store that forbids changing what it holds can keep it. An entry is written
before the deed that it tells of is committed; the same commit makes it *known* (a row of `journal_entry`). An entry
that the database does not know is what a restored database has forgotten.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from hmac import compare_digest
from pathlib import Path

import fsspec
from fsspec.core import url_to_fs
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation.db import Base, new_id
from foundation.sealing import derive, keyed_hash

SUFFIX = ".json"
# Entries are finished here and then take their place in one step, also in folders that only let names be added.
UNFINISHED = ".unfinished"
AT_ONCE = 500


class Damaged(OSError):
    """An entry of the journal cannot be read. Until somebody has looked at it, nothing may rest on the journal."""


class JournalEntry(Base):
    """An entry of the journal that this database knows of."""

    __tablename__ = "journal_entry"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    day: Mapped[date]
    written_at: Mapped[datetime]


class JournalMark(Base):
    """How far the journal need not be read again: all entries of `complete_until` and of the days before are known."""

    __tablename__ = "journal_mark"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    complete_until: Mapped[date]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be remembered: its kind, when it was, the ids of what it is about, and the day it is filed under."""

    id: str
    kind: str
    at: str
    ids: Mapping[str, str]
    day: str
    seal: str = ""

    @property
    def instant(self) -> datetime:
        """When it was written, by the clock of the machine that wrote it."""
        return datetime.fromisoformat(self.at)


class Journal:
    """One store of entries, a folder for each day. Every method raises OSError if the store is away.

    With a `key`, each entry is sealed as it is written and none without its seal is believed: an entry decides that
    something is erased again, so nobody who only writes to the store may make one.
    """

    def __init__(self, url: str, key: bytes = b"") -> None:
        self._url, self._key = url, key

    def _open(self) -> tuple[fsspec.AbstractFileSystem, str]:
        # Opened anew in each process that uses it: fsspec's network backends do not survive a fork.
        files, root = url_to_fs(self._url)
        # What another machine has written since must be seen.
        files.invalidate_cache()
        return files, root

    def write(self, kind: str, now: datetime, **ids: str) -> Entry:
        """Add an entry; on return it is kept. Raises OSError if the store is away, and then nothing may happen.

        It is filed under today, or under the newest day there is if the clock was set back: a day that was once
        read to its end never grows again.
        """
        files, root = self._open()
        day = max([now.date().isoformat(), *self.days()])
        entry = Entry(new_id(), kind, now.isoformat(), ids, day)
        entry = replace(entry, seal=self._seal_of(entry))
        text = json.dumps(asdict(entry)).encode()
        if _is_on_this_machine(files):
            _keep(Path(root), day, entry.id + SUFFIX, text)
        else:
            # A store of objects shows an object whole or not at all.
            files.pipe_file(f"{root}/{day}/{entry.id}{SUFFIX}", text)
        return entry

    def days(self) -> list[str]:
        """The days that have entries, in order; none while the journal is empty or its folder is not there."""
        files, root = self._open()
        return sorted(name for name in _names(files, root) if _is_day(name))

    def ids(self, day: str) -> list[str]:
        """The ids of a day's entries, in no order, without reading one of them."""
        files, root = self._open()
        return [name.removesuffix(SUFFIX) for name in _names(files, f"{root}/{day}") if name.endswith(SUFFIX)]

    def read(self, day: str, entry_id: str) -> Entry:
        """One entry. Raises Damaged if it cannot be understood."""
        files, root = self._open()
        text = files.cat_file(f"{root}/{day}/{entry_id}{SUFFIX}")
        try:
            entry = Entry(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise Damaged(f"the journal's entry {entry_id} of {day} cannot be read") from error
        if (entry.id, entry.day) != (entry_id, day) or not compare_digest(entry.seal, self._seal_of(entry)):
            raise Damaged(f"the journal's entry {entry_id} of {day} was not written by this house")
        return entry

    def _seal_of(self, entry: Entry) -> str:
        said = json.dumps([entry.id, entry.kind, entry.at, dict(entry.ids), entry.day], sort_keys=True)
        return keyed_hash(self._key, said.encode()) if self._key else ""

    def entries(self, since: date | None = None) -> Iterator[Entry]:
        """All entries of `since` and later, by day and within a day by the time at which they were written."""
        for day in self.days():
            if since is None or day >= since.isoformat():
                found = [self.read(day, entry_id) for entry_id in self.ids(day)]
                yield from sorted(found, key=lambda entry: entry.at)


def key_of(secrets: Mapping[str, bytes]) -> bytes:
    """The key of the journal for a process that writes to it or reads it; empty for one that does neither."""
    chain = secrets.get("chain")
    return derive(chain, b"", "journal") if chain else b""


def know(session: Session, entry: Entry, now: datetime) -> None:
    """Remember in the deed's own transaction that the database knows of this entry."""
    if session.get(JournalEntry, entry.id) is None:
        day = date.fromisoformat(entry.day)
        session.add(JournalEntry(id=entry.id, kind=entry.kind, day=day, written_at=now))
        session.flush()


def unknown(session: Session, journal: Journal, since: date | None = None) -> list[Entry]:
    """The entries that this database has not heard of, oldest first."""
    days = [day for day in journal.days() if since is None or day >= since.isoformat()]
    return [entry for day in days for entry in unknown_of(session, journal, day)]


def unknown_of(session: Session, journal: Journal, day: str) -> list[Entry]:
    """The entries of one day that this database has not heard of, oldest first. Known ones are not read."""
    ids = journal.ids(day)
    missing = set(ids) - known_among(session, ids)
    return sorted((journal.read(day, entry_id) for entry_id in missing), key=lambda entry: entry.at)


def known_among(session: Session, ids: Iterable[str]) -> set[str]:
    """Those of `ids` that this database knows."""
    asked, found = list(ids), set[str]()
    for start in range(0, len(asked), AT_ONCE):
        some = JournalEntry.id.in_(asked[start : start + AT_ONCE])
        found.update(session.scalars(select(JournalEntry.id).where(some)))
    return found


def newest_known(session: Session) -> JournalEntry | None:
    """The entry that the database came to know last."""
    return session.scalar(select(JournalEntry).order_by(JournalEntry.written_at.desc(), JournalEntry.id).limit(1))


def complete_until(session: Session) -> str:
    """The day up to which all entries are known; empty while nobody has looked."""
    mark = session.get(JournalMark, 1)
    return mark.complete_until.isoformat() if mark else ""


def mark_complete(session: Session, until: date) -> None:
    """Remember that all entries up to the end of this day are known. The mark never moves back."""
    mark = session.get(JournalMark, 1, with_for_update=True)
    if mark is None:
        session.add(JournalMark(id=1, complete_until=until))
    else:
        mark.complete_until = max(mark.complete_until, until)


def _names(files: fsspec.AbstractFileSystem, folder: str) -> list[str]:
    try:
        return [str(path).rsplit("/", 1)[-1] for path in files.ls(folder, detail=False)]
    except FileNotFoundError:
        return []


def _is_day(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _is_on_this_machine(files: fsspec.AbstractFileSystem) -> bool:
    return "file" in ([files.protocol] if isinstance(files.protocol, str) else files.protocol)


def _keep(root: Path, day: str, name: str, text: bytes) -> None:
    for folder in (root / UNFINISHED, root / day):
        # Several accounts of one group write here in production; what others may do, the umask of each process says.
        folder.mkdir(mode=0o770, parents=True, exist_ok=True)
    unfinished = root / UNFINISHED / name
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(root / day / name)
    for folder in (root / day, root):
        _sync(folder)


def _sync(folder: Path) -> None:
    # A name that was added is only kept once its folder is.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
