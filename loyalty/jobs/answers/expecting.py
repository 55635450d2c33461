"""What members, candidates and the rest are expected to bring, month by month, with intervals from simulation."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from analytics import lifetime
from analytics.features import DAYS_PER_UNIT
from analytics.forecast import Expected, Histories, expected_revenue
from analytics.lifetime import FitResult
from loyalty.jobs.answers.material import RANDOM_STATE, Mask, Material, decimal
from loyalty.scores import Table
from segmentation.models import Snapshot
from segmentation.registry import load_model

MONTHS = 12
GROUPS = ("members", "candidates", "rest")
EVERYBODY = "all"


@dataclass(frozen=True)
class Models:
    """The models that values are computed with; a simple rate stands in a fit of its own that holds no doubt."""

    purchases: FitResult[Any]
    spend: FitResult[Any]


@dataclass(frozen=True)
class Forecast:
    """`groups` by name, and all of them together under EVERYBODY; `ends` are the month's last days, the cut-off first.

    `returned` is the share of purchases that each group sent back so far.
    """

    groups: dict[str, Expected]
    returned: dict[str, float]
    ends: list[date]
    is_certain_of_parameters: bool


def forecast(material: Material) -> Forecast:
    masks = {"members": material.is_member, "candidates": material.is_candidate, "rest": material.is_rest}
    return forecast_of(stored_models(material.snapshot), material.table, masks, material.as_of, MONTHS)


def forecast_of(models: Models, table: Table, masks: dict[str, Mask], as_of: date, months: int) -> Forecast:
    """From the figures of a table as of a day; `masks` (n,) by group do not overlap."""
    ends = [months_later(as_of, month) for month in range(months + 1)]
    returned = {name: _returned_share(table, mask) for name, mask in masks.items()}
    found = expected_revenue(
        models.purchases,
        models.spend,
        _histories(table, models.purchases.parameters.unit),
        list(masks.values()),
        [(end - as_of).days for end in ends[1:]],
        kept=[1 - returned[name] for name in masks],
        random_state=RANDOM_STATE,
    )
    groups = dict(zip([*masks, EVERYBODY], found, strict=True))
    return Forecast(groups, returned, ends, models.purchases.is_fallback)


def months_later(day: date, months: int) -> date:
    """The same day of a later month (or an earlier one), or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def stored_models(snapshot: Snapshot) -> Models:
    purchases = load_model("purchases", snapshot=snapshot)
    fit: FitResult[Any] = FitResult.from_dict(purchases["fit"])
    used = lifetime.read_parameters(purchases["used"])
    if fit.parameters != used:
        fit = FitResult(used, fit.customers)
    return Models(fit, FitResult.from_dict(load_model("spend", snapshot=snapshot)["fit"]))


def _histories(table: Table, unit: Any) -> Histories:
    per_unit = DAYS_PER_UNIT[unit]
    return Histories.of(
        table["frequency"].astype(float),
        table["recency"].astype(float) / per_unit,
        table["T"].astype(float) / per_unit,
        table["monetary_value"].astype(float),
    )


def _returned_share(table: Table, mask: Mask) -> float:
    gross = float(table["gross_revenue"][mask].sum())
    returned = float(table["returned_value"][mask].sum())
    return min(max(returned / gross, 0.0), 1.0) if gross > 0 else 0.0


def by_month(expected: Expected, ends: Sequence[date]) -> list[dict[str, Any]]:
    """The months of one group as they are kept."""
    return [
        {
            "from": (before + timedelta(days=1)).isoformat(),
            "to": after.isoformat(),
            "revenue": decimal(expected.months[place]),
            "interval": [decimal(expected.low[place]), decimal(expected.high[place])],
            "reached": decimal(expected.reached[place]),
            "reached_interval": [decimal(expected.reached_low[place]), decimal(expected.reached_high[place])],
        }
        for place, (before, after) in enumerate(pairwise(ends))
    ]


def as_kept(found: Forecast) -> dict[str, Any]:
    """Every group with its total and months: what later reports are scored on."""
    return {
        name: {
            "customers": group.customers,
            "value": decimal(group.total),
            "interval": [decimal(end) for end in group.interval],
            "returned_share": round(found.returned.get(name, 0.0), 6),
            "by_month": by_month(group, found.ends),
        }
        for name, group in found.groups.items()
    }
