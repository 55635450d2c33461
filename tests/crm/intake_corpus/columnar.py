"""Parquet files: as DuckDB writes them, and by hand where it would not."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.crm.intake_corpus.base import PLAIN, Case
from tests.crm.intake_corpus.tiny_parquet import INT64, INT96, TEXT, parquet

USUAL = """'A' || i AS order_id, TIMESTAMP '2025-03-01 10:00:00' + to_days(i::INTEGER) AS ordered_at,
    17850 + i AS customer_id, 'cup' AS item_id, 2 AS quantity, 4.50::DECIMAL(18,6) AS unit_price"""


def saved(select: str, options: str = "") -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "file.parquet"
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet{options})")
        return path.read_bytes()


def usual(**changed: str) -> Callable[[], bytes]:
    """Six lines, with other expressions for some columns; `i` counts from 1."""
    changes = ", ".join(f"{expression} AS {name}" for name, expression in changed.items())
    replaced = f"REPLACE ({changes})" if changes else ""
    return lambda: saved(f"SELECT * EXCLUDE (i) {replaced} FROM (SELECT {USUAL}, i FROM range(1, 7) t(i))")


def added(expression: str) -> Callable[[], bytes]:
    return lambda: saved(f"SELECT {USUAL}, {expression} FROM range(1, 7) t(i)")


def by_hand(claimed: int | None = None) -> bytes:
    count = range(1, 7)
    return parquet(
        {
            "order_id": (TEXT, [f"A{n}" for n in count]),
            "ordered_at": (INT96, [datetime(2025, 3, n, 10, 30, tzinfo=UTC) for n in count]),
            "customer_id": (INT64, [9_007_199_254_740_992 + n for n in count]),
            "quantity": (INT64, [2] * 6),
            "unit_price": (TEXT, ["4.50"] * 6),
        },
        claimed=claimed,
    )


def bomb() -> bytes:
    """A gigabyte of text in 100 KB: one long value, and ten thousand times its number."""
    return saved("SELECT repeat('x', 100000) AS order_id, 1 AS amount FROM range(10000)")


def many_rows() -> bytes:
    return saved("SELECT 'A1' AS order_id, 1 AS amount FROM range(30000000)")


def accepted(name: str, data: bytes | Callable[[], bytes], **values: Any) -> Case:
    return Case(f"Parquet, {name}", data, "AX", lines=6, values=values)


def refused(name: str, data: bytes | Callable[[], bytes], code: str) -> Case:
    return Case(f"Parquet, {name}", data, "RF", code)


PARQUETS = [
    accepted("as saved", usual(), customer="17856", ordered_at="2025-03-07 10:00:00", amount="9.000000"),
    accepted(
        "INT96 and whole numbers of 16 digits", by_hand, customer="9007199254740998", ordered_at="2025-03-06 10:30:00"
    ),
    accepted("decimals", usual(unit_price="0.123456::DECIMAL(38,6)", quantity="1"), amount="0.123456"),
    accepted("floats", usual(unit_price="0.1::DOUBLE + 0.2", quantity="1"), amount="0.300000"),
    accepted(
        "ids as floats with gaps", usual(customer_id="CASE WHEN i > 1 THEN (17850 + i)::DOUBLE END"), customer="17856"
    ),
    accepted(
        "nanoseconds",
        usual(ordered_at="make_timestamp_ns(1742923800123456000)"),
        ordered_at="2025-03-25 17:30:00.123456",
    ),
    accepted("days", usual(ordered_at="DATE '2025-03-25'"), day="2025-03-25"),
    accepted(
        "times with a zone",
        usual(ordered_at="TIMESTAMPTZ '2025-03-25 00:30:00+02'"),
        ordered_at="2025-03-24 22:30:00",
    ),
    accepted("texts that need quotes", usual(customer_id="""'a, "b"' || chr(10) || 'c'"""), customer='a, "b"\nc'),
    accepted("an empty column", added("NULL::VARCHAR AS brand")),
    refused("lists", added("[1, 2] AS items"), "nested_columns"),
    refused("records", added("{'street': 'x'} AS address"), "nested_columns"),
    refused("maps", added("MAP {'a': 1} AS extras"), "nested_columns"),
    refused("a dictionary bomb", bomb, "bomb"),
    refused("more rows than its bytes can tell apart", many_rows, "bomb"),
    refused("more rows claimed than held", lambda: by_hand(7), "forged"),
    refused("fewer rows claimed than held", lambda: by_hand(3), "forged"),
    refused("2^62 rows claimed", lambda: by_hand(2**62), "forged"),
    refused("a negative number of rows claimed", lambda: by_hand(-1), "damaged"),
    refused("without its footer", lambda: by_hand()[:-100], "damaged"),
    refused("a footer longer than the file", lambda: by_hand()[:-8] + b"\xff\xff\xff\x7fPAR1", "damaged"),
    refused("a damaged footer", lambda: by_hand()[:-60] + b"\xff" * 52 + by_hand()[-8:], "damaged"),
    refused("encrypted", lambda: by_hand()[:-4] + b"PARE", "encrypted"),
    refused("magic and nothing more", b"PAR1\0\0PAR1", "damaged"),
    refused("only in name", lambda: b"PAR1" + PLAIN.encode(), "damaged"),
]
