"""Possible futures of present customers: what each may do, drawn from what the models say of a history like theirs.

A customer is still there with P(alive), and if so buys at a rate that is Gamma(r + x, alpha + T) and leaves by a chance
that is Beta or at a rate that is Gamma in turn; each purchase is worth what the spend model says of somebody who spent
so much so far. Under the simple fallbacks everybody stays, and a spend scatters like an exponential around its mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.lifetime.arrays import FloatArray, IntArray
from analytics.lifetime.base import Base
from analytics.lifetime.parameters import (
    BgNbdParameters,
    GammaGammaParameters,
    MbgNbdParameters,
    NaiveRateParameters,
    ParetoNbdParameters,
    PurchaseParameters,
    ValueParameters,
)
from analytics.lifetime.predict import conditional_mean_value, in_unit

SIMULATED = 400
# Beyond so many customers the most valuable are simulated one by one, and a sample stands for the rest.
MOST_CUSTOMERS = 4000
FOREMOST = 1000
_TINY = 1e-300
# numpy draws whole numbers up to 2^63: a smaller chance of leaving is none.
_SMALLEST = 1e-15


@dataclass(frozen=True)
class _Group:
    """(g,) customers whose future is simulated."""

    frequency: FloatArray
    T: FloatArray
    alive: FloatArray
    monetary_value: FloatArray


def scatter(
    purchases: PurchaseParameters,
    spend: ValueParameters,
    base: Base,
    monetary_value: FloatArray,
    worth: FloatArray,
    days: Sequence[int],
    rng: np.random.Generator,
) -> FloatArray:
    """(SIMULATED, 2, horizons): how far purchases and gross revenue up to each of `days` fall from their own mean.

    `monetary_value` and `worth`, by which the foremost are found, are (n,) over the customers of `base`.
    """
    found = np.zeros((SIMULATED, 2, len(days)))
    alive = base.alive(purchases)
    for rows, scale in _parts(worth, rng):
        distinct = base.rows.inverse[rows]
        x, _, age = (column[distinct] for column in base.history)
        group = _Group(x, age, alive[distinct], monetary_value[rows])
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
    scale = _spend_scale(spend, group, rng)
    shape = spend.p if isinstance(spend, GammaGammaParameters) else 1.0
    steps = np.diff(counts, axis=0, prepend=0)
    # The sum of n spends is Gamma(p n); a shape of 0 is a sum of nothing.
    revenue = np.cumsum([(rng.standard_gamma(shape * step) / scale).sum() for step in steps])
    return np.array([counts.sum(axis=1), revenue])


def _spend_scale(spend: ValueParameters, group: _Group, rng: np.random.Generator) -> FloatArray:
    """(g,) nu of each customer's spends, which are Gamma(p, nu)."""
    x = group.frequency
    if isinstance(spend, GammaGammaParameters):
        drawn = rng.gamma(spend.q + spend.p * x, 1.0) / (spend.v + x * group.monetary_value)
        return np.asarray(drawn, dtype=np.float64)
    return np.asarray(1 / np.maximum(conditional_mean_value(spend, x, group.monetary_value), _TINY), dtype=np.float64)


def _future_purchases(
    parameters: PurchaseParameters, group: _Group, ends: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """(horizons, g) purchases up to each of `ends`, by customers who may have left and may leave on the way."""
    size = len(group.T)
    is_alive = rng.random(size) < group.alive
    rate = _rates(parameters, group, rng) * is_alive
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


def _rates(parameters: PurchaseParameters, group: _Group, rng: np.random.Generator) -> FloatArray:
    """(g,) purchases in a unit of time, as each history leaves them open."""
    if isinstance(parameters, NaiveRateParameters):
        shape, time = parameters.prior_purchases + group.frequency, parameters.prior_time + group.T
    else:
        shape, time = parameters.r + group.frequency, parameters.alpha + group.T
    drawn = rng.gamma(shape, 1.0) / np.where(time > 0, time, np.inf)
    return np.asarray(drawn, dtype=np.float64)
