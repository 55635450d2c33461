"""`refresh` end to end, published: a generated shop of a million customers and ten million lines, and Online Retail.

    python -m benchmarks.refresh [CUSTOMERS ...]      (1,000,000 unless said; 0 for Online Retail alone)

Aims on 2 cores: 120 s and 4 GB for the million, 15 s for Online Retail. Seconds are those of the whole command with its
interpreters; those of the job itself, as the snapshot notes them, stand beside.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import ONLINE_RETAIL, fresh_home, machine, measure, test_data

USUAL = (1_000_000,)
DAYS = 730


def generate(path: Path, customers: int) -> None:
    """Buyers as BG/NBD sees them: each has a rate and leaves some day; about four orders of two or three lines each."""
    import duckdb

    connection = duckdb.connect(config={"threads": 2, "temp_directory": str(path.parent)})
    connection.execute("SELECT setseed(0.42)")
    connection.execute(f"""CREATE TABLE people AS
        SELECT id, CAST(random() * {DAYS - 30} AS INTEGER) AS first_day, -ln(random()) * 0.012 AS rate,
            -ln(random()) * 500 AS stays
        FROM range({customers}) AS numbers (id)""")
    connection.execute(f"""CREATE TABLE orders AS
        SELECT row_number() OVER () AS number, id, first_day + CAST(span * place AS INTEGER) AS day FROM (
            SELECT id, first_day, span, CASE WHEN nth = 0 THEN 0 ELSE random() END AS place
            FROM (SELECT *, least(stays, {DAYS} - first_day) AS span FROM people) AS lived,
                LATERAL (SELECT unnest(range(0, 1 + least(400, CAST(rate * span AS INTEGER)))) AS nth))""")
    connection.execute(f"""COPY (
        SELECT 'O' || 100000000 + number AS order_id, strftime(DATE '2023-01-01' + day, '%Y-%m-%d') AS ordered_at,
            'C' || id AS customer_id, 'I' || item AS item_id, 'Category ' || item % 40 AS category,
            'Brand ' || item % 200 AS brand, CASE WHEN h % 50 = 0 THEN -1 ELSE 1 + h % 6 END AS quantity,
            printf('%.2f', 1 + item % 97 + h % 100 / 100.0) AS unit_price,
            ['United Kingdom', 'Germany', 'France', 'EIRE', 'Spain'][1 + id % 5] AS country
        FROM (SELECT *, hash(number * 7 + line) AS h, CAST(floor(4000 * power(random(), 3)) AS INTEGER) AS item
            FROM orders, LATERAL (SELECT unnest(range(1 + number % 4)) AS line))
        ORDER BY number) TO '{path}' (HEADER, DELIMITER ',')""")


def refreshed(name: str, path: Path, folder: str) -> None:
    environment = fresh_home(folder)
    imported = measure([sys.executable, "manage.py", "ingest", str(path), "--json"], environment).result
    found = measure([sys.executable, "manage.py", "refresh", "--json"], environment)
    result = found.result
    print(
        f"{name}: {imported['lines']:,} lines, {result['customers']:,} customers: {found.seconds:.1f} s "
        f"({result['seconds']:.1f} s the job itself), processor {found.processor_seconds:.1f} s, "
        f"largest process {found.peak_mb:,.0f} MB, model {result['models']['champion']}",
        flush=True,
    )


def main() -> None:
    sizes = [int(text.replace("_", "").replace(",", "")) for text in sys.argv[1:]] or list(USUAL)
    print(machine())
    with tempfile.TemporaryDirectory(prefix="insiders-refresh-") as folder:
        refreshed("Online Retail", test_data(ONLINE_RETAIL), folder)
    for customers in filter(None, sizes):
        with tempfile.TemporaryDirectory(prefix="insiders-refresh-") as folder:
            path = Path(folder) / "lines.csv"
            generate(path, customers)
            refreshed(f"{customers:,} customers", path, folder)


if __name__ == "__main__":
    main()
