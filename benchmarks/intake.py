"""Intake of Online Retail (541,909 lines), stored to published, beside pandas with bulk_create and DuckDB alone.

    python -m benchmarks.intake

Ours reads, checks every field, keys customers, writes sorted Parquet, compares with the ledger and publishes. The peer
is what a project without us does first: pandas.read_csv, then bulk_create into a SQLite table of the same columns,
in batches, in one transaction, with amounts as decimals and no check at all.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.measuring import ONLINE_RETAIL, fresh_home, machine, measure, test_data

BATCH = 10_000
READ = 1_000_000
NAMES = ("invoice", "stock_code", "description", "quantity", "ordered_at", "unit_price", "customer", "country")


def ours(path: Path) -> dict[str, Any]:
    from core.execution import execute
    from crm.models import Upload
    from crm.services import confirm_mapping, store_upload

    with path.open("rb") as stream:
        chunks = iter(lambda: stream.read(1024 * 1024), b"")
        upload, _ = store_upload(name=path.name, chunks=chunks, source=Upload.Source.COMMAND, by=None)
    started, before = time.monotonic(), processor_seconds()
    assert upload.latest_run
    execute(upload.latest_run.pk)
    upload.refresh_from_db()
    assert upload.sniff
    execute(confirm_mapping(upload=upload, mapping=upload.sniff["proposal"], by=None).pk)
    seconds, processor = time.monotonic() - started, processor_seconds() - before
    upload.refresh_from_db()
    assert upload.state == Upload.State.PUBLISHED, upload.error
    revenue = str(upload.net_revenue)
    return {"seconds": seconds, "processor": processor, "lines": upload.accepted, "revenue": revenue}


def processor_seconds() -> float:
    """Of this process and of its children that have ended."""
    return sum(os.times()[:4])


def pandas_and_bulk_create(path: Path) -> dict[str, Any]:
    import pandas as pd

    text = {"InvoiceNo": str, "StockCode": str, "CustomerID": str, "UnitPrice": str}
    options: dict[str, Any] = {"encoding": "latin-1", "dtype": text, "keep_default_na": False}

    def frames() -> Iterator[pd.DataFrame]:
        for frame in pd.read_csv(path, chunksize=READ, **options):
            frame["InvoiceDate"] = pd.to_datetime(frame["InvoiceDate"], format="%m/%d/%Y %H:%M", utc=True)
            yield frame

    return bulk_create(frames)


def bulk_create(frames: Callable[[], Iterator[Any]]) -> dict[str, Any]:
    """Frames with the columns of NAMES, in this order, into a table of SQLite."""
    from django.db import connection, models, transaction

    class Line(models.Model):
        invoice = models.CharField(max_length=20, db_index=True)
        stock_code = models.CharField(max_length=20)
        description = models.CharField(max_length=200)
        quantity = models.IntegerField()
        ordered_at = models.DateTimeField()
        unit_price = models.DecimalField(max_digits=12, decimal_places=3)
        customer = models.CharField(max_length=20, db_index=True)
        country = models.CharField(max_length=40)

        class Meta:
            app_label = "benchmarks"

    with connection.schema_editor() as editor:
        editor.create_model(Line)
    started = time.monotonic()
    with transaction.atomic():
        for frame in frames():
            _load(Line, frame)
    seconds = time.monotonic() - started
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), round(sum(quantity * unit_price), 3) FROM benchmarks_line")
        lines, revenue = cursor.fetchone()
    return {"seconds": seconds, "processor": processor_seconds(), "lines": lines, "revenue": str(revenue)}


def _load(model: Any, frame: Any) -> None:
    from decimal import Decimal

    for start in range(0, len(frame), BATCH):
        rows = frame.iloc[start : start + BATCH].itertuples(index=False)
        lines = (model(**dict(zip(NAMES, row, strict=True)) | {"unit_price": Decimal(row[5])}) for row in rows)
        model.objects.bulk_create(lines, batch_size=BATCH)


def bare(path: Path) -> dict[str, Any]:
    """DuckDB's own conversion: types guessed, dates left as text, doubles for money, sorted by customer."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        connection = duckdb.connect(config={"threads": 2})
        target = Path(folder) / "lines.parquet"
        connection.execute(f"""COPY (
            SELECT * FROM read_csv('{path}', header = true, encoding = 'latin-1') ORDER BY "CustomerID", "InvoiceDate"
            ) TO '{target}' (FORMAT parquet, COMPRESSION zstd)""")
        seconds = time.monotonic() - started
        found = connection.execute(
            f"""SELECT count(*), round(sum("Quantity" * "UnitPrice"), 3) FROM read_parquet('{target}')"""
        ).fetchone()
    lines, revenue = found or (0, 0)
    return {"seconds": seconds, "lines": lines, "revenue": str(revenue)}


SIDES = {"ours": ours, "peer": pandas_and_bulk_create, "bare": bare}


def main() -> None:
    if len(sys.argv) == 3:
        import django

        django.setup()
        sys.stdout.write(json.dumps(SIDES[sys.argv[1]](Path(sys.argv[2]))) + "\n")
        return
    path = test_data(ONLINE_RETAIL)
    print(machine())
    found = {}
    for side in SIDES:
        with tempfile.TemporaryDirectory() as folder:
            found[side] = measure([sys.executable, "-m", "benchmarks.intake", side, str(path)], fresh_home(folder))
        result = found[side].result
        print(
            f"{side}: {result['seconds']:.1f} s, {found[side].peak_mb:.0f} MB, "
            f"{result['lines']} lines, revenue {result['revenue']}"
        )
    mine, peer, bare_seconds = (found[side].result["seconds"] for side in SIDES)
    print(f"ratio peer / ours: {peer / mine:.1f}; ours - 2.5 x bare: {mine - 2.5 * bare_seconds:.1f} s")


if __name__ == "__main__":
    main()
