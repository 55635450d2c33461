"""Finished series for pages: money by month, and what the best customers hold of it."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb

from analytics import features
from analytics.groups import BAND_CUTS
from core.money import plain
from crm.ledger import Engine
from segmentation.jobs.inputs import records


def monthly_revenue(engine: Engine, first: date, as_of: date) -> list[dict[str, Any]]:
    """One entry for each month with lines; money as exact text."""
    entries = records(engine, features.monthly_revenue_sql("lines", first=first, last=as_of))
    return [
        {name: value if isinstance(value, int) else str(value) for name, value in entry.items()} for entry in entries
    ]


def recent_revenue(engine: Engine, as_of: date) -> dict[str, str]:
    """Net revenue of the latest 30 complete days and of the 30 before; the day of `as_of` may not have ended yet."""
    through = as_of - timedelta(days=1)
    middle, first = through - timedelta(days=29), through - timedelta(days=59)
    days = records(engine, features.daily_revenue_sql("lines", first=first, last=through))
    nothing = Decimal("0.000000")
    latest = sum((day["revenue"] for day in days if day["ordered_on"] >= middle), nothing)
    before = sum((day["revenue"] for day in days if day["ordered_on"] < middle), nothing)
    return {"first": str(middle), "last": str(through), "revenue": str(latest), "before": str(before)}


def value_bands(scores: duckdb.DuckDBPyConnection, total: Decimal) -> list[dict[str, Any]]:
    """The best 1, 5, 10, 25 and 50 % of customers by expected value over 12 months, each with all above it.

    `share` is of all net revenue (`total`; None where that is not above zero), `share_of_value` of everybody's
    expected value.
    """
    scores.execute("""CREATE OR REPLACE TEMP TABLE ranked AS SELECT revenue, coalesce(clv_12m, 0) AS value,
        row_number() OVER (ORDER BY clv_12m DESC NULLS LAST, revenue DESC, customer_key) AS place FROM scores""")
    customers, whole = scores.execute("SELECT count(*), sum(value) FROM ranked").fetchone() or (0, 0)
    return [_band(scores, cut, customers, total, whole) for _, cut in BAND_CUTS]


def _band(scores: duckdb.DuckDBPyConnection, cut: str, customers: int, total: Decimal, whole: float) -> dict[str, Any]:
    size = int((Decimal(cut) * customers).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    sums = "coalesce(sum(revenue), 0), coalesce(sum(value), 0)"
    revenue, value = scores.execute(f"SELECT {sums} FROM ranked WHERE place <= {size}").fetchone() or (Decimal(0), 0)
    return {
        "cut": cut,
        "size": size,
        "revenue": plain(revenue),
        "share": round(float(revenue / total), 9) if total > 0 else None,
        "value": round(value, 6),
        "share_of_value": round(value / whole, 9) if whole else 0.0,
    }
