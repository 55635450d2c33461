"""Differences between a treated group and its control, with intervals and p values for one look at the end.

Welch 1947 for means, pooled z test and Newcombe 1998 for shares, through scipy and statsmodels; Deng, Xu, Kohavi &
Walker 2013 for CUPED; Fabijan et al. 2019 for the sample-ratio check.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

LEVEL = 0.95
MISMATCH = 0.01  # a p value of the sample ratio below this is no chance, and no effect may be read


@dataclass(frozen=True)
class Arm:
    """One group: how many people, and the mean and variance (of a sample) of what they brought."""

    people: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: ArrayLike) -> "Arm":
        numbers = np.asarray(values, dtype=float)
        few = len(numbers) < 2
        return cls(
            len(numbers), float(numbers.mean()) if len(numbers) else 0.0, 0.0 if few else float(numbers.var(ddof=1))
        )


@dataclass(frozen=True)
class Effect:
    """Treated minus control, per person; `relative` is its share of the control's mean, None unless that is above 0."""

    value: float
    standard_error: float
    interval: tuple[float, float] | None
    level: float
    p_value: float
    relative: float | None


def difference_of_means(treated: Arm, control: Arm, *, level: float = LEVEL) -> Effect:
    """Welch's interval and test; without two people an arm, or without any spread, there is no interval and p is 1."""
    value = treated.mean - control.mean
    parts = [arm.variance / arm.people if arm.people else 0.0 for arm in (treated, control)]
    error = sqrt(sum(parts))
    relative = value / control.mean if control.mean > 0 else None
    if min(treated.people, control.people) < 2 or error == 0:
        return Effect(value, error, None, level, 1.0, relative)
    pairs = zip(parts, (treated, control), strict=True)
    freedom = error**4 / sum(part**2 / (arm.people - 1) for part, arm in pairs)
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    p_value = float(2 * stats.t.sf(abs(value) / error, freedom))
    return Effect(value, error, (value - reach, value + reach), level, p_value, relative)


def difference_of_shares(
    treated_count: int, treated_people: int, control_count: int, control_people: int, *, level: float = LEVEL
) -> Effect:
    """For outcomes of yes or no: pooled z test, Newcombe's interval. Raise ValueError for an empty arm."""
    if min(treated_people, control_people) < 1:
        raise ValueError("both arms need people")
    first, second = treated_count / treated_people, control_count / control_people
    value, error = first - second, sqrt(first * (1 - first) / treated_people + second * (1 - second) / control_people)
    relative = value / second if second > 0 else None
    counts, sizes = [treated_count, control_count], [treated_people, control_people]
    if sum(counts) in {0, sum(sizes)}:
        return Effect(value, error, None, level, 1.0, relative)
    p_value = float(proportions_ztest(counts, sizes)[1])
    low, high = confint_proportions_2indep(
        treated_count, treated_people, control_count, control_people, method="newcomb", compare="diff", alpha=1 - level
    )
    return Effect(value, error, (float(low), float(high)), level, p_value, relative)


@dataclass(frozen=True)
class SampleRatio:
    """Whether the arms have the sizes that the draw should have given them."""

    p_value: float
    is_mismatch: bool


def sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> SampleRatio:
    """Test of arm sizes against their expected shares (which are scaled to 1): exact for two arms, else chi square."""
    total = sum(counts)
    if total == 0:
        return SampleRatio(1.0, False)
    wanted = np.asarray(shares, dtype=float) / sum(shares)
    if len(counts) == 2:
        p_value = float(stats.binomtest(counts[0], total, wanted[0]).pvalue)
    else:
        p_value = float(stats.chisquare(counts, wanted * total).pvalue)
    return SampleRatio(p_value, p_value < MISMATCH)


@dataclass(frozen=True)
class Adjusted:
    """Outcomes (n,) without what was known before; `explained` is the share of their variance that this took out."""

    outcome: NDArray[np.float64]
    explained: float


def cuped(outcome: ArrayLike, before: ArrayLike, is_treated: ArrayLike) -> Adjusted:
    """Outcomes (n,) less theta times what `before` (n,) or (n, k) deviates from its mean over everyone.

    Theta is pooled: least squares within both arms together, so that the effect itself cannot bend it. Figures before
    the draw can't know the arm, so the difference of means stays what it was, with less noise.
    """
    values, treated = np.asarray(outcome, dtype=float), np.asarray(is_treated, dtype=bool)
    known: Any = np.asarray(before, dtype=float)
    known = known[:, None] if known.ndim == 1 else known
    if len(values) == 0:
        return Adjusted(values, 0.0)
    within, within_known = _within(values[:, None], treated), _within(known, treated)
    scale = within_known.std(axis=0)
    used = scale > 0
    theta = np.linalg.lstsq(within_known[:, used] / scale[used], within[:, 0], rcond=None)[0] / scale[used]
    adjusted = values - (known - known.mean(axis=0))[:, used] @ theta
    before_variance = float(within.var())
    left = float(_within(adjusted[:, None], treated).var())
    return Adjusted(adjusted, 1 - left / before_variance if before_variance > 0 else 0.0)


def _within(values: NDArray[np.float64], treated: NDArray[np.bool_]) -> NDArray[np.float64]:
    found = values.copy()
    for arm in (treated, ~treated):
        if arm.any():
            found[arm] -= found[arm].mean(axis=0)
    return found
