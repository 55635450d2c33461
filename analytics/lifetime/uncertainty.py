"""How far each customer's expectation may be trusted: 80 % intervals for conditional means.

An interval speaks of the mean that a customer's history implies, given that the models are right in kind: it holds
what is not known about the models' parameters, and nothing of how one person may stray from the mean (see `totals`).

Delta method (Rao 1973, section 6a.2) on the logs of the parameters, whose covariance comes with the fit: the figure is
worked out one standard error to either side along each principal axis of the covariance, and half the differences are
added up as squares. Probabilities are moved on the scale of log odds, amounts on the scale of logs, so no interval
leaves the range of its figure. Gamma-Gamma's q moves down on the scale of log(q - 1): at q = 1 the mean spend is
infinite and below it negative, and where few people spend most of the money q comes close. Purchase and spend
parameters come from separate fits and count as independent.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.base import Base
from analytics.lifetime.horizons import no_purchase
from analytics.lifetime.parameters import FitResult, GammaGammaParameters, PurchaseParameters, ValueParameters
from analytics.lifetime.predict import conditional_mean_value
from analytics.lifetime.value import discounted_if_alive

LEVEL = 0.8
# Standard normal quantile of the upper end: (1 + LEVEL) / 2.
NORMAL = 1.2815515655446004
NO_COVARIANCE = "not_determined"
TOO_WIDE = "too_uncertain"
# An end this many times its figure says nothing, unless it is still next to nothing itself.
MOST_FACTOR = 100.0
MOST_ERROR = float(np.log(MOST_FACTOR)) / NORMAL
NEXT_TO_NO_PURCHASE = 0.1
# The sensitivity of a discounted sum hardly changes with the number of its steps.
STEPS = 3
_TINY = 1e-12
# On the scale of logs: beyond any figure, and far below where a product of two overflows.
_MOST_STEP = 100.0
P = TypeVar("P", bound=PurchaseParameters | ValueParameters)


@dataclass(frozen=True)
class Interval:
    """(n,) lower and upper ends, NaN where there is none.

    `reason` is a code when nobody has one, or when some have none because it would say nothing; else "".
    """

    low: FloatArray
    high: FloatArray
    reason: str = ""


def missing_reason(result: FitResult[Any]) -> str:
    """Why nothing that rests on a fit has an interval, as a code; "" when it has."""
    if result.is_fallback:
        return result.reason_code or NO_COVARIANCE
    covariance = np.asarray(result.log_covariance)
    has_mean = getattr(result.parameters, "q", np.inf) > 1
    return "" if covariance.size and np.all(np.isfinite(covariance)) and has_mean else NO_COVARIANCE


def axes(result: FitResult[Any]) -> FloatArray:
    """(k, k) principal axes of the log parameters' covariance, one a row, each one standard error long."""
    variances, directions = np.linalg.eigh(np.asarray(result.log_covariance, dtype=np.float64))
    found: FloatArray = np.sqrt(np.maximum(variances, 0))[:, None] * directions.T
    return found


def moved(parameters: P, shift: FloatArray) -> P:
    """The parameters with `shift` (k,) added to the logs of their numbers, in the order of their fields.

    A q that goes down goes at the same speed, but on the scale of log(q - 1).
    """
    names = [name for name in vars(parameters) if name != "unit"]
    steps = dict(zip(names, np.clip(shift, -_MOST_STEP, _MOST_STEP), strict=True))
    changes = {name: float(getattr(parameters, name) * np.exp(step)) for name, step in steps.items()}
    if isinstance(parameters, GammaGammaParameters) and steps["q"] < 0:
        over = parameters.q - 1
        changes["q"] = 1 + max(float(over * np.exp(max(steps["q"] * parameters.q / over, -_MOST_STEP))), _TINY)
    return type(parameters)(**{**vars(parameters), **changes})


def sides(result: FitResult[P]) -> Iterator[tuple[P, P]]:
    """The parameters one standard error to either side, along each principal axis."""
    for axis in axes(result):
        yield moved(result.parameters, axis), moved(result.parameters, -axis)


def p_alive_interval(purchases: FitResult[Any], base: Base) -> Interval:
    """Interval of P(alive): none for one-time buyers where the model says 1 whatever its parameters."""
    if reason := missing_reason(purchases):
        return _nothing(base.customers, reason)
    alive = base.alive(purchases.parameters)
    error = _error(sides(purchases), lambda parameters: _log_odds(base.alive(parameters)))
    ends = [_probability(_log_odds(alive) + sign * NORMAL * error) for sign in (-1, 1)]
    is_certain = (alive == 1) & (error == 0)
    low, high = (base.spread(np.where(is_certain, np.nan, end)) for end in ends)
    return Interval(low, high)


def no_purchase_interval(purchases: FitResult[Any], base: Base, *, days: float) -> Interval:
    """Interval of P(no purchase in the next `days`)."""
    if reason := missing_reason(purchases):
        return _nothing(base.customers, reason)

    def log_odds(parameters: PurchaseParameters) -> FloatArray:
        return _log_odds(no_purchase(parameters, base, base.alive(parameters), days))

    centre, error = log_odds(purchases.parameters), _error(sides(purchases), log_odds)
    low, high = (base.spread(_probability(centre + sign * NORMAL * error)) for sign in (-1, 1))
    return Interval(low, high)


def expected_purchases_interval(
    purchases: FitResult[Any], base: Base, expected: FloatArray, *, horizon_days: float
) -> Interval:
    """Interval around `expected` (n,), the purchases expected in the next `horizon_days`."""
    if reason := missing_reason(purchases):
        return _nothing(base.customers, reason)
    error = _error(sides(purchases), lambda parameters: _log_purchases(parameters, base, horizon_days))
    return _around(expected, base.spread(error), NEXT_TO_NO_PURCHASE)


def clv_interval(
    purchases: FitResult[Any],
    spend: FitResult[Any],
    base: Base,
    frequency: FloatArray,
    monetary_value: FloatArray,
    clv: FloatArray,
    *,
    horizon_days: float,
    annual_discount_rate: float,
) -> Interval:
    """Interval around `clv` (n,): doubt about how often customers come and about what they spend."""
    if reason := missing_reason(purchases) or missing_reason(spend):
        return _nothing(base.customers, reason)

    def log_purchases(parameters: PurchaseParameters) -> FloatArray:
        x, age = base.pairs.columns
        if_alive = discounted_if_alive(
            parameters, x, age, horizon_days=horizon_days, annual_discount_rate=annual_discount_rate, steps=STEPS
        )
        return _log(base.alive(parameters) * if_alive[base.pairs.inverse])

    of_purchases = base.spread(_error(sides(purchases), log_purchases))
    of_spend = _error(
        sides(spend), lambda parameters: _log(conditional_mean_value(parameters, frequency, monetary_value))
    )
    next_to_nothing = NEXT_TO_NO_PURCHASE * conditional_mean_value(spend.parameters, frequency, monetary_value)
    return _around(clv, np.hypot(of_purchases, of_spend), next_to_nothing)


def _log_purchases(parameters: PurchaseParameters, base: Base, days: float) -> FloatArray:
    return _log(base.alive(parameters) * base.if_alive(parameters, days))


def _error(pairs: Iterator[tuple[P, P]], figure: Callable[[P], FloatArray]) -> FloatArray:
    """Standard error of a figure of parameters: half differences along each axis, added up as squares."""
    squares = [((figure(above) - figure(below)) / 2) ** 2 for above, below in pairs]
    found: FloatArray = np.sqrt(np.sum(squares, axis=0))
    return found


def _around(expected: FloatArray, error: FloatArray, next_to_nothing: FloatArray | float) -> Interval:
    """`error` is that of the log; nobody gets an end that is absurd and not `next_to_nothing` either."""
    factor = np.exp(np.minimum(NORMAL * error, _MOST_STEP))
    low, high = expected / factor, expected * factor
    says_something = (error <= MOST_ERROR) | (high <= next_to_nothing)
    reason = "" if np.all(says_something) else TOO_WIDE
    return Interval(np.where(says_something, low, np.nan), np.where(says_something, high, np.nan), reason)


def half_move(ends: Iterable[FloatArray]) -> FloatArray:
    """How far the log of a figure moves, one standard error along an axis: `ends` are the figure above and below."""
    above, below = (_log(end) for end in ends)
    return np.asarray((above - below) / 2, dtype=np.float64)


def _log(values: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(values, 1e-300)), dtype=np.float64)


def _log_odds(probabilities: FloatArray) -> FloatArray:
    inside = np.clip(probabilities, _TINY, 1 - _TINY)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)


def _probability(log_odds: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)


def _nothing(customers: int, reason: str) -> Interval:
    missing = np.full(customers, np.nan)
    return Interval(missing, missing, reason)
