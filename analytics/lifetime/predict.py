"""One interface over all purchase and value models, fallbacks included: histories in, expectations out.

Times `t` are in the unit of the parameters; use `in_unit` for days. Every function takes (n,) columns or
scalars, checks them, returns (n,) floats that are finite and not negative, and raises ValueError with a
sentence on bad input.
"""

import numpy as np
from numpy.typing import ArrayLike

from analytics.features import DAYS_PER_UNIT, Unit
from analytics.lifetime import gamma_gamma, naive
from analytics.lifetime.arrays import FloatArray, fold, histories, vector
from analytics.lifetime.parameters import GammaGammaParameters, PurchaseParameters, ValueParameters
from analytics.lifetime.purchase_models import PREDICTORS


def in_unit(days: float, unit: Unit) -> float:
    """A number of days in `unit`."""
    return days / DAYS_PER_UNIT[unit]


def probability_alive(
    parameters: PurchaseParameters, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
) -> FloatArray:
    """P(still a customer at T). 1 for one-time buyers under BG/NBD, and for all under the naive rate."""
    return PREDICTORS[parameters.model].probability_alive(parameters, *histories(frequency, recency, T))


def conditional_expected_purchases(
    parameters: PurchaseParameters, t: float, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
) -> FloatArray:
    """Expected purchases in (T, T + t] given the history, such as equation (10) of Fader, Hardie & Lee (2005)."""
    alive = probability_alive(parameters, frequency, recency, T)
    x, _, age = histories(frequency, recency, T)
    return alive * expected_if_alive(parameters, t, x, age)


def expected_if_alive(parameters: PurchaseParameters, t: float, x: FloatArray, T: FloatArray) -> FloatArray:
    """Expected purchases in (T, T + t] of customers known to be active at T: depends on (x, T) alone."""
    _check_time(t)
    pairs = fold(x, T)
    return PREDICTORS[parameters.model].expected_if_alive(parameters, t, *pairs.columns)[pairs.inverse]


def purchase_if_alive(parameters: PurchaseParameters, t: float, x: FloatArray, T: FloatArray) -> FloatArray:
    """P(a purchase in (T, T + t]) of customers known to be active at T: depends on (x, T) alone."""
    _check_time(t)
    pairs = fold(x, T)
    return PREDICTORS[parameters.model].purchase_if_alive(parameters, t, *pairs.columns)[pairs.inverse]


def expected_purchases_new(parameters: PurchaseParameters, t: ArrayLike) -> FloatArray:
    """Expected repeat purchases of a random new customer in the first `t`, for (k,) times.

    Such as equation (9) of Fader, Hardie & Lee (2005): what a history of nothing at T = 0 implies.
    """
    times = vector("t", t)
    none, model = np.zeros_like(times), PREDICTORS[parameters.model]
    stays = model.probability_alive(parameters, none, none, none)
    return stays * model.expected_if_alive(parameters, times, none, none)


def probability_no_purchase(
    parameters: PurchaseParameters, t: float, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
) -> FloatArray:
    """P(no purchase in (T, T + t]) given the history; under the naive rate that of a Poisson process."""
    alive = probability_alive(parameters, frequency, recency, T)
    x, _, age = histories(frequency, recency, T)
    return 1 - alive * purchase_if_alive(parameters, t, x, age)


def conditional_mean_value(parameters: ValueParameters, frequency: ArrayLike, monetary_value: ArrayLike) -> FloatArray:
    """Expected gross spend per future purchase day given the mean of past ones, in the same money."""
    x, value = vector("frequency", frequency), vector("monetary_value", monetary_value)
    if len(x) != len(value):
        raise ValueError("frequency and monetary_value must have the same length.")
    if isinstance(parameters, GammaGammaParameters):
        return gamma_gamma.conditional_mean(parameters, x, value)
    return naive.mean_value(parameters, x, value)


def _check_time(t: float) -> None:
    if not (np.isfinite(t) and t >= 0):
        raise ValueError("The horizon must be a length of time of 0 or more.")
