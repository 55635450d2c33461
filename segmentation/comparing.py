"""Two snapshots side by side, read from their files within a budget that a page can afford, and remembered.

Published files never change, so what was found once is true for ever; the cache may be emptied at any moment.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import duckdb
from django.core.cache import cache
from django.utils.translation import gettext as _

from analytics import drift
from segmentation import store
from segmentation.models import Snapshot

GROUPINGS = {"segment": "segment_id", "tier": "tier", "rfm_group": "rfm_group"}
SECONDS = 15.0
LARGE_CHANGE = 0.25
MOVERS = 10
DRIFT_FROM = 200_000  # customers
# What the models are fed with. Of figures that the models give, drift would say nothing about the input.
INPUTS = (
    *("days_since_last_purchase", "order_count", "revenue", "average_order_value", "frequency", "recency", "T"),
    *("monetary_value", "distinct_items", "return_rate"),
)
CATEGORIES = ("country",)

Found = TypeVar("Found")


SnapshotDamaged = store.SnapshotDamaged


class TooLarge(Exception):
    """The comparison took longer than a page may; the message says so."""


@dataclass(frozen=True)
class Flow:
    """Customers who went from one group to another; None stands for not being a customer yet, or any more.

    Money is net revenue since the first purchase, as each of the two snapshots counts it, and value is `clv_12m`.
    """

    source: Any
    target: Any
    customers: int
    revenue_before: Decimal
    revenue_after: Decimal
    value_before: float
    value_after: float

    @property
    def revenue(self) -> Decimal:
        """By the later of the snapshots that know these customers."""
        return self.revenue_before if self.target is None else self.revenue_after


@dataclass(frozen=True)
class Mover:
    """A customer whose expected value changes much."""

    customer_key: int
    value_before: float
    value_after: float
    tier_before: str
    tier_after: str


@dataclass(frozen=True)
class Effect:
    """What showing the later snapshot instead of the earlier one changes for people who are in both, and who is not."""

    customers: int
    new: int
    gone: int
    tier_moved: int
    segment_moved: int
    rfm_moved: int
    value_moved: int
    value_before: float
    value_after: float
    up: list[Mover]
    down: list[Mover]


@dataclass(frozen=True)
class Drift:
    """How one figure's distribution differs between two snapshots."""

    feature: str
    index: float
    limit: float
    band: str


def transitions(before: Snapshot, after: Snapshot, grouping: str) -> list[Flow]:
    """All flows between the groups of a grouping (a key of GROUPINGS), the largest first. Raises TooLarge."""
    return _remembered(f"transitions-{grouping}", before, after, lambda opened: _transitions(opened, grouping))


def effect(before: Snapshot, after: Snapshot) -> Effect:
    """What changes for people. Raises TooLarge."""
    return _remembered("effect", before, after, _effect)


def input_drift(before: Snapshot, after: Snapshot) -> list[Drift]:
    """Of every input of the models, the largest drift first. Raises TooLarge."""
    return _remembered("drift", before, after, _drift)


def _remembered(
    name: str, before: Snapshot, after: Snapshot, find: Callable[[duckdb.DuckDBPyConnection], Found]
) -> Found:
    key = f"{name}-{before.pk}-{after.pk}-{before.sha256[:12]}-{after.sha256[:12]}"
    known: Found | None = cache.get(key)
    if known is not None:
        return known
    with _limited(before, after) as opened:
        found = find(opened)
    cache.set(key, found, timeout=None)
    return found


@contextmanager
def _limited(before: Snapshot, after: Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
    """Views `earlier` and `later`, on a connection that stops when the time is over."""
    with store.pair(before, after) as opened:
        alarm = threading.Timer(SECONDS, opened.interrupt)
        alarm.start()
        try:
            yield opened
        except (duckdb.InterruptException, RuntimeError) as interrupt:
            # Fetching says it with the plainer error.
            if "interrupted" not in str(interrupt).lower():
                raise
            raise TooLarge(_("Comparing these results takes too long for a page just now: try again later.")) from (
                interrupt
            )
        finally:
            alarm.cancel()


def _transitions(opened: duckdb.DuckDBPyConnection, grouping: str) -> list[Flow]:
    column = GROUPINGS[grouping]
    rows = opened.execute(f"""
        SELECT earlier.{column}, later.{column}, count(*),
            coalesce(sum(earlier.revenue), 0)::DECIMAL(38,6), coalesce(sum(later.revenue), 0)::DECIMAL(38,6),
            coalesce(sum(earlier.clv_12m), 0), coalesce(sum(later.clv_12m), 0)
        FROM earlier FULL JOIN later USING (customer_key) GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
    """).fetchall()
    return [Flow(*row) for row in rows]


_BOTH = """SELECT customer_key, earlier.clv_12m AS value_before, later.clv_12m AS value_after,
    earlier.tier AS tier_before, later.tier AS tier_after, earlier.segment_id AS segment_before,
    later.segment_id AS segment_after, earlier.rfm_group AS rfm_before, later.rfm_group AS rfm_after,
    earlier.customer_key IS NOT NULL AS was_there, later.customer_key IS NOT NULL AS is_there
    FROM earlier FULL JOIN later USING (customer_key)"""


def _effect(opened: duckdb.DuckDBPyConnection) -> Effect:
    opened.execute(f"CREATE TEMP TABLE both_sides AS {_BOTH}")
    stays, moved = "was_there AND is_there", "IS DISTINCT FROM"
    figures = f"""
        SELECT count(*) FILTER ({stays}), count(*) FILTER (NOT was_there), count(*) FILTER (NOT is_there),
            count(*) FILTER ({stays} AND tier_before {moved} tier_after),
            count(*) FILTER ({stays} AND segment_before {moved} segment_after),
            count(*) FILTER ({stays} AND rfm_before {moved} rfm_after),
            count(*) FILTER ({stays} AND abs(value_after - value_before) > {LARGE_CHANGE} * abs(value_before)),
            coalesce(sum(value_before), 0), coalesce(sum(value_after), 0)
        FROM both_sides
    """
    values = (*_row(opened, figures), _movers(opened, "DESC"), _movers(opened, "ASC"))
    return Effect(*values)


def _movers(opened: duckdb.DuckDBPyConnection, order: str) -> list[Mover]:
    sign = ">" if order == "DESC" else "<"
    rows = opened.execute(f"""
        SELECT customer_key, value_before, value_after, tier_before, tier_after FROM both_sides
        WHERE was_there AND is_there AND value_after {sign} value_before
        ORDER BY value_after - value_before {order}, customer_key LIMIT {MOVERS}
    """).fetchall()
    return [Mover(*row) for row in rows]


def _drift(opened: duckdb.DuckDBPyConnection) -> list[Drift]:
    before, after = (_some(opened, side) for side in ("earlier", "later"))
    cuts = dict(zip(INPUTS, _row(opened, drift.cuts_sql(before, INPUTS)), strict=True))
    counts = [_row(opened, drift.counts_sql(side, cuts)) for side in (before, after)]
    sizes = [(drift.bin_sizes(early), drift.bin_sizes(late)) for early, late in zip(*counts, strict=True)]
    found = [_measured(name, *pair) for name, pair in zip(INPUTS, sizes, strict=True)]
    for name in CATEGORIES:
        rows = opened.execute(drift.categories_sql(before, after, name)).fetchall()
        found.append(_measured(name, [row[1] for row in rows], [row[2] for row in rows]))
    return sorted(found, key=lambda each: (-each.index, each.feature))


def _some(opened: duckdb.DuckDBPyConnection, side: str) -> str:
    """At most DRIFT_FROM customers of a side: with so many, chance moves the index by less than a thousandth."""
    (customers,) = _row(opened, f"SELECT count(*) FROM {side}")
    step = 1 + customers // DRIFT_FROM
    opened.execute(f"CREATE OR REPLACE TEMP TABLE some_{side} AS FROM {side} WHERE customer_key % {step} = 0")
    return f"some_{side}"


def _row(opened: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    return opened.execute(sql).fetchone() or ()


def _measured(name: str, before: list[int], after: list[int]) -> Drift:
    index = drift.stability_index(before, after)
    used = sum(1 for pair in zip(before, after, strict=True) if any(pair))
    limit = drift.chance_limit(used, sum(before), sum(after))
    return Drift(name, round(index, 6), round(limit, 6), drift.band(index, limit))
