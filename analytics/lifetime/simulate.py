"""Bases with known parameters: what a fit must recover, and what a demo shop is made of.

Arrivals of all customers are drawn at once: given their number, those of a Poisson process are uniform in time.
"""

from dataclasses import dataclass

import numpy as np

from analytics.lifetime.arrays import FloatArray, IntArray
from analytics.lifetime.parameters import (
    BgNbdParameters,
    FittedPurchaseParameters,
    GammaGammaParameters,
    MbgNbdParameters,
    ParetoNbdParameters,
)

# A chance to stop below this is none: numpy's geometric draws end at 2**63.
_LEAST_CHANCE = 1e-12


@dataclass(frozen=True)
class SimulatedPurchases:
    """(n,) columns of a simulated base; `future` counts purchases after T, `is_alive` speaks of T."""

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    is_alive: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    future: FloatArray


@dataclass(frozen=True)
class _Arrivals:
    """Moments at which (n,) customers would buy, were they all to stay: by customer, then by time; ranks from 0."""

    customers: int
    owner: IntArray
    time: FloatArray
    rank: IntArray

    @classmethod
    def drawn(cls, rate: FloatArray, duration: FloatArray, rng: np.random.Generator) -> "_Arrivals":
        counts = rng.poisson(rate * duration)
        owner = np.repeat(np.arange(len(rate)), counts)
        time = rng.uniform(0, 1, len(owner)) * duration[owner]
        rank = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        return cls(len(rate), owner, time[np.lexsort((time, owner))], rank)

    def of_rank(self, rank: IntArray) -> FloatArray:
        """When each customer's arrival of the given rank comes: 0 below the first, inf beyond the last."""
        found = np.where(rank < 0, 0.0, np.inf)
        at = self.rank == rank[self.owner]
        found[self.owner[at]] = self.time[at]
        return found

    def counts(self, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> FloatArray:
        return np.bincount(self.owner[chosen], minlength=self.customers).astype(np.float64)


def purchase_times(
    parameters: FittedPurchaseParameters, duration: FloatArray, rng: np.random.Generator
) -> tuple[list[FloatArray], FloatArray]:
    """Repeat purchase times of (n,) customers up to `duration`, and when each stopped (inf: not by then)."""
    arrivals, stopped = _lives(parameters, duration, rng)
    made = arrivals.time <= stopped[arrivals.owner]
    ends = np.cumsum(arrivals.counts(made)).astype(int)
    return np.split(arrivals.time[made], ends[:-1]), stopped


def simulate_purchases(
    parameters: FittedPurchaseParameters, T: FloatArray, rng: np.random.Generator, *, future: float = 0.0
) -> SimulatedPurchases:
    """One base of `len(T)` customers, observed for `T` and then `future` more, in the parameters' unit."""
    age = np.asarray(T, dtype=np.float64)
    arrivals, stopped = _lives(parameters, age + future, rng)
    made = arrivals.time <= stopped[arrivals.owner]
    before = made & (arrivals.time <= age[arrivals.owner])
    recency = np.zeros(len(age))
    np.maximum.at(recency, arrivals.owner[before], arrivals.time[before])
    frequency = arrivals.counts(before)
    return SimulatedPurchases(frequency, recency, age, stopped > age, arrivals.counts(made) - frequency)


def _lives(
    parameters: FittedPurchaseParameters, duration: FloatArray, rng: np.random.Generator
) -> tuple[_Arrivals, FloatArray]:
    """Arrivals, and when each customer stops; the purchase after which somebody stops is still made."""
    rate = rng.gamma(parameters.r, 1 / parameters.alpha, len(duration))
    arrivals = _Arrivals.drawn(rate, np.asarray(duration, dtype=np.float64), rng)
    return arrivals, _stopped(parameters, arrivals, rng)


def _stopped(parameters: FittedPurchaseParameters, arrivals: _Arrivals, rng: np.random.Generator) -> FloatArray:
    """When each customer stops; inf for who doesn't while observed."""
    n = arrivals.customers
    if isinstance(parameters, ParetoNbdParameters):
        return rng.exponential(1 / np.maximum(rng.gamma(parameters.s, 1 / parameters.beta, n), _LEAST_CHANCE))
    # The purchase after which a customer stops is the first success of a row of trials.
    trial = rng.geometric(np.maximum(rng.beta(parameters.a, parameters.b, n), _LEAST_CHANCE))
    # Under MBG/NBD the first purchase of all, at time 0, is the first trial.
    skipped = 2 if isinstance(parameters, MbgNbdParameters) else 1
    return arrivals.of_rank(trial - skipped)


def simulate_bg_nbd(
    parameters: BgNbdParameters, T: FloatArray, rng: np.random.Generator, *, future: float = 0.0
) -> SimulatedPurchases:
    """`simulate_purchases` of BG/NBD: people may stop after each repeat purchase."""
    return simulate_purchases(parameters, T, rng, future=future)


def simulate_mbg_nbd(
    parameters: MbgNbdParameters, T: FloatArray, rng: np.random.Generator, *, future: float = 0.0
) -> SimulatedPurchases:
    """`simulate_purchases` of MBG/NBD: people may stop after each purchase, the first included."""
    return simulate_purchases(parameters, T, rng, future=future)


def simulate_pareto_nbd(
    parameters: ParetoNbdParameters, T: FloatArray, rng: np.random.Generator, *, future: float = 0.0
) -> SimulatedPurchases:
    """`simulate_purchases` of Pareto/NBD: people may stop at any time."""
    return simulate_purchases(parameters, T, rng, future=future)


def simulate_gamma_gamma(
    parameters: GammaGammaParameters, frequency: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Mean spend of each of (n,) customers over `frequency` purchases; 0 for one-time buyers."""
    nu = rng.gamma(parameters.q, 1 / parameters.v, len(frequency))
    shape = parameters.p * np.maximum(frequency, 1)
    mean = rng.gamma(shape, 1 / (nu * np.maximum(frequency, 1)))
    return np.where(frequency > 0, mean, 0.0)
