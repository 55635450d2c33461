"""Calibration against holdout: who predicts better what people did next, and may be believed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.features import Unit
from analytics.lifetime.arrays import FloatArray, fold, histories, vector
from analytics.lifetime.fit import PurchaseFit, fit_purchases
from analytics.lifetime.naive import own_rate
from analytics.lifetime.parameters import NaiveRateParameters, PurchaseParameters
from analytics.lifetime.predict import conditional_expected_purchases
from analytics.lifetime.purchase_models import FITTABLE

NAIVE = NaiveRateParameters.model
# The last frequency group holds everybody with this many repeat purchases or more.
LAST_GROUP = 7
# A model that is worse than the naive rate on so many of the five measures is not used.
TOO_MANY_LOST = 3
# Errors below this share of what there was to predict count as equally good: luck decides among them.
NEGLIGIBLE = 0.01


@dataclass(frozen=True)
class FrequencyGroup:
    """Customers with `frequency` repeat purchases in calibration (`LAST_GROUP`: or more), and their mean in holdout."""

    frequency: int
    customers: int
    actual: float


@dataclass(frozen=True)
class Score:
    """How one model's holdout purchases compare with the real ones; errors are purchases per customer.

    `correlation` is None where one side doesn't vary. `by_frequency` is the mean expected in each of the contest's
    `groups`, `calibration_error` their mean distance from what happened, weighted with customers. `skill` is the share
    of the naive rate's error that the model removes, on average over the five measures: 1 perfect, 0 no better.
    """

    model: str
    total: float
    actual_total: float
    mae: float
    rmse: float
    correlation: float | None
    by_frequency: tuple[float, ...]
    calibration_error: float
    skill: float = 0.0


@dataclass(frozen=True)
class Contest:
    """All scores, the naive rate's last; `reasons` has a sentence for each, the champion's first.

    `order` names the models that may be used, the best first; the champion is the first of them, or the naive rate.
    `fits` are those to the calibration period, fallbacks included.
    """

    scores: tuple[Score, ...]
    champion: str
    reasons: tuple[str, ...]
    order: tuple[str, ...]
    groups: tuple[FrequencyGroup, ...]
    fits: Mapping[str, PurchaseFit]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {**asdict(replace(self, fits={})), "fits": {name: fit.as_dict() for name, fit in self.fits.items()}}


def run_contest(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    frequency_holdout: ArrayLike,
    *,
    duration: float,
    unit: Unit,
) -> Contest:
    """Fit all models on (n,) calibration histories, predict purchase days of a holdout of `duration` in `unit`.

    Five measures: error of the total, MAE, RMSE, correlation, and calibration by frequency group. A model that loses
    to the naive rate on three of them or on the whole (skill 0 or less), or that could not be fitted, can't be
    champion; among the others the highest skill wins. Raises ValueError on unusable input.
    """
    history = histories(frequency, recency, T)
    actual = vector("frequency_holdout", frequency_holdout)
    if len(actual) != len(history[0]) or not len(actual):
        raise ValueError("The contest needs at least one customer, and a holdout count for each.")
    field = _Field.of(history, actual, duration)
    fits = field.fits(unit)
    naive = field.score(NAIVE, own_rate(unit))
    return _judge(field, fits, naive)


@dataclass(frozen=True)
class _Field:
    """Distinct histories, whom each stands for, and what everybody did afterwards."""

    columns: tuple[FloatArray, FloatArray, FloatArray]
    weights: FloatArray
    inverse: Any
    actual: FloatArray
    group: Any
    duration: float

    @classmethod
    def of(cls, history: tuple[FloatArray, ...], actual: FloatArray, duration: float) -> "_Field":
        rows = fold(*history)
        group = np.minimum(history[0], LAST_GROUP).astype(int)
        x, t_x, age = rows.columns
        return cls((x, t_x, age), rows.sums(np.ones_like(actual)), rows.inverse, actual, group, duration)

    def fits(self, unit: Unit) -> dict[str, PurchaseFit]:
        return {name: fit_purchases(name, *self.columns, weights=self.weights, unit=unit) for name in FITTABLE}

    def by_group(self, values: FloatArray) -> FloatArray:
        """Means of (n,) values in the frequency groups that anybody is in."""
        sizes = np.bincount(self.group)
        sums = np.bincount(self.group, weights=values)
        return np.asarray(sums[sizes > 0] / sizes[sizes > 0], dtype=np.float64)

    def groups(self) -> tuple[FrequencyGroup, ...]:
        numbers, sizes = np.unique(self.group, return_counts=True)
        means = self.by_group(self.actual)
        return tuple(
            FrequencyGroup(int(number), int(size), float(mean))
            for number, size, mean in zip(numbers, sizes, means, strict=True)
        )

    def score(self, name: str, parameters: PurchaseParameters) -> Score:
        predicted = conditional_expected_purchases(parameters, self.duration, *self.columns)[self.inverse]
        error = predicted - self.actual
        expected = self.by_group(predicted)
        _, sizes = np.unique(self.group, return_counts=True)
        return Score(
            model=name,
            total=float(predicted.sum()),
            actual_total=float(self.actual.sum()),
            mae=float(np.abs(error).mean()),
            rmse=float(np.sqrt((error**2).mean())),
            correlation=_correlation(predicted, self.actual),
            by_frequency=tuple(expected.tolist()),
            calibration_error=float(np.average(np.abs(expected - self.by_group(self.actual)), weights=sizes)),
        )


def _correlation(first: FloatArray, second: FloatArray) -> float | None:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _judge(field: _Field, fits: dict[str, PurchaseFit], naive: Score) -> Contest:
    groups, customers = field.groups(), len(field.actual)
    scores = [field.score(name, fit.parameters) for name, fit in fits.items() if not fit.is_fallback]
    scores = [replace(score, skill=_skill(score, naive, customers)) for score in scores]
    lost = {score.model: _measures_lost(score, naive, customers) for score in scores}
    able = [score for score in scores if len(lost[score.model]) < TOO_MANY_LOST and score.skill > 0]
    order = tuple(score.model for score in sorted(able, key=lambda score: -score.skill))
    champion = order[0] if order else NAIVE
    sentences = {score.model: _sentence(score, naive, lost[score.model], score.model in order) for score in scores}
    sentences |= {name: f"{name} was not fitted. {fit.reason}" for name, fit in fits.items() if fit.is_fallback}
    sentences[NAIVE] = f"{NAIVE} predicted {naive.total:.0f} purchases of {naive.actual_total:.0f}."
    return Contest(
        scores=(*scores, naive),
        champion=champion,
        reasons=tuple(sentences[name] for name in sorted(sentences, key=lambda name: name != champion)),
        order=order,
        groups=groups,
        fits=fits,
    )


def _errors(score: Score, customers: int) -> dict[str, float]:
    """The five measures as errors, each relative to what there was to predict, none below what is negligible."""
    scale = score.actual_total or 1.0
    errors = {
        "total": abs(score.total - score.actual_total) / scale,
        "MAE": score.mae * customers / scale,
        "RMSE": score.rmse * customers / scale,
        "correlation": 1 - (score.correlation or 0.0),
        "calibration": score.calibration_error * customers / scale,
    }
    return {name: max(error, NEGLIGIBLE) for name, error in errors.items()}


def _skill(score: Score, naive: Score, customers: int) -> float:
    own, base = _errors(score, customers), _errors(naive, customers)
    return float(np.mean([1 - own[name] / base[name] for name in own]))


def _measures_lost(score: Score, naive: Score, customers: int) -> list[str]:
    own, base = _errors(score, customers), _errors(naive, customers)
    return [name for name in own if own[name] > base[name]]


def _sentence(score: Score, naive: Score, lost: list[str], is_able: bool) -> str:
    figures = (
        f"{score.model} predicted {score.total:.0f} purchases of {score.actual_total:.0f}, "
        f"MAE {score.mae:.3f} against {naive.mae:.3f} of {NAIVE}"
    )
    if is_able:
        return f"{figures}; over five measures its errors are {score.skill:.0%} smaller on average."
    where = ", ".join(lost) if len(lost) >= TOO_MANY_LOST else "the average of five measures"
    return f"{figures}; it loses on {where} and is not used."
