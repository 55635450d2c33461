"""Stored files in a bucket of a real S3 server: where they are, their local copies, whole or not at all."""

import os
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
import s3fs.core

from core.trouble import Unavailable
from crm.ledger import storage
from crm.ledger.storage import cache, s3
from tests.crm.buckets import NAME, away, keys, write_lines
from tests.s3 import S3Server


def test_files_stand_under_the_prefix_and_nothing_of_them_in_the_folder(s3_server: S3Server, s3_bucket: str) -> None:
    storage.write_atomically(NAME, lambda target: target.write_bytes(b"abc"))
    assert keys(s3_server, s3_bucket) == [f"shop/{NAME}"]
    assert not storage.storage_path(NAME).exists()
    s3_server.client().put_object(Bucket=s3_bucket, Key=f"other/{NAME}", Body=b"of somebody else")
    assert [file.name for file in storage.listing("ledger")] == [NAME]


def test_a_large_file_is_read_in_ranges_of_the_needed_columns_and_row_groups(
    s3_bucket: str, settings: Any, ranges: list[int]
) -> None:
    settings.STORAGE_CACHE_MB = 0
    size = write_lines(NAME)
    with duckdb.connect() as connection:
        storage.attach(connection)
        source = f"read_parquet('{storage.location(NAME)}')"
        row = connection.execute(f"SELECT count(*), sum(amount) FROM {source} WHERE customer_key = 24000").fetchone()
        assert row == (20, sum(n % 100 for n in range(480_000, 480_020)))
        one_customer = sum(ranges)
        ranges.clear()
        assert connection.execute(f"SELECT sum(amount) FROM {source}").fetchone() == (24_750_000,)
        one_column = sum(ranges)
    assert storage.location(NAME).startswith("s3://")
    assert 0 < one_customer < size / 20
    assert 0 < one_column < size / 4


@pytest.fixture
def ranges(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of each part of an object that is read."""
    read: list[int] = []
    fetch = s3fs.core._fetch_range

    def noted(fs: Any, bucket: str, key: str, version: Any, start: int, end: int, **named: Any) -> Any:
        read.append(end - start)
        return fetch(fs, bucket, key, version, start, end, **named)

    monkeypatch.setattr(s3fs.core, "_fetch_range", noted)
    return read


def test_what_was_written_here_is_read_here(s3_bucket: str, ranges: list[int]) -> None:
    write_lines(NAME)
    assert storage.location(NAME) == str(storage.storage_path(f"cache/{NAME}"))
    assert ranges == []


def test_a_small_file_of_another_machine_is_fetched_once(s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.write_atomically(NAME, lambda target: target.write_bytes(b"abc"))
    cache.clear()
    path = Path(storage.location(NAME))
    assert path.read_bytes() == b"abc"
    monkeypatch.setattr(away().fs, "get_file", None)
    assert storage.location(NAME) == str(path)
    assert list(storage.scratch().iterdir()) == []


def test_large_files_are_fetched_only_for_whoever_reads_all_of_them(
    s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "WHOLE_BYTES", 2)
    storage.write_atomically(NAME, lambda target: target.write_bytes(b"abc"))
    cache.clear()
    storage.bring_near([NAME])
    assert cache.copy_of(NAME) is None
    storage.bring_near([NAME], is_whole=True)
    assert cache.copy_of(NAME) is not None


def test_copies_make_room_for_one_another_but_never_while_in_use(s3_bucket: str, settings: Any) -> None:
    settings.STORAGE_CACHE_MB = 1
    for number in range(6):
        storage.write_atomically(f"ledger/{number}", lambda target: target.write_bytes(b"x" * 240_000))
    # Four fit; the others are read from the bucket, for a job may be reading any of the four.
    assert [number for number in range(6) if cache.copy_of(f"ledger/{number}")] == [0, 1, 2, 3]
    old = time.time() - cache.IN_USE_SECONDS - 60
    for number in (1, 2):
        os.utime(storage.storage_path(f"cache/ledger/{number}"), (old + number, old))
    assert storage.location("ledger/4").startswith("/")
    assert [number for number in range(6) if cache.copy_of(f"ledger/{number}")] == [0, 2, 3, 4]
    storage.write_atomically("ledger/large", lambda target: target.write_bytes(b"x" * 300_000))
    assert cache.copy_of("ledger/large") is None
    with storage.local_copy("ledger/large") as path:
        assert path.stat().st_size == 300_000
    assert list(storage.scratch().iterdir()) == []


@pytest.mark.parametrize("arrived", [b"ab", b"abd"], ids=["cut", "altered"])
def test_what_arrives_damaged_is_refused_and_not_kept(
    s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch, arrived: bytes
) -> None:
    def put_something_else(source: str, address: str) -> None:
        bucket, _, key = address.partition("/")
        s3_server.client().put_object(Bucket=bucket, Key=key, Body=arrived)

    monkeypatch.setattr(away().fs, "put_file", put_something_else)
    with pytest.raises(Unavailable, match="arrived damaged"):
        storage.write_atomically(NAME, lambda target: target.write_bytes(b"abc"))
    assert keys(s3_server, s3_bucket) == []
    assert cache.copy_of(NAME) is None


def test_a_copy_that_came_in_part_is_not_kept(s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.write_atomically(NAME, lambda target: target.write_bytes(b"abc"))
    cache.clear()
    monkeypatch.setattr(away().fs, "get_file", lambda address, target: Path(target).write_bytes(b"a"))
    with pytest.raises(Unavailable, match="only a part"):
        storage.location(NAME)
    assert cache.copy_of(NAME) is None
    assert list(storage.scratch().iterdir()) == []


def test_a_large_file_travels_in_parts_and_leftover_parts_are_dropped(s3_server: S3Server, s3_bucket: str) -> None:
    client = s3_server.client()
    content = os.urandom(1_000) * 110_000
    storage.write_atomically(NAME, lambda target: target.write_bytes(content))
    assert "-" in client.head_object(Bucket=s3_bucket, Key=f"shop/{NAME}")["ETag"]
    left = client.create_multipart_upload(Bucket=s3_bucket, Key="shop/ledger/half.parquet")
    client.upload_part(
        Bucket=s3_bucket, Key="shop/ledger/half.parquet", PartNumber=1, UploadId=left["UploadId"], Body=b"half"
    )
    assert not storage.exists("ledger/half.parquet")
    # This server gives the same date of 2010 to every broken-off put.
    assert away().drop_unfinished(older_than=100 * 365 * 86_400) == 0
    assert away().drop_unfinished(older_than=3_600) == 1
    assert "Uploads" not in client.list_multipart_uploads(Bucket=s3_bucket)
