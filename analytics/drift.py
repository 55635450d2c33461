"""Population stability index: how far the customers of one calculation differ from those of another, figure by figure.

PSI = sum over bins of (actual - expected) * ln(actual / expected), with bins at the deciles of the earlier base
(Siddiqi 2006, Credit Risk Scorecards, pp. 136-137). Texts of SQL and plain arithmetic, so that a page may use it.
"""

from collections.abc import Sequence
from math import log, sqrt

BINS = 10
SHIFTING, CHANGED = 0.10, 0.25
STEADY_BAND, SHIFTING_BAND, CHANGED_BAND = "steady", "shifting", "changed"
# Spreads one half of a customer over every bin, so that an empty one gives a large index and not an infinite one.
HALF = 0.5
MOST_CATEGORIES = 30


def cuts_sql(relation: str, features: Sequence[str]) -> str:
    """One row: for each feature the distinct deciles of its known values in `relation`, ascending; [] for none."""
    shares = ", ".join(str(number / BINS) for number in range(1, BINS))
    lists = (
        f'coalesce(list_sort(list_distinct(quantile_disc("{name}"::DOUBLE, [{shares}]))), []) AS "{name}"'
        for name in features
    )
    return f"SELECT {', '.join(lists)} FROM {relation}"


def counts_sql(relation: str, cuts: dict[str, list[float]]) -> str:
    """One row: for each feature how many values lie at or below each cut, how many are known, and how many rows."""
    lists = (
        f"""[{"".join(f'count(*) FILTER ("{name}" <= {cut!r}::DOUBLE), ' for cut in edges)}count("{name}"), count(*)]"""
        f' AS "{name}"'
        for name, edges in cuts.items()
    )
    return f"SELECT {', '.join(lists)} FROM {relation}"


def bin_sizes(cumulative: Sequence[int]) -> list[int]:
    """Sizes of the bins from a list of `counts_sql`; the last bin holds the missing values."""
    return [upper - lower for lower, upper in zip([0, *cumulative[:-1]], cumulative, strict=True)]


def categories_sql(before: str, after: str, feature: str) -> str:
    """Rows `category, before, after`: the commonest values of a text with their counts, all others in one."""
    top = f'SELECT "{feature}" FROM {before} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MOST_CATEGORIES}'
    named = f"""CASE WHEN "{feature}" IN ({top}) THEN "{feature}" END"""
    return f"""SELECT category, sum(before)::BIGINT, sum(after)::BIGINT FROM (
        SELECT {named} AS category, count(*) AS before, 0 AS after FROM {before} GROUP BY 1
        UNION ALL SELECT {named}, 0, count(*) FROM {after} GROUP BY 1) GROUP BY 1 ORDER BY 2 DESC, 1"""


def stability_index(before: Sequence[int], after: Sequence[int]) -> float:
    """The index from the sizes of the same bins, both of length k >= 1: 0 when the shares are equal, never negative.

    Bins that are empty on both sides do not count. Raises ValueError when the lengths differ or a base is empty.
    """
    if len(before) != len(after) or not sum(before) or not sum(after):
        raise ValueError("Both bases need customers, and the same bins.")
    pairs = [pair for pair in zip(before, after, strict=True) if any(pair)]
    expected = [(early + HALF) / (sum(before) + HALF * len(pairs)) for early, _ in pairs]
    actual = [(late + HALF) / (sum(after) + HALF * len(pairs)) for _, late in pairs]
    return sum((new - old) * log(new / old) for old, new in zip(expected, actual, strict=True))


def chance_limit(bins: int, before: int, after: int) -> float:
    """What the index stays below in 19 of 20 cases when two bases are drawn from the same people.

    Then the index divided by (1/n + 1/m) follows a chi-square law with bins - 1 degrees of freedom (Yurdakul 2018,
    Statistical Properties of Population Stability Index); its 95 % point by Wilson and Hilferty (1931).
    """
    freedom = max(bins - 1, 1)
    point = freedom * (1 - 2 / (9 * freedom) + 1.6448536 * sqrt(2 / (9 * freedom))) ** 3
    return point * (1 / before + 1 / after)


def band(index: float, limit: float = 0.0) -> str:
    """`steady`, `shifting` (from 0.10) or `changed` (from 0.25); what chance may do is steady."""
    if index <= limit or index < SHIFTING:
        return STEADY_BAND
    return CHANGED_BAND if index >= CHANGED else SHIFTING_BAND
