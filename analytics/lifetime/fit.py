"""Fits that can't embarrass anyone: a plausible model, or a named fallback with its reason in a sentence."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.features import Unit
from analytics.lifetime import naive
from analytics.lifetime.arrays import FloatArray, checked_weights, dot, every_kth, fold, histories
from analytics.lifetime.guard import NO_FIT, NO_FIT_SENTENCE, Task, attempt, complaint
from analytics.lifetime.parameters import (
    BgNbdParameters,
    FitResult,
    FittedPurchaseParameters,
    MbgNbdParameters,
    NaiveRateParameters,
    ParetoNbdParameters,
)
from analytics.lifetime.purchase_models import FITTABLE, Fittable

MIN_CUSTOMERS = 20
MIN_REPEATERS = 10
HEAVY_SHARE = 0.01
HEAVY_FACTOR = 5.0
MOST = 0.5
QUANTITY = "repeat purchases"
RATE_SENTENCE = "Until then purchases are projected from how often people bought so far."
Rows = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
PurchaseFit = FitResult[FittedPurchaseParameters] | FitResult[NaiveRateParameters]


def fit_purchases(
    model: str,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    unit: Unit,
) -> PurchaseFit:
    """Fit a purchase model by name to (n,) histories in `unit`, each standing for `weights` customers.

    Equal rows are folded, time is scaled, several starts compete, and penalties rise until the parameters are
    plausible. Where no fit is (too few customers or repeat buyers, nothing observed), the result is a naive
    rate with `reason_code` and `reason`. Raises ValueError with a sentence on missing, negative or
    contradictory input.
    """
    rows = _folded(frequency, recency, T, weights)
    x, _, age, count = rows
    code, reason = _obstacle(x, age, count)
    if not code:
        result, wrong = _attempts(FITTABLE[model], rows, unit)
        if result is not None:
            return result
        code, reason = NO_FIT, NO_FIT_SENTENCE.format(wrong)
    rate = naive.pooled_rate(x, age, count, unit=unit)
    return FitResult(rate, float(count.sum()), reason_code=code, reason=f"{reason} {RATE_SENTENCE}")


def fit_bg_nbd(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None, *, unit: Unit
) -> FitResult[BgNbdParameters] | FitResult[NaiveRateParameters]:
    """`fit_purchases` of BG/NBD."""
    result: Any = fit_purchases(BgNbdParameters.model, frequency, recency, T, weights, unit=unit)
    return result  # type: ignore[no-any-return]


def fit_mbg_nbd(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None, *, unit: Unit
) -> FitResult[MbgNbdParameters] | FitResult[NaiveRateParameters]:
    """`fit_purchases` of MBG/NBD."""
    result: Any = fit_purchases(MbgNbdParameters.model, frequency, recency, T, weights, unit=unit)
    return result  # type: ignore[no-any-return]


def fit_pareto_nbd(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None, *, unit: Unit
) -> FitResult[ParetoNbdParameters] | FitResult[NaiveRateParameters]:
    """`fit_purchases` of Pareto/NBD."""
    result: Any = fit_purchases(ParetoNbdParameters.model, frequency, recency, T, weights, unit=unit)
    return result  # type: ignore[no-any-return]


def misfit(
    parameters: FittedPurchaseParameters,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
) -> str:
    """What makes parameters from elsewhere implausible for these (n,) histories in their unit; "" when nothing does."""
    x, _, age, count = _folded(frequency, recency, T, weights)
    if dot(count, x) == 0:
        return "nobody has bought on a second day"
    return complaint(_implied(FITTABLE[parameters.model], parameters, age, count), dot(count, x), QUANTITY)


def _folded(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None) -> Rows:
    """The distinct rows that stand for somebody, and for how many."""
    x, t_x, age = histories(frequency, recency, T)
    count = checked_weights(weights, len(x))
    rows = fold(x[count > 0], t_x[count > 0], age[count > 0])
    x, t_x, age = rows.columns
    return x, t_x, age, rows.sums(count[count > 0])


def _obstacle(x: FloatArray, age: FloatArray, count: FloatArray) -> tuple[str, str]:
    customers, repeaters = count.sum(), count[x > 0].sum()
    if not len(x) or age.max() == 0:
        return "no_time_observed", "Nobody has been observed for longer than a day yet."
    if repeaters == 0:
        return "no_repeat_buyers", "Nobody has bought on a second day yet."
    if customers < MIN_CUSTOMERS or repeaters < MIN_REPEATERS:
        return "too_few_customers", (
            f"Only {customers:.0f} {'customer' if customers == 1 else 'customers'}, "
            f"{repeaters:.0f} of them {'a repeat buyer' if repeaters == 1 else 'repeat buyers'}: "
            f"the model needs {MIN_CUSTOMERS} and {MIN_REPEATERS}."
        )
    return "", ""


def _task(model: Fittable, rows: Rows, unit: Unit) -> Task[Any]:
    x, t_x, age, count = rows
    scale = float(np.average(age, weights=count))
    repeats = dot(count, x)
    columns = (x, t_x / scale, age / scale, count)
    exact, sample = model.Likelihood(*columns), every_kth(*columns)
    return Task(
        exact=exact,
        rough=exact if sample[0] is columns[0] else model.Likelihood(*sample),
        starts=model.starts(repeats / float(count.sum())),
        customers=float(count.sum()),
        build=lambda point: model.build(point, scale, unit),
        implied=lambda candidate: _implied(model, candidate, age, count),
        observed=repeats,
        quantity=QUANTITY,
        shift=-repeats * float(np.log(scale)),
    )


def _implied(model: Fittable, candidate: Any, age: FloatArray, count: FloatArray) -> float:
    """Repeat purchases that a model expects of these customers from their first day on."""
    ages = fold(age)
    none = np.zeros(len(ages.columns[0]))
    stays = model.probability_alive(candidate, none, none, none)
    return dot(ages.sums(count), stays * model.expected_if_alive(candidate, ages.columns[0], none, none))


def _attempts(model: Fittable, rows: Rows, unit: Unit) -> tuple[FitResult[Any] | None, str]:
    """A fit of all customers, or of all but the heaviest: first where these make most of the purchases."""
    limit, share = _heaviest(rows)
    if share > MOST:
        return _without_heaviest(model, rows, limit, unit)
    result, wrong = attempt(_task(model, rows, unit))
    if result is None and share:
        result, _ = _without_heaviest(model, rows, limit, unit)
    return result, wrong


def _heaviest(rows: Rows) -> tuple[float, float]:
    """The frequency beyond which a buyer is out of all proportion, and the share of all repeat purchases beyond it."""
    x, _, _, count = rows
    order = np.argsort(x)
    reached = np.cumsum(count[order]) / count.sum()
    limit = HEAVY_FACTOR * max(1.0, float(x[order][np.searchsorted(reached, 1 - HEAVY_SHARE)]))
    return limit, dot(count[x > limit], x[x > limit]) / dot(count, x)


def _without_heaviest(model: Fittable, rows: Rows, limit: float, unit: Unit) -> tuple[FitResult[Any] | None, str]:
    """A fit of all but a few resellers, tills or test accounts; or None and what was wrong."""
    x, t_x, age, count = rows
    keep = x <= limit
    if obstacle := _obstacle(x[keep], age[keep], count[keep])[1]:
        return None, f"without those who buy far more often than others, {obstacle[0].lower()}{obstacle[1:-1]}"
    result, wrong = attempt(_task(model, (x[keep], t_x[keep], age[keep], count[keep]), unit))
    if result is None:
        return None, wrong
    reason = (
        f"{count[~keep].sum():.0f} customers with more than {limit:.0f} repeat purchase days were left out "
        "of the fit, because no model holds them and the others together; they are scored like the others."
    )
    return replace(result, reason_code="heavy_buyers_left_out", reason=f"{reason} {result.reason}".strip()), wrong
