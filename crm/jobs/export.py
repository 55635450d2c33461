"""Write the lines of a filter as one file, with the outside ids of their customers, for notebooks and spreadsheets."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.spreadsheets import neutral_sql
from crm.ledger import LINE_COLUMNS, LineFilter, reading, write_atomically
from crm.ledger.reading import quoted
from crm.models import Customer, LineExport

BATCH = 5_000
# How a column is called outside where it is not called as in the ledger.
CALLED = {"upload_id": "upload", "line_no": "line"}
LEFT_OUT = "order_key"
TEXTS = ("order_id", "item_id", "description", "category", "brand", "country", "currency", "company", "attributes")
WRITTEN = {
    LineExport.Format.PARQUET: "FORMAT parquet, COMPRESSION zstd",
    LineExport.Format.CSV: "FORMAT csv, HEADER true",
}


def export_lines(lease: Lease) -> dict[str, Any]:
    """The job. An attempt writes a file of its own, so that a killed one's leavings are never taken for it."""
    export = LineExport.objects.filter(pk=lease.run.params["export"]).first()
    if export is None:
        raise JobRefused("expired", "This export was cleared before it was written. Ask for it again.")
    version = export.version
    if version is None:
        raise JobRefused("outdated", "The lines have changed since this was asked for. Ask for it again.")
    path = f"exports/{export.pk:08d}-{lease.run.pk.hex}-{lease.token}.{export.format}"
    with reading(version) as connection:
        lines, size = _write(connection, export, path, lease)
    with transaction.atomic():
        lease.guard()
        export.path, export.lines, export.size, export.written_at = path, lines, size, timezone.now()
        export.save(update_fields=["path", "lines", "size", "written_at"])
        lease.complete({"export": export.pk, "lines": lines, "size": size})
    return lease.run.result or {}


def _write(connection: duckdb.DuckDBPyConnection, export: LineExport, path: str, lease: Lease) -> tuple[int, int]:
    chosen = LineFilter.from_json(export.filters)
    used = {test: value for test, value in chosen.tests().items() if value is not None}
    where = f"WHERE {' AND '.join(used)}" if used else ""
    lease.progress("Finding the customers")
    _name_customers(connection, where, list(used.values()))
    lease.progress("Writing the lines")
    columns = ", ".join(
        _column(name, is_text=export.format == LineExport.Format.CSV) for name in LINE_COLUMNS if name != LEFT_OUT
    )
    order = "ORDER BY lines.ordered_at, lines.upload_id, lines.line_no"
    query = f"SELECT {columns} FROM lines LEFT JOIN names USING (customer_key) {where} {order}"
    options = WRITTEN[LineExport.Format(export.format)]

    def write(target: Path) -> None:
        connection.execute(f"COPY ({query}) TO {quoted(target)} ({options})", list(used.values()))

    size, _ = write_atomically(path, write)
    count = connection.execute(f"SELECT count(*) FROM lines {where}", list(used.values())).fetchone()
    return int(count[0]) if count else 0, size


def _column(name: str, *, is_text: bool) -> str:
    """A column as it is written: people by their outside id, times in UTC and saying so, texts disarmed in CSV."""
    if name == "customer_key":
        return f"{neutral_sql('names.customer_id') if is_text else 'names.customer_id'} AS customer_id"
    if name == "ordered_at":
        moment = "strftime(lines.ordered_at, '%Y-%m-%dT%H:%M:%SZ')" if is_text else "timezone('UTC', lines.ordered_at)"
        return f"{moment} AS ordered_at"
    if is_text and name in TEXTS:
        return f"{neutral_sql(f'lines.{name}')} AS {name}"
    return f"lines.{name} AS {CALLED.get(name, name)}"


def _name_customers(connection: duckdb.DuckDBPyConnection, where: str, values: list[Any]) -> None:
    """The table `names` (customer_key, customer_id) of everybody on the chosen lines."""
    connection.execute("CREATE TEMP TABLE names (customer_key BIGINT, customer_id VARCHAR)")
    asked = f"SELECT DISTINCT customer_key FROM lines {where} ORDER BY 1"
    keys = [row[0] for row in connection.execute(asked, values).fetchall() if row[0] is not None]
    for start in range(0, len(keys), BATCH):
        found = dict(Customer.objects.filter(pk__in=keys[start : start + BATCH]).values_list("pk", "external_id"))
        table = {
            "customer_key": np.fromiter(found.keys(), dtype=np.int64, count=len(found)),
            "customer_id": np.array(list(found.values()), dtype=object),
        }
        connection.register("found", table)
        connection.execute("INSERT INTO names SELECT * FROM found")
        connection.unregister("found")
