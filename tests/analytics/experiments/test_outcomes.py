"""What people brought after the draw and before it, by hand."""

from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest

from analytics.experiments.outcomes import outcomes_sql
from tests.analytics.ledger import Line, create_lines

pytestmark = pytest.mark.any_world

DRAWN = date(2025, 5, 31)


def test_the_day_of_the_draw_belongs_to_the_time_before() -> None:
    def on(days: int) -> date:
        return DRAWN + timedelta(days=days)

    lines = [
        Line(1, "a", on(-365), "1"),  # just too long ago
        Line(1, "b", on(-364), "2"),
        Line(1, "c", on(0), "4"),
        Line(1, "d", on(1), "8"),
        Line(1, "d", on(1), "16"),  # a second line of one order
        Line(1, "e", on(30), "-3"),  # a return is no order
        Line(1, "f", on(31), "32"),  # after the results' day
        Line(3, "g", on(5), "64"),  # of nobody in the experiment
        Line(None, "h", on(5), "128"),
    ]
    with duckdb.connect() as connection:
        create_lines(connection, "lines", lines)
        connection.execute(
            "CREATE TABLE people AS SELECT unnest([2, 1])::BIGINT AS customer_key, ?::DATE AS assigned_on", [DRAWN]
        )
        found = connection.execute(outcomes_sql("lines", "people", as_of=on(30))).fetchall()
    assert found == [(1, Decimal(21), 1, Decimal(6), 2), (2, 0, 0, 0, 0)]
