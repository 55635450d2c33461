"""The report of a shop with a million customers: how long it takes to write, and to show.

    python -m benchmarks.report_page [CUSTOMERS [REQUESTS]]       (1,000,000 and 60 unless said)

Histories are drawn from a BG/NBD and a Gamma-Gamma model; a quarter of the customers are members. The report is written
by its own job. Then the page is asked for again and again by a signed-in person; the peer is the same answer with the
list of who is eligible read and named, as the page would need if it held the list.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import numpy as np

from benchmarks.measuring import fresh_home, machine

AS_OF = date(2025, 12, 31)
OBSERVED_DAYS = 730
BATCH = 20_000


def columns(customers: int) -> dict[str, Any]:
    """What a refresh would have found of so many customers."""
    from analytics.lifetime.parameters import BgNbdParameters, GammaGammaParameters
    from analytics.lifetime.simulate import simulate_bg_nbd, simulate_gamma_gamma

    rng = np.random.default_rng(1)
    T = rng.integers(1, OBSERVED_DAYS, customers).astype(float)
    buying = simulate_bg_nbd(BgNbdParameters(r=0.6, alpha=60.0, a=0.8, b=2.5, unit="day"), T, rng)
    mean = simulate_gamma_gamma(GammaGammaParameters(p=6.0, q=4.0, v=90.0), buying.frequency, rng)
    recency = np.minimum(np.ceil(buying.recency), T)
    recency = np.where(buying.frequency > 0, np.maximum(recency, 1), 0)
    orders = buying.frequency + 1
    spent = np.round(orders * np.where(mean > 0, mean, rng.gamma(6, 5, customers)), 2)
    return {
        "customer_key": np.arange(1, customers + 1),
        "frequency": buying.frequency.astype(int),
        "recency": recency,
        "T": T,
        "monetary_value": np.round(mean, 2),
        "days_since_last_purchase": (T - recency).astype(int),
        "order_count": orders.astype(int),
        "orders_12m": orders.astype(int),
        "gross_revenue": spent,
        "returned_value": np.round(spent * 0.02, 2),
        "revenue": np.round(spent * 0.98, 2),
        "revenue_12m": np.round(spent * 0.98, 2),
        "average_order_value": np.round(spent / orders, 2),
        "items": (orders * 6).astype(int),
        "distinct_items": (orders * 4).astype(int),
        "clv_12m": np.round(spent / 2, 2),
    }


def publish(customers: int) -> Any:
    """Results with fitted models, as a refresh would have published them, and a first review."""
    import duckdb
    import pandas as pd
    from django.utils import timezone

    from analytics import lifetime
    from crm import ledger
    from segmentation import store
    from segmentation.models import Segment, Snapshot, SnapshotPointer
    from segmentation.registry import save_model

    table, now = columns(customers), timezone.now()
    segment = Segment.objects.create(name="Everybody", created_at=now)
    frame = pd.DataFrame(table)
    fixed = {"first_purchase_on": AS_OF - timedelta(days=400), "latest_purchase_on": AS_OF, "return_rate": 0.02}
    fixed |= {"country": "United Kingdom", "p_alive": 0.6, "expected_purchases": 1.0, "clv": 10.0}
    fixed |= {"value_reason": "", "segment_id": segment.pk, "rfm_group": "loyal", "tier": "gold"}
    for name, value in fixed.items():
        frame[name] = value
    chosen = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in store.LISTED.items())
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        sql = f"COPY (SELECT {chosen} FROM frame) TO '{{}}' (FORMAT parquet, ROW_GROUP_SIZE {store.ROW_GROUP_SIZE})"
        _, digest = ledger.write_atomically("snapshots/big.parquet", lambda path: connection.execute(sql.format(path)))
    revenue = f"{frame['revenue'].sum():.2f}"
    snapshot = Snapshot.objects.create(
        as_of=AS_OF,
        unit="day",
        holdout_days=0,
        horizon_days=365,
        state=Snapshot.State.PUBLISHED,
        fingerprint="big",
        created_at=now,
        published_at=now,
        path="snapshots/big.parquet",
        sha256=digest,
        customers=customers,
        totals={"revenue": revenue, "identified_revenue": revenue, "guest_revenue": "0"},
        fits={"champion": "bg_nbd"},
    )
    SnapshotPointer.objects.update_or_create(pk=1, defaults={"snapshot": snapshot})
    fit = lifetime.fit_bg_nbd(table["frequency"], table["recency"], table["T"], unit="day")
    spend = lifetime.fit_gamma_gamma(table["frequency"], table["monetary_value"])
    used = {"model": fit.model, **vars(fit.parameters)}
    save_model(snapshot, "purchases", {"used": used, "fit": fit.as_dict(), "champion": fit.model}, data_fingerprint="")
    save_model(snapshot, "spend", {"fit": spend.as_dict()}, data_fingerprint="")
    return snapshot


def people(snapshot: Any, customers: int) -> None:
    """Rows of the customers, and the best quarter of them as members by rules in force."""
    from django.utils import timezone

    from crm.models import Customer
    from loyalty.models import Membership, Review
    from loyalty.selectors.standing import default_programme
    from loyalty.services import activate_rules, propose_rules
    from segmentation import store

    now, programme = timezone.now(), default_programme()
    for start in range(1, customers + 1, BATCH):
        Customer.objects.bulk_create(
            Customer(pk=key, external_id=f"C{key:08d}", search_key=f"c{key:08d}", created_at=now)
            for key in range(start, min(start + BATCH, customers + 1))
        )
    table = store.read_scores(snapshot, ["customer_key", "revenue_12m"])
    threshold = float(np.quantile(table["revenue_12m"], 0.75))
    rule: Any = [{"feature": "revenue_12m", "operator": ">=", "value": round(threshold, 2)}]
    version = activate_rules(version=propose_rules(programme=programme, entry=rule, stay=rule, by=None), by=None)
    members = table["customer_key"][table["revenue_12m"] >= threshold].tolist()
    Review.objects.create(
        programme=programme,
        rule_version=version,
        snapshot=snapshot,
        fingerprint="big",
        state=Review.State.APPLIED,
        joined=len(members),
        members=len(members),
        created_at=now,
        decided_at=now,
    )
    for start in range(0, len(members), BATCH):
        batch = members[start : start + BATCH]
        Membership.objects.bulk_create(
            Membership(programme=programme, customer_id=key, entered_on=AS_OF) for key in batch
        )


def milliseconds(ask: Callable[[], Any], times: int) -> tuple[float, float]:
    """Median and 95th percentile."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1000)
    cuts = quantiles(took, n=20)
    return cuts[9], cuts[18]


def measure_page(requests: int) -> None:
    from django.test import Client

    from core.models import User
    from loyalty.models import Report
    from loyalty.selectors.report import report_document

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_user("reader", password=None, role="marketer"))

    def page() -> None:
        answer = client.get("/report/")
        assert answer.status_code == 200, answer.status_code
        assert b'id="q9"' in answer.content

    page()
    median, late = milliseconds(page, requests)
    peer, _ = milliseconds(lambda: report_document(Report.objects.get()), 3)
    print(f"page: median {median:.0f} ms, 95th percentile {late:.0f} ms (wanted: at most 300 ms)")
    print(f"the list of who is eligible, read and named: median {peer:.0f} ms, {peer / median:.0f} times the page")


def main(customers: int, requests: int) -> None:
    import resource

    from core.child import perform
    from core.runs import acquire
    from loyalty.services.requests import request_report

    started = time.monotonic()
    snapshot = publish(customers)
    people(snapshot, customers)
    print(f"{customers:,} customers made in {time.monotonic() - started:.0f} s", flush=True)
    started, used = time.monotonic(), time.process_time()
    lease = acquire(request_report(snapshot=snapshot, by=None).pk, owner="benchmark")
    assert lease
    perform(lease)
    spent = time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"report written in {time.monotonic() - started:.1f} s ({spent:.1f} s of processor; {peak:.0f} MB)", flush=True
    )
    measure_page(requests)


if __name__ == "__main__":
    asked = [int(argument.replace(",", "")) for argument in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(fresh_home(folder))
        Path(folder).mkdir(exist_ok=True)
        import django

        django.setup()
        print(machine())
        main(*(asked + [1_000_000, 60][len(asked) :]))
