"""Counting what came out of a file: lines, money, reasons, warnings."""

from datetime import UTC, datetime
from typing import Any

import duckdb

from crm.intake.cleaning import Columns, cancellation_sql, ids_end_in_point_zero, order_key_sql
from crm.intake.merchandise import service_sql


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Figures of the accepted lines in `cleaned`."""
    row = connection.execute(f"""
        SELECT count(*), coalesce(sum(amount) FILTER (amount > 0), 0), coalesce(-sum(amount) FILTER (amount < 0), 0),
            count(DISTINCT customer), count(DISTINCT {order_key_sql()}), min(ordered_at), max(ordered_at)
        FROM cleaned WHERE reason IS NULL
    """).fetchone()
    names = ("accepted", "gross_revenue", "returned_value", "customers", "orders", "first_at", "last_at")
    return dict(zip(names, row or (), strict=True))


def rejections(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT reason, count(*), min(line_no) FROM cleaned WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    return [{"code": code, "lines": lines, "first_line": first} for code, lines, first in rows]


def warnings(connection: duckdb.DuckDBPyConnection, columns: Columns, *, received_at: datetime) -> list[dict[str, Any]]:
    """What was accepted and still deserves a look; codes with at least one line."""
    received = received_at.astimezone(UTC).replace(tzinfo=None)
    names = ["guest_lines", "returns", "service_lines", "zero_amount", "negative_price", "future_date"]
    row = connection.execute(
        f"""SELECT count(*) FILTER (customer IS NULL), count(*) FILTER ({cancellation_sql(columns)}),
            count(*) FILTER ({service_sql()}), count(*) FILTER (amount = 0),
            count(*) FILTER (unit_price < 0), count(*) FILTER (ordered_at > ?)
        FROM cleaned WHERE reason IS NULL""",
        [received],
    ).fetchone()
    found = dict(zip(names, row or (), strict=True))
    found["exact_duplicates"] = _exact_duplicates(connection)
    found["trailing_separators"] = _one(connection, "SELECT count(*) FROM raw WHERE has_tail")
    if ids_end_in_point_zero(connection, columns):
        found["normalised_ids"] = _one(connection, "SELECT count(customer) FROM cleaned WHERE reason IS NULL")
    return [{"code": code, "lines": int(lines)} for code, lines in found.items() if lines]


def _exact_duplicates(connection: duckdb.DuckDBPyConnection) -> int:
    """Accepted lines that repeat an earlier one in every field."""
    return _one(
        connection,
        """WITH accepted AS (SELECT * EXCLUDE (line_no, reason) FROM cleaned WHERE reason IS NULL)
        SELECT (SELECT count(*) FROM accepted) - (SELECT count(*) FROM (SELECT DISTINCT * FROM accepted))""",
    )


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
