"""How quantities read."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from core import formatting

NOW = datetime(2011, 12, 9, 12, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("8911407.904"), "8,911,407.90 GBP"),
        (Decimal("-11062.06"), "-11,062.06 GBP"),
        (0, "0.00 GBP"),
        (Decimal("123456789012345678.99"), "123,456,789,012,345,678.99 GBP"),
        (None, "–"),
    ],
)
def test_money_keeps_every_pound_and_names_its_currency(value: Decimal | None, text: str) -> None:
    assert formatting.money_text(value, "GBP") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("8911407.904"), "8.91 M GBP"),
        (Decimal("-279489.02"), "-279.49 k GBP"),
        (Decimal("999999.99"), "1.00 M GBP"),
        (Decimal("999.99"), "1.00 k GBP"),
        (Decimal("994.99"), "994.99 GBP"),
        (Decimal("2000000000"), "2.00 bn GBP"),
        (None, "–"),
    ],
)
def test_compact_money_rounds_into_the_right_scale(value: Decimal | None, text: str) -> None:
    assert formatting.compact_money_text(value, "GBP") == text


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(0.613, 1, "61.3 %"), (Decimal(1), 0, "100 %"), (0, 1, "0.0 %"), (None, 1, "–")]
)
def test_shares_are_per_cent(value: float | None, digits: int, text: str) -> None:
    assert formatting.share_text(value, digits) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(541909, None, "541,909"), (100, None, "100"), (2.5, None, "2.5"), (0.333, None, "0.33"), (7, 2, "7.00")],
)
def test_numbers_mark_thousands_and_drop_idle_zeros(value: float, digits: int | None, text: str) -> None:
    assert formatting.number_text(value, digits) == text


@pytest.mark.parametrize(("value", "text"), [(1, "1 day"), (0, "0 days"), (41, "41 days"), (1.5, "1.5 days")])
def test_days_carry_their_unit(value: float, text: str) -> None:
    assert formatting.days_text(value) == text


@pytest.mark.parametrize(
    ("gap", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=3, minutes=59), "3 hours ago"),
        (timedelta(days=9), "9 days ago"),
        (timedelta(days=-2), "in 2 days"),
        (timedelta(days=40), "30 Oct 2011"),
    ],
)
def test_moments_are_relative_while_that_helps(gap: timedelta, text: str) -> None:
    assert formatting.relative_text(NOW - gap, NOW) == text


def test_days_without_a_time_are_dates() -> None:
    assert formatting.relative_text(date(2011, 12, 9), NOW) == "9 Dec 2011"
    assert formatting.full_date_text(date(2011, 12, 9)) == "9 December 2011"
    assert formatting.full_date_text(NOW) == "9 December 2011, 12:50 UTC"
