"""What a file's lines are like, counted by hand on a few of them."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
import sqlglot

from analytics import description
from tests.analytics.ledger import Line, create_lines

DAY = date(2025, 3, 3)
LINES = [
    # Ann comes twice, once with two lines; Bob once; a guest once. Ann gives a cup back.
    Line(1, "A1", DAY, "10", quantity="2", item_id="cup"),
    Line(1, "A1", DAY, "5", quantity="1", item_id="mug"),
    Line(1, "A2", date(2025, 3, 4), "10", quantity="2", item_id="cup"),
    Line(1, "R1", date(2025, 3, 5), "-5", quantity="-1", item_id="cup"),
    Line(2, "B1", DAY, "7", quantity="1", item_id="mug", country="Spain"),
    Line(None, "G1", DAY, "3", quantity="1", item_id="mug", country=None),
]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_lines(connection, "lines", LINES)
        connection.execute("UPDATE lines SET upload_id = 1")
        connection.execute(f"CREATE TABLE orders AS {description.orders_sql('lines')}")
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_customers_are_counted_by_their_purchases(connection: duckdb.DuckDBPyConnection) -> None:
    assert rows(connection, description.purchase_counts_sql("orders")) == [(1, 1), (2, 1)]
    assert rows(connection, description.repeat_shares_sql("orders")) == [(2, 1, 0, 0)]


def test_many_purchases_are_one_group(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO orders SELECT 3, 'C' || i, DATE '2025-03-03', 1, 1, 1 FROM range(12) AS many(i)")
    assert rows(connection, description.purchase_counts_sql("orders"))[-1] == (10, 1)
    assert rows(connection, description.repeat_shares_sql("orders")) == [(3, 2, 1, 1)]


def test_baskets_are_means_and_medians_of_purchase_orders(connection: duckdb.DuckDBPyConnection) -> None:
    (found,) = rows(connection, description.baskets_sql("orders"))
    orders, mean_lines, median_lines, mean_pieces, median_pieces, mean_value, _, mean_orders, median_orders = found
    assert (orders, mean_lines, median_lines) == (4, 1.25, 1.0)
    assert (mean_pieces, median_pieces, mean_value) == (1.75, 1.5, 8.75)
    assert (mean_orders, median_orders) == (1.5, 1.5)


def test_countries_and_items_are_ranked_by_net_revenue(connection: duckdb.DuckDBPyConnection) -> None:
    assert rows(connection, description.countries_sql("lines", limit=2)) == [
        ("France", 4, 1, Decimal(20)),
        ("Spain", 1, 1, Decimal(7)),
    ]
    items = rows(connection, description.top_items_sql("lines", limit=5))
    assert [(row[0], row[2], row[4]) for row in items] == [("cup", 2, Decimal(15)), ("mug", 3, Decimal(15))]


def test_postage_is_no_top_item(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("UPDATE lines SET is_merchandise = item_id <> 'mug'")
    assert [row[0] for row in rows(connection, description.top_items_sql("lines", limit=5))] == ["cup"]


def test_orders_are_counted_by_their_day_and_month(connection: duckdb.DuckDBPyConnection) -> None:
    assert rows(connection, description.daily_orders_sql("orders")) == [(DAY, 3), (date(2025, 3, 4), 1)]
    assert rows(connection, description.monthly_orders_sql("orders")) == [(date(2025, 3, 1), 4)]


def test_returns_stand_beside_sales(connection: duckdb.DuckDBPyConnection) -> None:
    assert rows(connection, description.returns_sql("lines")) == [(1, 1, Decimal(5), Decimal(35))]


def test_a_newcomer_is_somebody_of_whom_no_other_upload_knows(connection: duckdb.DuckDBPyConnection) -> None:
    assert rows(connection, description.newcomers_sql("lines", upload=1)) == [(2, 2)]
    connection.execute("INSERT INTO lines (upload_id, customer_key) VALUES (2, 1), (2, 9)")
    assert rows(connection, description.newcomers_sql("lines", upload=1)) == [(2, 1)]
    assert rows(connection, description.newcomers_sql("lines", upload=2)) == [(2, 1)]


QUERIES: list[Callable[[], str]] = [
    lambda: description.orders_sql("lines"),
    lambda: description.purchase_counts_sql("orders"),
    lambda: description.repeat_shares_sql("orders"),
    lambda: description.baskets_sql("orders"),
    lambda: description.daily_orders_sql("orders"),
    lambda: description.monthly_orders_sql("orders"),
    lambda: description.countries_sql("lines", limit=3),
    lambda: description.top_items_sql("lines", limit=3),
    lambda: description.returns_sql("lines"),
    lambda: description.newcomers_sql("lines", upload=1),
    lambda: description.open_days_sql("lines"),
]


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_holds_without_lines_and_in_the_other_engines_words(query: Callable[[], str]) -> None:
    with duckdb.connect() as connection:
        create_lines(connection, "lines", LINES)
        connection.execute("DELETE FROM lines")
        connection.execute(f"CREATE TABLE orders AS {description.orders_sql('lines')}")
        connection.execute(query()).fetchall()
    (translated,) = sqlglot.transpile(query(), read="duckdb", write="spark")
    assert sqlglot.parse_one(translated, read="spark")
