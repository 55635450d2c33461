"""The revenue expected of groups of present customers, month by month, with an interval for what will really come in.

Each of `DRAWS` futures holds two things: parameters drawn from the covariance of their logs (one draw for all groups
and months, so that groups err together; the effect on each month's total is linear on the scale of logs, the delta
method of `analytics.lifetime.uncertainty`), and people's scatter around their expectation, simulated person by person
(`analytics.lifetime.futures`). Equal histories are folded, the effect of the parameters is worked out on a sample of
the larger groups, and the scatter on their most valuable customers and a sample of the rest: a million customers take
seconds. Customers yet to come are in no group, nor is that the models may be wrong in kind: see `scored`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.lifetime.arrays import FloatArray, histories, vector
from analytics.lifetime.base import Base
from analytics.lifetime.futures import scatter
from analytics.lifetime.parameters import FitResult, PurchaseParameters, ValueParameters
from analytics.lifetime.predict import conditional_mean_value
from analytics.lifetime.uncertainty import MOST_ERROR, axes, half_move, missing_reason, moved

LEVEL = 0.95
DRAWS = 1000
# Enough to know by which factor the parameters move a group's total.
MOST_SAMPLED = 20_000
# Futures are revenue after revenue: the second of what `scatter` gives.
_REVENUE = 1
_TINY = 1e-300


@dataclass(frozen=True)
class Expected:
    """Revenue of one group, each with its ends at `LEVEL`: by month (m,), and `reached` (m,) from the first month on.

    `draws` is (DRAWS, m), by month.
    """

    customers: int
    months: FloatArray
    low: FloatArray
    high: FloatArray
    reached: FloatArray
    reached_low: FloatArray
    reached_high: FloatArray
    draws: FloatArray

    @property
    def total(self) -> float:
        return float(self.reached[-1])

    @property
    def interval(self) -> tuple[float, float]:
        """Of the total."""
        return float(self.reached_low[-1]), float(self.reached_high[-1])


@dataclass(frozen=True)
class Histories:
    """(n,) customers: their purchases in the models' unit of time, and their mean spend in money."""

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    monetary_value: FloatArray

    @classmethod
    def of(cls, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, monetary_value: ArrayLike) -> "Histories":
        """Checked; raises ValueError with a sentence on bad input."""
        return cls(*histories(frequency, recency, T), vector("monetary_value", monetary_value))

    def __len__(self) -> int:
        return len(self.frequency)

    def chosen(self, rows: NDArray[Any]) -> "Histories":
        return Histories(self.frequency[rows], self.recency[rows], self.T[rows], self.monetary_value[rows])

    def base(self) -> Base:
        return Base.of(self.frequency, self.recency, self.T)


def expected_revenue(
    purchases: FitResult[Any],
    spend: FitResult[Any],
    customers: Histories,
    groups: Sequence[NDArray[np.bool_]],
    ends: Sequence[int],
    *,
    kept: Sequence[float],
    random_state: int,
) -> list[Expected]:
    """One `Expected` for each of `groups`, masks (n,) that do not overlap, and a last one for all of them together.

    `ends` are the days after the cut-off on which each month ends, ascending; `kept` is the share of gross revenue
    that each group does not send back, 0 to 1. Fallbacks move by no parameter: their interval holds the scatter alone.
    """
    rng = np.random.default_rng(random_state)
    moves = _ParameterMoves(purchases, spend)
    draws_of_axes = rng.normal(size=(DRAWS, moves.axes))
    found = [
        _of_group(moves, customers.chosen(mask), ends, share, draws_of_axes, rng)
        for mask, share in zip(groups, kept, strict=True)
    ]
    return [*found, _together(found)]


def scored(months: Sequence[tuple[float, float, float, float]]) -> dict[str, Any]:
    """How a forecast did: rows of (expected, low, high, what came in). Shares are of what came in; None where nothing
    did."""
    expected, came = sum(row[0] for row in months), sum(row[3] for row in months)
    inside = sum(low <= actual <= high for _, low, high, actual in months)
    return {"months": len(months), "inside": inside, "error": (expected - came) / came if came > 0 else None}


class _ParameterMoves:
    """How far a month's total moves with the parameters of the two fits."""

    def __init__(self, purchases: FitResult[Any], spend: FitResult[Any]) -> None:
        self.purchases: PurchaseParameters = purchases.parameters
        self.spend: ValueParameters = spend.parameters
        self.pairs = [
            (moved(purchases.parameters, axis), moved(purchases.parameters, -axis)) for axis in _axes(purchases)
        ]
        self.spend_pairs = [(moved(spend.parameters, axis), moved(spend.parameters, -axis)) for axis in _axes(spend)]

    @property
    def axes(self) -> int:
        return len(self.pairs) + len(self.spend_pairs)

    def of(self, customers: Histories, ends: Sequence[int]) -> FloatArray:
        """(axes, m): the log of each month's revenue, one standard error along each axis."""
        base = customers.base()
        found = [half_move(_revenue(base, customers, side, self.spend, ends) for side in pair) for pair in self.pairs]
        each = _purchases(base, self.purchases, ends)
        found += [half_move(_worth(base, customers, each, side) for side in pair) for pair in self.spend_pairs]
        return np.array(found).reshape(self.axes, len(ends))


def _axes(fit: FitResult[Any]) -> FloatArray:
    return np.zeros((0, 0)) if missing_reason(fit) else axes(fit)


def _of_group(
    moves: _ParameterMoves,
    customers: Histories,
    ends: Sequence[int],
    kept: float,
    draws_of_axes: FloatArray,
    rng: np.random.Generator,
) -> Expected:
    if not len(customers):
        return _summed(0, np.zeros(len(ends)), np.zeros((DRAWS, len(ends))))
    base = customers.base()
    months = _revenue(base, customers, moves.purchases, moves.spend, ends)
    each_year = base.spread(base.alive(moves.purchases) * base.if_alive(moves.purchases, ends[-1]))
    worth = each_year * conditional_mean_value(moves.spend, customers.frequency, customers.monetary_value)
    scattered = scatter(moves.purchases, moves.spend, base, customers.monetary_value, worth, ends, rng)[:, _REVENUE]
    by_month = np.diff(scattered, axis=1, prepend=0)
    shifts = draws_of_axes @ _bounded(moves.of(_sampled(customers, rng), ends))
    futures = months * np.exp(shifts) + by_month[rng.integers(len(by_month), size=DRAWS)]
    return _summed(len(customers), months * kept, np.maximum(futures, 0) * kept)


def _sampled(customers: Histories, rng: np.random.Generator) -> Histories:
    if len(customers) <= MOST_SAMPLED:
        return customers
    return customers.chosen(rng.choice(len(customers), size=MOST_SAMPLED, replace=False))


def _bounded(moves: FloatArray) -> FloatArray:
    """What could be anything is kept to a factor that still can be written down: the grade says how little it tells."""
    error = np.sqrt(np.sum(moves**2, axis=0))
    return np.asarray(moves * np.minimum(1, MOST_ERROR / np.maximum(error, _TINY)), dtype=np.float64)


def _purchases(base: Base, purchases: PurchaseParameters, ends: Sequence[int]) -> FloatArray:
    """(m, distinct) purchases expected of each distinct history in each month."""
    alive = base.alive(purchases)
    reached = np.array([alive * base.if_alive(purchases, end) for end in ends])
    return np.asarray(np.maximum(np.diff(reached, axis=0, prepend=0), 0), dtype=np.float64)


def _revenue(
    base: Base, customers: Histories, purchases: PurchaseParameters, spend: ValueParameters, ends: Sequence[int]
) -> FloatArray:
    """(m,) gross revenue expected in each month."""
    return _worth(base, customers, _purchases(base, purchases, ends), spend)


def _worth(base: Base, customers: Histories, each: FloatArray, spend: ValueParameters) -> FloatArray:
    value = conditional_mean_value(spend, customers.frequency, customers.monetary_value)
    # Not a product of matrices: see `arrays.dot`.
    return np.asarray(np.sum(each * base.rows.sums(value), axis=1), dtype=np.float64)


def _together(groups: list[Expected]) -> Expected:
    months = np.sum([group.months for group in groups], axis=0)
    draws = np.sum([group.draws for group in groups], axis=0)
    return _summed(sum(group.customers for group in groups), months, draws)


def _summed(customers: int, months: FloatArray, draws: FloatArray) -> Expected:
    reached = np.cumsum(months)
    return Expected(customers, months, *_ends(months, draws), reached, *_ends(reached, np.cumsum(draws, axis=1)), draws)


def _ends(expected: FloatArray, draws: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Quantiles of the futures; an expectation that a heavy tail carries beyond them is inside all the same."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return np.minimum(low, expected), np.maximum(high, expected)
