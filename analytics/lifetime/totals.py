"""What all present customers together will do, with an interval for what will really be seen (a predictive one).

Two things make the real total differ from the expected one: the parameters are only known to a degree (delta method, as
in `uncertainty`, moving all horizons together), and people scatter around their expectation. The scatter is simulated
from what each model says of a customer with a given history: still there with P(alive), and if so with a rate
Gamma(r + x, alpha + T) and a departure that is Beta or Gamma in turn; spend with its own Gamma. Customers yet to come
are not in the totals, nor is that the models may be wrong in kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.lifetime.arrays import BoolArray, FloatArray, IntArray
from analytics.lifetime.base import Base
from analytics.lifetime.horizons import HORIZONS
from analytics.lifetime.parameters import (
    BgNbdParameters,
    FitResult,
    GammaGammaParameters,
    MbgNbdParameters,
    NaiveRateParameters,
    ParetoNbdParameters,
    PurchaseParameters,
    ValueParameters,
)
from analytics.lifetime.predict import conditional_mean_value, in_unit
from analytics.lifetime.uncertainty import LEVEL, MOST_ERROR, TOO_WIDE, missing_reason, sides

DRAWS = 1000
SIMULATED = 400
# Beyond so many customers the most valuable are simulated one by one, and a sample stands for the rest.
MOST_CUSTOMERS = 4000
FOREMOST = 1000
_TINY = 1e-300
# numpy draws whole numbers up to 2^63: a smaller chance of leaving is none.
_SMALLEST = 1e-15


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
    scatter = _scatter(purchases.parameters, spend.parameters, people, each, days, rng)
    # Where a total could be anything it isn't drawn at all.
    factors = np.exp(_mixed(np.where(is_told, moves, 0), rng))
    drawn = expected * factors + scatter[rng.integers(len(scatter), size=DRAWS)]
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
        _half([people.sums(_each(people.base, side, days), spend.parameters) for side in pair])
        for pair in sides(purchases)
    ]
    if not missing_reason(spend):
        moves += [_half([people.sums(each, side) for side in pair]) for pair in sides(spend)]
    return np.array(moves)


def _half(ends: list[FloatArray]) -> FloatArray:
    above, below = (np.log(np.maximum(end, _TINY)) for end in ends)
    return np.asarray((above - below) / 2, dtype=np.float64)


def _mixed(moves: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(np.tensordot(rng.normal(size=(DRAWS, len(moves))), moves, axes=1), dtype=np.float64)


def _scatter(
    purchases: PurchaseParameters,
    spend: ValueParameters,
    people: _People,
    each: FloatArray,
    days: Sequence[int],
    rng: np.random.Generator,
) -> FloatArray:
    """(SIMULATED, 2, horizons): how far simulated totals fall from their own mean."""
    found = np.zeros((SIMULATED, 2, len(days)))
    alive = people.base.alive(purchases)
    for rows, scale in _parts(people.base.spread(each[-1]) * people.value(spend), rng):
        distinct = people.base.rows.inverse[rows]
        x, _, age = (column[distinct] for column in people.base.history)
        group = _Group(x, age, alive[distinct], people.monetary_value[rows])
        sums = np.array([_simulated(purchases, spend, group, days, rng) for _ in range(SIMULATED)])
        found += scale * (sums - sums.mean(axis=0))
    return found


def _parts(worth: FloatArray, rng: np.random.Generator) -> list[tuple[IntArray, float]]:
    """Rows to simulate, and by how much the scatter of their sum is widened to stand for those left out."""
    if len(worth) <= MOST_CUSTOMERS:
        return [(np.arange(len(worth)), 1.0)]
    order = np.argsort(-worth, kind="stable")
    rest = rng.choice(order[FOREMOST:], size=MOST_CUSTOMERS - FOREMOST, replace=False)
    return [(order[:FOREMOST], 1.0), (rest, float(np.sqrt((len(worth) - FOREMOST) / len(rest))))]


@dataclass(frozen=True)
class _Group:
    """(g,) customers whose future is simulated."""

    frequency: FloatArray
    T: FloatArray
    alive: FloatArray
    monetary_value: FloatArray


def _simulated(
    purchases: PurchaseParameters,
    spend: ValueParameters,
    group: _Group,
    days: Sequence[int],
    rng: np.random.Generator,
) -> FloatArray:
    """(2, horizons) purchases and gross revenue of one possible future of the group."""
    ends = np.array([in_unit(day, purchases.unit) for day in days])
    counts = _future_purchases(purchases, group, ends, rng)
    totals = np.zeros((2, len(days)))
    totals[0] = counts.sum(axis=1)
    if isinstance(spend, GammaGammaParameters):
        x = group.frequency
        scale = rng.gamma(spend.q + spend.p * x, 1.0) / (spend.v + x * group.monetary_value)
        steps = np.diff(counts, axis=0, prepend=0)
        # The sum of n spends is Gamma(p n); a shape of 0 is a sum of nothing.
        totals[1] = np.cumsum([(rng.standard_gamma(spend.p * step) / scale).sum() for step in steps])
    return totals


def _future_purchases(
    parameters: PurchaseParameters, group: _Group, ends: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """(horizons, g) purchases up to each of `ends`, by customers who may have left and may leave on the way."""
    if isinstance(parameters, NaiveRateParameters):
        raise TypeError("A naive rate has no spread to simulate.")
    size = len(group.T)
    is_alive = rng.random(size) < group.alive
    rate = rng.gamma(parameters.r + group.frequency, 1.0) / (parameters.alpha + group.T) * is_alive
    spans = np.diff(ends, prepend=0)[:, None] * np.ones(size)
    if isinstance(parameters, ParetoNbdParameters):
        leaving = rng.gamma(parameters.s, 1.0, size) / (parameters.beta + group.T)
        stays = rng.exponential(1.0, size) / np.maximum(leaving, _TINY)
        spans = np.diff(np.minimum(ends[:, None], stays), axis=0, prepend=0)
    counts = np.cumsum(rng.poisson(rate * spans), axis=0).astype(np.float64)
    if isinstance(parameters, BgNbdParameters | MbgNbdParameters):
        # Under MBG/NBD the first purchase was a chance to leave as well, and was not taken.
        kept = group.frequency + isinstance(parameters, MbgNbdParameters)
        leaving = rng.beta(parameters.a, parameters.b + kept)
        counts = np.minimum(counts, rng.geometric(np.maximum(leaving, _SMALLEST)))
    return counts
