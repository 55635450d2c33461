"""The jump at an entry threshold: whoever just met it against whoever just missed it, where no control was kept.

Local linear regression with a triangular kernel; bandwidth of Imbens & Kalyanaraman 2012; the interval is robust to the
curve's bias (Calonico, Cattaneo & Titiunik 2014: with one bandwidth for both, the bias-corrected estimate is the local
quadratic one), with heteroscedasticity-consistent errors (HC3) from statsmodels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import statsmodels.api as sm
from numpy.typing import ArrayLike, NDArray
from scipy import stats

LEVEL = 0.95
FEWEST = 50  # a side, within the bandwidth
FEWEST_VALUES = 10  # different values of the figure a side; with fewer there is no "just above"
SORTED = 0.01

Numbers = NDArray[np.float64]


class NoJumpError(ValueError):
    """There is too little around the threshold; `code` is `few_people`, `few_values` or `no_spread`."""

    def __init__(self, code: str, below: int, above: int) -> None:
        super().__init__(f"{code}: {below} below and {above} above the threshold")
        self.code, self.below, self.above = code, below, above


@dataclass(frozen=True)
class Jump:
    """`value`: local linear estimate; `interval`: robust, bias-corrected, so it need not be centred on `value`.

    `density_p`: whether as many stand just below as just above (binomial test in a tenth of the bandwidth, None with
    fewer than 20 people); a small one means that people may have been moved over the threshold.
    """

    value: float
    corrected: float
    interval: tuple[float, float]
    level: float
    p_value: float
    bandwidth: float
    below: int
    above: int
    density_p: float | None

    @property
    def is_sorted(self) -> bool:
        return self.density_p is not None and self.density_p < SORTED


def jump(figure: ArrayLike, outcome: ArrayLike, threshold: float, *, level: float = LEVEL) -> Jump:
    """Outcome just above the threshold less just below; `figure` and `outcome` (n,), at or above counts as treated.

    Raise NoJumpError where fewer than 50 people, or 10 different values, stand on a side.
    """
    x = np.asarray(figure, dtype=float) - threshold
    y = np.asarray(outcome, dtype=float)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    _check(x)
    width = bandwidth(x, y)
    near = np.abs(x) < width
    _check(x[near])
    linear, quadratic = _fit(x[near], y[near], width, 1), _fit(x[near], y[near], width, 2)
    low, high = quadratic.conf_int(1 - level)[1]
    return Jump(
        value=float(linear.params[1]),
        corrected=float(quadratic.params[1]),
        interval=(float(low), float(high)),
        level=level,
        p_value=float(quadratic.pvalues[1]),
        bandwidth=width,
        below=int((x[near] < 0).sum()),
        above=int((x[near] >= 0).sum()),
        density_p=_density_p(x, width),
    )


def _check(x: Numbers) -> None:
    below, above = x[x < 0], x[x >= 0]
    if min(len(below), len(above)) < FEWEST:
        raise NoJumpError("few_people", len(below), len(above))
    if min(len(np.unique(below)), len(np.unique(above))) < FEWEST_VALUES:
        raise NoJumpError("few_values", len(below), len(above))


def _fit(x: Numbers, y: Numbers, width: float, degree: int) -> Any:
    """Constant, jump, then powers of x on either side; weights fall from the threshold to the edge."""
    above = (x >= 0).astype(float)
    powers = [column for power in range(1, degree + 1) for column in (x**power, above * x**power)]
    design = np.column_stack([np.ones_like(x), above, *powers])
    return sm.WLS(y, design, weights=1 - np.abs(x) / width).fit(cov_type="HC3")


def bandwidth(x: Numbers, y: Numbers) -> float:
    """Imbens & Kalyanaraman's, for distances `x` (n,) from the threshold; raise NoJumpError without any spread.

    Worked out in standard deviations of both, so that no unit matters.
    """
    scale, height = float(x.std(ddof=1)), float(y.std(ddof=1))
    if scale <= 0 or height <= 0:
        raise NoJumpError("no_spread", int((x < 0).sum()), int((x >= 0).sum()))
    return min(_standard_bandwidth(x / scale, y / height) * scale, float(np.abs(x).max()) * 1.0001)


def _standard_bandwidth(x: Numbers, y: Numbers) -> float:
    size, sides = len(x), [x < 0, x >= 0]
    # Wide enough for a variance on either side.
    least = max(float(np.sort(np.abs(x[side]))[FEWEST // 5 - 1]) for side in sides)
    pilot = max(1.84 * size ** (-1 / 5), least)
    close = [side & (np.abs(x) <= pilot) for side in sides]
    density = sum(int(mask.sum()) for mask in close) / (2 * size * pilot)
    variances = [max(float(y[mask].var(ddof=1)), 1e-6) for mask in close]
    floor = max(_third_derivative(x, y) ** 2, 0.01)
    pairs = zip(sides, variances, strict=True)
    curves = [_curvature(x[side], y[side], variance, density * floor) for side, variance in pairs]
    bend = (curves[1][0] - curves[0][0]) ** 2 + curves[0][1] + curves[1][1]
    return float(3.4375 * (sum(variances) / (density * bend)) ** (1 / 5) * size ** (-1 / 5))


def _third_derivative(x: Numbers, y: Numbers) -> float:
    """Of a cubic through everyone, with a jump."""
    scale = float(np.abs(x).max())
    z = x / scale
    design = np.column_stack([np.ones_like(z), (z >= 0).astype(float), z, z**2, z**3])
    return 6 * float(np.linalg.lstsq(design, y, rcond=None)[0][4]) / scale**3


def _curvature(x: Numbers, y: Numbers, variance: float, floored: float) -> tuple[float, float]:
    """The second derivative on one side, and the regularisation of its uncertainty."""
    distance = np.abs(x)
    width = 3.56 * (variance / floored) ** (1 / 7) * len(x) ** (-1 / 7)
    width = max(width, float(np.sort(distance)[min(FEWEST, len(x)) - 1]))
    near = distance <= width
    width = min(width, float(distance[near].max()))
    second = 2 * float(np.polynomial.polynomial.polyfit(x[near] / width, y[near], 2)[2]) / width**2
    return second, 2160 * variance / (int(near.sum()) * width**4)


def _density_p(x: Numbers, width: float) -> float | None:
    near = x[np.abs(x) <= width / 10]
    if len(near) < 20:
        return None
    return float(stats.binomtest(int((near >= 0).sum()), len(near), 0.5).pvalue)
