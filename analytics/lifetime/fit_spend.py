"""The value model's fit: Gamma-Gamma where its assumptions hold, else a shrunken mean with its reason."""

import numpy as np
from numpy.typing import ArrayLike

from analytics.lifetime import gamma_gamma
from analytics.lifetime.arrays import FloatArray, checked_weights, dot, every_kth, vector
from analytics.lifetime.fit import HEAVY_FACTOR, MIN_REPEATERS
from analytics.lifetime.guard import NO_FIT, NO_FIT_SENTENCE, Task, attempt
from analytics.lifetime.parameters import FitResult, GammaGammaParameters, MeanValueParameters

MAX_CORRELATION = 0.5
VALUE_SENTENCE = "Until then each customer's own average is used, drawn towards everybody's."


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
    mean = _typical_mean(value, count) if len(x) else _checked_mean(general_mean)
    fallback = MeanValueParameters(mean=mean, prior_purchases=1.0)
    code, reason = _obstacle(x, value, count)
    if not code:
        result, complaint = attempt(_gamma_gamma_task(x, value, count))
        if result is not None:
            return result
        code, reason = NO_FIT, NO_FIT_SENTENCE.format(complaint)
    return FitResult(fallback, float(count.sum()), reason_code=code, reason=f"{reason} {VALUE_SENTENCE}")


def _typical_mean(value: FloatArray, count: FloatArray) -> float:
    """Mean spend of customers, in which nobody counts for more than HEAVY_FACTOR times the median: one till among sixty
    people would otherwise be what each of them is expected to spend."""
    order = np.argsort(value)
    half = np.searchsorted(np.cumsum(count[order]), count.sum() / 2)
    return float(np.average(np.minimum(value, HEAVY_FACTOR * value[order][half]), weights=count))


def _checked_mean(general_mean: float | None) -> float:
    return float(vector("general_mean", 0.0 if general_mean is None else general_mean)[0])


def _obstacle(x: FloatArray, value: FloatArray, count: FloatArray) -> tuple[str, str]:
    repeaters = count.sum()
    if repeaters == 0:
        return "no_repeat_buyers", "No repeat purchase with a value has been made yet."
    if repeaters < MIN_REPEATERS:
        return "too_few_customers", (
            f"Only {repeaters:.0f} repeat {'buyer' if repeaters == 1 else 'buyers'}: the model needs {MIN_REPEATERS}."
        )
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


def _gamma_gamma_task(x: FloatArray, value: FloatArray, count: FloatArray) -> Task[GammaGammaParameters]:
    scale = float(np.average(value, weights=count))

    def build(point: FloatArray) -> GammaGammaParameters:
        p, q, v = (float(number) for number in np.exp(point))
        return GammaGammaParameters(p=p, q=q, v=v * scale)

    columns = (x, value / scale, count)
    exact, sample = gamma_gamma.Likelihood(*columns), every_kth(*columns)
    return Task(
        exact=exact,
        rough=exact if sample[0] is columns[0] else gamma_gamma.Likelihood(*sample),
        starts=[np.log(start) for start in ([4.0, 3.0, 0.5], [1.0, 2.0, 1.0], [20.0, 10.0, 0.45])],
        customers=float(count.sum()),
        build=build,
        implied=gamma_gamma.population_mean,
        observed=scale,
        quantity="of mean spend",
        shift=-float(count.sum() * np.log(scale)),
    )
