"""Gauss's function 2F1(1, b; c; z) by its continued fraction: fast over arrays, stable, and with its slopes.

For 0 < b < c and 0 <= z < 1 every coefficient lies between 0 and 1. The fraction is evaluated from its end, and a step
shrinks the error by (1 - sqrt(1-z)) / (1 + sqrt(1-z)): ten steps at z = .1, 185 at z = .99, where the series takes
thousands. Gauss 1813; DLMF 15.7.5.
"""

import numpy as np

from analytics.lifetime.arrays import FloatArray

_DIGITS = 37.0
_MAX_STEPS = 2000
# Rows are evaluated together with others that need about as many steps.
_STEP_CLASSES = (6, 12, 24, 48, 96, 192, 384, 768)
Values = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


def log_gauss_1(b: FloatArray, c: FloatArray, z: FloatArray) -> Values:
    """log 2F1(1, b; c; z) of (n,) rows, and its slopes in b, c and z."""
    root = np.sqrt(1 - z)
    with np.errstate(divide="ignore"):
        steps = _DIGITS / (np.log1p(root) - np.log1p(-root))
    result = np.empty((4, len(z)))
    lower = -1.0
    for upper in (*_STEP_CLASSES, np.inf):
        chosen = (steps > lower) & (steps <= upper)
        if chosen.any():
            result[:, chosen] = _fraction(b[chosen], c[chosen], z[chosen], int(min(upper, _MAX_STEPS)))
        lower = upper
    return result[0], result[1], result[2], result[3]


def _fraction(b: FloatArray, c: FloatArray, z: FloatArray, steps: int) -> FloatArray:
    """f = 1 - k z / f_next from the last step to the first, and its three slopes; 2F1 is 1 / f."""
    # Far out every coefficient is 1/4, and the fraction repeats itself.
    root = np.sqrt(1 - z)
    f = (1 + root) / 2
    slope = np.array([np.zeros_like(z), np.zeros_like(z), -1 / (4 * root)])
    for step in range(steps, 0, -1):
        k, by_b, by_c = _coefficient(b, c, step)
        part = k / f
        pull = part * z / f
        slope *= pull
        ratio = z / f
        slope[0] -= by_b * ratio
        slope[1] -= by_c * ratio
        slope[2] -= part
        f = 1 - part * z
    return np.vstack([-np.log(f), -slope / f])


def _coefficient(b: FloatArray, c: FloatArray, step: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The coefficient k of a step, counted from 1, and its slopes in b and c."""
    low, high = c + (step - 2), c + (step - 1)
    inverse = 1 / (low * high)
    n = step // 2
    if step % 2:
        by_b = (c + (n - 1)) * inverse
        k, by_c = (b + n) * by_b, (b + n) * inverse
    else:
        k, by_b = n * (c - b + (n - 1)) * inverse, -n * inverse
        by_c = -by_b
    return k, by_b, by_c - k * (low + high) * inverse
