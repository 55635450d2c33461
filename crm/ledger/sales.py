"""The sale behind a return: looked up among one customer's lines, for pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from analytics.returns import NUMBER_SQL, return_links_sql

# A customer with more lines than this is no person who waits for each return's sale.
MOST_LINKED = 50_000


@dataclass(frozen=True)
class Sale:
    """The line that a return takes back."""

    upload: int
    line: int
    order_id: str | None
    order_key: str
    ordered_at: datetime


# A return's upload and line, with the sale that it takes back.
Links = dict[tuple[int, int], Sale]


def linked(connection: duckdb.DuckDBPyConnection, relation: str) -> Links:
    """The sale of each return in a relation of few customers' lines; none where these are too many."""
    count = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
    if not count or count[0] > MOST_LINKED:
        return {}
    rows = connection.execute(return_links_sql(relation)).fetchall()
    return {(row[0], row[1]): Sale(row[2], row[3], row[4], row[5], row[6].replace(tzinfo=UTC)) for row in rows}


def links_around_order(connection: duckdb.DuckDBPyConnection, order_id: str) -> Links:
    """The links among all lines of an order's customer; of a guest, among the orders of that number."""
    number = NUMBER_SQL.format(order="order_id")
    connection.execute(
        f"""CREATE TEMP TABLE near AS SELECT * FROM lines
        WHERE customer_key IN (SELECT customer_key FROM lines WHERE order_id = $1)
            OR (customer_key IS NULL AND {number} = {NUMBER_SQL.format(order="$1")})""",
        [order_id],
    )
    return linked(connection, "near")


def with_sales(rows: Iterable[dict[str, Any]], links: Links) -> list[dict[str, Any]]:
    """The lines, each with the `sale` that it takes back, or None."""
    return [{**row, "sale": links.get((row["upload_id"], row["line_no"]))} for row in rows]
