"""One customer's full history out of a ledger of many daily uploads, as the customer page asks for it.

    python -m benchmarks.lookups [LINES [UPLOADS [FOLDER]]]       (10,000,000 lines in 365 uploads unless said)

Each upload goes the whole way (looked at, imported, compared, published), small files are merged when they are due, as
after any import. Then 200 customers are drawn and looked up, each with all orders and lines; the peer reads the same
customers' lines from the uploads' own files, unmerged. With FOLDER the ledger is kept there, and measured again later.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.measuring import fresh_home, machine
from benchmarks.scale import generate

DRAWN = 200


def split(path: Path, uploads: int) -> list[bytes]:
    """The generated lines, which stand in the order of time, in equal parts under the header."""
    header, *lines = path.read_bytes().splitlines(keepends=True)
    size = -(-len(lines) // uploads)
    return [header + b"".join(lines[start : start + size]) for start in range(0, len(lines), size)]


def bring(data: bytes, number: int) -> None:
    from core.child import perform
    from core.models import Run
    from core.runs import acquire
    from crm.models import Upload
    from crm.services import confirm_mapping, store_upload
    from crm.services.merging import request_merge

    def do(run: Run) -> None:
        lease = acquire(run.pk, owner="benchmark")
        assert lease
        perform(lease)

    upload, _ = store_upload(name=f"day-{number:03d}.csv", chunks=[data], source=Upload.Source.COMMAND, by=None)
    assert upload.latest_run
    do(upload.latest_run)
    upload.refresh_from_db()
    assert upload.sniff, upload.error
    do(confirm_mapping(upload=upload, mapping=upload.sniff["proposal"], by=None))
    if run := request_merge():
        do(run)


def fill(lines: int, uploads: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.csv"
        generate(path, lines)
        parts = split(path, uploads)
    started = time.monotonic()
    for number, part in enumerate(parts):
        bring(part, number)
    print(f"{len(parts)} uploads in {time.monotonic() - started:.0f} s", flush=True)


def milliseconds(look: Callable[[int], Any], keys: list[int]) -> str:
    took = []
    for key in keys:
        started = time.perf_counter()
        look(key)
        took.append((time.perf_counter() - started) * 1000)
    cuts = quantiles(took, n=100)
    return f"median {cuts[49]:.0f} ms, 95th percentile {cuts[94]:.0f} ms"


def measure_lookups() -> None:
    from crm import ledger
    from crm.ledger.reading import connect, entries_of, entry_sql, paths_of
    from crm.models import Customer
    from crm.selectors import current_version

    version = current_version()
    entries = entries_of(version)
    keys = random.Random(1).sample(list(Customer.objects.values_list("pk", flat=True)), DRAWN)
    with ledger.reading(version) as connection:
        lines = connection.execute("SELECT count(*) FROM lines").fetchone()
    print(f"{lines[0] if lines else 0:,} lines; {len(entries)} files, read out of {len(paths_of(entries))}")

    def unmerged(key: int) -> None:
        union = " UNION ALL ".join(entry_sql(entry.file.path, entry.shadow_path) for entry in entries)
        connection = connect(threads=1, memory_mb=256)
        connection.execute(f"SELECT * FROM ({union}) WHERE customer_key = {key}").fetchall()
        connection.close()

    def history(key: int) -> None:
        ledger.customer_history(version, key, orders=1_000, lines=1_000)

    history(keys[0])
    print(f"ours: {milliseconds(history, keys)}")
    print(f"unmerged: {milliseconds(unmerged, keys[:20])}")


def main() -> None:
    numbers = [int(text.replace(",", "").replace("_", "")) for text in sys.argv[1:3]]
    lines, uploads = [*numbers, *(10_000_000, 365)[len(numbers) :]]
    print(machine())
    with tempfile.TemporaryDirectory() as temporary:
        folder = sys.argv[3] if len(sys.argv) > 3 else temporary
        is_filled = (Path(folder) / "insiders.sqlite3").exists()
        os.environ.update(fresh_home(folder))
        import django

        django.setup()
        if not is_filled:
            fill(lines, uploads)
        measure_lookups()


if __name__ == "__main__":
    main()
