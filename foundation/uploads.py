"""Files that are sealed while they arrive, and can be read again from what was sealed.

Each file has a key of its own, made when its first byte comes. Whenever a full part has arrived it is sealed and
written; what is not yet sealed is less than two parts, in memory alone. So no file is ever on the disk as plain text,
and none is ever whole in memory.
"""

import os
from hashlib import sha256
from io import RawIOBase
from typing import Any

from foundation import sealing
from foundation.db import new_id
from foundation.sealing import PART
from foundation.storage import Storage


class SealedFile(RawIOBase):
    """A file in the store, to be read from any place. One part at a time is opened and held.

    Reading raises BlobMissing, or CannotOpen if a part was moved or changed or if the file has another size.
    """

    def __init__(self, storage: Storage, blob_id: str, identity: str, size: int) -> None:
        super().__init__()
        self.id, self.identity, self.size = blob_id, identity, size
        self._storage, self._place = storage, 0
        self._held: tuple[int, bytes] | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The place at which is read next."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to another place. Raises ValueError for one before the beginning."""
        place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.size}[whence]
        if place < 0:
            raise ValueError("there is nothing before the beginning of a file")
        self._place = place
        return place

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the file reaches."""
        wanted, filled = memoryview(buffer).cast("B"), 0
        while filled < len(wanted) and self._place < self.size:
            index, start = divmod(self._place, PART)
            piece = self._part(index)[start : start + len(wanted) - filled]
            wanted[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._place += len(piece)
        return filled

    def _part(self, index: int) -> bytes:
        if self._held is None or self._held[0] != index:
            last = (self.size - 1) // PART
            sealed = self._storage.part(self.id, index)
            opened = sealing.open_part(sealed, self.identity, self.id, index, index == last)
            if len(opened) != min(PART, self.size - index * PART):
                raise sealing.CannotOpen("the file has another size")
            self._held = (index, opened)
        return self._held[1]


class Upload(SealedFile):
    """A file that is on its way: written once from beginning to end, then read from any place.

    It stays only if somebody calls `keep`; whoever made it calls `discard` in the end, whatever happened.
    """

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage, new_id(), sealing.new_identity(), 0)
        self._recipient = sealing.recipient_of(self.identity)
        self._writer = storage.writer(self.id)
        self._waiting, self._sealed_parts = bytearray(), 0
        self._hash = sha256()
        self._is_whole = self._is_kept = False

    @property
    def sha256(self) -> str:
        """The hash of what has come so far."""
        return self._hash.hexdigest()

    def writable(self) -> bool:
        """Until it is finished."""
        return not self._is_whole

    def write(self, piece: Any) -> int:
        """Take the next bytes; what makes a part is sealed and written at once. Raises StorageFull."""
        self._hash.update(piece)
        self._waiting += piece
        self.size += len(piece)
        # One part is held back, since only the end tells which is the last.
        while len(self._waiting) > PART:
            self._seal(is_last=False)
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to another place. The first time also says that all has come: Werkzeug goes to the beginning then."""
        self.finish()
        return super().seek(offset, whence)

    def finish(self) -> None:
        """All has come: on return it is on the disk, sealed. Nothing is written for an empty file."""
        if self._is_whole:
            return
        if self._waiting:
            self._seal(is_last=True)
        self._writer.finish()
        self._is_whole = True

    def keep(self) -> None:
        """Let it stay: a row is about to name it."""
        self._is_kept = True

    def discard(self) -> None:
        """Remove whatever has been written, unless it was kept."""
        if not self._is_kept and self._sealed_parts:
            self._storage.delete(self.id)

    def _seal(self, is_last: bool) -> None:
        piece = bytes(memoryview(self._waiting)[:PART])
        del self._waiting[:PART]
        # Counted before it is written, since a part of which only a half fits on the disk must be removed too.
        index, self._sealed_parts = self._sealed_parts, self._sealed_parts + 1
        self._writer.append(sealing.seal_part(piece, self._recipient, self.id, index, is_last))


def sealed_from(storage: Storage, content: bytes) -> Upload:
    """An upload of which all is here already. Raises StorageFull, and leaves nothing then."""
    upload = Upload(storage)
    try:
        upload.write(content)
        upload.finish()
    except Exception:
        upload.discard()
        raise
    return upload
