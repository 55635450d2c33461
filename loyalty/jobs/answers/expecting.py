"""What a group of customers is expected to bring, month by month, with an interval from simulation.

The interval holds two things: the models' parameters are only known within their standard errors (drawn log-normally,
one by one), and people scatter around their expectation (how often they come, whether they are still there, what they
spend). It does not hold that the models may be wrong in kind.
"""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics import lifetime
from analytics.features import DAYS_PER_UNIT
from analytics.lifetime import FitResult, GammaGammaParameters
from loyalty.jobs.answers.material import LEVEL, RANDOM_STATE, Material, decimal
from segmentation.registry import load_model

DRAWS = 200
MOST_ROWS = 5_000  # members that are simulated with each draw; larger groups are scaled up from a sample
WIDEST = 1.0  # of a parameter's standard error on the log scale: beyond that it is not determined at all

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forecast:
    """Money: the total and its interval, and the same by month."""

    total: float
    low: float
    high: float
    months: list[dict[str, Any]]
    returned_share: float
    included: str


@dataclass(frozen=True)
class Models:
    """The models as the snapshot keeps them; without standard errors their parameters are taken as known."""

    purchases: lifetime.PurchaseParameters
    spend: lifetime.ValueParameters
    purchase_errors: dict[str, float]
    spend_errors: dict[str, float]


def forecast(material: Material) -> Forecast:
    models = stored_models(material)
    ends = [months_later(material.as_of, month) for month in range(13)]
    lengths = np.array([(after - before).days for before, after in pairwise(ends)], dtype=float)
    group = _group(material, models)
    returned = _returned_share(material)
    if not material.members:
        zeros = np.zeros(len(lengths))
        return _finished(zeros, zeros[None, :], ends, returned)
    value = _monthly(models, group, lengths) * (1 - returned)
    draws = _draws(models, group, lengths, value, material.members) * (1 - returned)
    return _finished(value, draws, ends, returned)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def stored_models(material: Material) -> Models:
    purchases = load_model("purchases", snapshot=material.snapshot)
    spend = FitResult.from_dict(load_model("spend", snapshot=material.snapshot)["fit"])
    used = lifetime.read_parameters(purchases["used"])
    fitted = purchases["fit"].get("standard_errors") if purchases["fit"]["model"] == used.model else None
    return Models(used, spend.parameters, _usable(fitted), _usable(spend.standard_errors))


def _usable(errors: dict[str, float] | None) -> dict[str, float]:
    return {name: error for name, error in (errors or {}).items() if error is not None and np.isfinite(error)}


Group = dict[str, Floats]


def _group(material: Material, models: Models) -> Group:
    """The members' histories in the models' unit."""
    per_unit = DAYS_PER_UNIT[models.purchases.unit]
    rows = {name: material.table[name][material.is_member].astype(float) for name in ("frequency", "monetary_value")}
    for name in ("recency", "T"):
        rows[name] = material.table[name][material.is_member].astype(float) / per_unit
    return rows


def _returned_share(material: Material) -> float:
    gross = float(material.table["gross_revenue"][material.is_member].sum())
    returned = float(material.table["returned_value"][material.is_member].sum())
    return min(max(returned / gross, 0.0), 1.0) if gross > 0 else 0.0


def _monthly(models: Models, group: Group, lengths: Floats) -> Floats:
    found = lifetime.monthly_expected(
        models.purchases,
        models.spend,
        group["frequency"],
        group["recency"],
        group["T"],
        group["monetary_value"],
        month_days=lengths.tolist(),
    )
    return np.asarray(found.revenue)


def _draws(models: Models, group: Group, lengths: Floats, value: Floats, members: int) -> Floats:
    """(DRAWS, months) gross revenue: expectation under drawn parameters, and people's scatter around it."""
    generator = np.random.default_rng(RANDOM_STATE)
    sample, scale = _sample(group, members, generator)
    base = _monthly(models, sample, lengths)
    spread = np.sqrt(_variance(models, sample, float(lengths.sum())) * scale)
    weights = np.sqrt(base / base.sum()) if base.sum() > 0 else np.zeros(len(base))
    drawn = np.empty((DRAWS, len(lengths)))
    for number in range(DRAWS):
        shifted = _monthly(_shaken(models, generator), sample, lengths)
        # The ratio carries the parameters' doubt from the sample to the whole group.
        ratio = np.divide(shifted, base, out=np.ones_like(base), where=base > 0)
        drawn[number] = value * ratio + generator.normal(0, 1, len(lengths)) * weights * spread
    return np.maximum(drawn, 0)


def _sample(group: Group, members: int, generator: np.random.Generator) -> tuple[Group, float]:
    if members <= MOST_ROWS:
        return group, 1.0
    rows = generator.choice(members, size=MOST_ROWS, replace=False)
    return {name: column[rows] for name, column in group.items()}, members / MOST_ROWS


def _shaken(models: Models, generator: np.random.Generator) -> Models:
    return replace(
        models,
        purchases=_shake(models.purchases, models.purchase_errors, generator),
        spend=_shake(models.spend, models.spend_errors, generator),
    )


def _shake(parameters: Any, errors: dict[str, float], generator: np.random.Generator) -> Any:
    changes = {}
    for name, error in sorted(errors.items()):
        value = getattr(parameters, name)
        changes[name] = value * exp(generator.normal(0, min(error / value, WIDEST)))
    return replace(parameters, **changes)


def _variance(models: Models, group: Group, days: float) -> float:
    """Of the group's gross revenue: how often people come, whether they are still there, and what they spend.

    Compound sums: Var = E[N] Var(Z) + Var(N) E[Z]^2, and the doubt about each person's mean spend. Var(N) takes the
    person's rate as gamma with shape r + x (its posterior), and being alive as a coin with p_alive.
    """
    x, horizon = group["frequency"], lifetime.in_unit(days, models.purchases.unit)
    history = (x, group["recency"], group["T"])
    alive = lifetime.probability_alive(models.purchases, *history)
    count = lifetime.conditional_expected_purchases(models.purchases, horizon, *history)
    spend = lifetime.conditional_mean_value(models.spend, x, group["monetary_value"])
    if_alive = np.divide(count, alive, out=np.zeros_like(count), where=alive > 0)
    shape = getattr(models.purchases, "r", 1.0) + x
    of_count = count + alive * if_alive**2 / shape + if_alive**2 * alive * (1 - alive)
    one, mean = _spend_scatter(models.spend, x)
    return float(np.sum(spend**2 * (count * one + of_count + count**2 * mean)))


def _spend_scatter(spend: lifetime.ValueParameters, x: Floats) -> tuple[float, Floats]:
    """Squared variation of one purchase around a person's mean, and of that mean around what we expect of it."""
    if not isinstance(spend, GammaGammaParameters):
        return 1.0, np.ones_like(x)
    posterior = spend.p * x + spend.q
    # Without a second moment (posterior at most 2) the doubt is as large as the figure itself.
    return 1 / spend.p, np.where(posterior > 3, 1 / np.maximum(posterior - 2, 1), 1.0)


def _finished(value: Floats, draws: Floats, ends: list[date], returned: float) -> Forecast:
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    lows, highs = np.quantile(draws, tails, axis=0)
    low, high = np.quantile(draws.sum(axis=1), tails)
    total = float(value.sum())
    months = [
        {
            "from": (before + timedelta(days=1)).isoformat(),
            "to": after.isoformat(),
            "revenue": decimal(value[place]),
            "interval": [decimal(min(lows[place], value[place])), decimal(max(highs[place], value[place]))],
        }
        for place, (before, after) in enumerate(pairwise(ends))
    ]
    included = (
        "The interval is simulated: it holds the doubt about the models' parameters (each within its standard error) "
        "and people's scatter around their expectation, but no change of the market."
    )
    return Forecast(total, min(float(low), total), max(float(high), total), months, returned, included)
