"""The product on a cluster: overlapping files, merged copies and a whole refresh, beside the same on DuckDB."""

from typing import Any

import pytest

from crm import ledger
from crm.models import CatalogueVersion
from crm.selectors import current_version
from segmentation import store
from segmentation.models import Snapshot, SnapshotPointer
from segmentation.services import request_refresh
from tests.factories import imported, make_shop, make_upload, refreshed

pytestmark = pytest.mark.django_db

HEADER = "order,date,customer,item,quantity,price\n"
EARLY = "A1,2025-01-02,ann,cup,2,4.50\nA2,2025-01-03,bob,cup,1,4.50\n"
LATE = "A3,2025-01-04,ann,pot,1,9.00\nA4,2025-01-05,,pot,1,9.00\n"


@pytest.fixture
def on_spark(master: str, settings: Any) -> Any:
    settings.SPARK_MASTER = master

    def choose(engine: str) -> None:
        settings.ANALYTICS_ENGINE = engine

    return choose


def lines(version: CatalogueVersion | None) -> list[Any]:
    sql = "SELECT upload_id, line_no, customer_key, order_key, item_id, amount, ordered_at FROM lines ORDER BY 1, 2"
    with ledger.computing(version) as engine:
        return engine.query(sql).fetchall()


def test_lines_that_an_earlier_file_holds_count_once_on_a_cluster(on_spark: Any) -> None:
    imported(make_upload(HEADER + EARLY, name="january.csv"))
    imported(make_upload(HEADER + EARLY + LATE, name="more.csv"))
    version = current_version()
    expected = lines(version)
    assert len(expected) == 4
    on_spark("spark")
    assert lines(version) == expected


def test_a_ledger_without_files_is_empty_on_a_cluster(on_spark: Any) -> None:
    on_spark("spark")
    assert lines(None) == []


def test_refresh_on_a_cluster_publishes_what_duckdb_does(on_spark: Any) -> None:
    make_shop(60)
    expected = computed()
    SnapshotPointer.objects.update(snapshot=None)
    on_spark("spark")
    found = computed()
    assert found.pk != expected.pk
    assert scores(found) == scores(expected)
    assert found.content_hash == expected.content_hash
    for name in ("totals", "fits", "holdout", "tiers", "rfm_groups", "customers"):
        assert getattr(found, name) == getattr(expected, name), name
    # Segments have numbers of their own where there was no snapshot to continue.
    assert found.quality | {"identity": []} == expected.quality | {"identity": []}
    for name in ("monthly_revenue", "recent_revenue", "repeat_purchases", "frequency_recency", "base_profile"):
        assert found.charts[name] == expected.charts[name], name


def computed() -> Snapshot:
    run = request_refresh(by=None)
    assert run is not None
    return refreshed(run)


def scores(snapshot: Snapshot) -> list[Any]:
    """Every column of every customer; a segment's number is new where there was no snapshot to continue."""
    with store.connection(snapshot) as opened:
        return opened.execute("SELECT * EXCLUDE (segment_id) FROM scores ORDER BY customer_key").fetchall()
