"""High and low score, treated or not: what the score knows, and what the action does, kept apart.

The score's worth is what it tells of people to whom nothing was done; the action's worth is the difference that
treatment makes; only where the second is larger among high scores does aiming by the score pay (Ascarza 2018).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analytics.experiments.effects import LEVEL, Arm, Effect, difference_of_means


@dataclass(frozen=True)
class FourGroups:
    """The four cells and the differences between them; `aiming` is effect_high less effect_low."""

    high_treated: Arm
    high_control: Arm
    low_treated: Arm
    low_control: Arm
    effect_high: Effect
    effect_low: Effect
    score: Effect
    aiming: Effect


def four_groups(outcome: ArrayLike, is_high: ArrayLike, is_treated: ArrayLike, *, level: float = LEVEL) -> FourGroups:
    """From arrays of shape (n,); effects as by `difference_of_means`."""
    values = np.asarray(outcome, dtype=float)
    high, treated = np.asarray(is_high, dtype=bool), np.asarray(is_treated, dtype=bool)
    high_treated, high_control = Arm.of(values[high & treated]), Arm.of(values[high & ~treated])
    low_treated, low_control = Arm.of(values[~high & treated]), Arm.of(values[~high & ~treated])
    effect_high = difference_of_means(high_treated, high_control, level=level)
    effect_low = difference_of_means(low_treated, low_control, level=level)
    return FourGroups(
        high_treated,
        high_control,
        low_treated,
        low_control,
        effect_high,
        effect_low,
        difference_of_means(high_control, low_control, level=level),
        _between(effect_high, effect_low, level),
    )


def _between(one: Effect, other: Effect, level: float) -> Effect:
    value, error = one.value - other.value, sqrt(one.standard_error**2 + other.standard_error**2)
    if one.interval is None or other.interval is None or error == 0:
        return Effect(value, error, None, level, 1.0, None)
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    return Effect(
        value, error, (value - reach, value + reach), level, float(2 * stats.norm.sf(abs(value) / error)), None
    )
