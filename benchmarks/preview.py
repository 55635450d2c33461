"""What rules would do to a million customers, as the rules page asks for it: the live count and the whole preview.

    python -m benchmarks.preview [CUSTOMERS [MEMBERS [FOLDER]]]       (1,000,000 customers, 100,000 members unless said)

The results are made up and written as a refresh writes them; nothing is remembered from an earlier look. The peer is
what an analyst would write in pandas for the same figures, over the same file: who meets both rules, who would join and
leave, revenue before and after, the nearest customers to each threshold, and the same groups.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measuring import fresh_home, machine

ENTRY: list[Any] = [
    {"feature": "revenue_12m", "operator": ">=", "value": 1200},
    {"feature": "orders_12m", "operator": ">=", "value": 4},
    {"feature": "days_since_last_purchase", "operator": "<=", "value": 120},
    {"feature": "clv_12m", "operator": "top_share", "value": 0.25},
]
STAY: list[Any] = [
    {"feature": "revenue_12m", "operator": ">=", "value": 900},
    {"feature": "orders_12m", "operator": ">=", "value": 3},
    {"feature": "days_since_last_purchase", "operator": "<=", "value": 150},
    {"feature": "clv_12m", "operator": "top_share", "value": 0.35},
]
GROUPS = ("country", "favourite_category", "favourite_brand", "segment_id", "tier", "rfm_group")
RUNS = 5

# Figures that hang together as they do in a shop: money follows orders, orders follow a customer's own rate.
FIGURES = """
    WITH drawn AS (
        SELECT n AS customer_key, -ln(1 - (hash(n, 1) % 1000003) / 1000003.0) AS rate, (hash(n, 2) % 1000) / 1000.0 AS u
        FROM range(1, {customers} + 1) AS t(n)
    ), counted AS (
        SELECT *, floor(rate * 4)::INTEGER AS orders, (20 + 180 * u * u)::DECIMAL(20,2) AS basket FROM drawn
    )
    SELECT {columns} FROM counted ORDER BY customer_key
"""
VALUES = {
    "customer_key": "customer_key",
    "first_purchase_on": "DATE '2023-01-01'",
    "latest_purchase_on": "DATE '2025-12-01'",
    "frequency": "orders",
    "recency": "300.0 * u",
    "T": "365.0",
    "monetary_value": "basket",
    "days_since_last_purchase": "(hash(customer_key, 3) % 365)",
    "order_count": "orders + 1",
    "revenue": "basket * (orders + 1)",
    "gross_revenue": "basket * (orders + 1)",
    "returned_value": "0",
    "revenue_12m": "basket * orders",
    "orders_12m": "orders",
    "average_order_value": "basket",
    "items": "orders * 3",
    "distinct_items": "orders * 2",
    "return_rate": "0.05 * u",
    "country": "'country ' || hash(customer_key, 4) % 30",
    "p_alive": "1 - u * 0.9",
    "expected_purchases": "rate * 4",
    "clv": "rate * 4 * basket",
    "clv_12m": "CASE WHEN hash(customer_key, 5) % 50 = 0 THEN NULL ELSE rate * 4 * basket END",
    "value_reason": "''",
    "segment_id": "1 + hash(customer_key, 6) % 5",
    "rfm_group": "(['loyal', 'new', 'at_risk', 'dormant', 'lost'])[(1 + hash(customer_key, 7) % 5)::BIGINT]",
    "tier": "CASE WHEN u < 0.1 THEN 'platinum' WHEN u < 0.3 THEN 'gold' ELSE 'silver' END",
    "favourite_category": "'category ' || hash(customer_key, 8) % 40",
    "favourite_brand": "'brand ' || hash(customer_key, 9) % 200",
}


def make_results(customers: int) -> Any:
    """A published snapshot of so many customers, its scores in one file."""
    import duckdb
    from django.utils import timezone

    from crm import ledger
    from segmentation import store
    from segmentation.models import Segment, Snapshot, SnapshotPointer

    columns = ", ".join(f'({VALUES.get(name, "NULL")})::{kind} AS "{name}"' for name, kind in store.COLUMNS.items())
    sql = FIGURES.format(customers=customers, columns=columns)

    def write(target: Path) -> None:
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE {store.ROW_GROUP_SIZE})")

    path, now = "snapshots/benchmark.parquet", timezone.now()
    _, digest = ledger.write_atomically(path, write)
    snapshot = Snapshot.objects.create(
        as_of=date(2025, 12, 31),
        unit="day",
        holdout_days=0,
        horizon_days=365,
        state=Snapshot.State.PUBLISHED,
        fingerprint="benchmark",
        created_at=now,
        published_at=now,
        score_table="a",
        path=path,
        sha256=digest,
        customers=customers,
    )
    Segment.objects.bulk_create(
        [Segment(pk=number, name=f"Segment {number}", created_at=now) for number in range(1, 6)]
    )
    SnapshotPointer.objects.update_or_create(pk=1, defaults={"snapshot": snapshot})
    return snapshot


def make_members(members: int, customers: int) -> None:
    """Present members, every so many customers, some of them warned."""
    from django.utils import timezone

    from crm.models import Customer
    from loyalty.models import Membership
    from loyalty.selectors.standing import default_programme

    now, programme = timezone.now(), default_programme()
    keys = range(1, customers + 1, max(customers // max(members, 1), 1))[:members]
    for start in range(0, len(keys), 20_000):
        some = keys[start : start + 20_000]
        Customer.objects.bulk_create(
            [Customer(pk=key, external_id=f"c{key}", search_key=f"c{key}", created_at=now) for key in some]
        )
        Membership.objects.bulk_create(
            [
                Membership(
                    programme=programme,
                    customer_id=key,
                    entered_on=date(2025, 6, 30),
                    grace_until=date(2026, 1, 31) if key % 11 == 0 else None,
                )
                for key in some
            ]
        )


def timed(work: Callable[[], Any]) -> tuple[float, float, float, Any]:
    """Seconds of the first run and the median of the later ones, then their processor seconds, which a busy machine
    does not change, and what the last one found."""
    took, used = [], []
    for _ in range(RUNS):
        started, before = time.perf_counter(), time.process_time()
        found = work()
        took.append(time.perf_counter() - started)
        used.append(time.process_time() - before)
    middle = (RUNS - 1) // 2
    return took[0], sorted(took[1:])[middle], sorted(used[1:])[middle], found


def in_pandas(path: str, members: set[int]) -> tuple[int, int]:
    """The same figures by hand; returns who would join and how many members there are now."""
    import duckdb

    names = ["customer_key", *(each["feature"] for each in ENTRY), *GROUPS]
    chosen = ", ".join(f'"{name}"' for name in names)
    table = duckdb.sql(f"SELECT {chosen} FROM read_parquet('{path}')").df()
    masks = [_mask(table, rule) for rule in (ENTRY, STAY)]
    is_member = table["customer_key"].isin(members)
    joins = masks[0] & ~is_member
    after = joins | (is_member & masks[1])
    [table.loc[mask, "revenue_12m"].sum() for mask in (is_member, after, is_member & ~masks[1])]
    for condition in ENTRY:
        distance = (table[condition["feature"]].astype(float) - condition["value"]).abs()
        distance[masks[0]].nsmallest(5)
        distance[~masks[0]].nsmallest(5)
    for name in GROUPS:
        table.assign(before=is_member, after=after).groupby(name)[["before", "after"]].sum()
    return int(joins.sum()), int(is_member.sum())


def _mask(table: Any, rule: list[Any]) -> Any:
    mask = True
    for condition in rule:
        values = table[condition["feature"]].astype(float)
        if condition["operator"] == "top_share":
            known = values.dropna()
            bound = known.nlargest(max(int(-(-condition["value"] * len(known) // 1)), 1)).iloc[-1]
            mask &= values >= bound
        else:
            mask &= values <= condition["value"] if condition["operator"] == "<=" else values >= condition["value"]
    return mask


def measure(snapshot: Any, members: int) -> None:
    from crm.ledger import location
    from loyalty import figures
    from loyalty.counting import count_rules
    from loyalty.preview import preview_rules
    from loyalty.selectors.reviews import current_standings
    from loyalty.selectors.standing import default_programme

    programme = default_programme()

    def preview() -> Any:
        return preview_rules(programme=programme, snapshot=snapshot, entry=ENTRY, stay=STAY, grace_days=60)

    started = time.perf_counter()
    figures.held_figures(snapshot)
    [figures.spread(snapshot, each["feature"]) for each in ENTRY]
    print(f"which figures there are, and four scales, once for each results: {time.perf_counter() - started:.2f} s")
    first, later, used, count = timed(lambda: count_rules(snapshot, ENTRY, STAY))
    print(f"live count: first {first:.2f} s, then {later:.2f} s, {used:.2f} s of the processor ({count.entering:,})")
    first, later, used, found = timed(preview)
    changes = f"{found.joined:,} join, {found.left:,} leave, now {members:,}"
    print(f"preview: first {first:.2f} s, then {later:.2f} s, {used:.2f} s of the processor ({changes})")
    keys = set(current_standings(programme))
    _, peer, peer_used, (joins, _now) = timed(lambda: in_pandas(str(location(snapshot.path)), keys))
    agreement = "agrees" if joins == found.joined else f"DISAGREES: {joins:,}"
    print(f"pandas over the same file: {peer:.2f} s, {peer_used:.2f} s of the processor ({agreement})")
    print(f"preview / pandas: {later / peer:.2f} by the clock, {used / peer_used:.2f} of the processor")


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    members = int(sys.argv[2]) if len(sys.argv) > 2 else customers // 10
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(fresh_home(sys.argv[3] if len(sys.argv) > 3 else folder))
        import django

        django.setup()
        snapshot = make_results(customers)
        make_members(members, customers)
        print(f"{customers:,} customers, {members:,} members", flush=True)
        measure(snapshot, members)


if __name__ == "__main__":
    main()
