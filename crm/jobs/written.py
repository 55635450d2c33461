"""An import's files: accepted rows into the ledger, sorted; rejected ones with the text of their fields."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
from django.utils import timezone

from core.runs import Lease
from crm.intake.cleaning import line_no
from crm.intake.kinds import LEFT_OUT, Destination, Spec
from crm.intake.restoring import OVERFLOW
from crm.ledger import write_atomically, write_under_digest
from crm.ledger.reading import PARQUET, connect, quoted
from crm.models import LedgerFile, Upload

# Rows of one file: what a sort holds in memory. A larger upload has several files, each sorted for itself.
PART = 4_000_000
# A larger text is cleaned into a file, which is compressed: slower by a third, and a fifth of the room.
LARGE_TEXT = 1_200_000_000
MEMORY_MB = 2000
ANY_DAY = (date(1970, 1, 1), date(2100, 12, 31))


@contextmanager
def workspace(text: Path, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine for the table `cleaned`: in memory where that is enough, in a file where the text is large."""
    connection = connect(memory_mb=MEMORY_MB)
    try:
        if text.stat().st_size > LARGE_TEXT:
            connection.execute(f"ATTACH {quoted(folder / 'cleaned.duckdb')} AS cleaning")
            connection.execute("USE cleaning")
        yield connection
    finally:
        connection.close()


def write_rejected(
    connection: duckdb.DuckDBPyConnection, width: int, upload: Upload, lease: Lease, *, more: Sequence[str] = ()
) -> str:
    """The path of the rejected rows, for the download; empty without any.

    Behind the `width` columns of the file stands what a row had beyond them, and then `more`, as the text has them.
    """
    if not upload.rejected:
        return ""
    names = [*(f"c{i}" for i in range(width)), OVERFLOW, *more]
    fields = ", ".join(f"fields[{i}] AS {name}" for i, name in enumerate(names, start=1))
    query = f"""SELECT {line_no} AS line_no, reason, {fields} FROM cleaned
        WHERE reason IS NOT NULL AND reason <> '{LEFT_OUT}' ORDER BY line_no"""
    return write_under_digest(
        f"rejected/{_stem(upload, lease)}",
        ".parquet",
        lambda target: connection.execute(f"COPY ({query}) TO {quoted(target)} (FORMAT parquet)"),
    )


def write_accepted(
    connection: duckdb.DuckDBPyConnection, spec: Spec, upload: Upload, lease: Lease, *, correction: Upload | None = None
) -> list[LedgerFile]:
    """Files of every destination that gets rows; of `correction`, if that brought the rows of this upload."""
    row = connection.execute("SELECT coalesce(max(rowid), -1) + 1 FROM cleaned").fetchone()
    total = int(row[0]) if row else 0
    files: list[LedgerFile] = []
    for destination in spec.destinations:
        for number, first in enumerate(range(0, total, PART)):
            lease.progress("Writing the ledger", first, total)
            part = f"cleaned.rowid >= {first} AND cleaned.rowid < {first + PART}"
            files += _write_part(connection, spec, destination, part, number, upload, lease, correction)
    return files


def _write_part(
    connection: duckdb.DuckDBPyConnection,
    spec: Spec,
    destination: Destination,
    part: str,
    number: int,
    upload: Upload,
    lease: Lease,
    correction: Upload | None,
) -> Iterator[LedgerFile]:
    relation = destination.relation
    rows = f"WHERE reason IS NULL AND {part} AND ({destination.where})"
    keyed = f"FROM cleaned LEFT JOIN keys ON keys.person = coalesce(cleaned.customer, {spec.guest})"
    day = destination.expressions.get(relation.day, relation.day)
    days = connection.execute(f"SELECT count(*), count({day}), min({day}), max({day}) FROM cleaned {rows}").fetchone()
    lines, dated, *span = days or (0, 0, None, None)
    # A row without a day may equal one of any day.
    first_on, last_on = span if dated == lines else ANY_DAY
    if not lines:
        return
    path = f"ledger/{_stem(upload, lease)}-{destination.kind}-{number:03d}.parquet"
    query = f"SELECT {_selected(connection, destination, upload)} {keyed} {rows} ORDER BY {relation.order_sql}"
    size, digest = write_atomically(
        path, lambda target: connection.execute(f"COPY ({query}) TO {quoted(target)} ({PARQUET})")
    )
    file, _ = LedgerFile.objects.get_or_create(
        path=path,
        defaults={
            "upload": upload,
            # From the beginning: by it a sweep knows that the file is still to be published.
            "correction": correction,
            "kind": destination.kind,
            "lines": lines,
            "size": size,
            "sha256": digest,
            "first_on": first_on,
            "last_on": last_on,
            "created_at": timezone.now(),
        },
    )
    yield file


def _selected(connection: duckdb.DuckDBPyConnection, destination: Destination, upload: Upload) -> str:
    made = {row[0] for row in connection.execute("DESCRIBE cleaned").fetchall()}
    expressions = {"upload_id": f"{upload.pk}", "line_no": line_no, "customer_key": "keys.customer_key"}
    expressions |= destination.expressions
    return ", ".join(
        f"CAST({expressions.get(name, name if name in made else 'NULL')} AS {kind}) AS {name}"
        for name, kind in destination.relation.columns.items()
    )


def _stem(upload: Upload, lease: Lease) -> str:
    """Part of a file's name: of this attempt alone, so that a killed attempt's leavings are never taken for ours."""
    return f"{upload.pk:08d}-{lease.run.pk.hex}-{lease.token}"
