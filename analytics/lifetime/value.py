"""Lifetime value: expected purchases times expected spend, discounted by monthly steps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.lifetime.arrays import FloatArray, fold, histories
from analytics.lifetime.parameters import PurchaseParameters, ValueParameters
from analytics.lifetime.predict import (
    conditional_mean_value,
    expected_if_alive,
    in_unit,
    probability_alive,
)

DAYS_PER_YEAR = 365
DAYS_PER_MONTH = DAYS_PER_YEAR / 12


@dataclass(frozen=True)
class MonthlyExpected:
    """What the present customers are expected to do, month by month: (months,) columns, undiscounted."""

    days: FloatArray
    purchases: FloatArray
    revenue: FloatArray


def customer_lifetime_value(
    purchases: PurchaseParameters,
    value: ValueParameters,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    monetary_value: ArrayLike,
    *,
    horizon_days: float,
    annual_discount_rate: float,
) -> FloatArray:
    """Discounted gross spend expected of each of (n,) customers in the next `horizon_days`, in money.

    The horizon is cut into equal steps of about a month (12 for 365 days), and what a step brings is
    discounted from its end, as in lifetimes. `recency` and `T` are in the unit that the purchase parameters
    carry, so days can't meet weeks. The hypergeometric function sees each distinct (frequency, T) once: a
    million customers cost little more than those.
    """
    x, t_x, age = histories(frequency, recency, T)
    pairs = fold(x, age)
    if_alive = discounted_if_alive(
        purchases, *pairs.columns, horizon_days=horizon_days, annual_discount_rate=annual_discount_rate
    )
    alive = probability_alive(purchases, x, t_x, age)
    return alive * if_alive[pairs.inverse] * conditional_mean_value(value, x, monetary_value)


def discounted_if_alive(
    purchases: PurchaseParameters,
    frequency: FloatArray,
    T: FloatArray,
    *,
    horizon_days: float,
    annual_discount_rate: float,
    steps: int | None = None,
) -> FloatArray:
    """Purchases expected in the next `horizon_days` of (k,) customers known to be alive, each discounted.

    `steps` of equal length, about a month each when not given; what a step brings is discounted from its end.
    """
    ends = _step_ends(horizon_days, steps)
    if not annual_discount_rate > -1:
        raise ValueError("The yearly discount rate must be above -100 %.")
    discounts = (1 + annual_discount_rate) ** (-ends / DAYS_PER_YEAR)
    found: FloatArray = discounts @ _by_step(purchases, ends, frequency, T)
    return found


def monthly_expected(
    purchases: PurchaseParameters,
    value: ValueParameters,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    monetary_value: ArrayLike,
    *,
    month_days: Sequence[float] = (DAYS_PER_MONTH,) * 12,
) -> MonthlyExpected:
    """Purchases and gross revenue of all customers together in each of the next months, `month_days` long.

    Give calendar lengths (31, 28, …) to set the figures beside a calendar; customers yet to come are not in
    them.
    """
    x, t_x, age = histories(frequency, recency, T)
    days = np.asarray(month_days, dtype=np.float64)
    pairs = fold(x, age)
    alive = probability_alive(purchases, x, t_x, age)
    worth = alive * conditional_mean_value(value, x, monetary_value)
    steps = _by_step(purchases, np.cumsum(days), *pairs.columns)
    return MonthlyExpected(days=days, purchases=steps @ pairs.sums(alive), revenue=steps @ pairs.sums(worth))


def _step_ends(horizon_days: float, steps: int | None) -> FloatArray:
    if not (np.isfinite(horizon_days) and horizon_days > 0):
        raise ValueError("The horizon must be longer than 0 days.")
    steps = steps or max(1, round(horizon_days / DAYS_PER_MONTH))
    return np.linspace(horizon_days / steps, horizon_days, steps, dtype=np.float64)


def _by_step(purchases: PurchaseParameters, ends: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
    """(steps, n) purchases expected in each step of customers active at T; `ends` in days."""
    totals = [expected_if_alive(purchases, in_unit(end, purchases.unit), x, T) for end in ends]
    # A difference of two nearly equal sums may be a hair below 0.
    return np.maximum(np.diff(totals, axis=0, prepend=0), 0)
