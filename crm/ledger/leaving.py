"""What would leave the ledger with an upload, looked up for somebody who is about to take it back."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from crm.ledger.comparing import NEAR, overlap, shadow_sql, sold_sql
from crm.ledger.reading import connect, entries_of, entry_sql, quoted
from crm.ledger.relations import LINES, PURCHASES, SHOP_LINES
from crm.ledger.storage import location
from crm.models import CatalogueVersion, LedgerFile, Upload

# Somebody waits for the page: what can't be told by then is left out, and said to be.
SECONDS = 3.0
MEMORY_MB = 256
# So many people are looked up by name at most; of more, only how many they are.
MOST_KEYS = 10_000


@dataclass(frozen=True)
class Sum:
    """Lines, the orders that they are of, and their money."""

    lines: int = 0
    orders: int = 0
    gross_revenue: Decimal = Decimal(0)
    returned_value: Decimal = Decimal(0)

    @property
    def net_revenue(self) -> Decimal:
        return self.gross_revenue - self.returned_value


@dataclass(frozen=True)
class Leaving:
    """Of the upload's lines that count, those that no other file holds; `vanishing`: customers of no other file.

    None where it would take too long to find out. `keys` are the vanishing customers, the first of them.
    """

    counting: Sum = Sum()
    going: Sum | None = None
    vanishing: int | None = None
    keys: tuple[int, ...] = ()


def what_leaves(version: CatalogueVersion | None, upload: Upload, *, seconds: float = SECONDS) -> Leaving:
    """Counted in the files that come near; where none does, the upload's own figures are the answer."""
    entries = [entry for entry in entries_of(version) if entry.file.kind in LINES.kinds]
    mine = [entry for entry in entries if _is_of(entry.file, upload)]
    others = [entry.file for entry in entries if not _is_of(entry.file, upload)]
    if not mine:
        return Leaving(going=Sum(), vanishing=0)
    lines = sum(entry.file.lines - entry.shadowed for entry in mine)
    counting = Sum(lines, upload.orders, upload.gross_revenue, upload.returned_value)
    beside = [file for file in others if any(overlap(file, entry.file, NEAR) for entry in mine)]
    with _limited(seconds) as connection:
        parts = " UNION ALL BY NAME ".join(f"({entry_sql(entry.file.path, entry.shadow_path)})" for entry in mine)
        connection.execute(f"CREATE VIEW mine AS {parts}")
        try:
            keys = _vanishing(connection, others)
        except duckdb.InterruptException:
            return Leaving(counting)
        try:
            going = _going(connection, [entry.file for entry in mine], beside) if beside else counting
        except duckdb.InterruptException:
            going = None
    return Leaving(counting, going, len(keys), tuple(keys[:MOST_KEYS]))


def _is_of(file: LedgerFile, upload: Upload) -> bool:
    """A correction's lines are lines of the file that it completes."""
    return (file.correction_id if upload.completes_id else file.upload_id) == upload.pk


@contextmanager
def _limited(seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that stops what it is doing when the time is over."""
    connection = connect(threads=1, memory_mb=MEMORY_MB)
    alarm = threading.Timer(seconds, connection.interrupt)
    alarm.start()
    try:
        yield connection
    finally:
        alarm.cancel()
        connection.close()


def _going(connection: duckdb.DuckDBPyConnection, files: list[LedgerFile], beside: list[LedgerFile]) -> Sum:
    """What no file beside holds. An order stays as long as another file has a line of it."""
    staying = _staying_sql(files, [file for file in beside if file.upload_id != files[0].upload_id])
    gone = f"SELECT * FROM mine WHERE line_no NOT IN ({staying})" if staying else "SELECT * FROM mine"
    order = "coalesce(order_key, order_id)"
    row = connection.execute(
        f"""WITH gone AS MATERIALIZED (SELECT {order} AS number, amount FROM ({gone})),
        lasting AS (SELECT DISTINCT {order} AS number FROM {_read(beside)} WHERE {order} IS NOT NULL)
        SELECT count(*), (SELECT count(DISTINCT number) FROM gone ANTI JOIN lasting USING (number)),
            coalesce(sum(amount) FILTER (amount > 0), 0), coalesce(-sum(amount) FILTER (amount < 0), 0) FROM gone"""
    ).fetchone()
    return Sum(*row) if row else Sum()


def _staying_sql(files: Sequence[LedgerFile], others: Sequence[LedgerFile]) -> str:
    """Numbers of the rows that count on, because any of `others` holds them; "" where none comes near."""
    lines, purchases = ([file for file in files if file.kind in each.kinds] for each in (SHOP_LINES, PURCHASES))
    parts = [shadow_sql(SHOP_LINES, lines, others), shadow_sql(PURCHASES, purchases, others)]
    sold = [file for file in others if file.kind in PURCHASES.kinds]
    if lines and sold:
        # The purchase events that gave way to these lines come back in their place.
        parts += sold_sql(lines, sold)
    return " UNION ".join(part for part in parts if part)


def _vanishing(connection: duckdb.DuckDBPyConnection, others: list[LedgerFile]) -> list[int]:
    """Customers of the upload whom no other file names, hidden lines included: these would come back."""
    query = "SELECT DISTINCT customer_key FROM mine WHERE customer_key IS NOT NULL"
    if others:
        query += f" EXCEPT SELECT customer_key FROM {_read(others)}"
    return [row[0] for row in connection.execute(f"SELECT customer_key FROM ({query}) ORDER BY 1").fetchall()]


def _read(files: Sequence[LedgerFile]) -> str:
    return f"read_parquet([{', '.join(quoted(location(file.path)) for file in files)}])"
