"""The same input gives the same content hash, whatever keys a database gave out; other input gives another."""

from datetime import date

import duckdb
import pytest
from django.core.management import call_command
from django.db import connection

from crm import ledger
from crm.models import Customer, Upload
from segmentation import selectors
from segmentation.jobs import provenance
from segmentation.models import Segment, Snapshot
from segmentation.services import request_refresh
from tests.conftest import make_first_rows
from tests.factories import imported, make_shop, make_snapshot, make_upload, refreshed

ROWS = "order,date,customer,item,quantity,price\n" + "".join(
    f"o{n},2025-{1 + n % 12:02}-{1 + n % 27:02},c{n * 7 % 41},i{n % 5},{1 + n % 3},{2 + n % 9}.37\n" for n in range(400)
)


def results_of_the_file() -> Snapshot:
    imported(make_upload(ROWS))
    run = request_refresh(by=None)
    assert run is not None
    return refreshed(run)


def start_anew() -> None:
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    make_first_rows()


def shift_keys() -> None:
    """As after a long life: customers and segments that came and went have used up the first keys."""
    now = date(2025, 1, 1).isoformat() + "T00:00:00Z"
    Customer.objects.create(pk=1000, external_id="gone", search_key="gone", created_at=now)
    Segment.objects.create(pk=70, name="Gone", created_at=now, retired_at=now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in ("crm_customer", "segmentation_segment"):
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 5000)")
    Customer.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_two_fresh_databases_with_the_same_file_agree() -> None:
    first = results_of_the_file()
    hashes = (first.content_hash, first.provenance["data"])
    start_anew()
    shift_keys()
    second = results_of_the_file()
    assert min(entry["segment"] for entry in second.segments) > min(entry["segment"] for entry in first.segments)
    assert (second.content_hash, second.provenance["data"]) == hashes
    assert len(first.content_hash) == 64


@pytest.mark.django_db(transaction=True)
def test_other_lines_give_another_hash() -> None:
    first = results_of_the_file()
    start_anew()
    imported(make_upload(ROWS.replace("2.37", "2.38", 1)))
    run = request_refresh(by=None)
    assert run is not None
    assert refreshed(run).content_hash != first.content_hash
    assert Upload.objects.get().sha256


@pytest.mark.django_db
def test_calculated_again_from_the_same_lines_it_is_the_same() -> None:
    first = make_snapshot(40)
    for horizon in (90, 365):
        run = request_refresh(by=None, horizon_days=horizon)
        assert run is not None
        again = refreshed(run)
    assert again.pk != first.pk
    assert again.content_hash == first.content_hash
    assert Snapshot.objects.get(horizon_days=90).content_hash != first.content_hash


def altered(snapshot: Snapshot, change: str) -> str:
    """The hash of the same file with one column of one customer changed."""
    path = f"snapshots/altered-{abs(hash(change))}.parquet"
    source = ledger.storage_path(snapshot.path)
    sql = f"SELECT * REPLACE ({change}) FROM read_parquet('{source}')"
    with duckdb.connect() as opened:
        _, digest = ledger.write_atomically(
            path, lambda target: opened.execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet)")
        )
    snapshot.path, snapshot.sha256 = path, digest
    return provenance.content_hash(snapshot)


@pytest.mark.django_db
def test_hash_ignores_what_is_beyond_ten_digits_and_notices_the_rest() -> None:
    make_shop(20)
    run = request_refresh(by=None)
    assert run is not None
    refreshed(run)
    snapshot = selectors.current_snapshot()
    assert snapshot is not None
    stored = snapshot.content_hash
    source, digest = snapshot.path, snapshot.sha256

    def after(change: str) -> str:
        snapshot.path, snapshot.sha256 = source, digest
        return altered(snapshot, change)

    assert after("clv AS clv") == stored
    assert after("clv * (1 + 1e-14) AS clv") == stored
    assert after("clv * (1 + 1e-8) AS clv") != stored
    assert after("CASE customer_key WHEN 3 THEN revenue + 0.000001 ELSE revenue END AS revenue") != stored
    assert after("CASE customer_key WHEN 3 THEN 'gold' ELSE tier END AS tier") != stored
    assert after("CASE customer_key WHEN 3 THEN 4 WHEN 4 THEN 3 ELSE customer_key END AS customer_key") != stored
