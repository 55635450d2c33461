"""Pareto/NBD: people may stop at any time, seen or unseen.

Schmittlein, Morrison & Colombo 1987, Management Science 33, 1-24; equations as in Fader & Hardie 2005, "A note on
deriving the Pareto/NBD model and related expressions".

1. While active a customer buys as a Poisson process with rate lambda.
2. lambda differs between customers as Gamma(r, alpha).
3. A customer stops after an exponential time with rate mu.
4. mu differs between customers as Gamma(s, beta).
5. lambda and mu are independent.

A history may end in two ways: alive at T, which weighs (alpha+T)^-(r+x) (beta+T)^-s, or dead at some u between t_x
and T, which weighs W(t_x) - W(T), see `pareto_integral`. Each W belongs to a pair (x, t_x) or (x, T), of which a
million customers have few; and W(T) is always less than the weight of "alive at T", so that their difference is formed
without loss.
"""

import numpy as np
from scipy.special import exprel, gammaln, psi

from analytics.features import Unit
from analytics.lifetime.arrays import FloatArray, Folded, dot, fold
from analytics.lifetime.parameters import ParetoNbdParameters
from analytics.lifetime.pareto_integral import Values, log_weight

_SMALLEST = 1e-300


class Likelihood:
    """Mean negative log-likelihood of weighted rows, with its gradient, as a function of log(r, alpha, s, beta)."""

    def __init__(self, frequency: FloatArray, recency: FloatArray, T: FloatArray, weights: FloatArray) -> None:
        self.weights = weights / weights.sum()
        self.x, ix = np.unique(frequency, return_inverse=True)
        self.weight_by_x = np.bincount(ix, weights=self.weights).astype(np.float64)
        self.latest, self.end = fold(frequency, recency), fold(frequency, T)
        self.upper = float(T.max())

    def __call__(self, log_parameters: FloatArray) -> tuple[float, FloatArray]:
        r, alpha, s, beta = point = np.exp(log_parameters)
        dead, dead_slope = _log_stopped(point, self.latest, self.upper)
        rest, rest_slope = _log_rest(point, self.end, self.upper)
        dead_row, rest_row = dead[self.latest.inverse], rest[self.end.inverse]
        row = np.logaddexp(dead_row, rest_row)
        is_dead = self.latest.sums(self.weights * np.exp(dead_row - row))
        is_rest = self.end.sums(self.weights * np.exp(rest_row - row))
        value = (
            dot(self.weight_by_x, gammaln(r + self.x) - gammaln(r))
            + r * np.log(alpha)
            + s * np.log(beta)
            + dot(self.weights, row)
        )
        by_r = dot(self.weight_by_x, psi(r + self.x) - psi(r)) + np.log(alpha)
        gradient = np.array([by_r, r / alpha, np.log(beta), s / beta])
        gradient += (is_dead * dead_slope).sum(axis=1) + (is_rest * rest_slope).sum(axis=1)
        return -float(value), -gradient * point


def starts(repeats_per_customer: float) -> list[FloatArray]:
    """Three shapes of heterogeneity and drop-out, each with the base's own rate (mean T is scaled to 1)."""
    shapes = ((0.5, 0.6, 0.5), (2.0, 2.0, 4.0), (0.3, 0.3, 1.0))
    return [np.log([r, r / (1.5 * repeats_per_customer), s, beta]) for r, s, beta in shapes]


def build(point: FloatArray, scale: float, unit: Unit) -> ParetoNbdParameters:
    """Parameters from their logs, which speak of times divided by `scale`."""
    r, alpha, s, beta = (float(number) for number in np.exp(point))
    return ParetoNbdParameters(r=r, alpha=alpha * scale, s=s, beta=beta * scale, unit=unit)


def _log_stopped(point: FloatArray, pairs: Folded, upper: float) -> Values:
    x, t_x = pairs.columns
    return log_weight(point, x, t_x, upper)


def _log_rest(point: FloatArray, pairs: Folded, upper: float) -> Values:
    x, T = pairs.columns
    return _log_lasting(point, x, T, upper)


def _log_lasting(point: FloatArray, x: FloatArray, T: FloatArray, upper: float) -> Values:
    """log of the weight of "alive at T" less W(T), of (n,) pairs, and its slopes (4, n)."""
    r, alpha, s, beta = point
    alive = _log_alive(point, x, T)
    alive_slope = np.array([-np.log(alpha + T), -(r + x) / (alpha + T), -np.log(beta + T), -s / (beta + T)])
    dead, dead_slope = log_weight(point, x, T, upper)
    share = np.exp(dead - alive)
    left = np.maximum(1 - share, _SMALLEST)
    return alive + np.log(left), (alive_slope - share * dead_slope) / left


def _log_alive(point: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
    r, alpha, s, beta = point
    return np.asarray(-(r + x) * np.log(alpha + T) - s * np.log(beta + T), dtype=np.float64)


def probability_alive(
    parameters: ParetoNbdParameters, frequency: FloatArray, recency: FloatArray, T: FloatArray
) -> FloatArray:
    """P(alive at T) of (n,) histories, 0 to 1."""
    point = _point(parameters)
    latest, end = fold(frequency, recency), fold(frequency, T)
    upper = float(T.max(initial=0.0))
    dead = _log_stopped(point, latest, upper)[0][latest.inverse]
    rest = _log_rest(point, end, upper)[0][end.inverse]
    alive = np.exp(_log_alive(point, frequency, T) - np.logaddexp(dead, rest))
    return np.asarray(np.clip(alive, 0.0, 1.0), dtype=np.float64)


def purchase_if_alive(
    parameters: ParetoNbdParameters, t: float | FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """P(a purchase in (T, T + t]) of (n,) customers known to be alive at T.

    They are new customers of (r + x, alpha + T, s, beta + T), who stay silent by not buying or by stopping first.
    """
    point = _point(parameters)
    upper = float(np.max(T + t, initial=0.0))
    stopping = log_weight(point, frequency, T, upper)[0]
    lasting = _log_lasting(point, frequency, T + t, upper)[0]
    silent = np.exp(np.logaddexp(stopping, lasting) - _log_alive(point, frequency, T))
    return np.asarray(np.clip(1 - silent, 0.0, 1.0), dtype=np.float64)


def expected_if_alive(
    parameters: ParetoNbdParameters, t: float | FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """Expected purchases in (T, T + t] of (n,) customers known to be alive at T; no pole at s = 1."""
    r, alpha, s, beta = _point(parameters)
    log_growth = np.log(beta + T + t) - np.log(beta + T)
    rate = (r + frequency) / (alpha + T)
    return np.asarray(rate * (beta + T) * log_growth * exprel((1 - s) * log_growth), dtype=np.float64)


def _point(parameters: ParetoNbdParameters) -> FloatArray:
    return np.array([parameters.r, parameters.alpha, parameters.s, parameters.beta])
