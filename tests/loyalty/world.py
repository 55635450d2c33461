"""Snapshots whose figures a test chooses: orders a customer, written as the refresh would write them."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from uuid import uuid4

import duckdb
import numpy as np
from django.utils import timezone

from core.child import perform
from core.models import Run
from core.runs import acquire
from crm import ledger
from crm.models import Customer
from segmentation import store
from segmentation.models import ScoreA, Segment, Snapshot, SnapshotPointer

PRICE = 100


def publish_scores(as_of: date, orders: Mapping[int, int]) -> Snapshot:
    """A published snapshot in which each customer (by key) placed so many orders of 100 in the last 12 months."""
    now, number = timezone.now(), uuid4().hex
    Customer.objects.bulk_create(
        [Customer(pk=key, external_id=f"c{key}", search_key=f"c{key}", created_at=now) for key in orders],
        ignore_conflicts=True,
    )
    segment, _ = Segment.objects.get_or_create(name="Everyone", defaults={"created_at": now})
    path = f"snapshots/test-{number}.parquet"
    _, digest = ledger.write_atomically(path, lambda target: _write(target, as_of, orders, segment.pk))
    snapshot = Snapshot.objects.create(
        as_of=as_of,
        unit="day",
        holdout_days=0,
        horizon_days=365,
        state=Snapshot.State.PUBLISHED,
        fingerprint=f"scores-{number}",
        created_at=now,
        published_at=now,
        score_table="a",
        path=path,
        sha256=digest,
        customers=len(orders),
    )
    ScoreA.objects.all().delete()
    ScoreA.objects.bulk_create(_score(snapshot, key, count, segment.pk) for key, count in orders.items())
    SnapshotPointer.objects.update_or_create(pk=1, defaults={"snapshot": snapshot})
    return snapshot


def refused(run: Run) -> Run:
    """Do a run in this process that can't be done as asked."""
    lease = acquire(run.pk, owner="test")
    assert lease is not None
    perform(lease)
    run.refresh_from_db()
    assert run.state == Run.State.FAILED, run.state
    return run


def _figures(as_of: date, count: int, segment: int) -> dict[str, object]:
    money = count * PRICE
    return {
        "first_purchase_on": as_of,
        "latest_purchase_on": as_of,
        "frequency": max(count - 1, 0),
        "recency": 0.0,
        "T": 1.0,
        "monetary_value": PRICE,
        "days_since_last_purchase": 0,
        "order_count": count,
        "revenue": money,
        "gross_revenue": money,
        "returned_value": 0,
        "revenue_12m": money,
        "orders_12m": count,
        "average_order_value": PRICE,
        "items": count,
        "distinct_items": count,
        "return_rate": 0.0,
        "country": "",
        "p_alive": 0.5,
        "expected_purchases": 1.0,
        "clv": float(money),
        "clv_12m": float(money),
        "value_reason": "",
        "segment_id": segment,
        "rfm_group": "loyal",
        "tier": "gold",
    }


def _score(snapshot: Snapshot, key: int, count: int, segment: int) -> ScoreA:
    return ScoreA(snapshot_id=snapshot.pk, customer_id=key, **_figures(snapshot.as_of, count, segment))


def _write(target: Path, as_of: date, orders: Mapping[int, int], segment: int) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in store.LISTED.items())
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE scores ({columns})")
        rows = [{"customer_key": key, **_figures(as_of, count, segment)} for key, count in orders.items()]
        given = {name: np.array([str(row[name]) for row in rows]) for name in store.LISTED}
        connection.register("given", given)
        names = ", ".join(f'"{name}"' for name in store.LISTED)
        connection.execute(f"INSERT INTO scores SELECT {names} FROM given")
        connection.execute(f"COPY (FROM scores ORDER BY customer_key) TO '{target}' (FORMAT parquet)")
