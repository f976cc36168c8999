"""A file is sealed while it arrives, and can be read from any place afterwards."""

import os
from collections.abc import Iterator
from hashlib import sha256
from uuid import uuid4

import pytest

from foundation.sealing import PART, CannotOpen, new_identity, open_parts, recipient_of, seal_parts
from foundation.storage import BlobMissing, BlobWriter, Storage, StorageFull
from foundation.uploads import SealedFile, Upload, sealed_from

CONTENT = bytes(range(251)) * 9000
LENGTHS = [1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1, len(CONTENT)]


class CrampedStorage(Storage):
    """A store in which there is room for so many parts."""

    def __init__(self, url: str, room: int) -> None:
        super().__init__(url)
        self.room = room

    def writer(self, blob_id: str) -> BlobWriter:
        return CrampedWriter(self, blob_id)


class CrampedWriter(BlobWriter):
    def __init__(self, storage: CrampedStorage, blob_id: str) -> None:
        super().__init__(*storage._open(), blob_id)
        self._storage = storage

    def append(self, part: bytes) -> None:
        if not self._storage.room:
            raise StorageFull
        self._storage.room -= 1
        super().append(part)


@pytest.fixture
def url() -> str:
    return f"memory://{uuid4().hex}"


@pytest.fixture
def storage(url: str) -> Storage:
    return Storage(url)


def ids(storage: Storage) -> list[str]:
    return [blob_id for blob_id, _ in storage.ids()]


def pieces_of(content: bytes, length: int) -> Iterator[bytes]:
    return (content[at : at + length] for at in range(0, len(content), length))


@pytest.mark.parametrize("length", LENGTHS)
def test_what_arrived_in_pieces_is_what_sealing_it_whole_would_give(storage: Storage, length: int) -> None:
    content, upload = CONTENT[:length], Upload(storage)
    for piece in pieces_of(content, 70_001):
        upload.write(piece)
    upload.finish()
    parts = storage.get(upload.id)
    assert len(parts) == len(seal_parts(content, recipient_of(upload.identity), upload.id))
    assert open_parts(parts, upload.identity, upload.id) == content
    assert (upload.size, upload.sha256) == (length, sha256(content).hexdigest())


def test_no_more_than_a_part_and_a_piece_waits_in_memory(storage: Storage) -> None:
    upload = Upload(storage)
    for piece in pieces_of(CONTENT, 64 * 1024):
        upload.write(piece)
        assert len(upload._waiting) <= PART
    assert len(storage.get(upload.id)) == len(CONTENT) // PART


def test_before_its_end_has_come_a_file_does_not_open(storage: Storage) -> None:
    upload = Upload(storage)
    upload.write(CONTENT)
    with pytest.raises(CannotOpen):
        open_parts(storage.get(upload.id), upload.identity, upload.id)
    upload.finish()
    assert open_parts(storage.get(upload.id), upload.identity, upload.id) == CONTENT


def test_it_can_be_read_from_any_place(storage: Storage) -> None:
    upload = sealed_from(storage, CONTENT)
    places = [0, 1, PART - 1, PART, PART + 1, len(CONTENT) - 1, len(CONTENT), len(CONTENT) + 5]
    for place in places:
        for length in (0, 1, 10, PART, PART + 2, len(CONTENT)):
            assert upload.seek(place) == upload.tell() == place
            assert upload.read(length) == CONTENT[place : place + length]
    assert upload.seek(-5, os.SEEK_END) == len(CONTENT) - 5
    assert upload.read() == CONTENT[-5:]
    assert upload.seek(-5, os.SEEK_CUR) == len(CONTENT) - 5
    with pytest.raises(ValueError, match="beginning"):
        upload.seek(-1)


def test_a_file_that_was_shortened_or_has_another_size_does_not_open(storage: Storage) -> None:
    upload = sealed_from(storage, CONTENT)
    for size in (len(CONTENT) - 1, len(CONTENT) + 1, PART, 2 * PART):
        file = SealedFile(storage, upload.id, upload.identity, size)
        with pytest.raises(CannotOpen):
            file.read()
    longer = SealedFile(storage, upload.id, upload.identity, 9 * PART)
    longer.seek(8 * PART)
    with pytest.raises(BlobMissing):
        longer.read(1)
    with pytest.raises(CannotOpen):
        SealedFile(storage, upload.id, new_identity(), len(CONTENT)).read()


def test_nothing_stays_of_what_nobody_keeps(storage: Storage) -> None:
    dropped, kept, unfinished = sealed_from(storage, CONTENT), sealed_from(storage, CONTENT), Upload(storage)
    unfinished.write(CONTENT)
    kept.keep()
    assert len(ids(storage)) == 3
    for upload in (dropped, kept, unfinished):
        upload.discard()
    assert ids(storage) == [kept.id]


def test_an_empty_file_writes_nothing(storage: Storage) -> None:
    assert sealed_from(storage, b"").size == 0
    assert ids(storage) == []


def test_of_a_file_for_which_there_is_no_room_nothing_stays(url: str) -> None:
    storage = CrampedStorage(url, 2)
    with pytest.raises(StorageFull):
        sealed_from(storage, CONTENT)
    assert ids(storage) == []


def test_each_file_has_a_key_of_its_own(storage: Storage) -> None:
    first, second = sealed_from(storage, b"words"), sealed_from(storage, b"words")
    assert first.identity != second.identity
    with pytest.raises(CannotOpen):
        open_parts(storage.get(first.id), second.identity, first.id)
