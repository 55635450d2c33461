"""How customers buy, added up by hand; what is not known is missing, never nought."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import features
from tests.analytics.ledger import Line, create_lines

AS_OF = date(2011, 12, 9)
MONDAY = date(2011, 11, 7)


def habits(lines: list[Line], as_of: date = AS_OF) -> dict[int, dict[str, Any]]:
    with duckdb.connect() as connection:
        create_lines(connection, "lines", lines)
        cursor = connection.execute(features.habits_sql("lines", as_of=as_of))
        names = [column[0] for column in cursor.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["customer_key"]: row for row in rows}


def bought(day: date, order: str = "", amount: str = "10", **fields: Any) -> Line:
    return Line(1, order or f"o{day}", day, amount, **fields)


def test_rhythm_of_days_apart() -> None:
    row = habits([bought(MONDAY), bought(MONDAY, "again"), bought(date(2011, 11, 17)), bought(date(2011, 12, 1))])[1]
    assert row["mean_days_between"] == 12
    assert row["std_days_between"] == pytest.approx(np.std([10, 14], ddof=1), rel=1e-15)


def test_one_day_has_no_rhythm_and_two_have_no_spread() -> None:
    once, twice = habits([bought(MONDAY)])[1], habits([bought(MONDAY), bought(date(2011, 11, 10))])[1]
    assert (once["mean_days_between"], once["std_days_between"], once["favourite_weekday"]) == (None, None, None)
    assert (twice["mean_days_between"], twice["std_days_between"]) == (3, None)


@settings(deadline=None, max_examples=40)
@given(st.sets(st.integers(0, 4000), min_size=3, max_size=40))
def test_spread_is_numpys(offsets: set[int]) -> None:
    days = sorted(offsets)
    row = habits([bought(date(2000, 1, 1) + timedelta(days=day)) for day in days], date(2030, 1, 1))[1]
    gaps = np.diff(days)
    assert row["mean_days_between"] == pytest.approx(gaps.mean(), rel=1e-12)
    assert row["std_days_between"] == pytest.approx(gaps.std(ddof=1), rel=1e-9, abs=1e-9)


def test_favourite_weekday_is_of_days_not_of_lines() -> None:
    thursdays = [bought(date(2011, 11, 10)), bought(date(2011, 11, 17))]
    row = habits([*thursdays, *(bought(MONDAY, f"m{number}") for number in range(5))])[1]
    assert (row["favourite_weekday"], row["favourite_weekday_share"]) == (4, pytest.approx(2 / 3))


@pytest.mark.parametrize("day", range(7))
def test_weekdays_are_numbered_from_monday(day: int) -> None:
    days = [MONDAY + timedelta(days=day), MONDAY + timedelta(days=day + 7)]
    assert habits([bought(at) for at in days])[1]["favourite_weekday"] == days[0].isoweekday()


def test_favourites_count_purchases_of_merchandise_and_break_ties_by_name() -> None:
    lines = [
        bought(MONDAY, "a", category="Tea", brand="Zen"),
        bought(MONDAY, "b", category="Cups", brand="Alba"),
        bought(MONDAY, "c", category=None, brand="Alba"),
        bought(MONDAY, "r", "-5", category="Tea"),
        bought(MONDAY, "r", "-5", category="Tea"),
        *(bought(MONDAY, "p", category="Postage", is_merchandise=False) for _ in range(9)),
    ]
    row = habits(lines)[1]
    assert (row["favourite_category"], row["favourite_category_share"]) == ("Cups", 0.5)
    assert (row["favourite_brand"], row["favourite_brand_share"]) == ("Alba", pytest.approx(2 / 3))


def test_what_files_do_not_say_is_missing() -> None:
    row = habits([bought(MONDAY, quantity=None)])[1]
    unknown = ("items_per_order", "favourite_category", "favourite_category_share", "favourite_brand", "discount")
    assert [row[name] for name in (*unknown, "discounted_share")] == [None] * 6


def test_baskets_and_discounts_are_counted_by_order() -> None:
    lines = [
        bought(MONDAY, "a", quantity="2", discount="1.50"),
        bought(MONDAY, "a", quantity="3", discount=None),
        bought(MONDAY, "b", quantity="4", discount="0"),
        bought(MONDAY, "c", quantity=None, discount="-0.25"),
        bought(MONDAY, "r", "-1", quantity="-1", discount="9"),
    ]
    row = habits(lines)[1]
    assert row["items_per_order"] == pytest.approx(4.5)
    assert (row["discount"], row["discounted_share"]) == (Decimal("1.75"), pytest.approx(2 / 3))


def test_trend_compares_the_last_quarter_with_the_one_before() -> None:
    old, before, latest = AS_OF - timedelta(days=400), AS_OF - timedelta(days=90), AS_OF - timedelta(days=89)
    row = habits([bought(old), bought(before, "b", "20"), bought(latest, "c", "35"), bought(AS_OF, "r", "-5")])[1]
    assert (row["revenue_90d"], row["revenue_prev_90d"]) == (Decimal(30), Decimal(20))
    assert row["revenue_trend"] == pytest.approx(0.5)


def test_there_is_no_trend_without_money_before_or_lines_that_reach_back() -> None:
    before = AS_OF - timedelta(days=100)
    assert habits([bought(before), bought(AS_OF)])[1]["revenue_trend"] is None
    assert habits([bought(date(2010, 1, 1)), bought(AS_OF)])[1]["revenue_trend"] is None


def test_guests_and_later_buyers_are_left_out() -> None:
    lines = [Line(None, "g", MONDAY, "1"), Line(2, "r", MONDAY, "-1"), Line(3, "l", date(2012, 1, 1), "1")]
    assert set(habits([*lines, bought(MONDAY)])) == {1}
