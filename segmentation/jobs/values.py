"""How often each customer will buy again and what that is worth: the fits, the contest, and each customer's figures."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from analytics import lifetime
from analytics.features import DAYS_PER_UNIT, Unit
from analytics.lifetime import naive
from analytics.lifetime.arrays import FloatArray, fold
from analytics.lifetime.choice import Kind
from segmentation.jobs.inputs import Calibration, Columns, Options
from segmentation.models import ModelArtifact, Snapshot
from segmentation.registry import ModelRefused, verified_parameters
from segmentation.selectors import current_snapshot
from segmentation.services.requests import SHORTEST_CALIBRATION_DAYS

YEAR_DAYS = 365
# Contest names to the names of the interface.
NAIVE, NAIVE_IN_CONTEST = "naive", "naive_rate"
SHORTEST_HOLDOUT_DAYS = 7
# Of a year of daily results; what is older than that is no model of today's customers.
MOST_LOOKED_AT = 366
# Scores say why a value is missing or wide with these codes, or with the reason code of a fit that fell back.
ONE_TIME, LOST_CONTEST, EARLIER_MODEL = "one_time_buyer", "lost_to_naive", "earlier_model"
PARAMETERS = {
    "bg_nbd": ("r", "alpha", "a", "b"),
    "mbg_nbd": ("r", "alpha", "a", "b"),
    "pareto_nbd": ("r", "alpha", "s", "beta"),
}


@dataclass(frozen=True)
class Earlier:
    """The fit that published results used, and the day up to which it knew the purchases."""

    fit: lifetime.FitResult[Any]
    as_of: date


@dataclass(frozen=True)
class Models:
    """The purchase model in use and where it comes from, all fits, the spend model, the contest (None: not held).

    `used` are the parameters that everything is computed with, `purchases` the fit that they come from; where a simple
    rate is used because every model lost to it, `purchases` is the likeliest fit. `kind` says how it was chosen, and
    `fitted_as_of` up to which day the fit knew the purchases.
    """

    used: lifetime.PurchaseParameters
    purchases: lifetime.FitResult[Any]
    spend: lifetime.FitResult[Any]
    contest: lifetime.Contest | None
    holdout_reason: str
    fits: dict[str, lifetime.PurchaseFit]
    kind: Kind
    fitted_as_of: date

    @property
    def champion(self) -> str:
        return NAIVE if isinstance(self.used, lifetime.NaiveRateParameters) else self.used.model

    @property
    def value_reason(self) -> str:
        """Why everybody's value is less certain than usual; "" when it isn't."""
        codes = {"lost": LOST_CONTEST, "fallback": self.purchases.reason_code, "earlier": EARLIER_MODEL}
        return codes.get(self.kind, self.spend.reason_code)

    def fit_reasons(self) -> list[str]:
        """What was wrong with the fits, in sentences, each once."""
        told = [self._note(), *self.not_fitted().values(), self.purchases.reason, self.spend.reason]
        return [sentence for sentence in dict.fromkeys(told) if sentence]

    def not_fitted(self) -> dict[str, str]:
        """Why a model could not be fitted, by its name."""
        return {name: fit.reason for name, fit in self.fits.items() if fit.is_fallback}

    def _note(self) -> str:
        if self.kind == "earlier":
            return (
                f"No model could be fitted to the present purchases, so the one fitted to those up to "
                f"{self.fitted_as_of:%-d %B %Y} is used; it still agrees with how often people bought since."
            )
        if self.kind == "runner_up":
            return "The model that did best on the past could not be fitted to all purchases, so the next best is used."
        return ""

    def reasons(self) -> list[str]:
        """Why this model is used: the contest's words, then the fits'."""
        contest = list(self.contest.reasons) if self.contest else []
        return [sentence.replace(NAIVE_IN_CONTEST, NAIVE) for sentence in [*contest, *self.fit_reasons()]]


def history(customers: Columns, unit: Unit) -> tuple[Any, Any, Any]:
    """Frequency, recency and T as the models want them, in `unit`."""
    per_unit = DAYS_PER_UNIT[unit]
    return customers["frequency"], customers["recency"] / per_unit, customers["T"] / per_unit


def fit_models(
    customers: Columns,
    calibration: Calibration | None,
    holdout_reason: str,
    options: Options,
    earlier: Earlier | None = None,
) -> Models:
    """Fit every model to all purchases; which one is used is for the contest to say."""
    x, t_x, age, weights = distinct = _distinct(customers, options.unit)
    fits = {name: lifetime.fit_purchases(name, x, t_x, age, weights, unit=options.unit) for name in PARAMETERS}
    contest = _contest(calibration, options.unit)
    chosen = lifetime.choose(fits, contest, _still_good(earlier, options.unit, distinct))
    rate = naive.pooled_rate(x, age, weights, unit=options.unit)
    return Models(
        rate if chosen.kind == "lost" else chosen.fit.parameters,
        chosen.fit,
        _fit_spend(customers),
        contest,
        holdout_reason,
        fits,
        kind=chosen.kind,
        fitted_as_of=earlier.as_of if earlier and chosen.kind == "earlier" else options.as_of,
    )


def _distinct(customers: Columns, unit: Unit) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Distinct histories, and how many customers have each: found once for all models."""
    rows = fold(*(column.astype(float) for column in history(customers, unit)))
    x, t_x, age = rows.columns
    return x, t_x, age, rows.sums(np.ones(len(rows.inverse)))


def _still_good(
    earlier: Earlier | None, unit: Unit, distinct: tuple[FloatArray, ...]
) -> lifetime.FitResult[Any] | None:
    """An earlier fit in the present unit, if it reproduces the present purchases."""
    if earlier is None:
        return None
    parameters = lifetime.rescaled(earlier.fit.parameters, unit)
    x, t_x, age, weights = distinct
    return None if lifetime.misfit(parameters, x, t_x, age, weights) else replace(earlier.fit, parameters=parameters)


def latest_good_fit() -> Earlier | None:
    """The newest fit that published results were computed with, up to the current ones.

    Results of a simple rate hold none and are passed over, as are models that can't be trusted; so one is there for the
    day when none can be fitted, however often the rate won in between. What was rolled back doesn't count.
    """
    current = current_snapshot()
    if current is None:
        return None
    published = Snapshot.objects.filter(state=Snapshot.State.PUBLISHED, pk__lte=current.pk)
    artifacts = ModelArtifact.objects.filter(kind="purchases", snapshot__in=published)
    newest = artifacts.order_by("-snapshot_id")[:MOST_LOOKED_AT]
    return next((found for found in map(_fit_in_use, newest) if found is not None), None)


def _fit_in_use(artifact: ModelArtifact) -> Earlier | None:
    """None where a simple rate was used, or the model can't be trusted."""
    try:
        stored = verified_parameters(artifact)
        fit: lifetime.FitResult[Any] = lifetime.FitResult.from_dict(stored["fit"])
    except (ModelRefused, ValueError, KeyError):
        return None
    if fit.is_fallback or stored["champion"] != fit.model:
        return None
    return Earlier(fit, date.fromisoformat(stored.get("fitted_as_of", artifact.snapshot.as_of.isoformat())))


def _contest(calibration: Calibration | None, unit: Unit) -> lifetime.Contest | None:
    if calibration is None:
        return None
    return lifetime.run_contest(
        calibration.frequency,
        calibration.recency,
        calibration.T,
        calibration.frequency_holdout,
        duration=calibration.duration,
        unit=unit,
    )


def _fit_spend(customers: Columns) -> lifetime.FitResult[Any]:
    days = float(np.sum(customers["frequency"] + 1))
    general_mean = float(customers["gross_revenue"].sum()) / days
    return lifetime.fit_gamma_gamma(customers["frequency"], customers["monetary_value"], general_mean=general_mean)


def why_no_holdout(options: Options, span_days: int) -> str:
    """A sentence when the past is too short to keep some of it back; "" when it is long enough."""
    if options.holdout_days == 0:
        return "No holdout was asked for."
    asked, least = options.holdout_days, SHORTEST_CALIBRATION_DAYS
    if span_days < least + SHORTEST_HOLDOUT_DAYS:
        return (
            f"The purchases span {span_days} days; a check on the past needs at least "
            f"{least} days to learn from and {SHORTEST_HOLDOUT_DAYS} days to predict."
        )
    if asked < SHORTEST_HOLDOUT_DAYS:
        return f"A check on the past needs at least {SHORTEST_HOLDOUT_DAYS} days to predict; {asked} were kept back."
    if span_days - asked < least:
        return (
            f"The purchases span {span_days} days, of which {asked} were to be kept back: that leaves less than the "
            f"{least} days that the models need to learn from."
        )
    return ""


def fits_report(models: Models) -> dict[str, Any]:
    """The value models as the command prints them; a model that could not be fitted is null, its reason beside it."""
    return {
        **{name: _parameters(models.fits[name], names) for name, names in PARAMETERS.items()},
        "gamma_gamma": _parameters(models.spend, ("p", "q", "v")),
        "champion": models.champion,
        "reasons": models.reasons(),
        "fit_reasons": models.fit_reasons(),
        "not_fitted": models.not_fitted(),
        "chosen": models.kind,
        "fitted_as_of": models.fitted_as_of.isoformat(),
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
