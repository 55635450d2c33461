"""Finished series for pages: money by month, and repeat purchases as they happened beside the model's."""

from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np

from analytics import features, lifetime, tracking
from segmentation.jobs.inputs import records

STEPS = 60


def monthly_revenue(connection: duckdb.DuckDBPyConnection, first: date, as_of: date) -> list[dict[str, Any]]:
    """One entry for each month with lines; money as exact text."""
    entries = records(connection, features.monthly_revenue_sql("lines", first=first, last=as_of))
    return [
        {name: value if isinstance(value, int) else str(value) for name, value in entry.items()} for entry in entries
    ]


def recent_revenue(connection: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, str]:
    """Net revenue of the latest 30 complete days and of the 30 before; the day of `as_of` may not have ended yet."""
    through = as_of - timedelta(days=1)
    middle, first = through - timedelta(days=29), through - timedelta(days=59)
    sql = features.daily_revenue_sql("lines", first=first, last=through)
    row = connection.execute(f"""
        SELECT coalesce(sum(revenue) FILTER (ordered_on >= DATE '{middle}'), 0),
            coalesce(sum(revenue) FILTER (ordered_on < DATE '{middle}'), 0) FROM ({sql})
    """).fetchone()
    latest, before = row or (0, 0)
    return {"first": str(middle), "last": str(through), "revenue": str(latest), "before": str(before)}


def repeat_purchases(
    connection: duckdb.DuckDBPyConnection, parameters: lifetime.PurchaseParameters, as_of: date
) -> list[dict[str, Any]]:
    """`on, actual, expected`: repeat purchases from the first day, added up, at about weekly steps."""
    found = connection.execute(tracking.repeat_days_sql("lines", as_of=as_of)).fetchnumpy()
    days = found["ordered_on"].astype("datetime64[D]")
    offsets = (days - days[0]).astype(float)
    length = (np.datetime64(as_of) - days[0]).astype(float)
    step = max(7.0, np.ceil(length / STEPS))
    ends = np.append(np.arange(step, length, step), length)
    repeats = np.cumsum(found["buyers"] - found["newcomers"])
    actual = repeats[np.searchsorted(offsets, ends, side="right") - 1]
    expected = tracking.expected_cumulative(parameters, offsets, found["newcomers"].astype(float), ends)
    return [
        {"on": str(days[0] + np.timedelta64(int(end), "D")), "actual": int(done), "expected": round(float(hoped), 1)}
        for end, done, hoped in zip(ends, actual, expected, strict=True)
    ]
