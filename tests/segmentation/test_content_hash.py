"""The same input gives the same content hash, whatever keys a database gave out; other input gives another."""

from datetime import date
from typing import Any

import duckdb
import pytest
from django.core.management import call_command
from django.db import connection

from core.models import Run
from crm import ledger
from crm.models import CatalogueEntry, Customer, Upload
from crm.selectors import current_version, lines_held
from crm.services import redo_upload
from segmentation import selectors
from segmentation.jobs import provenance
from segmentation.models import Segment, Snapshot
from segmentation.services import request_refresh
from tests.conftest import make_first_rows
from tests.factories import do_run, imported, make_shop, make_snapshot, make_upload, refreshed, undone

pytestmark = pytest.mark.fresh_fits

# More keys than all tests before have used: emptied tables go on counting where they were.
USED_UP = 1_000_000
ROWS = "order,date,customer,item,quantity,price\n" + "".join(
    f"o{n},2025-{1 + n % 12:02}-{1 + n % 27:02},c{n * 7 % 41},i{n % 5},{1 + n % 3},{2 + n % 9}.37\n" for n in range(400)
)


# The second file holds the first one's last hundred orders again.
LINES = ROWS.splitlines(keepends=True)
MORE = "".join([LINES[0], *LINES[-100:], "p1,2025-12-30,c3,i1,1,5.00\n"])


def results_of_the_file() -> Snapshot:
    imported(make_upload(ROWS))
    imported(make_upload(MORE, name="more.csv"))
    run = request_refresh(by=None)
    assert run is not None
    return refreshed(run)


def start_anew() -> None:
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    make_first_rows()


def shift_keys() -> None:
    """As after a long life: customers and segments that came and went have used up the first keys."""
    now = date(2025, 1, 1).isoformat() + "T00:00:00Z"
    Customer.objects.create(pk=USED_UP, external_id="gone", search_key="gone", created_at=now)
    Segment.objects.create(pk=USED_UP, name="Gone", created_at=now, retired_at=now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in ("crm_customer", "segmentation_segment"):
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {USED_UP})")
    Customer.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_two_fresh_databases_with_the_same_file_agree() -> None:
    first = results_of_the_file()
    hashes = (first.content_hash, first.fingerprint, first.provenance)
    start_anew()
    shift_keys()
    second = results_of_the_file()
    assert min(entry["segment"] for entry in second.segments) > min(entry["segment"] for entry in first.segments)
    assert (second.content_hash, second.fingerprint, second.provenance) == hashes
    assert second.provenance["files"] == 2
    assert CatalogueEntry.objects.filter(version=second.catalogue_version, shadowed=100).count() == 1
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


def held() -> str:
    version = current_version()
    assert version is not None
    digest: str = lines_held(version)["data"]
    return digest


def back(upload: Upload) -> None:
    undone(upload)
    do_run(redo_upload(upload=upload, by=None))


@pytest.mark.django_db
def test_the_same_lines_are_the_same_after_they_were_taken_back_and_brought_back() -> None:
    upload = imported(make_upload(ROWS))
    alone = held()
    imported(make_upload("order,date,customer,item,quantity,price\nz1,2023-01-05,zoe,cup,1,3.00\n", name="old.csv"))
    both = held()
    assert both != alone
    run = request_refresh(by=None)
    assert run is not None
    snapshot = refreshed(run)
    back(upload)
    assert held() == both
    again = request_refresh(by=None)
    assert again is not None
    assert refreshed(again) == snapshot
    assert (Run.objects.get(pk=again.pk).result or {})["unchanged"] is True


@pytest.mark.django_db
def test_other_lines_that_count_of_the_same_files_are_other_data() -> None:
    """Whichever file came first keeps the lines that both hold."""
    first = imported(make_upload(ROWS))
    imported(make_upload(MORE, name="more.csv"))
    before = held()
    back(first)
    assert held() != before


@pytest.mark.django_db
def test_the_same_file_read_in_another_way_is_other_data() -> None:
    text = "order,date,customer,item,quantity,price\na1,2025-02-03,ann,cup,1,4.00\n"
    upload = imported(make_upload(text))
    before = held()
    Upload.objects.filter(pk=upload.pk).update(
        mapping={**(upload.mapping or {}), "options": {"date_format": "%Y-%d-%m"}}
    )
    assert held() != before
    Upload.objects.filter(pk=upload.pk).update(mapping={**(upload.mapping or {}), "name": "Our till"})
    assert held() == before


@pytest.mark.django_db
def test_website_visits_are_no_other_data_for_results(django_assert_num_queries: Any) -> None:
    imported(make_upload(ROWS))
    before, version = held(), current_version()
    assert version is not None
    imported(make_upload("session_id,user_id,event_time,page\ns1,ann,2025-01-02 10:00,/cup\n", name="visits.csv"))
    assert current_version() != version
    assert held() == before
    with django_assert_num_queries(1):
        lines_held(version)


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
