"""Every statement that the product's figures stand on, on DuckDB and on a cluster: the same to the digit."""

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.test import override_settings

from analytics import description, evidence, features, tracking
from crm.ledger.engines import DuckDBEngine, Engine
from crm.ledger.engines.session import spark_session
from crm.ledger.engines.spark import SparkEngine
from tests.analytics.ledger import COLUMNS

FIRST, CUT, AS_OF = date(2010, 12, 1), date(2011, 8, 1), date(2011, 12, 9)
PERIOD = {"first": FIRST, "last": AS_OF}
HOLDOUT = {"calibration_end": CUT, "observation_period_end": AS_OF}
ORDERS = f"({description.orders_sql('lines')}) AS orders"

STATEMENTS = {
    "totals": features.totals_sql("lines", as_of=AS_OF),
    "summary in days": features.bgnbd_summary_sql("lines", observation_period_end=AS_OF, unit="day"),
    "summary in weeks": features.bgnbd_summary_sql("lines", observation_period_end=CUT, unit="week"),
    "holdout": features.holdout_summary_sql("lines", **HOLDOUT, unit="day"),
    "features": features.customer_features_sql("lines", as_of=AS_OF),
    "habits": features.habits_sql("lines", as_of=AS_OF),
    "days": features.daily_revenue_sql("lines", **PERIOD),
    "months": features.monthly_revenue_sql("lines", **PERIOD),
    "repeat days": tracking.repeat_days_sql("lines", as_of=AS_OF),
    "purchase counts": description.purchase_counts_sql(ORDERS),
    "repeat shares": description.repeat_shares_sql(ORDERS),
    "baskets": description.baskets_sql(ORDERS),
    "countries": description.countries_sql("lines", limit=1000),
    "orders by month": description.monthly_orders_sql(ORDERS),
    "returns": description.returns_sql("lines"),
    "newcomers": description.newcomers_sql("lines", upload=1),
    "open days": description.open_days_sql("lines"),
    "a customer's months": evidence.customer_months_sql("lines", customer_keys=[12346, 17850, 77], as_of=AS_OF),
    "uploads of days": evidence.day_uploads_sql("lines", **PERIOD),
}

ONLINE_RETAIL = """
SELECT 1::BIGINT AS upload_id, row_number() OVER () AS line_no, TRY_CAST(CustomerID AS BIGINT) AS customer_key,
    InvoiceNo AS order_key, StockCode AS item_id, Description AS description,
    CAST(Quantity AS DECIMAL(18, 6)) AS quantity, CAST(UnitPrice AS DECIMAL(18, 6)) AS unit_price,
    CAST(CAST(Quantity AS DECIMAL(18, 6)) * CAST(UnitPrice AS DECIMAL(18, 3)) AS DECIMAL(18, 6)) AS amount,
    STRPTIME(InvoiceDate, '%m/%d/%Y %H:%M') AS ordered_at, ordered_at::DATE AS ordered_on, Country AS country,
    amount > 0 AS is_purchase, TRUE AS is_merchandise
FROM read_csv({path}, all_varchar = true, encoding = 'latin-1', header = true)
"""
# Everything that engines like to differ in: empty texts beside missing ones, quotes, commas and line ends, names beyond
# ASCII, six decimals, customers without a sale, orders over two days, guests, ties.
GENERATED = """
SELECT 1 + i % 3 AS upload_id, i AS line_no, CASE WHEN h % 20 > 0 THEN (h // 20) % 90000 END AS customer_key,
    'O' || i // 4 AS order_key, CASE WHEN h % 31 > 0 THEN 'I' || h % 977 END AS item_id,
    [NULL, '', 'Tea, green', 'Cups "large"', 'Ünïcode', 'tea, green', ' padded '][CAST(1 + h % 7 AS INTEGER)]
        AS category,
    [NULL, 'Alba', 'Zen', E'two\\nlines', ''][CAST(1 + (h // 7) % 5 AS INTEGER)] AS brand,
    CASE WHEN h % 13 > 0 THEN CAST((h // 3) % 1000000000 / 1000.0 AS DECIMAL(18, 6)) END AS quantity,
    CAST(CASE WHEN h % 17 = 0 THEN -1 ELSE 1 END * CAST((h // 5) % 10000000000 AS DECIMAL(18, 0)) / 1000000
        AS DECIMAL(18, 6)) AS amount,
    CASE h % 4 WHEN 0 THEN CAST(0 AS DECIMAL(18, 6)) WHEN 1 THEN CAST((h // 11) % 5000 / 1000.0 AS DECIMAL(18, 6)) END
        AS discount,
    DATE '2010-12-01' + CAST((i // 3 * 7919 + h % 2) % 400 AS INTEGER) AS ordered_on,
    ordered_on::TIMESTAMP AS ordered_at,
    [NULL, 'EIRE', 'France', '', 'Österreich'][CAST(1 + (h // 13) % 5 AS INTEGER)] AS country,
    amount >= 0 AS is_purchase,
    [NULL, TRUE, TRUE, FALSE][CAST(1 + (h // 17) % 4 AS INTEGER)] AS is_merchandise
FROM (SELECT i, hash(i) AS h FROM range({lines}) AS numbers (i))
"""


def written(folder: Path, sql: str) -> Path:
    """The rows of a SELECT as a file in the ledger's columns."""
    path = folder / "lines.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE lines ({COLUMNS})")
        connection.execute(f"INSERT INTO lines BY NAME {sql}")
        connection.execute(f"COPY lines TO '{path}' (FORMAT parquet)")
    return path


@pytest.fixture(scope="module", params=["Online Retail", "a million lines"])
def engines(
    request: pytest.FixtureRequest, master: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, Engine]]:
    """DuckDB and Spark over the same file."""
    folder = tmp_path_factory.mktemp("lines")
    sql = GENERATED.format(lines=1_000_000)
    if request.param == "Online Retail":
        data = request.getfixturevalue("test_data")
        sql = ONLINE_RETAIL.format(path=f"'{data / 'online-retail' / 'data.csv.gz'}'")
    path = written(folder, sql)
    with duckdb.connect() as ours, duckdb.connect() as theirs, override_settings(SPARK_MASTER=master):
        ours.execute(f"CREATE VIEW lines AS FROM read_parquet('{path}')")
        with spark_session() as session:
            session.read.parquet(f"file://{path}").createOrReplaceTempView("lines")
            yield DuckDBEngine(ours), SparkEngine(session, theirs)


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_gives_the_same_on_both_engines(engines: tuple[Engine, Engine], name: str) -> None:
    ours, theirs = (engine.query(STATEMENTS[name]) for engine in engines)
    assert [column[0] for column in ours.description or []] == [column[0] for column in theirs.description or []]
    expected, found = ours.fetchall(), theirs.fetchall()
    assert len(found) == len(expected) > 0
    wrong = [pair for pair in zip(expected, found, strict=True) if not all(map(is_same, *pair))]
    assert not wrong, f"{len(wrong)} of {len(found)} rows differ: {wrong[:3]}"


def is_same(ours: Any, theirs: Any) -> bool:
    """Counts, money, days and texts to the digit; ratios and durations to nine digits."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-9)
    return bool(ours == theirs) and isinstance(ours, type(theirs))


def test_the_comparison_tells_what_differs() -> None:
    assert is_same(1.0, 1.0 + 1e-10)
    assert not is_same(1.0, 1.0 + 1e-8)
    assert not is_same("", None)
    assert not is_same(0, 0.0)
