"""Stored files in a bucket of a real S3 server: what is particular to it, and what happens when it fails."""

import os
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import s3fs.core
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from config.environment import SettingError
from config.storage import bucket_settings
from core.execution import execute
from core.models import Run
from core.trouble import Unavailable
from crm.checks import storage_answers
from crm.ledger import storage
from crm.ledger.checking import upload_sums
from crm.ledger.storage import cache, s3
from crm.ledger.sweeping import orphans
from crm.ledger.verifying import verify
from crm.models import LedgerFile, Upload
from crm.selectors import current_version
from crm.services import confirm_mapping, request_sweep, undo_upload
from crm.services.mappings import complete_mapping
from loyalty.models import Report, Review
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot
from tests.factories import (
    CSV,
    do_run,
    imported,
    make_token,
    make_upload,
    make_upload_with_rejected,
    make_user,
    sniffed,
)
from tests.s3 import Gate, S3Server

NAME = "ledger/one.parquet"


def away() -> s3.Bucket:
    found = storage.bucket()
    assert found is not None
    return found


def keys(s3_server: S3Server, name: str) -> list[str]:
    answer = s3_server.client().list_objects_v2(Bucket=name)
    return [entry["Key"] for entry in answer.get("Contents", [])]


@pytest.fixture
def own_server(tmp_path: Path) -> S3Server:
    """Not started yet, and nobody else's: it may be taken down."""
    return S3Server(tmp_path)


# --- Where files are -------------------------------------------------------------------------------------


def test_files_stand_under_the_prefix_and_nothing_of_them_in_the_folder(s3_server: S3Server, s3_bucket: str) -> None:
    storage.write_atomically(NAME, lambda target: target.write_bytes(b"abc"))
    assert keys(s3_server, s3_bucket) == [f"shop/{NAME}"]
    assert not storage.storage_path(NAME).exists()
    s3_server.client().put_object(Bucket=s3_bucket, Key=f"other/{NAME}", Body=b"of somebody else")
    assert [file.name for file in storage.listing("ledger")] == [NAME]


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


def write_lines(name: str) -> int:
    """A sorted file of ten row groups, as the ledger's are; returns its size."""
    query = "SELECT n // 20 AS customer_key, hash(n)::VARCHAR AS description, n % 100 AS amount FROM range(500000) t(n)"
    with duckdb.connect() as connection:
        copy = "COPY ({}) TO '{}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000)"
        return storage.write_atomically(name, lambda target: connection.execute(copy.format(query, target)))[0]


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


# --- Local copies ----------------------------------------------------------------------------------------


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


# --- Whole or not at all ---------------------------------------------------------------------------------


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


# --- The chain -------------------------------------------------------------------------------------------


def follow_ups() -> None:
    while waiting := Run.objects.filter(state=Run.State.PENDING).order_by("created_at").first():
        assert do_run(waiting).state == Run.State.SUCCEEDED, (waiting.kind, waiting.error)


def what_came_out() -> dict[str, Any]:
    snapshot = current_snapshot()
    return {
        "sums": [sums for _, sums in sorted(upload_sums(current_version()).items())],
        "uploads": list(Upload.objects.order_by("pk").values_list("state", "accepted", "duplicates", "gross_revenue")),
        "customers": snapshot and snapshot.customers,
        "reviews": list(Review.objects.values_list("state", "joined", "left")),
        "reports": Report.objects.count(),
    }


def bring_two_and_take_one_back() -> list[dict[str, Any]]:
    imported(make_upload())
    second = imported(make_upload(CSV + "A2,2025-01-03,bob,cup,1,4.50\nA9,2025-01-03,eve,mug,3,2\nA10,x,eve,mug,3,2\n"))
    follow_ups()
    outcomes = [what_came_out()]
    do_run(undo_upload(upload=second, by=None))
    follow_ups()
    return [*outcomes, what_came_out()]


def check_outcomes(found: list[dict[str, Any]]) -> None:
    # The second A2 of the second file is another one of its own, its first A1 and A2 are the first file's.
    first, second = (2, Decimal("13.5"), Decimal(0)), (2, Decimal("10.5"), Decimal(0))
    assert [outcome["sums"] for outcome in found] == [[first, second], [first]]
    assert [outcome["customers"] for outcome in found] == [3, 2]
    assert [outcome["reports"] for outcome in found] == [1, 2]
    assert [len(outcome["reviews"]) for outcome in found] == [1, 1]


@pytest.mark.django_db
def test_import_results_scan_review_and_undo_with_a_folder() -> None:
    check_outcomes(bring_two_and_take_one_back())


@pytest.mark.django_db
def test_import_results_scan_review_and_undo_with_a_bucket(
    s3_server: S3Server, s3_bucket: str, settings: Any, client: Client
) -> None:
    found = bring_two_and_take_one_back()
    check_outcomes(found)
    names = {key.removeprefix("shop/") for key in keys(s3_server, s3_bucket)}
    assert {name.split("/")[0] for name in names} == {"uploads", "ledger", "rejected", "snapshots"}
    assert set(Snapshot.objects.values_list("path", flat=True)) <= names
    # Another machine, which has no copies, sees the same.
    cache.clear()
    assert what_came_out() == found[1]
    assert verify()["damaged"] == []
    client.force_login(make_user("analyst"))
    page = client.get(reverse("crm:customer-detail", args=["ann"]))
    assert page.status_code == 200
    assert b"A1" in page.content
    settings.STORAGE_BUCKET = None
    assert [path for path in settings.STORAGE_ROOT.rglob("*") if path.is_file() and "cache" not in path.parts] == []


@pytest.mark.django_db
def test_the_sweep_removes_what_nothing_refers_to(
    s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = make_upload_with_rejected()
    for folder in ("ledger", "rejected", "uploads"):
        storage.write_atomically(f"{folder}/stray", lambda target: target.write_bytes(b"x"))
    assert list(orphans()) == []
    strays = {f"{folder}/stray" for folder in ("ledger", "rejected", "uploads")}
    assert set(orphans(grace_seconds=-5)) == strays
    monkeypatch.setattr("crm.ledger.sweeping.orphans.__defaults__", (-5,))
    result = do_run(request_sweep()).result or {}
    assert result["files"] >= len(strays)
    kept = {key.removeprefix("shop/") for key in keys(s3_server, s3_bucket)}
    assert kept == {upload.storage_name, upload.rejected_path, LedgerFile.objects.get().path}


# --- Trouble ---------------------------------------------------------------------------------------------


def test_a_missing_bucket_is_told_at_the_start(s3_server: S3Server, settings: Any) -> None:
    settings.STORAGE_BUCKET = s3_server.settings("no-such-bucket")
    (fault,) = storage_answers(None, databases=["default"])
    assert fault.id == "insiders.E001"
    assert "s3://no-such-bucket/shop" in fault.msg
    assert "has no such bucket: create it, or correct STORAGE_URL." in fault.msg
    assert storage_answers(None, databases=None) == []


@pytest.mark.django_db
def test_a_server_that_does_not_answer_stops_the_start(own_server: S3Server, settings: Any) -> None:
    settings.STORAGE_BUCKET = own_server.settings("gone")
    with pytest.raises(CommandError, match=r"The storage s3://gone/shop at http://127.0.0.1:\d+ does not answer"):
        call_command("check", databases=["default"])


def test_a_bucket_that_answers_lets_the_start_go_on(s3_server: S3Server, s3_bucket: str) -> None:
    assert storage_answers(None, databases=["default"]) == []
    assert keys(s3_server, s3_bucket) == []


def test_a_wrong_key_and_one_that_may_only_read_are_refused_with_a_sentence(
    own_server: S3Server, settings: Any
) -> None:
    with own_server.running() as server:
        server.client().create_bucket(Bucket="shop")
        key, secret = server.ask_for_keys()
        for wrong in (("nobody", "nothing"), (key, "not its secret"), (key, secret)):
            settings.STORAGE_BUCKET = server.settings("shop", key=wrong[0], secret=wrong[1])
            (fault,) = storage_answers(None, databases=["default"])
            assert "refused our key: check STORAGE_S3_KEY and STORAGE_S3_SECRET" in fault.msg, wrong
            assert wrong[1] not in fault.msg


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"url": "https://shop"}, "STORAGE_URL is 'https://shop'; it has to look like s3://bucket"),
        ({"url": "s3://shop/../else"}, "it has to look like s3://bucket"),
        ({"endpoint": "minio:9000"}, "STORAGE_S3_ENDPOINT is 'minio:9000'; it has to look like https://host:port."),
        ({"secret": ""}, "Set both STORAGE_S3_KEY and STORAGE_S3_SECRET, or neither."),
        ({"url": ""}, "STORAGE_S3_… is set but STORAGE_URL is not"),
    ],
)
def test_settings_that_can_not_work_are_refused(wrong: dict[str, str], sentence: str) -> None:
    right = {"url": "s3://shop/insiders", "endpoint": "https://minio:9000", "region": "r", "key": "k", "secret": "s"}
    assert bucket_settings(**right) is not None
    with pytest.raises(SettingError) as error:
        bucket_settings(**(right | wrong))
    assert sentence in str(error.value)


@pytest.fixture
def gate(s3_server: S3Server, s3_bucket: str, settings: Any) -> Iterator[Gate]:
    """The only way to the bucket of this test; nothing is kept on this side of it."""
    gate = Gate(s3_server.port)
    gate.open()
    settings.STORAGE_BUCKET = s3_server.settings(s3_bucket, endpoint=gate.endpoint)
    settings.STORAGE_CACHE_MB = 0
    yield gate
    gate.shut()


@pytest.mark.django_db
def test_pages_and_the_api_say_that_the_storage_does_not_answer(gate: Gate, client: Client) -> None:
    upload = imported(make_upload())
    user = make_user("analyst")
    client.force_login(user)
    headers = {"Authorization": f"Token {make_token(user)}"}
    page, lines = reverse("crm:customer-detail", args=["ann"]), f"/api/v1/uploads/{upload.pk}/lines/"
    gate.shut()
    shown = client.get(page)
    assert shown.status_code == 503
    assert "does not answer" in shown.content.decode()
    assert "Content-Security-Policy" in shown
    answer = client.get(lines, headers=headers)
    assert answer.status_code == 503
    assert answer.json()["code"] == "storage_unavailable"
    gate.open()
    assert client.get(page).status_code == 200
    assert client.get(lines, headers=headers).json()["results"]


def test_a_storage_that_goes_away_while_duckdb_reads_is_told_in_its_own_words(gate: Gate) -> None:
    write_lines(NAME)
    with duckdb.connect() as connection:
        storage.attach(connection)
        connection.execute(f"CREATE VIEW lines AS FROM read_parquet('{storage.location(NAME)}')")
        gate.shut()
        with pytest.raises(Unavailable, match=r"The storage s3://.* does not answer"), storage.explained():
            connection.execute("SELECT sum(amount) FROM lines").fetchall()
        with pytest.raises(duckdb.Error, match="nowhere"), storage.explained():
            connection.execute("SELECT * FROM nowhere")


@pytest.mark.django_db
def test_a_file_that_can_not_be_stored_is_refused_whole(gate: Gate) -> None:
    gate.shut()
    with pytest.raises(Unavailable, match="Nothing is lost"):
        make_upload()
    assert not Upload.objects.exists()
    assert list(storage.scratch().iterdir()) == []


@pytest.mark.django_db
def test_an_import_that_loses_the_storage_half_way_is_tried_again_and_loses_nothing(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.child.UNAVAILABLE_SECONDS", 0)
    upload = sniffed(make_upload())
    assert upload.sniff is not None
    run = confirm_mapping(upload=upload, mapping=complete_mapping(upload.sniff["proposal"], upload.sniff), by=None)
    put = away().fs.put_file

    def lose_the_ledger_file(source: str, address: str) -> None:
        if "/ledger/" in address:
            gate.shut()
        put(source, address)

    monkeypatch.setattr(away().fs, "put_file", lose_the_ledger_file)
    do_run(run)
    assert (run.state, run.error_code, run.attempts) == (Run.State.PENDING, "storage_unavailable", 1)
    assert "does not answer" in run.error
    assert current_version() is None
    assert list(storage.scratch().iterdir()) == []
    gate.open()
    monkeypatch.setattr(away().fs, "put_file", put)
    assert list(storage.listing("ledger")) == []
    assert do_run(run).state == Run.State.SUCCEEDED
    upload.refresh_from_db()
    assert (upload.state, upload.accepted) == (Upload.State.PUBLISHED, 2)


@pytest.mark.django_db(transaction=True)
def test_a_job_in_its_own_process_finds_the_bucket_by_its_settings(
    s3_server: S3Server, s3_bucket: str, real_children: None
) -> None:
    upload = make_upload()
    assert upload.latest_run is not None
    assert execute(upload.latest_run.pk).state == Run.State.SUCCEEDED
    upload.refresh_from_db()
    assert upload.state == Upload.State.SNIFFED
