"""Every snapshot's scores as Parquet, for ever; read here with DuckDB, light enough for the web process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from crm.ledger import storage
from crm.ledger.verifying import Claim
from segmentation.models import Snapshot

# What stands in the score tables too, because lists sort and filter on it: every field of `models.Score` but its
# snapshot. Column and its type in the file. Money is decimal; `segment_id` is the identity that survives refits.
LISTED: dict[str, str] = {
    "customer_key": "BIGINT",
    "first_purchase_on": "DATE",
    "latest_purchase_on": "DATE",
    "frequency": "INTEGER",
    "recency": "DOUBLE",
    "T": "DOUBLE",
    "monetary_value": "DECIMAL(20,6)",
    "days_since_last_purchase": "INTEGER",
    "order_count": "INTEGER",
    "revenue": "DECIMAL(20,6)",
    "gross_revenue": "DECIMAL(20,6)",
    "returned_value": "DECIMAL(20,6)",
    "revenue_12m": "DECIMAL(20,6)",
    "orders_12m": "INTEGER",
    "average_order_value": "DECIMAL(20,6)",
    "items": "DECIMAL(20,6)",
    "distinct_items": "INTEGER",
    "return_rate": "DOUBLE",
    "country": "VARCHAR",
    "p_alive": "DOUBLE",
    "expected_purchases": "DOUBLE",
    "clv": "DOUBLE",
    "clv_12m": "DOUBLE",
    "value_reason": "VARCHAR",
    "segment_id": "BIGINT",
    "rfm_group": "VARCHAR",
    "tier": "VARCHAR",
}
# What stands in the file alone, and is read for one customer at a time or by jobs. A file from before a column was
# thought of reads as if it had it, empty. A column that a calculation doesn't give is an error while it is written.
FILED: dict[str, str] = {
    "p_alive_low": "DOUBLE",
    "p_alive_high": "DOUBLE",
    "expected_purchases_low": "DOUBLE",
    "expected_purchases_high": "DOUBLE",
    "clv_low": "DOUBLE",
    "clv_high": "DOUBLE",
    "clv_12m_low": "DOUBLE",
    "clv_12m_high": "DOUBLE",
    "no_purchase_30d": "DOUBLE",
    "no_purchase_30d_low": "DOUBLE",
    "no_purchase_30d_high": "DOUBLE",
    "no_purchase_90d": "DOUBLE",
    "no_purchase_90d_low": "DOUBLE",
    "no_purchase_90d_high": "DOUBLE",
    "no_purchase_180d": "DOUBLE",
    "no_purchase_180d_low": "DOUBLE",
    "no_purchase_180d_high": "DOUBLE",
    "no_purchase_365d": "DOUBLE",
    "no_purchase_365d_low": "DOUBLE",
    "no_purchase_365d_high": "DOUBLE",
    "expected_purchases_30d": "DOUBLE",
    "expected_purchases_30d_low": "DOUBLE",
    "expected_purchases_30d_high": "DOUBLE",
    "expected_purchases_90d": "DOUBLE",
    "expected_purchases_90d_low": "DOUBLE",
    "expected_purchases_90d_high": "DOUBLE",
    "expected_purchases_180d": "DOUBLE",
    "expected_purchases_180d_low": "DOUBLE",
    "expected_purchases_180d_high": "DOUBLE",
    "expected_purchases_365d": "DOUBLE",
    "expected_purchases_365d_low": "DOUBLE",
    "expected_purchases_365d_high": "DOUBLE",
    "clv_30d": "DOUBLE",
    "clv_30d_low": "DOUBLE",
    "clv_30d_high": "DOUBLE",
    "clv_90d": "DOUBLE",
    "clv_90d_low": "DOUBLE",
    "clv_90d_high": "DOUBLE",
    "clv_180d": "DOUBLE",
    "clv_180d_low": "DOUBLE",
    "clv_180d_high": "DOUBLE",
    "next_order_on": "DATE",
    "return_lines": "INTEGER",
    "items_per_order": "DOUBLE",
    "mean_days_between": "DOUBLE",
    "std_days_between": "DOUBLE",
    "revenue_90d": "DECIMAL(20,6)",
    "revenue_prev_90d": "DECIMAL(20,6)",
    "revenue_trend": "DOUBLE",
    "favourite_category": "VARCHAR",
    "favourite_category_share": "DOUBLE",
    "favourite_brand": "VARCHAR",
    "favourite_brand_share": "DOUBLE",
    "favourite_weekday": "INTEGER",
    "favourite_weekday_share": "DOUBLE",
    "discount": "DECIMAL(20,6)",
    "discounted_share": "DOUBLE",
}
COLUMNS: dict[str, str] = LISTED | FILED
# Small enough that one customer's row costs little to find, large enough to compress well.
ROW_GROUP_SIZE = 16_384

_verified: set[tuple[str, str, str]] = set()


class SnapshotDamaged(Exception):
    """The scores' file is missing or not what was published; the message says what to do."""


@contextmanager
def connection(snapshot: Snapshot, *, threads: int = 1) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection with the view `scores`: one row a customer, the columns of COLUMNS, by customer_key."""
    path = verified_location(snapshot)
    with storage.explained(), duckdb.connect(config={"threads": threads}) as opened:
        storage.attach(opened)
        opened.execute(f"CREATE VIEW scores AS SELECT {_selection(opened, path)} FROM read_parquet('{path}')")
        yield opened


@contextmanager
def pair(before: Snapshot, after: Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection, one thread, with the views `earlier` and `later` of two snapshots."""
    paths = {"earlier": verified_location(before), "later": verified_location(after)}
    with storage.explained(), duckdb.connect(config={"threads": 1}) as opened:
        storage.attach(opened)
        for name, path in paths.items():
            opened.execute(f"CREATE VIEW {name} AS SELECT {_selection(opened, path)} FROM read_parquet('{path}')")
        yield opened


def _selection(opened: duckdb.DuckDBPyConnection, path: str) -> str:
    """Every column by name; one that the file doesn't have is NULL."""
    found = opened.execute(f"DESCRIBE FROM read_parquet('{path}')").fetchall()
    held = {row[0] for row in found}
    return ", ".join(f'"{name}"' if name in held else f'NULL::{kind} AS "{name}"' for name, kind in COLUMNS.items())


def customer_row(snapshot: Snapshot, customer_key: int) -> dict[str, Any]:
    """All COLUMNS of one customer, decimals exact and what is missing None; {} for who is not in the snapshot.

    The file is sorted by key, so only the part that holds the customer is read: tens of milliseconds among a million.
    """
    with connection(snapshot) as opened:
        # A literal, not a parameter: it is what lets whole parts of the file be passed over.
        found = opened.execute(f"SELECT * FROM scores WHERE customer_key = {int(customer_key)}")
        names = [column[0] for column in found.description or []]
        row = found.fetchone()
    return dict(zip(names, row, strict=True)) if row else {}


def lacking(snapshot: Snapshot) -> list[str]:
    """Columns of the score tables that a file from an earlier version does not have."""
    path = verified_location(snapshot)
    with storage.explained(), duckdb.connect(config={"threads": 1}) as opened:
        storage.attach(opened)
        found = {name for name, *_ in opened.execute(f"DESCRIBE FROM read_parquet('{path}')").fetchall()}
    return [name for name in LISTED if name not in found]


def read_scores(snapshot: Snapshot, columns: Sequence[str] | None = None) -> dict[str, Any]:
    """The named columns (all of them when not given) as numpy arrays by name, ordered by customer_key.

    Decimals come as floats; for exact money ask `connection` with SQL. Missing numbers are NaN.
    """
    names = list(columns or COLUMNS)
    if unknown := set(names) - set(COLUMNS):
        raise ValueError(f"Scores have no column {', '.join(sorted(unknown))}: choose from {', '.join(COLUMNS)}.")
    chosen = ", ".join(f'"{name}"' for name in names)
    with connection(snapshot, threads=2) as opened:
        arrays = opened.execute(f"SELECT {chosen} FROM scores ORDER BY customer_key").fetchnumpy()
    return {name: plain_array(arrays[name]) for name in names}


def plain_array(array: Any) -> Any:
    """DuckDB masks arrays that hold NULL; numbers say it with NaN, texts with None."""
    if not hasattr(array, "filled"):
        return array
    if array.dtype.kind in "iu":
        array = array.astype(float)
    return array.filled({"f": float("nan"), "M": None}.get(array.dtype.kind))


def verified_location(snapshot: Snapshot) -> str:
    """Where DuckDB reads a snapshot's file; its digest is checked once for each process and state of the file."""
    location, mark = storage.located(snapshot.path) if snapshot.path else ("", "")
    if not mark:
        raise SnapshotDamaged(f"The scores of results {snapshot.pk} are not in the store: compute the results again.")
    known = (location, snapshot.sha256, mark)
    if known not in _verified:
        with storage.local_copy(snapshot.path) as copy:
            if storage.sha256_of(copy) != snapshot.sha256:
                raise SnapshotDamaged(f"The scores of results {snapshot.pk} were altered: compute the results again.")
        _verified.add(known)
    return location


def claims() -> Iterator[Claim]:
    """The files of published snapshots, for the check of all stored files."""
    published = Snapshot.objects.exclude(path="").exclude(sha256="").order_by("pk")
    for number, path, sha256, as_of in published.values_list("pk", "path", "sha256", "as_of"):
        remedy = "If these are the current results, compute them again; else restore the file from a backup."
        yield Claim(path, f"scores of results {number} as of {as_of}", remedy, sha256)
