"""Members before and after by country, category and other groups, and their money, added up exactly by the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loyalty import rules
from segmentation import store
from segmentation.models import Segment, Snapshot

BREAKDOWNS = ("country", "favourite_category", "favourite_brand", "segment_id", "tier", "rfm_group")
ROWS_SHOWN = 12


@dataclass(frozen=True)
class Part:
    """One group: customers in it, members now and then, and the members' revenue of 12 months then."""

    name: str
    customers: int
    before: int
    after: int
    revenue: Decimal


@dataclass(frozen=True)
class Breakdown:
    figure: str
    label: str
    parts: list[Part]


@dataclass(frozen=True)
class Money:
    """Revenue of 12 months: of the members now and then, of those warned or leaving, of everybody."""

    before: Decimal
    after: Decimal
    at_stake: Decimal
    everybody: Decimal


def measure(
    snapshot: Snapshot, keys: Any, before: Any, after: Any, at_stake: Any, names: Sequence[str]
) -> tuple[Money, list[Breakdown]]:
    """Sums and groups over the rows of `keys`, of which the masks mark some."""
    marks = {"customer_key": keys, "is_before": before, "is_after": after, "is_at_stake": at_stake}
    columns = "".join(f', "{name}"' for name in names)
    with store.connection(snapshot, threads=2) as opened:
        opened.register("marks", marks)
        opened.execute(
            f"""CREATE TEMP TABLE marked AS SELECT is_before, is_after, is_at_stake, revenue_12m{columns}
            FROM scores JOIN marks USING (customer_key)"""
        )
        row = opened.execute(
            """SELECT coalesce(sum(revenue_12m) FILTER (is_before), 0), coalesce(sum(revenue_12m) FILTER (is_after), 0),
            coalesce(sum(revenue_12m) FILTER (is_at_stake), 0), coalesce(sum(revenue_12m), 0) FROM marked"""
        ).fetchone() or (0, 0, 0, 0)
        found = {name: opened.execute(_parts_sql(name)).fetchall() for name in names}
    money = Money(*(Decimal(value) for value in row))
    return money, [_breakdown(name, rows) for name, rows in found.items()]


def _parts_sql(name: str) -> str:
    """Grouped as stored, since turning a million values into text costs more than counting them."""
    return f"""SELECT nullif(part::VARCHAR, '') AS name, counted, before, after, revenue FROM (
            SELECT "{name}" AS part, count(*) AS counted, count(*) FILTER (is_before) AS before,
                count(*) FILTER (is_after) AS after, coalesce(sum(revenue_12m) FILTER (is_after), 0) AS revenue
            FROM marked GROUP BY part
        ) ORDER BY after DESC, before DESC, counted DESC, name"""


def _breakdown(name: str, rows: list[tuple[Any, ...]]) -> Breakdown:
    """The largest groups by members then; the rest added up in one row."""
    names = _names(name, rows)
    shown = [Part(names[row[0]], row[1], row[2], row[3], Decimal(row[4])) for row in rows[:ROWS_SHOWN]]
    if rest := rows[ROWS_SHOWN:]:
        customers, before, after = (sum(row[place] for row in rest) for place in (1, 2, 3))
        money = sum((Decimal(row[4]) for row in rest), Decimal(0))
        shown.append(Part(rules.others_text(len(rest)), customers, before, after, money))
    return Breakdown(name, rules.label(name), shown)


def _names(name: str, rows: list[tuple[Any, ...]]) -> dict[str | None, str]:
    found: dict[str | None, str] = {row[0]: rules.value_name(name, row[0]) for row in rows[:ROWS_SHOWN]}
    if name == "segment_id":
        segments = Segment.objects.filter(pk__in=[int(key) for key in found if key is not None])
        found |= {str(segment.pk): segment.name for segment in segments}
    return found | {None: rules.unknown_text()}
