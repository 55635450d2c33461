"""The summary that the lifetime models are given, beside `lifetimes.utils.summary_data_from_transaction_data`.

    python -m benchmarks.summary [LINES ...]      (10,000,000 beside lifetimes; 100,000,000 of ours alone)

Both sides read the same Parquet files, laid out as the ledger's are, and end with one row a customer in memory: ours
with exact decimals, theirs with floats, into which the lines are loaded by DuckDB, which is the quickest way there. The
peer is left out beyond twenty million lines: it would not fit.
"""

import json
import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measured, machine, measure

USUAL = (10_000_000, 100_000_000)
LARGEST_BESIDE = 20_000_000
LINES_A_FILE = 4_000_000
END = date(2024, 12, 31)


def generate(folder: Path, lines: int) -> None:
    """Two years of orders of two or three lines, a customer for every ten lines; each file sorted as the ledger's."""
    import duckdb

    connection = duckdb.connect(config={"threads": 2, "memory_limit": "4000MB", "temp_directory": str(folder)})
    for number, first in enumerate(range(0, lines, LINES_A_FILE)):
        connection.execute(f"""COPY (
            SELECT 1::BIGINT AS upload_id, i AS line_no,
                CAST(hash(i // 3) % {max(lines // 10, 1)} AS BIGINT) AS customer_key,
                'O' || i // 3 AS order_key, 'I' || hash(i * 7) % 4000 AS item_id,
                CAST(CASE WHEN hash(i * 11) % 50 = 0 THEN -1 ELSE 1 END * (1 + hash(i * 17) % 9900 / 100.0)
                    AS DECIMAL(18, 6)) AS amount,
                DATE '2023-01-01' + CAST(hash(i // 3 * 13) % 731 AS INTEGER) AS ordered_on, amount > 0 AS is_purchase
            FROM range({first}, {min(first + LINES_A_FILE, lines)}) AS numbers (i) ORDER BY customer_key, ordered_on
        ) TO '{folder}/{number:04}.parquet' (FORMAT parquet, COMPRESSION zstd)""")


def ours(folder: Path) -> dict[str, Any]:
    """The product's own statement; the engine may use so much memory and spills what is beyond."""
    import duckdb

    from analytics.features import bgnbd_summary_sql

    limit = os.environ["MEMORY_MB"]
    with tempfile.TemporaryDirectory(dir=folder) as spill:
        settings: dict[str, Any] = {"threads": 2, "memory_limit": f"{limit}MB", "temp_directory": spill}
        connection = duckdb.connect(config=settings)
        connection.execute(f"CREATE VIEW lines AS FROM read_parquet('{folder}/*.parquet')")
        started, before = time.monotonic(), time.process_time()
        sql = bgnbd_summary_sql("lines", observation_period_end=END, unit="day")
        connection.execute(f"CREATE TEMP TABLE summary AS {sql}")
        seconds, processor = time.monotonic() - started, time.process_time() - before
        figures = connection.execute(
            "SELECT count(*), sum(frequency), sum(recency), sum(T), sum(monetary_value) FROM summary"
        ).fetchone()
    return {"seconds": seconds, "processor": processor, "figures": [float(figure) for figure in figures or ()]}


def peer(folder: Path) -> dict[str, Any]:
    import warnings

    import duckdb

    warnings.simplefilter("ignore")
    from lifetimes.utils import summary_data_from_transaction_data

    started, before = time.monotonic(), time.process_time()
    lines = (
        duckdb.connect(config={"threads": 2})
        .execute(f"""SELECT customer_key, ordered_on::TIMESTAMP AS ordered_on, amount::DOUBLE AS amount
            FROM read_parquet('{folder}/*.parquet') WHERE is_purchase""")
        .df()
    )
    loaded = time.monotonic() - started
    found = summary_data_from_transaction_data(
        lines, "customer_key", "ordered_on", "amount", observation_period_end=END.isoformat()
    )
    sums = [float(found[name].sum()) for name in ("frequency", "recency", "T", "monetary_value")]
    return {
        "seconds": time.monotonic() - started,
        "processor": time.process_time() - before,
        "loading": loaded,
        "figures": [float(len(found)), *sums],
    }


SIDES = {"ours": ours, "peer": peer}


def run(side: str, folder: Path, lines: int) -> Measured:
    # What the engine may take before it turns to the disk; the interpreter's own hundred megabytes come on top.
    limit = 300 if lines <= LARGEST_BESIDE else 6000
    environment = dict(os.environ) | {"MEMORY_MB": str(limit)}
    found = measure([sys.executable, "-m", "benchmarks.summary", side, str(folder)], environment)
    result = found.result
    print(
        f"{lines:>12,} lines, {side}: {result['seconds']:.1f} s, processor {result['processor']:.1f} s, "
        f"largest memory {found.peak_mb:,.0f} MB, {result['figures'][0]:,.0f} customers",
        flush=True,
    )
    return found


def compare(lines: int) -> None:
    with tempfile.TemporaryDirectory(prefix="insiders-summary-") as name:
        folder = Path(name)
        generate(folder, lines)
        mine = run("ours", folder, lines)
        if lines > LARGEST_BESIDE:
            return
        theirs = run("peer", folder, lines)
    for our, their in zip(mine.result["figures"], theirs.result["figures"], strict=True):
        assert abs(our - their) <= 1e-9 * abs(their), (our, their)
    print(
        f"{lines:>12,} lines, peer / ours: {theirs.result['seconds'] / mine.result['seconds']:.1f} by the clock, "
        f"{theirs.result['processor'] / mine.result['processor']:.1f} by processor time; "
        f"memory ours / peer: {mine.peak_mb / theirs.peak_mb:.2f}",
        flush=True,
    )


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[1] in SIDES:
        sys.stdout.write(json.dumps(SIDES[sys.argv[1]](Path(sys.argv[2]))) + "\n")
        return
    print(machine())
    for lines in [int(text.replace("_", "").replace(",", "")) for text in sys.argv[1:]] or USUAL:
        compare(lines)


if __name__ == "__main__":
    main()
