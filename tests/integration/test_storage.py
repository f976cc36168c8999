"""Blobs in a folder and in memory: what holds for one store holds for any."""

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from foundation.sealing import CannotOpen, new_identity, open_parts, recipient_of, seal_parts
from foundation.storage import BlobMissing, Storage, StorageFull

PARTS = [b"first", b"second", b"third"]


class RememberingFiles(LocalFileSystem):
    """A store that, like those on the network, remembers what it listed until it is told to forget."""

    protocol = "remembering"
    cachable = True

    def ls(self, path: str, detail: bool = False, **more: Any) -> Any:
        place = self._strip_protocol(path)
        if place not in self.dircache:
            self.dircache[place] = super().ls(place, detail=True)
        found = self.dircache[place]
        return found if detail else [one["name"] for one in found]

    def invalidate_cache(self, path: str | None = None) -> None:
        self.dircache.clear()


class CrampedFiles(LocalFileSystem):
    """A disk that becomes full while the second part is written, of which a half is there by then."""

    protocol = "cramped"
    fault: ClassVar[int] = errno.ENOSPC

    def open(self, path: str, mode: str = "rb", **more: Any) -> Any:
        if path.endswith("000001") and mode == "wb":
            Path(self._strip_protocol(path)).write_bytes(b"half of a par")
            raise OSError(self.fault, os.strerror(self.fault))
        return super().open(path, mode, **more)


for made in (RememberingFiles, CrampedFiles):
    fsspec.register_implementation(made.protocol, made, clobber=True)


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


def test_single_parts_are_got_by_their_number(storage: Storage) -> None:
    storage.put("abc", PARTS)
    assert [storage.part("abc", index) for index in range(3)] == PARTS
    for blob_id, index in (("abc", 3), ("abd", 0)):
        with pytest.raises(BlobMissing):
            storage.part(blob_id, index)


def test_a_blob_may_be_written_part_by_part(storage: Storage) -> None:
    writer = storage.writer("abc")
    for index, part in enumerate(PARTS):
        writer.append(part)
        assert storage.get("abc") == PARTS[: index + 1]
    writer.finish()
    assert storage.get("abc") == PARTS


def test_all_blobs_are_listed_with_the_time_of_their_last_part(storage: Storage) -> None:
    assert dict(storage.ids()) == {}
    begun = datetime.now(UTC) - timedelta(seconds=2)
    storage.put("abc", PARTS)
    storage.put("abd", PARTS[:1])
    storage.put("xyz", PARTS)
    assert storage.is_ready()
    listed = dict(storage.ids())
    assert set(listed) == {"abc", "abd", "xyz"}
    assert all(begun <= at <= datetime.now(UTC) for at in listed.values())


def test_the_age_of_a_blob_is_that_of_its_newest_part(tmp_path: Path) -> None:
    storage = Storage(f"file://{tmp_path}")
    storage.put("abc", PARTS)
    for index, day in enumerate((1, 2, 3)):
        at = datetime(2026, 11, day, tzinfo=UTC).timestamp()
        os.utime(tmp_path / "ab" / "abc" / f"{index:06d}", (at, at))
    assert dict(storage.ids()) == {"abc": datetime(2026, 11, 3, tzinfo=UTC)}


def test_what_another_process_wrote_is_seen_in_a_store_that_remembers(tmp_path: Path) -> None:
    ours, theirs = Storage(f"remembering://{tmp_path}"), Storage(f"file://{tmp_path}")
    ours.put("abc", PARTS[:1])
    assert (ours.get("abc"), len(dict(ours.ids()))) == (PARTS[:1], 1)
    theirs.put("abc", PARTS)
    theirs.put("abd", PARTS)
    assert (ours.get("abc"), len(dict(ours.ids()))) == (PARTS, 2)
    theirs.delete("abc")
    with pytest.raises(BlobMissing):
        ours.get("abc")


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT])
def test_on_a_full_disk_nothing_half_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int) -> None:
    monkeypatch.setattr(CrampedFiles, "fault", fault)
    storage = Storage(f"cramped://{tmp_path}")
    with pytest.raises(StorageFull):
        storage.put("abc", PARTS)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    storage.put("abc", PARTS[:1])
    assert storage.get("abc") == PARTS[:1]


def test_another_fault_of_the_disk_is_not_taken_for_a_full_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CrampedFiles, "fault", errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        Storage(f"cramped://{tmp_path}").put("abc", PARTS)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_files_and_folders_are_on_the_disk_before_a_row_may_name_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda number: kept.append(str(Path(f"/proc/self/fd/{number}").readlink())))
    Storage(f"file://{tmp_path}/blobs").put("abc", PARTS[:2])
    blob = tmp_path / "blobs" / "ab" / "abc"
    folders = [blob, blob.parent, blob.parent.parent, tmp_path]
    assert kept == [str(place) for place in (blob / "000000", blob / "000001", *folders)]
