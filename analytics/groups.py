"""RFM scores and groups, tiers and value bands: groups that follow from ranks, not from a fitted model."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

RFM_GROUPS = ("loyal", "potential_loyal", "new", "at_risk", "dormant", "lost")

RFM_RULES: Mapping[str, str] = {
    "new": "first bought among the newest fifth of first purchases and has not bought often yet (frequency 1 to 3)",
    "loyal": "buys often (frequency 4 or 5) and has bought recently enough (recency 3 to 5)",
    "potential_loyal": "bought recently (recency 4 or 5) but not often yet (frequency 1 to 3), or stands "
    "in the middle of both (recency 3, frequency 3)",
    "at_risk": "used to buy often (frequency 4 or 5) but has been away (recency 1 or 2)",
    "dormant": "never bought often (frequency 1 to 3) and has been away for a while (recency 2, or "
    "recency 3 with frequency 1 or 2)",
    "lost": "never bought often (frequency 1 to 3) and has been away longest (recency 1)",
}

# The scores of an RFM group and the figures that they are quintiles of, in the order of `rfm_scores`.
RFM_MEASURES: Mapping[str, str] = {
    "r": "days_since_last_purchase",
    "f": "order_count",
    "m": "revenue",
    "newness": "T",
}

TIER_SHARES: Sequence[tuple[str, str]] = (("platinum", "0.10"), ("gold", "0.20"))
LOWEST_TIER = "silver"
BAND_CUTS: Sequence[tuple[str, str]] = (
    ("top_1", "0.01"),
    ("top_5", "0.05"),
    ("top_10", "0.10"),
    ("top_25", "0.25"),
    ("top_50", "0.50"),
)
LOWEST_BAND = "rest"
Scores = NDArray[np.int64]


def quintile(values: ArrayLike, *, high_is_good: bool = True) -> Scores:
    """Score 1 (worst) to 5 (best) by rank, shape (n,).

    Equal values always get the same score, whatever the order of rows: their ranks are averaged, and the
    score is the fifth in which the middle of that rank falls. A base of one customer, or of equals, scores 3.
    Missing values score 1.
    """
    series = pd.Series(np.asarray(values, dtype=float))
    ranks = (series if high_is_good else -series).rank(method="average").to_numpy()
    known = int(series.notna().sum())
    scores = np.ceil(5 * (ranks - 0.5) / max(known, 1))
    return np.where(np.isnan(scores), 1, np.clip(scores, 1, 5)).astype(np.int64)


def rfm_scores(
    days_since_last_purchase: ArrayLike,
    order_count: ArrayLike,
    revenue: ArrayLike,
    days_since_first_purchase: ArrayLike,
) -> pd.DataFrame:
    """Quintile scores `r`, `f`, `m` and `newness` (5: first bought most recently); arrays of shape (n,) give
    n rows."""
    return pd.DataFrame(
        {
            "r": quintile(days_since_last_purchase, high_is_good=False),
            "f": quintile(order_count),
            "m": quintile(revenue),
            "newness": quintile(days_since_first_purchase, high_is_good=False),
        }
    )


def rfm_boundaries(scores: pd.DataFrame, figures: Mapping[str, ArrayLike]) -> dict[str, list[list[float] | None]]:
    """For each measure the least and the greatest figure of scores 1 to 5, in that order; None where nobody has it.

    `figures` are the arrays (n,) that `scores` were made from, by the measure's name. Equal figures always share a
    score, so the ranges never overlap.
    """
    return {
        name: [_range(np.asarray(values, dtype=float)[scores[name].to_numpy() == score]) for score in range(1, 6)]
        for name, values in figures.items()
    }


def _range(values: NDArray[np.float64]) -> list[float] | None:
    known = values[np.isfinite(values)]
    return [float(known.min()), float(known.max())] if len(known) else None


def rfm_groups(scores: pd.DataFrame) -> NDArray[Any]:
    """The RFM group of each row of `rfm_scores`, by RFM_RULES; every row has exactly one of RFM_GROUPS."""
    r, f, newness = (scores[name].to_numpy() for name in ("r", "f", "newness"))
    often = f >= 4
    conditions = [
        (newness == 5) & ~often,
        often & (r >= 3),
        often,
        (r >= 4) | ((r == 3) & (f == 3)),
        r >= 2,
    ]
    return np.select(conditions, ["new", "loyal", "at_risk", "potential_loyal", "dormant"], default="lost")


def _best_first(clv: ArrayLike, revenue: ArrayLike, key: ArrayLike) -> Scores:
    """Row numbers from best to worst: by clv, then revenue, then the smaller key; missing values stand
    last."""
    worth = np.nan_to_num(np.asarray(clv, dtype=float), nan=-np.inf)
    spent = np.nan_to_num(np.asarray(revenue, dtype=float), nan=-np.inf)
    return np.lexsort((np.asarray(key), -spent, -worth))


def _cut(order: Scores, cuts: Sequence[tuple[str, Decimal]], lowest: str) -> NDArray[Any]:
    """Names by place in `order`; each cut is cumulative, its size rounded half up so that sizes are exact."""
    names = np.full(len(order), lowest, dtype=object)
    start = 0
    for name, share in cuts:
        end = int((share * len(order)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        names[order[start:end]] = name
        start = max(start, end)
    return names


def tiers(
    clv: ArrayLike,
    revenue: ArrayLike,
    key: ArrayLike,
    *,
    shares: Sequence[tuple[str, str]] = TIER_SHARES,
    lowest: str = LOWEST_TIER,
) -> NDArray[Any]:
    """Tier of each customer by `clv` over 12 months, shape (n,), the best first by `shares` of the base.

    Sizes are exact: the first k tiers together hold their cumulative share of n, rounded half up. Ties go by
    `revenue`, then by the smaller `key`. Raises ValueError when shares are negative or pass 100 % together.
    """
    sizes = [Decimal(share) for _, share in shares]
    if any(size < 0 for size in sizes) or sum(sizes) > 1:
        raise ValueError("The tier shares must not be negative and may be 100 % together at most.")
    cuts = [(name, sum(sizes[: place + 1], Decimal(0))) for place, (name, _) in enumerate(shares)]
    return _cut(_best_first(clv, revenue, key), cuts, lowest)


def value_bands(clv: ArrayLike, revenue: ArrayLike, key: ArrayLike) -> NDArray[Any]:
    """Value band of each customer by the cuts at 1, 5, 10, 25 and 50 % of the base, shape (n,); "rest"
    below."""
    cuts = [(name, Decimal(share)) for name, share in BAND_CUTS]
    return _cut(_best_first(clv, revenue, key), cuts, LOWEST_BAND)
