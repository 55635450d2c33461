"""Which rows of some files other files already hold, as SQL that yields their line numbers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from crm.ledger.reading import quoted
from crm.ledger.relations import LINES, PURCHASES, Relation
from crm.ledger.storage import bring_near, location
from crm.models import LedgerFile

# A visit shortly before midnight may end in an order of the next day.
NEAR = timedelta(days=1)


def overlap(one: LedgerFile, other: LedgerFile, slack: timedelta = timedelta(0)) -> bool:
    return one.first_on <= other.last_on + slack and other.first_on - slack <= one.last_on


def files_sql(files: Sequence[LedgerFile]) -> str:
    bring_near(file.path for file in files)
    return f"read_parquet([{', '.join(quoted(location(file.path)) for file in files)}])"


def shadow_sql(relation: Relation, files: Sequence[LedgerFile], earlier: Sequence[LedgerFile]) -> str:
    """Numbers of the rows of an upload's `files` that `earlier` ones hold; "" where none of these comes near."""
    near = [file for file in earlier if file.kind in relation.kinds and any(overlap(file, own) for own in files)]
    parts = [_equal_sql(relation, files, near)] if near else []
    if relation is PURCHASES:
        shop = [file for file in earlier if file.kind == "lines" and any(overlap(file, own, NEAR) for own in files)]
        parts += sold_sql(files, shop) if shop else []
    return " UNION ".join(parts)


def _equal_sql(relation: Relation, files: Sequence[LedgerFile], near: Sequence[LedgerFile]) -> str:
    """Rows that another upload holds as often, the n-th of the one being the n-th of the other.

    Only rows that have an equal at all are numbered, which keeps a large file's comparison small.
    """
    first, last = min(file.first_on for file in files), max(file.last_on for file in files)
    # What has no day may equal anything.
    window = f"coalesce({relation.day} BETWEEN DATE '{first}' AND DATE '{last}', true)"
    names = relation.identity_names

    def identified(source: str, where: str = "true") -> str:
        return f"SELECT upload_id, line_no, {relation.identity_sql} FROM {source} WHERE {where}"

    def occurrences(one: str, other: str) -> str:
        return f"""SELECT line_no, {names}, row_number() OVER (
            PARTITION BY upload_id, {names} ORDER BY line_no) AS occurrence
            FROM {one} SEMI JOIN {other} USING ({names})"""

    return f"""(WITH mine AS ({identified(files_sql(files))}), theirs AS ({identified(files_sql(near), window)})
        SELECT line_no FROM ({occurrences("mine", "theirs")}) SEMI JOIN ({occurrences("theirs", "mine")})
        USING ({names}, occurrence))"""


# A purchase event and the shop's own line of it: everything but the order, whose number an event seldom knows.
_LINE = {name: expression for name, expression in LINES.identity.items() if name != "i_order"}
_SOLD = replace(LINES, identity={"i_customer": "coalesce(customer_key, 0)", **_LINE})


def sold_sql(files: Sequence[LedgerFile], shop: Sequence[LedgerFile]) -> list[str]:
    """Purchase events whose order number, or customer, item, time, quantity and price a purchase file holds."""
    numbered = f"""(SELECT line_no FROM {files_sql(files)}
        WHERE order_id IN (SELECT order_id FROM {files_sql(shop)} WHERE order_id IS NOT NULL))"""
    return [_equal_sql(_SOLD, files, shop), numbered]
