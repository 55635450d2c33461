"""The weight of the histories that end in silence: what Pareto/NBD's likelihood and p_alive are made of.

W(y) = s * integral from y of (alpha+u)^-(r+x) (beta+u)^-(s+1) du weighs all who stop after y. Only differences of two W
are of use, so the integral may end anywhere beyond both: at infinity, where it is Gauss's function, or at a time that
all rows share, where quadrature takes over. All is in logs, and comes with its slopes in r, alpha, s and beta.
"""

import numpy as np

from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.hypergeometric import log_gauss_1

Values = tuple[FloatArray, FloatArray]

# The smaller of alpha and beta over the larger; below this the continued fraction takes too many steps.
_ALIKE = 0.1
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(40)
# What has fallen by e^-40 adds nothing to sixteen digits.
_NEGLIGIBLE = 40.0
_CHUNK = 4096


def log_weight(point: FloatArray, x: FloatArray, y: FloatArray, upper: float) -> Values:
    """log W(y) of (n,) rows and its slopes (4, n); -inf and 0 for y at `upper`, the largest y of all rows.

    `point` is (r, alpha, s, beta). The same `point` and `upper` always give W with the same end.
    """
    _, alpha, _, beta = point
    if min(alpha, beta) > _ALIKE * max(alpha, beta):
        return _by_fraction(point, x, y)
    value, slopes = np.full(len(x), -np.inf), np.zeros((4, len(x)))
    inside = np.flatnonzero(y < upper)
    for start in range(0, len(inside), _CHUNK):
        rows = inside[start : start + _CHUNK]
        value[rows], slopes[:, rows] = _by_quadrature(point, x[rows], y[rows], upper)
    return value, slopes


def _by_fraction(point: FloatArray, x: FloatArray, y: FloatArray) -> Values:
    """To infinity, by Euler's transformation, in which all is positive and nothing overflows.

    W = s / (r+x+s) (alpha+y)^-(r+x) (beta+y)^-s 2F1(1, r+x; r+x+s+1; z), z = (alpha-beta) / (alpha+y); where beta is
    the larger, (alpha+y)^(1-r-x) (beta+y)^(-s-1) 2F1(1, s+1; r+x+s+1; z), z = (beta-alpha) / (beta+y).
    """
    r, alpha, s, beta = point
    R, A, B = r + x, alpha + y, beta + y
    log_A, log_B = np.log(A), np.log(B)
    if alpha >= beta:
        shift = 0.0
        series, by_b, by_c, by_z = log_gauss_1(R, R + s + 1, (A - B) / A)
        by_r, by_s, by_A, by_B = by_b + by_c, by_c, by_z * B / A**2, -by_z / A
    else:
        shift = 1.0
        series, by_b, by_c, by_z = log_gauss_1(np.full_like(R, s + 1), R + s + 1, (B - A) / B)
        by_r, by_s, by_A, by_B = by_c, by_b + by_c, -by_z / B, by_z * A / B**2
    value = np.log(s) - np.log(R + s) + (shift - R) * log_A - (s + shift) * log_B + series
    slopes = [
        by_r - 1 / (R + s) - log_A,
        by_A + (shift - R) / A,
        by_s + 1 / s - 1 / (R + s) - log_B,
        by_B - (s + shift) / B,
    ]
    return value, np.array(slopes)


def _by_quadrature(point: FloatArray, x: FloatArray, y: FloatArray, upper: float) -> Values:
    """To `upper`, by Gauss-Legendre in v = log(smaller of alpha and beta + u).

    There the integrand is log-concave and smooth on the scale of 1, so it falls at least as fast as from its start, and
    the range can be cut where nothing is left.
    """
    r, alpha, s, beta = point
    R, small = (r + x)[:, None], min(alpha, beta)
    first, length = np.log(small + y), np.log(small + upper) - np.log(small + y)
    fall = R[:, 0] * (small + y) / (alpha + y) + (s + 1) * (small + y) / (beta + y) - 1
    cut = np.where(fall > 0, _NEGLIGIBLE / np.where(fall > 0, fall, 1), np.inf)
    half = np.minimum(length, cut) / 2
    v = first[:, None] + half[:, None] * (1 + _NODES)
    scale = np.exp(v)
    A, B = scale + (alpha - small), scale + (beta - small)
    log_A, log_B = np.log(A), np.log(B)
    height = v - R * log_A - (s + 1) * log_B
    top = height.max(axis=1, keepdims=True)
    mass = np.exp(height - top) * _NODE_WEIGHTS
    total = mass.sum(axis=1)
    mass /= total[:, None]
    value = np.log(s) + np.log(half * total) + top[:, 0]
    means = [(mass * column).sum(axis=1) for column in (log_A, 1 / A, log_B, 1 / B)]
    return value, np.array([-means[0], -R[:, 0] * means[1], 1 / s - means[2], -(s + 1) * means[3]])
