"""The rejected lines of an upload, without those that were corrected since."""

from collections.abc import Iterator, Sequence
from typing import Any

from crm.ledger.reading import connect, quoted
from crm.ledger.storage import explained, location

MEMORY_MB = 256


def rejected_sql(path: str, corrected: Sequence[str] = ()) -> str:
    """Rejected lines: line_no, reason, then the raw fields; without those in the ledger files `corrected`."""
    source = f"SELECT * FROM read_parquet({quoted(location(path))})"
    if not corrected:
        return source
    files = ", ".join(quoted(location(name)) for name in corrected)
    return f"{source} WHERE line_no NOT IN (SELECT line_no FROM read_parquet([{files}]))"


def rejected_rows(path: str, corrected: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
    """The rejected lines in file order: line number, reason code, then the raw fields."""
    connection = connect(threads=1, memory_mb=MEMORY_MB)
    try:
        with explained():
            rows = connection.execute(f"{rejected_sql(path, corrected)} ORDER BY line_no")
            while batch := rows.fetchmany(5_000):
                yield from batch
    finally:
        connection.close()


def rejected_examples(
    path: str, corrected: Sequence[str] = (), *, each: int = 3, limit: int = 12
) -> list[tuple[Any, ...]]:
    """The first few rejected lines of each reason, in file order."""
    return _all(
        f"""SELECT * FROM ({rejected_sql(path, corrected)})
        QUALIFY row_number() OVER (PARTITION BY reason ORDER BY line_no) <= {each:d}
        ORDER BY line_no LIMIT {limit:d}"""
    )


def rejection_counts(path: str, corrected: Sequence[str] = ()) -> list[dict[str, Any]]:
    """How many lines each reason still has, and which is the first; most first."""
    rows = _all(
        f"SELECT reason, count(*), min(line_no) FROM ({rejected_sql(path, corrected)}) GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return [{"code": code, "lines": lines, "first_line": first} for code, lines, first in rows]


def _all(query: str) -> list[tuple[Any, ...]]:
    connection = connect(threads=1, memory_mb=MEMORY_MB)
    try:
        with explained():
            return connection.execute(query).fetchall()
    finally:
        connection.close()
