"""The aggregations over the ledger, on a shop small enough to add up by hand."""

import warnings
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import sqlglot

from analytics import features
from crm.ledger.engines.translating import spark_sql
from tests.analytics.conftest import Base
from tests.analytics.ledger import Line, create_lines

AS_OF = date(2011, 12, 9)
ANN, BOB, CAT, DAN = 1, 2, 3, 4

SHOP = [
    Line(ANN, "o1", date(2011, 1, 1), "10.10", quantity="2", item_id="A", country="Spain"),
    Line(ANN, "o1", date(2011, 1, 1), "5.05", quantity="1", item_id="B", country="Spain"),
    Line(ANN, "o2", date(2011, 11, 1), "20.00", quantity="4", item_id="A", country="France"),
    Line(ANN, "o3", date(2011, 11, 1), "1.000001", quantity="1", item_id=None, country="France"),
    Line(ANN, "c1", date(2011, 11, 2), "-6.00", quantity="-1", item_id="A", country=None),
    Line(ANN, "o4", date(2011, 12, 9), "7.00", quantity=None, item_id="C", country=None),
    Line(ANN, "o5", date(2011, 12, 10), "99.00"),
    Line(BOB, "o6", date(2010, 12, 9), "3.00", country=None),
    Line(CAT, "c2", date(2011, 5, 5), "-4.00"),
    Line(DAN, "o7", date(2012, 1, 1), "8.00"),
    Line(None, "o8", date(2011, 11, 1), "2.50", country=None),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_lines(connection, "lines", SHOP)
        create_lines(connection, "nothing", [])
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_summary_collapses_days_and_leaves_the_first_out_of_the_value(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    ann, bob = rows(shop, features.bgnbd_summary_sql("lines", observation_period_end=AS_OF, unit="day"))
    assert ann == {
        "customer_key": ANN,
        "frequency": 2,
        "recency": 342.0,
        "T": 342.0,
        "monetary_value": pytest.approx((21.000001 + 7) / 2, rel=1e-15),
        "first_purchase_on": date(2011, 1, 1),
        "latest_purchase_on": AS_OF,
    }
    assert (bob["frequency"], bob["recency"], bob["T"], bob["monetary_value"]) == (0, 0.0, 365.0, 0.0)


def test_unit_only_rescales_time(shop: duckdb.DuckDBPyConnection) -> None:
    days, weeks = (
        rows(shop, features.bgnbd_summary_sql("lines", observation_period_end=AS_OF, unit=unit))
        for unit in ("day", "week")
    )
    for day, week in zip(days, weeks, strict=True):
        assert (week.pop("recency"), week.pop("T")) == (day.pop("recency") / 7, day.pop("T") / 7)
        assert day == week


def test_features_of_a_customer_with_returns_and_gaps(shop: duckdb.DuckDBPyConnection) -> None:
    ann, bob = rows(shop, features.customer_features_sql("lines", as_of=AS_OF))
    assert ann == {
        "customer_key": ANN,
        "days_since_last_purchase": 0,
        "order_count": 4,
        "revenue": Decimal("37.150001"),
        "gross_revenue": Decimal("43.150001"),
        "returned_value": Decimal("6"),
        "average_order_value": pytest.approx(43.150001 / 4, rel=1e-15),
        "items": Decimal("8"),
        "distinct_items": 3,
        "return_rate": pytest.approx(6 / 43.150001, rel=1e-15),
        "return_lines": 1,
        "revenue_12m": Decimal("37.150001"),
        "orders_12m": 4,
        "country": "France",
        "first_purchase_on": date(2011, 1, 1),
        "latest_purchase_on": AS_OF,
    }
    assert bob["country"] is None
    assert (bob["revenue_12m"], bob["orders_12m"], bob["revenue"]) == (0, 0, Decimal("3"))


def test_features_leave_out_who_has_not_bought_by_then(shop: duckdb.DuckDBPyConnection) -> None:
    found = rows(shop, features.customer_features_sql("lines", as_of=AS_OF))
    assert [row["customer_key"] for row in found] == [ANN, BOB]


def test_totals_split_the_revenue_of_guests(shop: duckdb.DuckDBPyConnection) -> None:
    assert rows(shop, features.totals_sql("lines", as_of=AS_OF)) == [
        {
            "gross_revenue": Decimal("48.650001"),
            "returned_value": Decimal("10"),
            "revenue": Decimal("38.650001"),
            "identified_revenue": Decimal("36.150001"),
            "guest_revenue": Decimal("2.5"),
            "lines": 9,
            "orders": 6,
            "customers": 2,
            "first_on": date(2010, 12, 9),
            "last_on": AS_OF,
        }
    ]


def test_totals_of_nothing_are_zero(shop: duckdb.DuckDBPyConnection) -> None:
    (totals,) = rows(shop, features.totals_sql("nothing", as_of=AS_OF))
    assert (totals["revenue"], totals["lines"], totals["customers"], totals["first_on"]) == (
        Decimal(0),
        0,
        0,
        None,
    )


def test_revenue_by_day_and_month(shop: duckdb.DuckDBPyConnection) -> None:
    period = {"first": date(2011, 11, 1), "last": AS_OF}
    days = rows(shop, features.daily_revenue_sql("lines", **period))
    assert [(row["ordered_on"].isoformat(), row["revenue"], row["orders"], row["buyers"]) for row in days] == [
        ("2011-11-01", Decimal("23.500001"), 3, 1),
        ("2011-11-02", Decimal("-6"), 0, 0),
        ("2011-12-09", Decimal("7"), 1, 1),
    ]
    november, december = rows(shop, features.monthly_revenue_sql("lines", **period))
    assert (november["month"], november["gross_revenue"], november["returned_value"], november["lines"]) == (
        date(2011, 11, 1),
        Decimal("23.500001"),
        Decimal("6"),
        4,
    )
    assert december["revenue"] == Decimal("7")


def test_holdout_counts_days_after_the_cut(shop: duckdb.DuckDBPyConnection) -> None:
    sql = features.holdout_summary_sql(
        "lines", calibration_end=date(2011, 6, 1), observation_period_end=AS_OF, unit="week"
    )
    ann, bob = rows(shop, sql)
    assert ann["frequency_holdout"] == 2
    assert ann["monetary_value_holdout"] == pytest.approx(28.000001 / 2, rel=1e-15)
    assert ann["duration_holdout"] == pytest.approx(191 / 7)
    assert (bob["frequency_holdout"], bob["monetary_value_holdout"]) == (0, 0.0)


def test_holdout_must_come_after_the_calibration() -> None:
    with pytest.raises(ValueError, match="holdout must end after"):
        features.holdout_summary_sql("lines", calibration_end=AS_OF, observation_period_end=AS_OF, unit="day")


ONLINE_RETAIL = """
CREATE TABLE lines AS SELECT TRY_CAST(CustomerID AS BIGINT) AS customer_key, InvoiceNo AS order_key,
    StockCode AS item_id, CAST(Quantity AS DECIMAL(18, 6)) AS quantity, Country AS country,
    CAST(CAST(Quantity AS DECIMAL(18, 6)) * CAST(UnitPrice AS DECIMAL(18, 3)) AS DECIMAL(18, 6)) AS amount,
    CAST(STRPTIME(InvoiceDate, '%m/%d/%Y %H:%M') AS DATE) AS ordered_on, amount > 0 AS is_purchase
FROM READ_CSV(?, all_varchar = true, encoding = 'latin-1', header = true)
"""

STATEMENTS = {
    "summary": features.bgnbd_summary_sql("lines", observation_period_end=AS_OF, unit="week"),
    "holdout": features.holdout_summary_sql(
        "lines", calibration_end=date(2011, 6, 1), observation_period_end=AS_OF, unit="day"
    ),
    "features": features.customer_features_sql("lines", as_of=AS_OF),
    "habits": features.habits_sql("lines", as_of=AS_OF),
    "totals": features.totals_sql("lines", as_of=AS_OF),
    "days": features.daily_revenue_sql("lines", first=date(2011, 1, 1), last=AS_OF),
    "months": features.monthly_revenue_sql("lines", first=date(2011, 1, 1), last=AS_OF),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_translates_to_spark_and_keeps_its_columns(name: str) -> None:
    ours = sqlglot.parse_one(STATEMENTS[name], read="duckdb")
    spark = spark_sql(STATEMENTS[name])
    assert sqlglot.parse_one(spark, read="spark").named_selects == ours.named_selects
    assert "DATE_DIFF" not in spark
    assert "ARG_MIN" not in spark
    assert "MATERIALIZED" not in spark


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_survives_the_way_to_spark_and_back(name: str, shop: duckdb.DuckDBPyConnection) -> None:
    (back,) = sqlglot.transpile(spark_sql(STATEMENTS[name]), read="spark", write="duckdb")
    assert rows(shop, back) == rows(shop, STATEMENTS[name])


def test_summary_equals_that_of_lifetimes(cdnow_lines: duckdb.DuckDBPyConnection, cdnow_days: Base) -> None:
    lines = cdnow_lines.execute("SELECT customer_key, ordered_on, amount::DOUBLE AS amount FROM lines").df()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes.utils import summary_data_from_transaction_data

        theirs = summary_data_from_transaction_data(
            lines, "customer_key", "ordered_on", "amount", observation_period_end="1997-09-30"
        ).sort_index()
    for name in ("frequency", "recency", "T", "monetary_value"):
        np.testing.assert_allclose(getattr(cdnow_days, name), theirs[name].to_numpy(), rtol=1e-12, err_msg=name)


@pytest.mark.realdata
def test_online_retail_totals_to_the_digit(test_data: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(ONLINE_RETAIL, [str(test_data / "online-retail" / "data.csv.gz")])
        (totals,) = rows(connection, features.totals_sql("lines", as_of=AS_OF))
        customers = rows(connection, features.customer_features_sql("lines", as_of=AS_OF))
        summary = rows(connection, features.bgnbd_summary_sql("lines", observation_period_end=AS_OF, unit="day"))
    assert totals["lines"] == 541_909
    assert (totals["gross_revenue"], totals["returned_value"], totals["revenue"]) == (
        Decimal("10666684.544"),
        Decimal("918936.61"),
        Decimal("9747747.934"),
    )
    assert totals["customers"] == len(customers) == len(summary) == 4338
    assert sum(row["gross_revenue"] for row in customers) == Decimal("8911407.904")
    assert sum(row["order_count"] for row in customers) == 18_532
    keys = ("customer_key", "first_purchase_on", "latest_purchase_on")
    assert [[row[key] for key in keys] for row in customers] == [[row[key] for key in keys] for row in summary]


def test_cdnow_counts(cdnow_weeks: Base) -> None:
    assert len(cdnow_weeks.frequency) == 2357
    assert cdnow_weeks.frequency.sum() == 2457
    assert np.count_nonzero(cdnow_weeks.frequency == 0) == 1411
    assert cdnow_weeks.frequency_holdout.sum() == 1882
