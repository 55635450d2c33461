"""How often each customer will buy again and what that is worth: the fits, the contest, and each customer's figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics import lifetime
from analytics.features import DAYS_PER_UNIT, Unit
from analytics.lifetime import naive
from segmentation.jobs.inputs import Calibration, Columns, Options

YEAR_DAYS = 365
# Contest names to the names of the interface.
NAIVE, NAIVE_IN_CONTEST = "naive", "naive_rate"
SHORTEST_CALIBRATION_DAYS = 30
SHORTEST_HOLDOUT_DAYS = 7
# Scores say why a value is missing or wide with these codes, or with the reason code of a fit that fell back.
ONE_TIME, LOST_CONTEST = "one_time_buyer", "lost_to_naive"


@dataclass(frozen=True)
class Models:
    """The purchase model that is used, the plain fit beside it, the spend model, and the contest (None: not held)."""

    used: lifetime.PurchaseParameters
    purchases: lifetime.FitResult[Any]
    spend: lifetime.FitResult[Any]
    contest: lifetime.Contest | None
    holdout_reason: str

    @property
    def champion(self) -> str:
        return NAIVE if isinstance(self.used, lifetime.NaiveRateParameters) else self.used.model

    @property
    def value_reason(self) -> str:
        """Why everybody's value is less certain than usual; "" when it isn't."""
        if self.champion == NAIVE:
            return self.purchases.reason_code if self.purchases.is_fallback else LOST_CONTEST
        return self.spend.reason_code

    def fit_reasons(self) -> list[str]:
        """What was wrong with the plain fits, in sentences."""
        return [result.reason for result in (self.purchases, self.spend) if result.reason]

    def reasons(self) -> list[str]:
        """Why this model is used: the contest's words, then the fits'."""
        contest = list(self.contest.reasons) if self.contest else []
        return [sentence.replace(NAIVE_IN_CONTEST, NAIVE) for sentence in [*contest, *self.fit_reasons()]]


def history(customers: Columns, unit: Unit) -> tuple[Any, Any, Any]:
    """Frequency, recency and T as the models want them, in `unit`."""
    per_unit = DAYS_PER_UNIT[unit]
    return customers["frequency"], customers["recency"] / per_unit, customers["T"] / per_unit


def fit_models(customers: Columns, calibration: Calibration | None, holdout_reason: str, unit: Unit) -> Models:
    x, t_x, age = history(customers, unit)
    purchases = lifetime.fit_bg_nbd(x, t_x, age, unit=unit)
    days = float(np.sum(x + 1))
    spend = lifetime.fit_gamma_gamma(
        x, customers["monetary_value"], general_mean=float(customers["gross_revenue"].sum()) / days
    )
    contest = None
    if calibration is not None:
        contest = lifetime.run_contest(
            calibration.frequency,
            calibration.recency,
            calibration.T,
            calibration.frequency_holdout,
            duration=calibration.duration,
            unit=unit,
        )
    lost = contest is not None and contest.champion == NAIVE_IN_CONTEST
    used = naive.pooled_rate(x, age, np.ones(len(x)), unit=unit) if lost else purchases.parameters
    return Models(used, purchases, spend, contest, holdout_reason)


def why_no_holdout(options: Options, span_days: int) -> str:
    """A sentence when the past is too short to keep some of it back; "" when it is long enough."""
    if options.holdout_days == 0:
        return "No holdout was asked for."
    if options.holdout_days < SHORTEST_HOLDOUT_DAYS or span_days - options.holdout_days < SHORTEST_CALIBRATION_DAYS:
        return (
            f"The purchases span {span_days} days; a check on the past needs at least "
            f"{SHORTEST_CALIBRATION_DAYS} days to learn from and {SHORTEST_HOLDOUT_DAYS} days to predict."
        )
    return ""


def fits_report(models: Models) -> dict[str, Any]:
    """The value models as the command prints them; a model that could not be fitted is null, its reason beside it."""
    return {
        "bg_nbd": _parameters(models.purchases, ("r", "alpha", "a", "b")),
        "gamma_gamma": _parameters(models.spend, ("p", "q", "v")),
        "champion": models.champion,
        "reasons": models.reasons(),
        "fit_reasons": models.fit_reasons(),
        "value_reason": models.value_reason,
    }


def _parameters(result: lifetime.FitResult[Any], names: tuple[str, ...]) -> dict[str, Any] | None:
    if result.is_fallback:
        return None
    printed = {("gamma" if name == "v" else name): getattr(result.parameters, name) for name in names}
    return {**printed, "log_likelihood": result.log_likelihood, "penalty": result.penalty}


def holdout_report(models: Models, options: Options) -> dict[str, Any] | None:
    """The contest as the command prints it: the days, and each model's figures under its name."""
    if models.contest is None:
        return None
    report: dict[str, Any] = {"days": options.holdout_days}
    for score in models.contest.scores:
        name = NAIVE if score.model == NAIVE_IN_CONTEST else score.model
        report[name] = {
            "total": score.total,
            "actual_total": score.actual_total,
            "mae": score.mae,
            "rmse": score.rmse,
            "correlation": score.correlation,
        }
    return report
