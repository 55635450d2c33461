"""What the Insiders report claims, each with its uncertainty: bootstrap intervals and tests over customers.

Sources: Efron & Tibshirani 1993 (percentile bootstrap), Bickel, Götze & van Zwet 1997 (fewer draws than customers, the
spread rescaled), Holm 1979 (several hypotheses at once).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.scoring.transform import Matrix

DRAWS = 999
MOST_ROWS = 20_000
LEVEL = 0.95
SIGNIFICANT = 0.05
SHARE_OF_TOTAL = 0.10
MEDIAN_RATIO = 1.10
SELECTION_NOTE = (
    "Members were chosen for what they had bought: this compares them with everyone, it does not show what the "
    "programme has caused."
)

SHARE: Literal["share"] = "share"
RATIO: Literal["median_ratio"] = "median_ratio"

Measure = Literal["share", "median_ratio"]
Rows = NDArray[np.int64]
Statistic = Callable[[Rows], float]


@dataclass(frozen=True)
class Estimate:
    """A value with its interval at `level`; `interval` is None where there is too little to say."""

    value: float
    interval: tuple[float, float] | None
    level: float


@dataclass(frozen=True)
class Claim:
    """A claim of the form "`measure` of `values` (n,) over those `chosen` (n,) is above `threshold`".

    A `share` is that of the total; a `median_ratio` is their median over the median of all, themselves included.
    """

    id: str
    statement: str
    measure: Measure
    values: Matrix
    chosen: NDArray[np.bool_]
    threshold: float
    note: str = SELECTION_NOTE


@dataclass(frozen=True)
class Hypothesis:
    """`value` against `threshold` (the claim is value > threshold); p values are one-sided; `note` limits the claim.

    The effect's size: `effect` is how far the value lies above the threshold, `effect_ratio` how many times it is.
    """

    id: str
    statement: str
    measure: Measure
    value: float | None
    threshold: float
    effect: float | None
    effect_ratio: float | None
    interval: tuple[float, float] | None
    p_value: float
    p_adjusted: float
    holds: bool
    note: str


def standing_claims(quantity: ArrayLike, revenue: ArrayLike, is_member: ArrayLike) -> list[Claim]:
    """H1, H2 and H4 about members among all identified customers; arrays of shape (n,).

    H1: members' share of `quantity` (pieces bought) is over 10 % of the total. H2: their share of `revenue` is over
    10 %. H4: their median revenue is more than 10 % above the median of all customers, members included.
    """
    pieces, money = np.asarray(quantity, dtype=float), np.asarray(revenue, dtype=float)
    member = np.asarray(is_member, dtype=bool)
    medians = "The median revenue of members is more than 10 % above the median of all customers."
    return [
        Claim("H1", "Members buy more than 10 % of all pieces.", SHARE, pieces, member, SHARE_OF_TOTAL),
        Claim("H2", "Members bring more than 10 % of all revenue.", SHARE, money, member, SHARE_OF_TOTAL),
        Claim("H4", medians, RATIO, money, member, MEDIAN_RATIO),
    ]


def hypotheses(quantity: ArrayLike, revenue: ArrayLike, is_member: ArrayLike, *, random_state: int) -> list[Hypothesis]:
    """The standing claims, tested together."""
    return tested(standing_claims(quantity, revenue, is_member), random_state=random_state)


def tested(claims: Sequence[Claim], *, random_state: int) -> list[Hypothesis]:
    """Each claim with its value, interval and p value, these adjusted by Holm over all claims given.

    Customers are redrawn with their group fixed; who has no value is left out of a claim. Without anybody in the group,
    or with a total or median that is not positive, a claim has no value and does not hold.
    """
    found = [_tested(claim, random_state) for claim in claims]
    adjusted = holm([p_value for _, _, p_value in found])
    return [
        Hypothesis(
            id=claim.id,
            statement=claim.statement,
            measure=claim.measure,
            value=value,
            threshold=claim.threshold,
            effect=None if value is None else value - claim.threshold,
            effect_ratio=None if value is None else value / claim.threshold,
            interval=interval,
            p_value=p_value,
            p_adjusted=p_adjusted,
            holds=value is not None and value > claim.threshold and p_adjusted < SIGNIFICANT,
            note=claim.note,
        )
        for claim, (value, interval, p_value), p_adjusted in zip(claims, found, adjusted, strict=True)
    ]


def _tested(claim: Claim, random_state: int) -> tuple[float | None, tuple[float, float] | None, float]:
    is_known = np.isfinite(claim.values)
    values, chosen = claim.values[is_known], claim.chosen[is_known]
    statistic = _share_of(values, chosen) if claim.measure == SHARE else _median_ratio(values, chosen)
    return _test(statistic, claim.threshold, len(values), random_state)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given: each is at least as large as before, and at most 1."""
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    highest = 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - place)))
        adjusted[index] = highest
    return [float(value) for value in adjusted]


def share_estimate(amount: ArrayLike, is_member: ArrayLike, *, random_state: int, level: float = LEVEL) -> Estimate:
    """Members' share of the total of an estimated `amount` (n,), such as clv, with its bootstrap interval."""
    values, member = np.asarray(amount, dtype=float), np.asarray(is_member, dtype=bool)
    return _estimate(_share_of(values, member), len(values), random_state, level)


def median_estimate(values: ArrayLike, *, random_state: int, level: float = LEVEL) -> Estimate:
    """The median of `values` (n,), n >= 1, with its bootstrap interval."""
    numbers = np.asarray(values, dtype=float)
    return _estimate(lambda rows: float(np.median(numbers[rows])), len(numbers), random_state, level)


def _share_of(values: Matrix, member: NDArray[np.bool_]) -> Statistic:
    def share(rows: Rows) -> float:
        drawn = values[rows]
        total = float(drawn.sum())
        return float(drawn[member[rows]].sum()) / total if total > 0 and member.any() else float("nan")

    return share


def _median_ratio(values: Matrix, member: NDArray[np.bool_]) -> Statistic:
    def ratio(rows: Rows) -> float:
        drawn, chosen = values[rows], values[rows][member[rows]]
        middle = float(np.median(drawn)) if len(drawn) else 0.0
        return float(np.median(chosen)) / middle if len(chosen) and middle > 0 else float("nan")

    return ratio


def _estimate(statistic: Statistic, size: int, random_state: int, level: float) -> Estimate:
    value, replicates = _replicates(statistic, size, random_state)
    return Estimate(value, _interval(replicates, level), level)


def _test(
    statistic: Statistic, threshold: float, size: int, random_state: int
) -> tuple[float | None, tuple[float, float] | None, float]:
    value, replicates = _replicates(statistic, size, random_state)
    if np.isnan(value):
        return None, None, 1.0
    # A draw without members, or without revenue, cannot support the claim.
    against = int((~(replicates > threshold)).sum())
    return value, _interval(replicates, LEVEL), (1 + against) / (1 + len(replicates))


def _replicates(statistic: Statistic, size: int, random_state: int) -> tuple[float, Matrix]:
    """The statistic of all rows, and of DRAWS redrawn bases; large bases draw fewer rows and shrink the spread."""
    value = statistic(np.arange(size))
    if size == 0 or np.isnan(value):
        return value, np.empty(0)
    generator = np.random.default_rng(random_state)
    rows = min(size, MOST_ROWS)
    drawn = np.array([statistic(generator.integers(0, size, rows)) for _ in range(DRAWS)])
    return value, value + sqrt(rows / size) * (drawn - value)


def _interval(replicates: Matrix, level: float) -> tuple[float, float] | None:
    known = replicates[~np.isnan(replicates)]
    if len(known) < len(replicates) / 2 or not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
