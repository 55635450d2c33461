"""Fits that can't embarrass anyone: a plausible model, or a named fallback with its reason in a sentence."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from analytics.features import Unit
from analytics.lifetime import bg_nbd, gamma_gamma, naive
from analytics.lifetime.arrays import FloatArray, checked_weights, dot, fold, histories, vector
from analytics.lifetime.guard import Task, attempt
from analytics.lifetime.parameters import (
    BgNbdParameters,
    FitResult,
    GammaGammaParameters,
    MeanValueParameters,
    NaiveRateParameters,
)

MIN_CUSTOMERS = 20
MIN_REPEATERS = 10
MAX_CORRELATION = 0.5
HEAVY_SHARE = 0.01
HEAVY_FACTOR = 5.0
ROUGH_ROWS = 20_000
NO_FIT = "no_plausible_fit"
NO_FIT_SENTENCE = "No plausible model was found: {}."
RATE_SENTENCE = "Until then purchases are projected from how often people bought so far."
VALUE_SENTENCE = "Until then each customer's own average is used, drawn towards everybody's."


def fit_bg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    unit: Unit,
) -> FitResult[BgNbdParameters] | FitResult[NaiveRateParameters]:
    """Fit BG/NBD to (n,) purchase histories in `unit`, each standing for `weights` customers.

    Equal rows are folded, time is scaled, several starts compete, and penalties rise until the parameters are
    plausible. Where no fit is (too few customers or repeat buyers, nothing observed), the result is a naive
    rate with `reason_code` and `reason`. Raises ValueError with a sentence on missing, negative or
    contradictory input.
    """
    x, t_x, age = histories(frequency, recency, T)
    count = checked_weights(weights, len(x))
    rows = fold(x[count > 0], t_x[count > 0], age[count > 0])
    x, t_x, age = rows.columns
    count = rows.sums(count[count > 0])
    rate = naive.pooled_rate(x, age, count, unit=unit)
    code, reason = _purchase_obstacle(x, age, count)
    if not code:
        result, complaint = attempt(_bg_nbd_task(x, t_x, age, count, unit))
        result = result or _without_heaviest(x, t_x, age, count, unit)
        if result is not None:
            return result
        code, reason = NO_FIT, NO_FIT_SENTENCE.format(complaint)
    return FitResult(rate, float(count.sum()), reason_code=code, reason=f"{reason} {RATE_SENTENCE}")


def fit_gamma_gamma(
    frequency: ArrayLike,
    monetary_value: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    general_mean: float | None = None,
) -> FitResult[GammaGammaParameters] | FitResult[MeanValueParameters]:
    """Fit Gamma-Gamma to the repeat buyers among (n,) customers, in whatever money `monetary_value` is in.

    One-time buyers (frequency 0) and repeat buyers without a positive value take no part. The fallback is a
    shrunken mean; `general_mean` (spend per purchase day of all customers) serves when there's no repeat
    buyer to take it from. Raises ValueError with a sentence on missing or negative input.
    """
    x, value = vector("frequency", frequency), vector("monetary_value", monetary_value)
    if len(x) != len(value):
        raise ValueError("frequency and monetary_value must have the same length.")
    count = checked_weights(weights, len(x))
    keep = (x > 0) & (value > 0) & (count > 0)
    x, value, count = x[keep], value[keep], count[keep]
    mean = float(np.average(value, weights=count * x)) if len(x) else _checked_mean(general_mean)
    fallback = MeanValueParameters(mean=mean, prior_purchases=1.0)
    code, reason = _value_obstacle(x, value, count)
    if not code:
        result, complaint = attempt(_gamma_gamma_task(x, value, count))
        if result is not None:
            return result
        code, reason = NO_FIT, NO_FIT_SENTENCE.format(complaint)
    return FitResult(fallback, float(count.sum()), reason_code=code, reason=f"{reason} {VALUE_SENTENCE}")


def _checked_mean(general_mean: float | None) -> float:
    return float(vector("general_mean", 0.0 if general_mean is None else general_mean)[0])


def _purchase_obstacle(x: FloatArray, age: FloatArray, count: FloatArray) -> tuple[str, str]:
    customers, repeaters = count.sum(), count[x > 0].sum()
    if not len(x) or age.max() == 0:
        return "no_time_observed", "Nobody has been observed for longer than a day yet."
    if repeaters == 0:
        return "no_repeat_buyers", "Nobody has bought on a second day yet."
    if customers < MIN_CUSTOMERS or repeaters < MIN_REPEATERS:
        return "too_few_customers", (
            f"Only {customers:.0f} customers, {repeaters:.0f} of them repeat buyers: "
            f"the model needs {MIN_CUSTOMERS} and {MIN_REPEATERS}."
        )
    return "", ""


def _value_obstacle(x: FloatArray, value: FloatArray, count: FloatArray) -> tuple[str, str]:
    repeaters = count.sum()
    if repeaters == 0:
        return "no_repeat_buyers", "No repeat purchase with a value has been made yet."
    if repeaters < MIN_REPEATERS:
        return "too_few_customers", f"Only {repeaters:.0f} repeat buyers: the model needs {MIN_REPEATERS}."
    correlation = _correlation(np.log(x), np.log(value), count)
    if abs(correlation) > MAX_CORRELATION:
        return "value_depends_on_frequency", (
            f"How much people spend depends on how often they buy (correlation {correlation:.2f}), "
            "which the value model rules out."
        )
    return "", ""


def _correlation(first: FloatArray, second: FloatArray, count: FloatArray) -> float:
    first, second = (column - np.average(column, weights=count) for column in (first, second))
    spread = float(np.sqrt(dot(count, first**2) * dot(count, second**2)))
    return dot(count, first * second) / spread if spread > 1e-12 * count.sum() else 0.0


def _bg_nbd_task(
    x: FloatArray, t_x: FloatArray, age: FloatArray, count: FloatArray, unit: Unit
) -> Task[BgNbdParameters]:
    scale = float(np.average(age, weights=count))
    repeats = dot(count, x)
    ages = fold(age)
    age_counts, none = ages.sums(count), np.zeros(len(ages.columns[0]))

    def build(point: FloatArray) -> BgNbdParameters:
        r, alpha, a, b = (float(number) for number in np.exp(point))
        return BgNbdParameters(r=r, alpha=alpha * scale, a=a, b=b, unit=unit)

    def implied(candidate: BgNbdParameters) -> float:
        return dot(age_counts, bg_nbd.expected_if_alive(candidate, ages.columns[0], none, none))

    columns = (x, t_x / scale, age / scale, count)
    exact = bg_nbd.Likelihood(*columns)
    return Task(
        exact=exact,
        rough=bg_nbd.Likelihood(*_sample(*columns)) if len(x) > ROUGH_ROWS else exact,
        starts=_purchase_starts(repeats / float(count.sum())),
        customers=float(count.sum()),
        build=build,
        implied=implied,
        observed=repeats,
        quantity="repeat purchases",
        shift=-repeats * float(np.log(scale)),
    )


def _without_heaviest(
    x: FloatArray, t_x: FloatArray, age: FloatArray, count: FloatArray, unit: Unit
) -> FitResult[BgNbdParameters] | None:
    """A fit of all but a few customers whose frequency is out of all proportion: resellers, tills, test accounts."""
    order = np.argsort(x)
    reached = np.cumsum(count[order]) / count.sum()
    limit = HEAVY_FACTOR * max(1.0, float(x[order][np.searchsorted(reached, 1 - HEAVY_SHARE)]))
    keep = x <= limit
    if keep.all() or _purchase_obstacle(x[keep], age[keep], count[keep])[0]:
        return None
    result, _ = attempt(_bg_nbd_task(x[keep], t_x[keep], age[keep], count[keep], unit))
    if result is None:
        return None
    reason = (
        f"{count[~keep].sum():.0f} customers with more than {limit:.0f} repeat purchase days were left out "
        "of the fit, because no model holds them and the others together; they are scored like the others."
    )
    return replace(result, reason_code="heavy_buyers_left_out", reason=f"{reason} {result.reason}".strip())


def _gamma_gamma_task(x: FloatArray, value: FloatArray, count: FloatArray) -> Task[GammaGammaParameters]:
    scale = float(np.average(value, weights=count))

    def build(point: FloatArray) -> GammaGammaParameters:
        p, q, v = (float(number) for number in np.exp(point))
        return GammaGammaParameters(p=p, q=q, v=v * scale)

    columns = (x, value / scale, count)
    exact = gamma_gamma.Likelihood(*columns)
    return Task(
        exact=exact,
        rough=gamma_gamma.Likelihood(*_sample(*columns)) if len(x) > ROUGH_ROWS else exact,
        starts=[np.log(start) for start in ([4.0, 3.0, 0.5], [1.0, 2.0, 1.0], [20.0, 10.0, 0.45])],
        customers=float(count.sum()),
        build=build,
        implied=gamma_gamma.population_mean,
        observed=scale,
        quantity="of mean spend",
        shift=-float(count.sum() * np.log(scale)),
    )


def _purchase_starts(repeats_per_customer: float) -> list[FloatArray]:
    """Three shapes of heterogeneity and drop-out, each with the base's own rate (mean T is scaled to 1)."""
    shapes = ((0.5, 0.8, 2.5), (2.0, 1.0, 1.0), (0.3, 0.3, 5.0))
    return [np.log([r, r / (1.5 * repeats_per_customer), a, b]) for r, a, b in shapes]


def _sample(*columns: FloatArray) -> tuple[FloatArray, ...]:
    """Every k-th row: enough to rank starts, and the same rows each time."""
    step = -(-len(columns[0]) // ROUGH_ROWS)
    return tuple(column[::step] for column in columns)
