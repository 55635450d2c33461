"""Intake of generated lines, beside DuckDB's bare conversion of the same file.

    python -m benchmarks.scale [--pandas] [LINES ...]      (1,000,000 and 10,000,000 unless said)

Ours, from stored to published: looks at the file, checks every field, tells rejected rows apart, keys customers, writes
sorted Parquet, measures, compares with the ledger and publishes. The peer reads the same CSV with types guessed and
writes it as Parquet sorted by customer and time: no checks, no keys, no exact decimals. Two threads each. With --pandas
a second peer takes part, which needs minutes: pandas with bulk_create into SQLite, as in benchmarks.intake.
"""

import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.intake import READ, bulk_create, ours
from benchmarks.measuring import fresh_home, machine, measure

USUAL = (1_000_000, 10_000_000)
# In the order of benchmarks.intake's names.
COLUMNS = ["order_id", "item_id", "description", "quantity", "ordered_at", "unit_price", "customer_id", "country"]


def generate(path: Path, lines: int) -> None:
    """Two years of a shop: orders of five lines in the order of time, one customer for every ten lines."""
    import duckdb

    duckdb.connect().execute(f"""COPY (
        SELECT 'O' || (100000000 + i // 5) AS order_id,
            strftime(TIMESTAMP '2023-01-01' + to_seconds(CAST(i * 63072000.0 / {lines} AS BIGINT)), '%Y-%m-%d %H:%M:%S')
                AS ordered_at,
            'C' || hash(i // 5) % {max(lines // 10, 1)} AS customer_id, 'I' || hash(i * 7) % 4000 AS item_id,
            'Item number ' || hash(i * 7) % 4000 AS description, 'Category ' || hash(i * 7) % 40 AS category,
            'Brand ' || hash(i * 7) % 200 AS brand,
            CASE WHEN hash(i * 11) % 50 = 0 THEN -1 ELSE CAST(1 + hash(i * 13) % 6 AS INT) END AS quantity,
            printf('%.2f', 1 + hash(i * 17) % 9900 / 100.0) AS unit_price,
            ['United Kingdom', 'Germany', 'France', 'EIRE', 'Spain'][CAST(1 + hash(i // 5) % 5 AS INT)] AS country
        FROM range({lines}) AS numbers (i)) TO '{path}' (HEADER, DELIMITER ',')""")


def bare(path: Path) -> dict[str, Any]:
    import duckdb

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        started = time.monotonic()
        settings: dict[str, Any] = {"threads": 2, "memory_limit": "3000MB", "temp_directory": folder}
        connection = duckdb.connect(config=settings)
        target = Path(folder) / "lines.parquet"
        connection.execute(f"""COPY (SELECT * FROM read_csv('{path}', header = true) ORDER BY customer_id, ordered_at)
            TO '{target}' (FORMAT parquet, COMPRESSION zstd)""")
        return {"seconds": time.monotonic() - started, "processor": sum(os.times()[:2])}


def pandas_and_bulk_create(path: Path) -> dict[str, Any]:
    import pandas as pd

    options: dict[str, Any] = {"dtype": {"unit_price": str}, "keep_default_na": False}

    def frames() -> Iterator[pd.DataFrame]:
        for frame in pd.read_csv(path, chunksize=READ, usecols=COLUMNS, **options):
            frame["ordered_at"] = pd.to_datetime(frame["ordered_at"], utc=True)
            yield frame[COLUMNS]

    return bulk_create(frames)


SIDES = {"ours": ours, "bare": bare, "pandas": pandas_and_bulk_create}


def compare(lines: int, folder: Path, sides: list[str]) -> tuple[float, float]:
    path = folder / f"{lines}.csv"
    generate(path, lines)
    found = {}
    for side in sides:
        with tempfile.TemporaryDirectory(dir=folder) as home:
            found[side] = measure([sys.executable, "-m", "benchmarks.scale", side, str(path)], fresh_home(home))
        result = found[side].result
        print(
            f"{lines:>12,} lines, {side}: {result['seconds']:.1f} s, processor {result['processor']:.1f} s, "
            f"largest process {found[side].peak_mb:,.0f} MB",
            flush=True,
        )
    path.unlink()
    mine = found["ours"].result
    print_ratio(lines, "ours / bare", mine, found["bare"].result)
    if "pandas" in found:
        print_ratio(lines, "pandas / ours", found["pandas"].result, mine)
    return mine["seconds"], mine["processor"]


def print_ratio(lines: int, name: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    by_clock, by_processor = one["seconds"] / other["seconds"], one["processor"] / other["processor"]
    print(f"{lines:>12,} lines, {name}: {by_clock:.2f} by the clock, {by_processor:.2f} by processor time", flush=True)


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[1] in SIDES:
        import django

        django.setup()
        sys.stdout.write(json.dumps(SIDES[sys.argv[1]](Path(sys.argv[2]))) + "\n")
        return
    sides = [side for side in SIDES if side != "pandas" or "--pandas" in sys.argv]
    sizes = [int(text.replace("_", "").replace(",", "")) for text in sys.argv[1:] if text[0] != "-"] or list(USUAL)
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        seconds = [compare(lines, Path(folder), sides) for lines in sizes]
    for (less, before), (more, after) in zip(
        zip(sizes, seconds, strict=True), list(zip(sizes, seconds, strict=True))[1:], strict=False
    ):
        slopes = [math.log(b / a) / math.log(more / less) for a, b in zip(before, after, strict=True)]
        print(f"{less:,} to {more:,} lines: slope {slopes[0]:.2f} by the clock, {slopes[1]:.2f} by processor time")


if __name__ == "__main__":
    main()
