"""What all present customers together will do, with an interval for what will really be seen (a predictive one).

Two things make the real total differ from the expected one: the parameters are only known to a degree (delta method, as
in `uncertainty`, moving all horizons together), and people scatter around their expectation. The scatter is simulated
(see `futures`). Customers yet to come are not in the totals, nor is that the models may be wrong in kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.lifetime.arrays import BoolArray, FloatArray
from analytics.lifetime.base import Base
from analytics.lifetime.futures import scatter
from analytics.lifetime.horizons import HORIZONS
from analytics.lifetime.parameters import FitResult, PurchaseParameters, ValueParameters
from analytics.lifetime.predict import conditional_mean_value
from analytics.lifetime.uncertainty import LEVEL, MOST_ERROR, TOO_WIDE, half_move, missing_reason, sides

DRAWS = 1000


@dataclass(frozen=True)
class Total:
    """Purchases and gross revenue of all present customers in the next `days`, each with its interval.

    `*_low` and `*_high` are None where there is no interval; `*_reason` then says why, as a code.
    """

    days: int
    purchases: float
    purchases_low: float | None
    purchases_high: float | None
    purchases_reason: str
    gross_revenue: float
    gross_revenue_low: float | None
    gross_revenue_high: float | None
    gross_revenue_reason: str


def predictive_totals(
    purchases: FitResult[Any],
    spend: FitResult[Any],
    base: Base,
    monetary_value: FloatArray,
    *,
    random_state: int,
    days: Sequence[int] = HORIZONS,
) -> list[Total]:
    """One `Total` for each of `days`, ascending, of the (n,) customers of `base`; nothing is discounted."""
    of_purchases = missing_reason(purchases)
    reasons = (of_purchases, of_purchases or missing_reason(spend))
    people = _People(base, base.spread(base.history[0]), monetary_value)
    each = _each(base, purchases.parameters, days)
    expected = people.sums(each, spend.parameters)
    if of_purchases:
        return [_total(day, expected[:, place], None, reasons) for place, day in enumerate(days)]
    rng = np.random.default_rng(random_state)
    moves = _log_moves(purchases, spend, people, each, days)
    is_told = np.sqrt(np.sum(moves**2, axis=0)) <= MOST_ERROR
    worth = base.spread(each[-1]) * people.value(spend.parameters)
    scattered = scatter(purchases.parameters, spend.parameters, base, monetary_value, worth, days, rng)
    # Where a total could be anything it isn't drawn at all.
    factors = np.exp(_mixed(np.where(is_told, moves, 0), rng))
    drawn = expected * factors + scattered[rng.integers(len(scattered), size=DRAWS)]
    return [
        _total(day, expected[:, place], drawn[:, :, place], _why_not(reasons, is_told[:, place]))
        for place, day in enumerate(days)
    ]


def _why_not(reasons: tuple[str, str], is_told: BoolArray) -> tuple[str, str]:
    of_purchases, of_revenue = (
        reason or ("" if told else TOO_WIDE) for reason, told in zip(reasons, is_told, strict=True)
    )
    return of_purchases, of_revenue


def _total(day: int, expected: FloatArray, drawn: FloatArray | None, reasons: tuple[str, str]) -> Total:
    """From (2,) expectations and (draws, 2) draws of one horizon."""
    ends = [
        _ends(drawn[:, row]) if drawn is not None and not reason else (None, None) for row, reason in enumerate(reasons)
    ]
    (low, high), (revenue_low, revenue_high) = ends
    return Total(
        days=day,
        purchases=float(expected[0]),
        purchases_low=low,
        purchases_high=high,
        purchases_reason=reasons[0],
        gross_revenue=float(expected[1]),
        gross_revenue_low=revenue_low,
        gross_revenue_high=revenue_high,
        gross_revenue_reason=reasons[1],
    )


def _ends(drawn: FloatArray) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return max(float(low), 0.0), max(float(high), 0.0)


@dataclass(frozen=True)
class _People:
    """(n,) customers: their folded histories, and what each spent."""

    base: Base
    frequency: FloatArray
    monetary_value: FloatArray

    def value(self, spend: ValueParameters) -> FloatArray:
        return conditional_mean_value(spend, self.frequency, self.monetary_value)

    def sums(self, each: FloatArray, spend: ValueParameters) -> FloatArray:
        """(2, horizons): purchases and gross revenue of all, from the (horizons, m) purchases of each history."""
        ones = np.ones(self.base.customers)
        weights = [self.base.rows.sums(column) for column in (ones, self.value(spend))]
        return np.array([[np.sum(row * weight) for row in each] for weight in weights], dtype=np.float64)


def _each(base: Base, purchases: PurchaseParameters, days: Sequence[int]) -> FloatArray:
    """(horizons, m) purchases expected of each distinct history."""
    alive = base.alive(purchases)
    return np.array([alive * base.if_alive(purchases, day) for day in days], dtype=np.float64)


def _log_moves(
    purchases: FitResult[Any], spend: FitResult[Any], people: _People, each: FloatArray, days: Sequence[int]
) -> FloatArray:
    """(axes, 2, horizons): how the logs of the totals move, one standard error along each axis."""
    moves = [
        half_move([people.sums(_each(people.base, side, days), spend.parameters) for side in pair])
        for pair in sides(purchases)
    ]
    if not missing_reason(spend):
        moves += [half_move([people.sums(each, side) for side in pair]) for pair in sides(spend)]
    return np.array(moves)


def _mixed(moves: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(np.tensordot(rng.normal(size=(DRAWS, len(moves))), moves, axes=1), dtype=np.float64)
