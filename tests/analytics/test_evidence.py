"""Aggregations that show why something looks odd, and the country whose holidays count."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from analytics.evidence import countries_sql, customer_months_sql, customer_uploads_sql, day_uploads_sql
from analytics.public_holidays import country_code
from tests.analytics.ledger import Line, create_lines

DAY = date(2025, 3, 31)
LINES = [
    Line(1, "a", DAY, "10.10"),
    Line(1, "b", DAY, "5.05"),
    Line(1, "c", date(2025, 4, 1), "-5.05"),
    Line(1, "late", date(2025, 6, 1), "99", country=None),
    Line(2, "d", DAY, "1", country="Spain"),
]


@pytest.fixture
def ledger() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_lines(connection, "lines", LINES)
    connection.execute("UPDATE lines SET upload_id = CASE WHEN order_key = 'b' THEN 8 ELSE 7 END")
    return connection


def test_a_customers_months_are_exact_and_end_with_the_cut_off(ledger: duckdb.DuckDBPyConnection) -> None:
    sql = customer_months_sql("lines", customer_keys=[1], as_of=date(2025, 5, 1))
    assert ledger.execute(sql).fetchall() == [
        (1, date(2025, 3, 1), Decimal("15.15"), Decimal(0), 2),
        (1, date(2025, 4, 1), Decimal(0), Decimal("5.05"), 0),
    ]


def test_no_customers_ask_for_nothing(ledger: duckdb.DuckDBPyConnection) -> None:
    assert ledger.execute(customer_uploads_sql("lines", customer_keys=[])).fetchall() == []


def test_uploads_of_customers_and_of_days_are_named_once(ledger: duckdb.DuckDBPyConnection) -> None:
    assert ledger.execute(customer_uploads_sql("lines", customer_keys=[1, 2])).fetchall() == [(1, 7), (1, 8), (2, 7)]
    assert ledger.execute(day_uploads_sql("lines", first=DAY, last=DAY)).fetchall() == [(DAY, 7), (DAY, 8)]


def test_the_country_of_most_lines_comes_first(ledger: duckdb.DuckDBPyConnection) -> None:
    assert ledger.execute(countries_sql("lines")).fetchall() == [("France", 3), ("Spain", 1)]


@pytest.mark.parametrize(
    ("name", "code"),
    [("United Kingdom", "GB"), (" uk ", "GB"), ("GBR", "GB"), ("france", "FR"), ("Unspecified", None), ("", None)],
)
def test_a_country_is_known_by_its_name_or_code(name: str, code: str | None) -> None:
    assert country_code(name) == code
