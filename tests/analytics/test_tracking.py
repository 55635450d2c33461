"""Repeat purchases over time: counted by hand, and expected as the model's own closed form says."""

from datetime import date

import duckdb
import numpy as np
import pytest

from analytics import tracking
from analytics.lifetime import BgNbdParameters, expected_purchases_new
from tests.analytics.ledger import Line, create_lines

CDNOW = BgNbdParameters(r=0.2425945, alpha=4.4136019, a=0.7929199, b=2.4258881, unit="week")


def test_repeat_days_leave_out_first_days_guests_and_returns() -> None:
    days = [date(2025, 1, day) for day in (1, 2, 3)]
    lines = [
        Line(1, "a", days[0], "1"),
        Line(1, "b", days[1], "1"),
        Line(1, "c", days[1], "1"),
        Line(2, "d", days[1], "1"),
        Line(None, "e", days[1], "1"),
        Line(2, "f", days[2], "-1"),
        Line(2, "g", date(2025, 2, 1), "1"),
    ]
    with duckdb.connect() as connection:
        create_lines(connection, "lines", lines)
        rows = connection.execute(tracking.repeat_days_sql("lines", as_of=days[2])).fetchall()
    assert rows == [(days[0], 1, 1), (days[1], 2, 1)]


def test_expected_is_the_new_customers_expectation_added_up() -> None:
    ends = np.array([7.0, 21.0, 224.0, 546.0])
    found = tracking.expected_cumulative(CDNOW, np.array([0.0, 7.0]), np.array([10.0, 5.0]), ends)
    first = expected_purchases_new(CDNOW, [1, 3, 32, 78])
    later = expected_purchases_new(CDNOW, [0, 2, 31, 77])
    assert found == pytest.approx(10 * first + 5 * later)
    assert first == pytest.approx([0.0532, 0.1506, 1.0437, 1.8580], abs=0.00005)
