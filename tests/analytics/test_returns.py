"""The sale behind a return: latest, of the same customer and item, and never the same piece twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb
import pytest

from analytics.returns import return_links_sql

START = datetime(2025, 1, 1, 10)  # noqa: DTZ001 - as the ledger holds them, UTC without saying so
# customer, order, item, quantity, amount; each line an hour after the one before
Move = tuple[int | None, str | None, str | None, int | None, str]


def links(moves: Sequence[Move]) -> dict[int, int]:
    """Line number of each linked return -> line number of its sale."""
    with duckdb.connect() as connection:
        connection.execute(
            """CREATE TABLE lines (upload_id BIGINT, line_no BIGINT, customer_key BIGINT, order_id VARCHAR,
            order_key VARCHAR, item_id VARCHAR, quantity DECIMAL(18,6), amount DECIMAL(18,6), ordered_at TIMESTAMP)"""
        )
        for number, (customer, order, item, quantity, amount) in enumerate(moves, start=1):
            row = [1, number, customer, order, order or "-", item, quantity, amount, START + timedelta(hours=number)]
            connection.execute("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        found = connection.execute(return_links_sql("lines")).fetchall()
    return {row[1]: row[3] for row in found}


def test_a_return_takes_back_the_latest_sale_before_it() -> None:
    moves: list[Move] = [
        (1, "A1", "cup", 2, "9"),
        (1, "A2", "cup", 2, "9"),
        (1, "R1", "cup", -2, "-9"),
        (1, "A3", "cup", 2, "9"),
    ]
    assert links(moves) == {3: 2}


def test_two_returns_never_take_back_the_same_sale() -> None:
    moves: list[Move] = [
        (1, "A1", "cup", 2, "9"),
        (1, "A2", "cup", 2, "9"),
        (1, "R1", "cup", -2, "-9"),
        (1, "R2", "cup", -2, "-9"),
        (1, "R3", "cup", -1, "-4.5"),
    ]
    assert links(moves) == {3: 2, 4: 1}


def test_a_sale_can_be_taken_back_piece_by_piece_until_nothing_is_left() -> None:
    moves: list[Move] = [
        (1, "A1", "cup", 5, "20"),
        (1, "R1", "cup", -2, "-8"),
        (1, "R2", "cup", -3, "-12"),
        (1, "R3", "cup", -1, "-4"),
    ]
    assert links(moves) == {2: 1, 3: 1}


@pytest.mark.parametrize(
    "sale",
    [
        (2, "A1", "cup", 2, "9"),  # another customer
        (1, "A1", "mug", 2, "9"),  # another item
        (1, "A1", "cup", 1, "4.5"),  # too few pieces
        (1, "A1", None, 2, "9"),  # no item
    ],
)
def test_a_return_without_a_fitting_sale_is_linked_to_none(sale: Move) -> None:
    assert links([sale, (1, "R1", "cup", -2, "-9")]) == {}


def test_a_sale_after_the_return_is_none_of_its_business() -> None:
    assert links([(1, "R1", "cup", -2, "-9"), (1, "A1", "cup", 2, "9")]) == {}


def test_the_order_number_inside_the_cancellations_number_comes_first() -> None:
    moves: list[Move] = [(1, "536379", "cup", 2, "9"), (1, "536400", "cup", 2, "9"), (1, "C536379", "cup", -2, "-9")]
    assert links(moves) == {3: 1}


def test_a_guests_return_is_linked_by_its_number_alone() -> None:
    moves: list[Move] = [
        (None, "536379", "cup", 2, "9"),
        (None, "536400", "cup", 2, "9"),
        (None, "C536379", "cup", -2, "-9"),
        (None, "C999999", "cup", -2, "-9"),
    ]
    assert links(moves) == {3: 1}


def test_without_quantities_amounts_are_compared() -> None:
    assert links([(1, "A1", "cup", None, "9"), (1, "R1", "cup", None, "-9")]) == {2: 1}
    assert links([(1, "A1", "cup", None, "9"), (1, "R1", "cup", None, "-9.01")]) == {}
