"""BG/NBD: how often people buy and when they stop (Fader, Hardie & Lee 2005, Marketing Science 24, 275-284).

1. While active a customer buys as a Poisson process with rate lambda.
2. lambda differs between customers as Gamma(r, alpha).
3. After each purchase a customer stops for good with probability p.
4. p differs between customers as Beta(a, b).
5. lambda and p are independent.

So one-time buyers are always "alive" (p_alive 1): nobody stops before a repeat purchase. Everything is in log
space; `frequency` up to 10^6 stays finite. Equations are numbered as in the paper.
"""

import numpy as np
from scipy.special import betaincinv, betaln, expit, gammaln, hyp2f1, psi

from analytics.features import Unit
from analytics.lifetime.arrays import FloatArray, IntArray, dot
from analytics.lifetime.parameters import BgNbdParameters

_NEAR_POLE = 1e-6
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(128)


class Likelihood:
    """Mean negative log-likelihood of weighted rows, with its gradient, as a function of log(r, alpha, a, b).

    Gamma functions depend on `frequency` alone and logs on `T` or `recency` alone, so each is evaluated once
    for each distinct value: what remains for a row is a few additions and one logistic.
    """

    # Chances to stop besides those after the repeat purchases: none after the first purchase.
    extra = 0

    def __init__(self, frequency: FloatArray, recency: FloatArray, T: FloatArray, weights: FloatArray) -> None:
        self.x, self.ix = np.unique(frequency, return_inverse=True)
        self.t_x, self.it_x = np.unique(recency, return_inverse=True)
        self.T, self.iT = np.unique(T, return_inverse=True)
        self.frequency = frequency
        self.chances = self.x + self.extra
        self.may_be_dead = frequency + self.extra > 0
        self.weights = weights / weights.sum()
        self.weight_by_x = _sum_by(self.ix, self.weights, len(self.x))

    def __call__(self, log_parameters: FloatArray) -> tuple[float, FloatArray]:
        r, alpha, a, b = np.exp(log_parameters)
        log_T, log_t_x = np.log(alpha + self.T)[self.iT], np.log(alpha + self.t_x)[self.it_x]
        log_ratio = np.log(a) - np.log(b + np.maximum(self.chances, 1) - 1)
        alive = -(r + self.frequency) * log_T
        dead = np.where(self.may_be_dead, log_ratio[self.ix] - (r + self.frequency) * log_t_x, -np.inf)
        by_x = gammaln(r + self.x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + self.chances) - betaln(a, b)
        value = dot(self.weight_by_x, by_x) + dot(self.weights, np.logaddexp(alive, dead))
        is_dead = self.weights * expit(dead - alive)
        gradient = self._gradient((r, alpha, a, b), is_dead, log_T, log_t_x)
        return -value, -gradient * np.array([r, alpha, a, b])

    def _gradient(
        self,
        parameters: tuple[float, float, float, float],
        is_dead: FloatArray,
        log_T: FloatArray,
        log_t_x: FloatArray,
    ) -> FloatArray:
        r, alpha, a, b = parameters
        is_alive = self.weights - is_dead
        dead_by_x = _sum_by(self.ix, is_dead, len(self.x))
        slope = is_alive / (alpha + self.T)[self.iT] + is_dead / (alpha + self.t_x)[self.it_x]
        stop = psi(a + b) - psi(a + b + self.chances)
        go_on = psi(b + self.chances) - psi(b) + stop
        by_x = self.weight_by_x
        return np.array(
            [
                dot(by_x, psi(r + self.x) - psi(r)) + np.log(alpha) - dot(is_alive, log_T) - dot(is_dead, log_t_x),
                r / alpha - dot(r + self.frequency, slope),
                dot(by_x, stop) + dead_by_x.sum() / a,
                dot(by_x, go_on) - dot(dead_by_x, 1 / (b + np.maximum(self.chances, 1) - 1)),
            ]
        )


def starts(repeats_per_customer: float) -> list[FloatArray]:
    """Three shapes of heterogeneity and drop-out, each with the base's own rate (mean T is scaled to 1)."""
    shapes = ((0.5, 0.8, 2.5), (2.0, 1.0, 1.0), (0.3, 0.3, 5.0))
    return [np.log([r, r / (1.5 * repeats_per_customer), a, b]) for r, a, b in shapes]


def build(point: FloatArray, scale: float, unit: Unit) -> BgNbdParameters:
    """Parameters from their logs, which speak of times divided by `scale`."""
    r, alpha, a, b = (float(number) for number in np.exp(point))
    return BgNbdParameters(r=r, alpha=alpha * scale, a=a, b=b, unit=unit)


def _sum_by(codes: IntArray, weights: FloatArray, length: int) -> FloatArray:
    return np.bincount(codes, weights=weights, minlength=length).astype(np.float64)


def probability_alive(
    parameters: BgNbdParameters, frequency: FloatArray, recency: FloatArray, T: FloatArray
) -> FloatArray:
    """P(alive at T) of (n,) histories, 0 to 1; 1 for one-time buyers. From Fader & Hardie's note 021."""
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    silence = (r + frequency) * (np.log(alpha + T) - np.log(alpha + recency))
    log_odds_dead = silence + np.log(a) - np.log(b + np.maximum(frequency, 1) - 1)
    return np.asarray(np.where(frequency == 0, 1.0, expit(-log_odds_dead)), dtype=np.float64)


def purchase_if_alive(
    parameters: BgNbdParameters, t: float | FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """P(a purchase in (T, T + t]) of (n,) customers known to be alive at T."""
    log_base = np.log(parameters.alpha + T) - np.log(parameters.alpha + T + t)
    return np.asarray(-np.expm1((parameters.r + frequency) * log_base), dtype=np.float64)


def expected_if_alive(
    parameters: BgNbdParameters, t: float | FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """Expected purchases in (T, T + t] of (n,) customers known to be alive at T.

    This is equation (10) without its denominator, which is 1 / P(alive).

    By Euler's transformation the hypergeometric function loses its large arguments: (1-z)^(r+x) 2F1(r+x, b+x;
    a+b+x-1; z) = (1-z)^(a-1) 2F1(a+b-1-r, a-1; a+b+x-1; z), z = t / (alpha+T+t). Where that still overflows,
    or a pole is near, the same mean is taken by quadrature over p. `t` is one time or (n,).
    """
    a, b, x = parameters.a, parameters.b, frequency
    log_rest = np.log(parameters.alpha + T) - np.log(parameters.alpha + T + t)
    with np.errstate(all="ignore"):
        c = a + b + x - 1
        series = hyp2f1(a + b - 1 - parameters.r, a - 1, c, -np.expm1(log_rest))
        expected = c / (a - 1) * (1 - np.exp((a - 1) * log_rest) * series)
    ceiling = (parameters.r + x) / (parameters.alpha + T) * t
    bad = ~(np.isfinite(expected) & (expected >= 0) & (expected <= ceiling * (1 + 1e-9)))
    bad |= (np.abs(a - 1) < _NEAR_POLE) | (np.abs(c) < _NEAR_POLE)
    if bad.any():
        t_bad = np.broadcast_to(t, bad.shape)[bad]
        expected[bad] = _by_quadrature(parameters, t_bad, x[bad], T[bad])
    return np.asarray(expected, dtype=np.float64)


def _by_quadrature(parameters: BgNbdParameters, t: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
    """Mean of (1 - (1 + p t / A)^-R) / p over p ~ Beta(a, b + x), with A = alpha + T and R = r + x."""
    R, A = (parameters.r + x)[:, None], (parameters.alpha + T)[:, None]
    u = (_NODES + 1) / 2
    p = np.maximum(betaincinv(parameters.a, (parameters.b + x)[:, None], u), 1e-300)
    mean = -np.expm1(-R * np.log1p(p * t[:, None] / A)) / p @ (_NODE_WEIGHTS / 2)
    return np.asarray(mean, dtype=np.float64)
