"""Online Retail as its publishers gave it, an XLSX of 541,909 lines: ours from stored to published, beside pandas.

    python -m benchmarks.xlsx

Ours looks at the workbook (a first pass), then imports it (a second): every cell checked, errors and formulas without
results told apart, rows numbered, lines published. The peer is `pandas.read_excel` with the calamine engine, the
fastest reader that pandas has: it makes a frame and adds up quantity times price, in floats.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.intake import ours
from benchmarks.measuring import fresh_home, machine, measure, test_data

WORKBOOK = "online-retail/Online Retail.xlsx"
LIMIT_SECONDS, LIMIT_MB = 60, 1024


def pandas_with_calamine(path: Path) -> dict[str, Any]:
    import pandas as pd

    started = time.monotonic()
    frame = pd.read_excel(path, engine="calamine", dtype={"InvoiceNo": str, "StockCode": str})
    revenue = float((frame["Quantity"] * frame["UnitPrice"]).sum())
    return {"seconds": time.monotonic() - started, "lines": len(frame), "revenue": str(revenue)}


SIDES = {"ours": ours, "peer": pandas_with_calamine}


def main() -> None:
    if len(sys.argv) == 3:
        import django

        django.setup()
        sys.stdout.write(json.dumps(SIDES[sys.argv[1]](Path(sys.argv[2]))) + "\n")
        return
    path = test_data(WORKBOOK)
    print(machine())
    found = {}
    for side in SIDES:
        with tempfile.TemporaryDirectory() as folder:
            found[side] = measure([sys.executable, "-m", "benchmarks.xlsx", side, str(path)], fresh_home(folder))
        result = found[side].result
        print(
            f"{side}: {result['seconds']:.1f} s ({found[side].processor_seconds:.1f} s of processor time), "
            f"{found[side].peak_mb:.0f} MB, "
            f"{result['lines']} lines, revenue {result['revenue']}"
        )
    is_within = found["ours"].result["seconds"] <= LIMIT_SECONDS and found["ours"].peak_mb <= LIMIT_MB
    print(f"within {LIMIT_SECONDS} s and {LIMIT_MB} MB: {'yes' if is_within else 'no'}")


if __name__ == "__main__":
    main()
