"""Stored files: there whole or not at all, under names that lead nowhere else."""

import hashlib
from pathlib import Path

import pytest

from crm.ledger import storage

NAME = "ledger/one.parquet"


@pytest.fixture(autouse=True, params=["folder", "bucket"])
def place(request: pytest.FixtureRequest) -> str:
    """What holds of stored files holds wherever they stand."""
    if request.param == "bucket":
        request.getfixturevalue("s3_bucket")
    return str(request.param)


def put(name: str, content: bytes) -> None:
    storage.write_atomically(name, lambda target: target.write_bytes(content))


def test_a_written_file_is_found_with_its_size_and_digest() -> None:
    size, digest = storage.write_atomically(NAME, lambda target: target.write_bytes(b"abc"))
    assert (size, digest) == (3, hashlib.sha256(b"abc").hexdigest())
    found = storage.stored(NAME)
    assert found is not None
    assert (found.name, found.size) == (NAME, 3)
    assert storage.digest(NAME) == digest
    with storage.local_copy(NAME) as path:
        assert path.read_bytes() == b"abc"


def test_an_existing_file_is_not_written_again() -> None:
    put(NAME, b"first")
    put(NAME, b"second")
    with storage.local_copy(NAME) as path:
        assert path.read_bytes() == b"first"


def test_a_write_that_breaks_leaves_nothing() -> None:
    def half(target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        storage.write_atomically(NAME, half)
    assert not storage.exists(NAME)
    assert list(storage.listing("ledger")) == []
    assert list(storage.scratch().iterdir()) == []


def test_a_file_that_moved_in_is_gone_from_where_it_was() -> None:
    source = storage.scratch() / "made"
    source.write_bytes(b"abc")
    storage.move_in(source, "uploads/abc")
    assert not source.exists()
    assert [(file.name, file.size) for file in storage.listing("uploads")] == [("uploads/abc", 3)]


def test_deleting_twice_is_fine() -> None:
    put(NAME, b"abc")
    storage.delete(NAME)
    storage.delete(NAME)
    assert not storage.exists(NAME)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../outside", "ledger/../../outside", "ledger/\0"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    for action in (storage.location, storage.stored, storage.delete, storage.listing):
        with pytest.raises(ValueError, match="outside"):
            action(name)
