"""What customers buy together and next, over ten million lines: the whole count, as the job does it.

    python -m benchmarks.affinity [CUSTOMERS [FOLDER]]         (1,000,000 customers of ten lines each unless said)

The lines are made up: items of very different popularity, and for every third customer the first leads
to another a month later. The peer is what an analyst
would write in pandas for the pairs alone, over a tenth of the customers, for its merge of everybody does not fit into
the memory of this machine; its seconds are given as they are, not multiplied.
"""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from analytics import affinity
from analytics.affinity import Limits
from benchmarks.measuring import machine

AS_OF = date(2025, 12, 31)
LINES = """
    SELECT c AS customer_key, CASE WHEN n = 9 AND c % 3 = 0 THEN 'after ' || {first} % 200 ELSE 'item ' || {item} END
            AS item_id,
        'name of it' AS description, 9.5::DECIMAL(18,6) AS amount, TRUE AS is_purchase, TRUE AS is_merchandise,
        DATE '2024-01-01'
            + CASE WHEN n = 9 AND c % 3 = 0 THEN hash(c, 0, 2) % 730 + 30 ELSE hash(c, n, 2) % 730 END::INTEGER
            AS ordered_on
    FROM range(1, {customers} + 1) AS customers(c), range(10) AS lines(n)
"""
ITEM = "CAST(floor(5000 * pow((hash(c, {line}) % 1000003) / 1000003.0, 3)) AS INTEGER)"


def measured(path: Path, customers: int, folder: str) -> dict[str, float]:
    """Seconds of each step, in the memory that a job has."""
    limits, seconds = Limits(), {}
    config = {"threads": 2, "memory_limit": "1500MB", "temp_directory": folder}
    with duckdb.connect(config=config) as connection:
        connection.execute(f"CREATE VIEW lines AS FROM read_parquet('{path}')")

        def step(name: str, sql: str) -> None:
            started = time.monotonic()
            connection.execute(sql if sql.startswith("INSERT") else f"CREATE TEMP TABLE {name} AS {sql}")
            seconds[name] = seconds.get(name, 0.0) + time.monotonic() - started

        step("first_buys", affinity.first_purchases_sql("lines", as_of=AS_OF))
        step("item_names", affinity.item_names_sql("lines", as_of=AS_OF))
        step("items", affinity.items_sql("first_buys", "item_names", limits))
        step("all_buys", affinity.buys_sql("first_buys", "items", limits))
        row = connection.execute(affinity.size_sql("all_buys")).fetchone()
        assert row
        share = min(1.0, limits.pairs / int(row[0]))
        step("buys", affinity.sampled_sql("all_buys", share) if share < 1 else "FROM all_buys")
        step("counted", affinity.counted_sql("buys", as_of=AS_OF, limits=limits))
        step("pairs", affinity.pairs_sql("buys", "counted", as_of=AS_OF, limits=limits))
        parts = 1 + customers // 100_000
        for part in range(parts):
            sql = affinity.suggestions_sql("first_buys", "items", "pairs", limits=limits, part=part, parts=parts)
            step("suggestions", sql if part == 0 else f"INSERT INTO suggestions {sql}")
        counts = connection.execute("SELECT (SELECT count(*) FROM pairs), count(*) FROM suggestions").fetchone()
    assert counts
    print(
        f"pairs of one customer's items {int(row[0]):,}, share looked at {share:.3f}; told {counts[0]:,}, {counts[1]:,}"
    )
    return seconds


def peer(path: Path, customers: int) -> float:
    """The pairs of a tenth of the customers in pandas: a merge with itself, and a count."""
    import pandas

    started = time.monotonic()
    chosen = f"WHERE customer_key <= {customers // 10}"
    table = duckdb.sql(f"SELECT customer_key, item_id, ordered_on FROM read_parquet('{path}') {chosen}").df()
    first = table.groupby(["customer_key", "item_id"], as_index=False).ordered_on.min()
    both = first.merge(first, on="customer_key")
    both = both[both.item_id_x != both.item_id_y]
    gap = (pandas.to_datetime(both.ordered_on_y) - pandas.to_datetime(both.ordered_on_x)).dt.days
    both["followed"] = (gap > 0) & (gap <= 90)
    both.groupby(["item_id_x", "item_id_y"]).followed.sum()
    return time.monotonic() - started


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(machine())
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        path = Path(folder) / "lines.parquet"
        lines = LINES.format(customers=customers, item=ITEM.format(line="n"), first=ITEM.format(line=0))
        duckdb.execute(f"COPY ({lines} ORDER BY customer_key) TO '{path}' (FORMAT parquet)")
        seconds = measured(path, customers, folder)
        other = peer(path, customers)
    for name, value in seconds.items():
        print(f"{name:12} {value:8.1f} s")
    total = sum(seconds.values())
    print(f"{'together':12} {total:8.1f} s of all customers; pandas {other:.1f} s for the pairs of a tenth")
    print(f"ratio for the same customers' pairs, at most {total / (10 * other):.2f}")


if __name__ == "__main__":
    main()
