"""Blobs in a folder and in memory: what holds for one store holds for any."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from foundation.sealing import CannotOpen, new_identity, open_parts, recipient_of, seal_parts
from foundation.storage import BlobMissing, Storage

PARTS = [b"first", b"second", b"third"]


@pytest.fixture(params=["file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    # The memory store is one for the whole process, so each test gets a corner of its own.
    return Storage({"file": f"file://{tmp_path}/blobs", "memory": f"memory://{uuid4().hex}"}[request.param])


def test_what_was_put_is_got_back_in_order(storage: Storage) -> None:
    many = [str(number).encode() for number in range(12)]
    storage.put("abc", PARTS)
    storage.put("abd", many)
    assert storage.get("abc") == PARTS
    assert storage.get("abd") == many


def test_an_empty_part_is_kept_too(storage: Storage) -> None:
    storage.put("abc", [b""])
    assert storage.get("abc") == [b""]


def test_a_blob_that_is_not_there_is_missing(storage: Storage) -> None:
    with pytest.raises(BlobMissing, match="abc"):
        storage.get("abc")
    storage.put("abd", PARTS)
    with pytest.raises(BlobMissing, match="abc"):
        storage.get("abc")


def test_a_deleted_blob_is_gone_and_its_neighbour_is_not(storage: Storage) -> None:
    storage.put("abc", PARTS)
    storage.put("abd", PARTS)
    storage.delete("abc")
    with pytest.raises(BlobMissing):
        storage.get("abc")
    assert storage.get("abd") == PARTS
    storage.delete("abc")


def test_a_store_that_can_be_written_to_is_ready(storage: Storage) -> None:
    assert storage.is_ready()


def test_a_store_that_cannot_be_written_to_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert not Storage(f"file://{tmp_path}/file/blobs").is_ready()
    assert not Storage(f"file://{tmp_path}/file").is_ready()


def test_asking_whether_it_is_ready_leaves_blobs_alone(storage: Storage) -> None:
    storage.put("re", PARTS)
    storage.put("ready", PARTS)
    assert storage.is_ready()
    assert storage.get("re") == storage.get("ready") == PARTS


def test_a_deleted_blob_leaves_no_bytes_in_the_folder(tmp_path: Path) -> None:
    storage = Storage(f"file://{tmp_path}")
    storage.put("abc", [b"sealed bytes"])
    assert any(b"sealed bytes" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    storage.delete("abc")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_whose_last_part_is_lost_in_the_store_cannot_be_opened(storage: Storage) -> None:
    identity = new_identity()
    parts = seal_parts(os.urandom(2 * 1024 * 1024), recipient_of(identity), "abc")
    storage.put("abc", parts[:-1])
    with pytest.raises(CannotOpen):
        open_parts(storage.get("abc"), identity, "abc")
