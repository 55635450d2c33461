"""What lies behind a figure of a report: every line of a group, every customer's figures. Column sums are figures."""

from collections.abc import Iterator
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from core.problems import Problem
from core.spreadsheets import csv_lines
from crm import ledger
from crm.models import Customer
from loyalty.models import Hypothesis, Report
from segmentation import store

BATCH = 2_000
LINE_HEADINGS = (
    *("customer_id", "upload", "line", "ordered_at", "order_id", "item_id", "description", "quantity", "unit_price"),
    *("pieces", "revenue"),
)
FIGURES = (
    *("revenue", "revenue_12m", "gross_revenue", "returned_value", "items", "order_count", "orders_12m"),
    *("average_order_value", "distinct_items", "days_since_last_purchase", "monetary_value", "clv_12m"),
)
CUSTOMER_HEADINGS = ("customer_id", "is_member", "is_eligible", "segment", "tier", "rfm_group", *FIGURES)
GROUP_COLUMNS = {
    Hypothesis.Group.SEGMENT: "CAST(segment_id AS VARCHAR)",
    Hypothesis.Group.TIER: "tier",
    Hypothesis.Group.RFM_GROUP: "rfm_group",
}


def lines_of(report: Report, group: str) -> Iterator[str]:
    """CSV of the lines of a group's customers up to the report's day; `pieces` and `revenue` add up to its figures.

    `group` is `members`, `candidates`, `eligible`, `all` (everybody identified), or `tier:gold`, `segment:3`,
    `rfm_group:new`. Raises Problem for another one, or where the ledger of the results is not on record any more.
    """
    keys = _keys(report, group)
    version = report.snapshot.catalogue_version
    if version is None:
        raise Problem("trace", _("The ledger of these results is not on record any more: compute the results again."))
    return csv_lines(LINE_HEADINGS, _lines(report, version, keys))


def _keys(report: Report, group: str) -> list[int] | None:
    """None for everybody."""
    kind, _colon, value = group.partition(":")
    members, eligible = report.keys.get("members", []), report.keys.get("eligible", [])
    named: dict[str, list[int] | None] = {
        "members": members,
        "eligible": eligible,
        "candidates": sorted(set(eligible) - set(members)),
        "all": None,
    }
    if kind in named and not value:
        return named[kind]
    if kind not in GROUP_COLUMNS:
        raise Problem("trace", _("There is no such group: follow a link of the report."))
    column = GROUP_COLUMNS[Hypothesis.Group(kind)]
    with store.connection(report.snapshot) as connection:
        sql = f"SELECT customer_key FROM scores WHERE {column} = ? ORDER BY customer_key"
        return [key for (key,) in connection.execute(sql, [value]).fetchall()]


def _lines(report: Report, version: Any, keys: list[int] | None) -> Iterator[list[Any]]:
    chosen = "" if keys is None else "AND customer_key IN (SELECT unnest(?::BIGINT[]))"
    with ledger.reading(version, threads=1, memory_mb=512) as connection:
        rows = connection.execute(
            f"""SELECT customer_key, upload_id, line_no, ordered_at, order_id, item_id, description, quantity,
                unit_price, CASE WHEN is_purchase THEN quantity ELSE 0 END, amount
            FROM lines WHERE customer_key IS NOT NULL AND ordered_on <= ? {chosen}
            ORDER BY customer_key, ordered_at, upload_id, line_no""",
            [report.snapshot.as_of, *([] if keys is None else [keys])],
        )
        yield from _named(rows)


def customers_of(report: Report) -> Iterator[str]:
    """CSV of every customer of the report's results with the figures that the report was made of."""
    return csv_lines(CUSTOMER_HEADINGS, _customers(report))


def _customers(report: Report) -> Iterator[list[Any]]:
    members, eligible = set(report.keys.get("members", [])), set(report.keys.get("eligible", []))
    columns = ", ".join(f'"{name}"' for name in ("customer_key", "segment_id", "tier", "rfm_group", *FIGURES))
    names = {entry["segment"]: entry["name"] for entry in report.snapshot.segments}
    with store.connection(report.snapshot) as connection:
        rows = connection.execute(f"SELECT {columns} FROM scores ORDER BY customer_key")
        for batch in iter(lambda: rows.fetchmany(BATCH), []):
            outside = _outside_ids(row[0] for row in batch)
            for key, segment, *rest in batch:
                yield [outside.get(key, ""), key in members, key in eligible, names.get(segment, segment), *rest]


def _named(rows: duckdb.DuckDBPyConnection) -> Iterator[list[Any]]:
    for batch in iter(lambda: rows.fetchmany(BATCH), []):
        outside = _outside_ids(row[0] for row in batch)
        for key, *rest in batch:
            yield [outside.get(key, ""), *rest]


def _outside_ids(keys: Iterator[int]) -> dict[int, str]:
    return dict(Customer.objects.filter(pk__in=set(keys)).values_list("pk", "external_id"))
