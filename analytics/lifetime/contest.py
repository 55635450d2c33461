"""Calibration against holdout: who predicts better what people did next, and may be believed."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.features import Unit
from analytics.lifetime.arrays import FloatArray, histories, vector
from analytics.lifetime.fit import fit_bg_nbd
from analytics.lifetime.naive import own_rate
from analytics.lifetime.parameters import BgNbdParameters, FitResult, NaiveRateParameters
from analytics.lifetime.predict import conditional_expected_purchases

Result = FitResult[BgNbdParameters] | FitResult[NaiveRateParameters]
NAIVE = NaiveRateParameters.model
FITTERS: dict[str, Callable[..., Result]] = {BgNbdParameters.model: fit_bg_nbd}


@dataclass(frozen=True)
class Score:
    """How one model's holdout purchases compare with the real ones; errors are purchases per customer.

    `correlation` is None where one side doesn't vary.
    """

    model: str
    total: float
    actual_total: float
    mae: float
    rmse: float
    correlation: float | None


@dataclass(frozen=True)
class Contest:
    """All scores, the naive rate among them; `reasons` has a sentence for each, the champion's first."""

    scores: tuple[Score, ...]
    champion: str
    reasons: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self)


def run_contest(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    frequency_holdout: ArrayLike,
    *,
    duration: float,
    unit: Unit,
) -> Contest:
    """Fit on (n,) calibration histories, predict purchase days of a holdout of `duration` in `unit`.

    A model that loses to the naive rate on two of three measures (error of the total, MAE, RMSE), or that
    could not be fitted, can't be champion; among the others the smallest MAE wins. Raises ValueError on
    unusable input.
    """
    x, t_x, age = histories(frequency, recency, T)
    actual = vector("frequency_holdout", frequency_holdout)
    if len(actual) != len(x) or not len(x):
        raise ValueError("The contest needs at least one customer, and a holdout count for each.")
    naive = _score(FitResult(own_rate(unit), float(len(x))), NAIVE, duration, (x, t_x, age), actual)
    fits = {name: fit(x, t_x, age, unit=unit) for name, fit in FITTERS.items()}
    scores = {
        name: _score(result, name, duration, (x, t_x, age), actual)
        for name, result in fits.items()
        if not result.is_fallback
    }
    excuses = {name: result.reason for name, result in fits.items() if result.is_fallback}
    return _judge(naive, scores, excuses)


def _score(result: Result, name: str, duration: float, history: tuple[FloatArray, ...], actual: FloatArray) -> Score:
    predicted = conditional_expected_purchases(result.parameters, duration, *history)
    error = predicted - actual
    return Score(
        model=name,
        total=float(predicted.sum()),
        actual_total=float(actual.sum()),
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        correlation=_correlation(predicted, actual),
    )


def _correlation(first: FloatArray, second: FloatArray) -> float | None:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _judge(naive: Score, scores: dict[str, Score], excuses: dict[str, str]) -> Contest:
    worse = {name: _measures_lost(score, naive) for name, score in scores.items()}
    able = [score for name, score in scores.items() if len(worse[name]) < 2]
    champion = min(able, key=lambda score: score.mae).model if able else NAIVE
    sentences = {name: _sentence(score, naive, worse[name]) for name, score in scores.items()}
    sentences |= {name: f"{name} was not fitted. {excuse}" for name, excuse in excuses.items()}
    sentences[NAIVE] = f"{NAIVE} predicted {naive.total:.0f} purchases of {naive.actual_total:.0f}."
    order = sorted(sentences, key=lambda name: name != champion)
    return Contest(
        scores=(*scores.values(), naive), champion=champion, reasons=tuple(sentences[name] for name in order)
    )


def _measures_lost(score: Score, naive: Score) -> list[str]:
    pairs = {
        "total": (abs(score.total - score.actual_total), abs(naive.total - naive.actual_total)),
        "MAE": (score.mae, naive.mae),
        "RMSE": (score.rmse, naive.rmse),
    }
    return [name for name, (own, base) in pairs.items() if own > base]


def _sentence(score: Score, naive: Score, lost: list[str]) -> str:
    figures = (
        f"{score.model} predicted {score.total:.0f} purchases of {score.actual_total:.0f}, "
        f"MAE {score.mae:.3f} against {naive.mae:.3f} of {NAIVE}"
    )
    if len(lost) >= 2:
        return f"{figures}; it loses on {', '.join(lost)} and is not used."
    return f"{figures}."
