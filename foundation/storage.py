"""Blobs: sealed bytes under random names, in any store that fsspec knows."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from io import UnsupportedOperation
from pathlib import Path

import fsspec
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class BlobMissing(Exception):
    """A row names a blob that is not there."""


class StorageFull(Exception):
    """There is no room for what was to be written."""


class Storage:
    """One store. A blob is a folder of numbered parts, each of them sealed before it comes here."""

    def __init__(self, url: str) -> None:
        self.url = url

    def writer(self, blob_id: str) -> "BlobWriter":
        """Begin a blob that is written part by part."""
        return BlobWriter(*self._open(), blob_id)

    def put(self, blob_id: str, parts: Sequence[bytes]) -> None:
        """Write all parts; on return they are on the disk, so that a row may name them.

        Raises StorageFull. Whatever it raises, nothing of the blob stays.
        """
        writer = self.writer(blob_id)
        try:
            for part in parts:
                writer.append(part)
            writer.finish()
        except Exception:
            self.delete(blob_id)
            raise

    def get(self, blob_id: str) -> list[bytes]:
        """All parts in order. Raises BlobMissing if there is none."""
        files, root = self._open()
        try:
            names = sorted(files.ls(_folder(root, blob_id), detail=False))
        except FileNotFoundError:
            names = []
        if not names:
            raise BlobMissing(blob_id)
        return [files.cat_file(name) for name in names]

    def part(self, blob_id: str, index: int) -> bytes:
        """One part. Raises BlobMissing if it is not there."""
        files, root = self._open()
        try:
            found: bytes = files.cat_file(_part(root, blob_id, index))
        except FileNotFoundError as error:
            raise BlobMissing(blob_id) from error
        return found

    def delete(self, blob_id: str) -> None:
        """Remove a blob; one that is gone already is no error."""
        files, root = self._open()
        if files.exists(_folder(root, blob_id)):
            files.rm(_folder(root, blob_id), recursive=True)

    def ids(self) -> Iterator[tuple[str, datetime]]:
        """Every blob that is there, whole or not, with the instant at which something was last written to it."""
        files, root = self._open()
        for shelf in _folders_in(files, root):
            for folder in _folders_in(files, shelf):
                with suppress(FileNotFoundError):
                    newest = max(files.ls(folder, detail=False), default=folder)
                    yield folder.rpartition("/")[2], files.modified(newest)

    def is_ready(self) -> bool:
        """Whether the store can be written to now."""
        try:
            files, root = self._open()
            files.makedirs(root, exist_ok=True)
            files.pipe_file(f"{root}/ready", b"ready")
        except OSError:
            return False
        return True

    def _open(self) -> tuple[fsspec.AbstractFileSystem, str]:
        # Opened anew in each process that uses it: fsspec's network backends do not survive a fork.
        files, root = url_to_fs(self.url)
        # They also remember what they listed once, and other processes write to the same store.
        files.invalidate_cache()
        return files, root


class BlobWriter:
    """Writes one blob, part by part. Until `finish` returns, no row may name it."""

    def __init__(self, files: fsspec.AbstractFileSystem, root: str, blob_id: str) -> None:
        self._files, self._root, self._blob_id = files, root, blob_id
        self._count = 0

    def append(self, part: bytes) -> None:
        """Write the next part to the disk. Raises StorageFull."""
        with _room_needed():
            self._files.makedirs(_folder(self._root, self._blob_id), exist_ok=True)
            with self._files.open(_part(self._root, self._blob_id, self._count), "wb") as file:
                file.write(part)
                file.flush()
                # A store that is no folder on this machine has its own way to keep things, and says so here.
                with suppress(UnsupportedOperation):
                    os.fsync(file.fileno())
        self._count += 1

    def finish(self) -> None:
        """Make sure that the names of the parts survive a power cut too, which their bytes do already."""
        if isinstance(self._files, LocalFileSystem) and self._count:
            folder = Path(_folder(self._root, self._blob_id))
            for place in (folder, folder.parent, Path(self._root), Path(self._root).parent):
                _keep_names(place)


def _keep_names(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _room_needed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull from error
        raise


def _folders_in(files: fsspec.AbstractFileSystem, folder: str) -> list[str]:
    try:
        listed = files.ls(folder, detail=True)
    except FileNotFoundError:
        return []
    return [found["name"].rstrip("/") for found in listed if found["type"] == "directory"]


def _folder(root: str, blob_id: str) -> str:
    return f"{root}/{blob_id[:2]}/{blob_id}"


def _part(root: str, blob_id: str, index: int) -> str:
    return f"{_folder(root, blob_id)}/{index:06d}"
