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

Rows = NDArray[np.int64]
Statistic = Callable[[Rows], float]


@dataclass(frozen=True)
class Estimate:
    """A value with its interval at `level`; `interval` is None where there is too little to say."""

    value: float
    interval: tuple[float, float] | None
    level: float


@dataclass(frozen=True)
class Hypothesis:
    """`value` against `threshold` (the claim is value > threshold); p values are one-sided; `note` limits the claim."""

    id: Literal["H1", "H2", "H4"]
    statement: str
    value: float | None
    threshold: float
    interval: tuple[float, float] | None
    p_value: float
    p_adjusted: float
    holds: bool
    note: str


def hypotheses(quantity: ArrayLike, revenue: ArrayLike, is_member: ArrayLike, *, random_state: int) -> list[Hypothesis]:
    """H1, H2 and H4 about members among all identified customers; arrays of shape (n,).

    H1: members' share of `quantity` (pieces bought) is over 10 % of the total. H2: their share of `revenue` is over
    10 %. H4: their median revenue is more than 10 % above the median of all customers, members included. Customers are
    redrawn with their membership fixed; p values are adjusted by Holm. Without members, or with a total or median that
    is not positive, a claim has no value and does not hold.
    """
    pieces, money = np.asarray(quantity, dtype=float), np.asarray(revenue, dtype=float)
    member = np.asarray(is_member, dtype=bool)
    claims: list[tuple[Literal["H1", "H2", "H4"], str, float, Statistic]] = [
        ("H1", "Members buy more than 10 % of all pieces.", SHARE_OF_TOTAL, _share_of(pieces, member)),
        ("H2", "Members bring more than 10 % of all revenue.", SHARE_OF_TOTAL, _share_of(money, member)),
        (
            "H4",
            "The median revenue of members is more than 10 % above the median of all customers.",
            MEDIAN_RATIO,
            _median_ratio(money, member),
        ),
    ]
    tested = [_test(statistic, threshold, len(member), random_state) for _, _, threshold, statistic in claims]
    adjusted = holm([p_value for _, _, p_value in tested])
    return [
        Hypothesis(
            id=name,
            statement=statement,
            value=value,
            threshold=threshold,
            interval=interval,
            p_value=p_value,
            p_adjusted=p_adjusted,
            holds=value is not None and value > threshold and p_adjusted < SIGNIFICANT,
            note=SELECTION_NOTE,
        )
        for (name, statement, threshold, _), (value, interval, p_value), p_adjusted in zip(
            claims, tested, adjusted, strict=True
        )
    ]


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


def expected_revenue(
    per_customer: ArrayLike, *, variance: ArrayLike | None = None, random_state: int, level: float = LEVEL
) -> Estimate:
    """The sum of expected revenue `per_customer` (n,) over a period, with an interval for what may come in.

    The interval holds two uncertainties: which customers happen to be in the group (redrawn), and, when `variance` (n,)
    is given, how much one customer's spending scatters around its expectation. The model's own error is not in it: the
    holdout figures tell that. An empty group is exactly 0.
    """
    values = np.asarray(per_customer, dtype=float)
    scatter = 0.0 if variance is None else float(np.sum(np.asarray(variance, dtype=float)))
    if len(values) < 2:
        return Estimate(float(values.sum()), None if len(values) else (0.0, 0.0), level)
    value, spreads = _replicates(lambda rows: float(values[rows].mean()) * len(values), len(values), random_state)
    noise = np.random.default_rng(random_state + 1).normal(0, sqrt(scatter), len(spreads))
    return Estimate(value, _interval(spreads + noise, level), level)


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
