"""What is ahead of each customer: silence, purchases and value at chosen horizons, and when the next order is due."""

import numpy as np

from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.base import Base
from analytics.lifetime.parameters import NaiveRateParameters, ParetoNbdParameters, PurchaseParameters
from analytics.lifetime.predict import in_unit

SILENCES = (30, 90, 180, 365)
HORIZONS = (30, 90, 180, 365)
# A date further away than this is no date to plan with.
LONGEST_DAYS = 3 * 365
_GRID = 80
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(8)


def no_purchase(parameters: PurchaseParameters, base: Base, alive: FloatArray, days: float) -> FloatArray:
    """P(no purchase in the next `days`) of the (m,) distinct histories of a base whose P(alive) is `alive`."""
    x, age = base.pairs.columns
    quiet = quiet_if_alive(parameters, np.array([in_unit(days, parameters.unit)]), x, age)[0]
    return np.asarray(np.clip(1 - alive + alive * quiet[base.pairs.inverse], 0, 1), dtype=np.float64)


def quiet_if_alive(
    parameters: PurchaseParameters, times: FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """(g, k) P(no purchase within each of `times` (g,), ascending) of (k,) customers known to be alive at T.

    BG/NBD and MBG/NBD: nobody leaves without a purchase, so it is that of a gamma-mixed Poisson process. Pareto/NBD:
    neither a purchase nor a departure by then, or a departure first; the second part by quadrature. Naive rate: that of
    a Poisson process.
    """
    if isinstance(parameters, NaiveRateParameters):
        return np.asarray(np.exp(-times[:, None] * _naive_rate(parameters, frequency, T)), dtype=np.float64)
    shape, scale = parameters.r + frequency, parameters.alpha + T
    still = np.exp(shape * (np.log(scale) - np.log(scale + times[:, None])))
    if isinstance(parameters, ParetoNbdParameters):
        return _pareto_quiet(parameters, times, shape, scale, parameters.beta + T, still)
    return np.asarray(still, dtype=np.float64)


def _pareto_quiet(
    parameters: ParetoNbdParameters,
    times: FloatArray,
    shape: FloatArray,
    scale: FloatArray,
    lifetime_scale: FloatArray,
    still: FloatArray,
) -> FloatArray:
    """Given alive, the purchase rate is Gamma(shape, scale) and the departure rate Gamma(s, lifetime_scale)."""
    s, starts = parameters.s, np.concatenate([[0.0], times[:-1]])
    gone = np.empty((len(times), len(shape)))
    total = np.zeros(len(shape))
    for place, (start, end) in enumerate(zip(starts, times, strict=True)):
        for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
            t = start + (end - start) * (node + 1) / 2
            log_density = (
                np.log(s)
                - np.log(lifetime_scale + t)
                + s * (np.log(lifetime_scale) - np.log(lifetime_scale + t))
                + shape * (np.log(scale) - np.log(scale + t))
            )
            total = total + np.exp(log_density) * weight * (end - start) / 2
        gone[place] = total
    stayed = np.exp(s * (np.log(lifetime_scale) - np.log(lifetime_scale + times[:, None])))
    return np.asarray(still * stayed + gone, dtype=np.float64)


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
