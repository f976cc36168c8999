"""Blobs: sealed bytes under random names, in any store that fsspec knows."""

import os
from collections.abc import Sequence
from contextlib import suppress
from io import UnsupportedOperation

import fsspec
from fsspec.core import url_to_fs


class BlobMissing(Exception):
    """A row names a blob that is not there."""


class Storage:
    """One store. A blob is a folder of numbered parts, each of them sealed before it comes here."""

    def __init__(self, url: str) -> None:
        self._url = url

    def _open(self) -> tuple[fsspec.AbstractFileSystem, str]:
        # Opened anew in each process that uses it: fsspec's network backends do not survive a fork.
        files, root = url_to_fs(self._url)
        return files, root

    def put(self, blob_id: str, parts: Sequence[bytes]) -> None:
        """Write all parts; on return they are on the disk, so that a row may name them."""
        files, root = self._open()
        files.makedirs(_folder(root, blob_id), exist_ok=True)
        for index, part in enumerate(parts):
            with files.open(_part(root, blob_id, index), "wb") as file:
                file.write(part)
                file.flush()
                # A store that is no folder on this machine has its own way to keep things, and says so here.
                with suppress(UnsupportedOperation):
                    os.fsync(file.fileno())

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

    def delete(self, blob_id: str) -> None:
        """Remove a blob; one that is gone already is no error."""
        files, root = self._open()
        if files.exists(_folder(root, blob_id)):
            files.rm(_folder(root, blob_id), recursive=True)

    def is_ready(self) -> bool:
        """Whether the store can be written to now."""
        try:
            files, root = self._open()
            files.makedirs(root, exist_ok=True)
            files.pipe_file(f"{root}/ready", b"ready")
        except OSError:
            return False
        return True


def _folder(root: str, blob_id: str) -> str:
    return f"{root}/{blob_id[:2]}/{blob_id}"


def _part(root: str, blob_id: str, index: int) -> str:
    return f"{_folder(root, blob_id)}/{index:06d}"
