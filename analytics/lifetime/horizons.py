"""What is ahead of each customer: silence, purchases and value at chosen horizons, and when the next order is due."""

import numpy as np

from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.base import Base
from analytics.lifetime.parameters import NaiveRateParameters, ParetoNbdParameters, PurchaseParameters
from analytics.lifetime.predict import in_unit, purchase_if_alive

SILENCES = (30, 90, 180, 365)
HORIZONS = (30, 90, 180, 365)
# A date further away than this is no date to plan with.
LONGEST_DAYS = 3 * 365
_GRID = 80


def no_purchase(parameters: PurchaseParameters, base: Base, alive: FloatArray, days: float) -> FloatArray:
    """P(no purchase in the next `days`) of the (m,) distinct histories of a base whose P(alive) is `alive`."""
    x, age = base.pairs.columns
    quiet = quiet_if_alive(parameters, np.array([in_unit(days, parameters.unit)]), x, age)[0]
    return np.asarray(np.clip(1 - alive + alive * quiet[base.pairs.inverse], 0, 1), dtype=np.float64)


def quiet_if_alive(
    parameters: PurchaseParameters, times: FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """(g, k) P(no purchase within each of `times` (g,)) of (k,) customers known to be alive at T."""
    return np.array([1 - purchase_if_alive(parameters, float(time), frequency, T) for time in times])


def days_to_next_order(parameters: PurchaseParameters, base: Base, alive: FloatArray) -> FloatArray:
    """Days until the next purchase is as likely as not to have come, of the (m,) distinct histories.

    The median of a mixture: who has left never buys again. NaN where it is more likely that no purchase comes within
    `LONGEST_DAYS` than that one does.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        target = 1 - 0.5 / alive
    x, age = base.history[0], base.history[2]
    if isinstance(parameters, NaiveRateParameters):
        rate = _naive_rate(parameters, x, age)
        time = np.log(2) / np.where(rate > 0, rate, np.nan)
    elif isinstance(parameters, ParetoNbdParameters):
        time = _by_grid(parameters, base, target)
    else:
        shape, scale = parameters.r + x, parameters.alpha + age
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            time = scale * np.expm1(-np.log(np.where(target > 0, target, np.nan)) / shape)
    days = time / in_unit(1, parameters.unit)
    return np.asarray(np.where(days <= LONGEST_DAYS, days, np.nan), dtype=np.float64)


def _by_grid(parameters: PurchaseParameters, base: Base, target: FloatArray) -> FloatArray:
    """Where P(quiet | alive) falls to `target` (m,), between two of many times; NaN where it stays above."""
    times = np.geomspace(0.02, LONGEST_DAYS + 1, _GRID) * in_unit(1, parameters.unit)
    quiet = quiet_if_alive(parameters, times, *base.pairs.columns)
    quiet, times = np.vstack([np.ones(quiet.shape[1]), quiet]), np.concatenate([[0.0], times])
    found = np.full(len(target), np.nan)
    for place in range(1, len(times)):
        above, below = quiet[place - 1][base.pairs.inverse], quiet[place][base.pairs.inverse]
        here = np.isnan(found) & (target >= below) & (target > 0)
        part = (above[here] - target[here]) / np.maximum(above[here] - below[here], 1e-300)
        found[here] = times[place - 1] + np.clip(part, 0, 1) * (times[place] - times[place - 1])
    return found


def _naive_rate(parameters: NaiveRateParameters, frequency: FloatArray, T: FloatArray) -> FloatArray:
    time = T + parameters.prior_time
    rate = (frequency + parameters.prior_purchases) / np.where(time > 0, time, 1)
    return np.asarray(np.where(time > 0, rate, 0.0), dtype=np.float64)
