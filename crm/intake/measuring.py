"""Counting what came out of a file: lines, money, reasons, warnings."""

from datetime import UTC, datetime
from typing import Any

import duckdb

from crm.intake.cleaning import line_no
from crm.intake.kinds import LEFT_OUT, Spec

# Lines are compared with each other in so many parts that each fits into memory.
PART = 20_000_000


def line_counts(connection: duckdb.DuckDBPyConnection, spec: Spec) -> dict[str, Any]:
    """How many rows of `cleaned` are lines of the file, which are accepted, and their first and last moment."""
    moment = spec.moment or "NULL::TIMESTAMP"
    row = connection.execute(
        f"""SELECT count(*) FILTER (reason IS DISTINCT FROM '{LEFT_OUT}'), count(*) FILTER (reason IS NULL),
            min({moment}) FILTER (reason IS NULL), max({moment}) FILTER (reason IS NULL) FROM cleaned"""
    ).fetchone()
    lines, accepted, first_at, last_at = row or (0, 0, None, None)
    return {
        "lines": lines,
        "accepted": accepted,
        "rejected": lines - accepted,
        "first_at": first_at and first_at.replace(tzinfo=UTC),
        "last_at": last_at and last_at.replace(tzinfo=UTC),
    }


def rejections(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = connection.execute(
        f"""SELECT reason, count(*), min({line_no}) FROM cleaned
        WHERE reason IS NOT NULL AND reason <> '{LEFT_OUT}' GROUP BY 1 ORDER BY 2 DESC, 1"""
    ).fetchall()
    return [{"code": code, "lines": lines, "first_line": first} for code, lines, first in rows]


def warnings(connection: duckdb.DuckDBPyConnection, spec: Spec, *, received_at: datetime) -> list[dict[str, Any]]:
    """What was accepted and still deserves a look; codes with at least one line."""
    received = received_at.astimezone(UTC).replace(tzinfo=None)
    conditions = {"guest_lines": f"customer IS NULL AND {spec.guest} IS NULL", **spec.warnings}
    if spec.moment:
        conditions["future_date"] = f"{spec.moment} > TIMESTAMP '{received}'"
    counts = ", ".join(f"count(*) FILTER (reason IS NULL AND ({condition}))" for condition in conditions.values())
    row = connection.execute(
        f"SELECT {counts}, count(*) FILTER (has_tail), count(*) FILTER (reason = '{LEFT_OUT}') FROM cleaned"
    ).fetchone()
    found = dict(zip([*conditions, "trailing_separators", LEFT_OUT], row or (), strict=True))
    # The last row ends before its last column: what followed it was never written.
    found["cut_off"] = _one(
        connection, "SELECT coalesce(reason = 'too_few_fields', false) FROM cleaned ORDER BY rowid DESC LIMIT 1"
    )
    found |= {code: _one(connection, query) for code, query in spec.counted.items()}
    found["exact_duplicates"] = _exact_duplicates(connection)
    if ids_end_in_point_zero(connection):
        found["normalised_ids"] = _one(connection, "SELECT count(customer) FROM cleaned WHERE reason IS NULL")
    return [{"code": code, "lines": int(lines)} for code, lines in found.items() if lines]


def ids_end_in_point_zero(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether every customer id is written like 17850.0, as spreadsheets and pandas do to whole numbers."""
    row = connection.execute(
        """SELECT count(customer), count(*) FILTER (regexp_full_match(customer, '[0-9]+[.]0'))
        FROM (SELECT DISTINCT customer FROM cleaned WHERE reason IS NULL)"""
    ).fetchone()
    return bool(row and row[0] and row[0] == row[1])


def _exact_duplicates(connection: duckdb.DuckDBPyConnection) -> int:
    """Accepted rows that repeat an earlier one in every column.

    Rows are told apart by a hash of 64 bits: of a hundred million, two that differ are taken for equal once in
    thousands of files, in a warning that nothing rests on.
    """
    described = connection.execute("DESCRIBE cleaned").fetchall()
    names = ", ".join(row[0] for row in described if row[0] not in {"reason", "fields", "has_tail", "has_break"})
    total = _one(connection, "SELECT count(*) FROM cleaned WHERE reason IS NULL")
    parts = total // PART + 1
    distinct = sum(
        _one(
            connection,
            f"""SELECT count(DISTINCT mark) FROM (SELECT hash({names}) AS mark FROM cleaned WHERE reason IS NULL)
            WHERE mark % {parts} = {part}""",
        )
        for part in range(parts)
    )
    return total - distinct


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
