"""Worlds whose truth is known: who bought when and for how much, and what they did afterwards.

For measuring whether intervals hold what they promise. Simulated all at once, so that hundreds of worlds take seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.lifetime.arrays import FloatArray, IntArray
from analytics.lifetime.parameters import (
    BgNbdParameters,
    GammaGammaParameters,
    MbgNbdParameters,
    ParetoNbdParameters,
)

BuyingParameters = BgNbdParameters | MbgNbdParameters | ParetoNbdParameters
_SMALLEST = 1e-15


@dataclass(frozen=True)
class World:
    """(n,) histories and mean spends up to T, and (horizons,) totals of what all did in the time after it."""

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    monetary_value: FloatArray
    future_purchases: FloatArray
    future_spend: FloatArray


def simulate_world(
    purchases: BuyingParameters,
    spend: GammaGammaParameters,
    T: FloatArray,
    horizons: Sequence[float],
    rng: np.random.Generator,
) -> World:
    """Customers observed for `T` (n,), then for each of the ascending `horizons`, all in the parameters' unit."""
    owner, time = _purchases(purchases, T + horizons[-1], rng)
    is_past = time <= T[owner]
    frequency = np.bincount(owner[is_past], minlength=len(T)).astype(np.float64)
    recency = np.zeros(len(T))
    np.maximum.at(recency, owner[is_past], time[is_past])
    rate = rng.gamma(spend.q, 1 / spend.v, len(T))
    amount = rng.gamma(spend.p, 1 / rate[owner])
    spent = np.bincount(owner[is_past], weights=amount[is_past], minlength=len(T))
    ahead = [~is_past & (time <= T[owner] + horizon) for horizon in horizons]
    return World(
        frequency=frequency,
        recency=recency,
        T=T,
        monetary_value=np.where(frequency > 0, spent / np.maximum(frequency, 1), 0.0),
        future_purchases=np.array([row.sum() for row in ahead], dtype=np.float64),
        future_spend=np.array([amount[row].sum() for row in ahead]),
    )


def _purchases(
    parameters: BuyingParameters, duration: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Owner and time of each repeat purchase, by owner and time."""
    n = len(duration)
    counts = rng.poisson(rng.gamma(parameters.r, 1 / parameters.alpha, n) * duration)
    owner = np.repeat(np.arange(n), counts)
    # Given their number, the arrivals of a Poisson process are uniform.
    time = rng.uniform(0, duration[owner])
    time = time[np.lexsort((time, owner))]
    if isinstance(parameters, ParetoNbdParameters):
        lifetime = rng.exponential(1 / np.maximum(rng.gamma(parameters.s, 1 / parameters.beta, n), 1e-300))
        kept = time <= lifetime[owner]
    else:
        trial = rng.geometric(np.maximum(rng.beta(parameters.a, parameters.b, n), _SMALLEST))
        # Under MBG/NBD the first purchase of all is a chance to stop as well.
        limit = trial - isinstance(parameters, MbgNbdParameters)
        rank = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        kept = rank < limit[owner]
    return owner[kept], time[kept]
