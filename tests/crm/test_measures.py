"""Flags, counts, measures and rates as files write them, exactly or not at all."""

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.intake.measures import count_sql, flag_sql, measure_sql, rate_sql


def read(sql: str, text: str | None) -> object:
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT {sql} FROM (SELECT ?::VARCHAR AS field)", [text]).fetchone()
    return row and row[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(text, True) for text in ("TRUE", "true", "1", "1.0", "Yes", " ja ", "oui", "t", "subscribed")],
        *[(text, False) for text in ("FALSE", "0", "0.0", "no", "NEIN", "non", "f", "unsubscribed")],
        *[(text, None) for text in (None, "", "maybe", "2", "-1", "yes, please")],
    ],
)
def test_flags_in_several_languages(text: str | None, value: bool | None) -> None:
    assert read(flag_sql("field"), text) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("0", 0), ("17", 17), ("17.0", 17), ("1,234", 1234), ("1e3", 1000)],
        *[(text, None) for text in ("3.5", "-1", "many", "", "99999999999999999999", "NaN")],
    ],
)
def test_counts_are_whole(text: str, value: int | None) -> None:
    assert read(count_sql("field", "."), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("0.000119048", "0.000119048"), ("9.83E-05", "0.0000983"), ("627.5", "627.5"), ("-1", "-1"), (".5", "0.5")],
        *[("1,234.5", "1234.5"), ("1.5e3", "1500"), ("0.10000000000000000000", "0.1"), ("5.", "5")],
        *[
            (text, None)
            for text in ("1.2345678901234567891", "1E-19", "1e300", "1_000", "NaN", "inf", "٣", ".", "1,23")
        ],
    ],
)
def test_measures_keep_every_digit_or_are_none(text: str, value: str | None) -> None:
    assert read(measure_sql("field", "."), text) == (None if value is None else Decimal(value))


def test_measures_with_a_comma() -> None:
    assert read(measure_sql("field", ","), "1.234,5") == Decimal("1234.5")
    assert read(measure_sql("field", ","), "1,234.5") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[
            ("0.2", "0.2"),
            ("1", "1"),
            ("0", "0"),
            ("45.2%", "0.452"),
            ("45 %", "0.45"),
            ("100%", "1"),
            ("9E-05", "9E-5"),
        ],
        *[(text, None) for text in ("45.2", "-0.1", "101%", "%", "none")],
    ],
)
def test_rates_are_shares_or_percentages(text: str, value: str | None) -> None:
    assert read(rate_sql("field", "."), text) == (None if value is None else Decimal(value))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**19), max_value=10**19, places=18))
@settings(max_examples=100, deadline=None)
def test_any_measure_comes_back_exactly(value: Decimal) -> None:
    for text in (f"{value:f}", f"{value:e}"):
        assert read(measure_sql("field", "."), text) == value
