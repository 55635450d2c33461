"""Single customers, uploads and small pages out of the ledger, for people who wait: one thread, little memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import duckdb

from crm.ledger.reading import create_view, looking
from crm.ledger.relations import LINES, Relation
from crm.ledger.sales import linked, with_sales
from crm.models import CatalogueEntry, CatalogueVersion

ORDER_COLUMNS = """
    order_key, any_value(order_id) AS order_id, max(ordered_at) AS ordered_at, max(ordered_on) AS ordered_on,
    count(*) AS lines, sum(amount) AS amount, sum(quantity) AS quantity, bool_and(is_cancellation) AS is_cancellation
"""


@dataclass(frozen=True)
class Order:
    """One order of a customer: its sums over all its lines, and the lines that were asked for."""

    order_key: str
    order_id: str | None
    ordered_at: datetime
    ordered_on: date
    lines: int
    amount: Any
    quantity: Any
    is_cancellation: bool
    shown: list[dict[str, Any]]

    @property
    def hidden(self) -> int:
        return self.lines - len(self.shown)


@dataclass(frozen=True)
class History:
    """One page of a customer's orders, newest first, and what all their lines say.

    `months` are sums (month, gross, back), `purchase_days` the distinct days with a purchase, both ascending.
    """

    orders: list[Order]
    next: tuple[datetime, str] | None
    months: list[tuple[date, Any, Any]]
    purchase_days: list[date]


@dataclass(frozen=True)
class Span:
    """What says beforehand which files can hold a row; None means any. Days are the shop's, both ends included."""

    upload: int | None = None
    first: date | None = None
    last: date | None = None


def shown_entries(version: CatalogueVersion | None) -> Sequence[CatalogueEntry]:
    """A version's entries, for reading alone: they never change once it is published, so they are remembered."""
    return _entries(version.pk, version.created_at, version.run_id) if version is not None else ()


@lru_cache(maxsize=4)
def _entries(version: int, *_told_apart_by: object) -> Sequence[CatalogueEntry]:
    return tuple(CatalogueEntry.objects.filter(version=version).select_related("file", "merged"))


@contextmanager
def ledger_view(entries: Sequence[CatalogueEntry], *relations: Relation) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose views, `lines` unless others are named, hold what counts in these entries."""
    with looking() as connection:
        for relation in relations or (LINES,):
            create_view(connection, entries, relation)
        yield connection


def customer_history(
    version: CatalogueVersion | None,
    customer_key: int,
    *,
    before: tuple[datetime, str] | None = None,
    orders: int = 20,
    lines: int = 50,
    order_key: str | None = None,
) -> History:
    """At most `orders` orders older than `before`, each with its first `lines` lines; the ledger is read once.

    A line that is a return has the `sale` that it takes back beside it, where one was found.

    With `order_key` that order alone. Files are sorted by customer, so other people's row groups are skipped unread.
    """
    with ledger_view(shown_entries(version)) as connection:
        connection.execute("CREATE TEMP TABLE mine AS SELECT * FROM lines WHERE customer_key = ?", [customer_key])
        older = "HAVING (max(ordered_at), order_key) < (?, ?)" if before else ""
        chosen = "WHERE order_key = ?" if order_key is not None else ""
        connection.execute(
            f"""CREATE TEMP TABLE page AS SELECT {ORDER_COLUMNS} FROM mine {chosen} GROUP BY order_key {older}
            ORDER BY ordered_at DESC, order_key DESC LIMIT ?""",
            [*([order_key] if order_key is not None else []), *_naive(before), orders + 1],
        )
        found = rows_of(connection, "SELECT * FROM page ORDER BY ordered_at DESC, order_key DESC")
        shown = _lines_by_order(connection, lines)
        has_returns = any(row["amount"] < 0 for rows in shown.values() for row in rows)
        sales = linked(connection, "mine") if has_returns else {}
        months = connection.execute("""
            SELECT CAST(date_trunc('month', ordered_on) AS DATE), coalesce(sum(amount) FILTER (amount > 0), 0),
                coalesce(-sum(amount) FILTER (amount < 0), 0) FROM mine GROUP BY 1 ORDER BY 1
        """).fetchall()
        bought = connection.execute("SELECT DISTINCT ordered_on FROM mine WHERE is_purchase ORDER BY 1").fetchall()
    page = [
        Order(**{**aware(row), "shown": with_sales(shown.get(row["order_key"], []), sales)}) for row in found[:orders]
    ]
    edge = (page[-1].ordered_at, page[-1].order_key) if len(found) > orders else None
    return History(page, edge, months, [day for (day,) in bought])


def customer_orders(version: CatalogueVersion | None, customer_key: int, *, limit: int | None = None) -> list[Order]:
    """A customer's orders without their lines, newest first."""
    with ledger_view(shown_entries(version)) as connection:
        found = rows_of(
            connection,
            f"""SELECT {ORDER_COLUMNS} FROM lines WHERE customer_key = ? GROUP BY order_key
            ORDER BY ordered_at DESC, order_key DESC LIMIT ?""",
            [customer_key, limit or 2**62],
        )
    return [Order(**aware(row), shown=[]) for row in found]


def row_page(
    version: CatalogueVersion | None,
    relation: Relation,
    tests: dict[str, Any],
    span: Span,
    *,
    after: tuple[int, int],
    limit: int,
) -> list[dict[str, Any]]:
    """Rows of a relation that count and fit `tests` (condition: value; None is any), behind `after`.

    The keys are found in the few columns that the tests need; whole rows are read for the page alone.
    """
    used = {test: value for test, value in tests.items() if value is not None}
    where = " AND ".join(["(upload_id, line_no) > (?, ?)", *used])
    entries = [entry for entry in shown_entries(version) if may_hold(entry, span, after)]
    with ledger_view(entries, relation) as connection:
        keys = connection.execute(
            f"SELECT upload_id, line_no FROM {relation.name} WHERE {where} ORDER BY 1, 2 LIMIT ?",
            [*after, *used.values(), limit],
        ).fetchall()
        return [aware(row, relation.moment) for row in whole_rows(connection, relation, keys)]


def _lines_by_order(connection: duckdb.DuckDBPyConnection, lines: int) -> dict[str, list[dict[str, Any]]]:
    found = rows_of(
        connection,
        """SELECT mine.* FROM mine SEMI JOIN page USING (order_key)
        QUALIFY row_number() OVER (PARTITION BY order_key ORDER BY upload_id, line_no) <= ?
        ORDER BY upload_id, line_no""",
        [lines],
    )
    by_order: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        by_order.setdefault(row["order_key"], []).append(aware(row))
    return by_order


def may_hold(entry: CatalogueEntry, span: Span, after: tuple[int, int] = (0, 0)) -> bool:
    """Whether a file can hold such rows at all: it is not opened otherwise."""
    file = entry.file
    is_upload = span.upload in {None, file.upload_id} and file.upload_id >= after[0]
    return is_upload and (span.first is None or file.last_on >= span.first) and _begins_by(file.first_on, span.last)


def _begins_by(first_on: date, last: date | None) -> bool:
    return last is None or first_on <= last


def whole_rows(
    connection: duckdb.DuckDBPyConnection, relation: Relation, keys: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    if not keys:
        return []
    places = ", ".join(["(?, ?)"] * len(keys))
    wanted = f"(VALUES {places}) AS wanted (upload_id, line_no)"
    columns = ", ".join(relation.columns)
    sql = f"SELECT {columns} FROM {relation.name} SEMI JOIN {wanted} USING (upload_id, line_no) ORDER BY 1, 2"
    return rows_of(connection, sql, [part for key in keys for part in key])


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    found = connection.execute(sql, list(values))
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def aware(row: dict[str, Any], moment: str = "ordered_at") -> dict[str, Any]:
    """The ledger's times are UTC without saying so."""
    return {**row, moment: row[moment] and row[moment].replace(tzinfo=UTC)}


def _naive(before: tuple[datetime, str] | None) -> list[Any]:
    return [before[0].astimezone(UTC).replace(tzinfo=None), before[1]] if before else []
