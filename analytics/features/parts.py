"""Pieces of SQL that the statements share, and the units of time."""

from datetime import date
from typing import Literal

Unit = Literal["day", "week"]
DAYS_PER_UNIT: dict[Unit, int] = {"day": 1, "week": 7}

MONEY = "DECIMAL(38, 6)"


def literal(day: date) -> str:
    return f"DATE '{day:%Y-%m-%d}'"


def money(expression: str) -> str:
    return f"CAST(COALESCE(SUM({expression}), 0) AS {MONEY})"


def gross() -> str:
    return money("CASE WHEN amount > 0 THEN amount END")


def returned() -> str:
    return money("CASE WHEN amount < 0 THEN -amount END")


def orders() -> str:
    return "COUNT(DISTINCT CASE WHEN is_purchase THEN order_key END)"


def buyers() -> str:
    return "COUNT(DISTINCT CASE WHEN is_purchase THEN customer_key END)"


def favourite(name: str, counted: str) -> str:
    """Of rows `customer_key, NAME, times` the first name of most times, and its share of them."""
    return f"""
    SELECT counted.customer_key, MIN({name}) AS favourite_{name},
        CAST(MAX(most) AS DOUBLE) / CAST(MAX(all_times) AS DOUBLE) AS favourite_{name}_share
    FROM ({counted}) AS counted JOIN (
        SELECT customer_key, MAX(times) AS most, SUM(times) AS all_times FROM ({counted}) AS again GROUP BY customer_key
    ) AS heights ON counted.customer_key = heights.customer_key AND counted.times = heights.most
    GROUP BY counted.customer_key
"""
