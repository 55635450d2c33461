"""Bases with known parameters: what a fit must recover, and what a demo shop is made of."""

from dataclasses import dataclass

import numpy as np

from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.parameters import BgNbdParameters, GammaGammaParameters


@dataclass(frozen=True)
class SimulatedPurchases:
    """(n,) columns of a simulated base; `future` counts purchases after T, `is_alive` speaks of T."""

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    is_alive: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    future: FloatArray


def purchase_times(
    parameters: BgNbdParameters, duration: FloatArray, rng: np.random.Generator
) -> tuple[list[FloatArray], FloatArray]:
    """Repeat purchase times of (n,) customers up to `duration`, and when each stopped (inf: not by then)."""
    n = len(duration)
    rate = rng.gamma(parameters.r, 1 / parameters.alpha, n)
    stop = rng.beta(parameters.a, parameters.b, n)
    times, stopped = [], np.full(n, np.inf)
    for i in range(n):
        # Given their number, the arrivals of a Poisson process are uniform.
        arrivals = np.sort(rng.uniform(0, duration[i], rng.poisson(rate[i] * duration[i])))
        # The purchase after which the customer stops is the first success of a row of trials.
        trial = rng.geometric(max(stop[i], 1e-12))
        if trial <= len(arrivals):
            stopped[i] = arrivals[trial - 1]
        times.append(arrivals[:trial])
    return times, stopped


def simulate_bg_nbd(
    parameters: BgNbdParameters, T: FloatArray, rng: np.random.Generator, *, future: float = 0.0
) -> SimulatedPurchases:
    """One base of `len(T)` customers, observed for `T` and then `future` more, in the parameters' unit."""
    times, stopped = purchase_times(parameters, T + future, rng)
    before = [own[own <= age] for own, age in zip(times, T, strict=True)]
    return SimulatedPurchases(
        frequency=np.array([len(own) for own in before], dtype=np.float64),
        recency=np.array([own[-1] if len(own) else 0.0 for own in before]),
        T=np.asarray(T, dtype=np.float64),
        is_alive=stopped > T,
        future=np.array([len(own) for own in times], dtype=np.float64) - [len(own) for own in before],
    )


def simulate_gamma_gamma(
    parameters: GammaGammaParameters, frequency: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Mean spend of each of (n,) customers over `frequency` purchases; 0 for one-time buyers."""
    nu = rng.gamma(parameters.q, 1 / parameters.v, len(frequency))
    shape = parameters.p * np.maximum(frequency, 1)
    mean = rng.gamma(shape, 1 / (nu * np.maximum(frequency, 1)))
    return np.where(frequency > 0, mean, 0.0)
