"""The baselines: a customer goes on, and spends, as before, drawn towards everybody's mean where asked."""

import numpy as np

from analytics.features import Unit
from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.parameters import MeanValueParameters, NaiveRateParameters


def own_rate(unit: Unit) -> NaiveRateParameters:
    """The baseline of the contest: each customer's own frequency / T, with nothing borrowed from others."""
    return NaiveRateParameters(prior_purchases=0.0, prior_time=0.0, unit=unit)


def pooled_rate(frequency: FloatArray, T: FloatArray, weights: FloatArray, *, unit: Unit) -> NaiveRateParameters:
    """The fallback: own history plus one average customer's worth of everybody's rate.

    So a customer of one day with two orders isn't expected to buy daily for a year.
    """
    mean_time = float(np.average(T, weights=weights)) if weights.sum() > 0 else 0.0
    mean_purchases = float(np.average(frequency, weights=weights)) if weights.sum() > 0 else 0.0
    return NaiveRateParameters(
        prior_purchases=mean_purchases if mean_time > 0 else 0.0, prior_time=mean_time, unit=unit
    )


def probability_alive(
    parameters: NaiveRateParameters, frequency: FloatArray, recency: FloatArray, T: FloatArray
) -> FloatArray:
    """1 for all (n,): a rate knows of nobody who stops."""
    return np.ones_like(T)


def purchase_if_alive(
    parameters: NaiveRateParameters, t: float | FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """P(a purchase in the next `t`) of (n,) customers, as of a Poisson process."""
    return np.asarray(-np.expm1(-expected_if_alive(parameters, t, frequency, T)), dtype=np.float64)


def expected_if_alive(
    parameters: NaiveRateParameters, t: float | FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """Expected purchases in the next `t` of (n,) customers; 0 for who was not observed for any time."""
    time = T + parameters.prior_time
    rate = (frequency + parameters.prior_purchases) / np.where(time > 0, time, 1)
    return np.where(time > 0, rate * t, 0.0)


def mean_value(parameters: MeanValueParameters, frequency: FloatArray, monetary_value: FloatArray) -> FloatArray:
    """Expected spend per purchase of (n,) customers: the own mean weighted with the general one."""
    own = frequency + parameters.prior_purchases
    total = parameters.prior_purchases * parameters.mean + frequency * monetary_value
    return np.where(own > 0, total / np.where(own > 0, own, 1), parameters.mean)
