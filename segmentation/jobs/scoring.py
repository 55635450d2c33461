"""Each customer's figures from the models in use: what is expected, how far to trust it, and what is ahead of all."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics import lifetime
from analytics.lifetime import horizons, totals, uncertainty
from analytics.lifetime.base import Base
from analytics.lifetime.uncertainty import Interval
from segmentation.jobs.inputs import Columns, Options
from segmentation.jobs.values import LOST_CONTEST, NAIVE, ONE_TIME, YEAR_DAYS, Models, history
from segmentation.models import Snapshot

RANDOM_STATE = 20_101_202
# Under these models nobody leaves before a repeat purchase, so one-time buyers count as alive whatever they do.
SURE_OF_NEWCOMERS = {"bg_nbd"}
# The value of a year has a column of its own in the lists.
SHORT_HORIZONS = tuple(days for days in horizons.HORIZONS if days != YEAR_DAYS)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """Columns in the customers' order; why intervals are missing for everybody, as codes; and what all will do."""

    columns: Columns
    interval_reasons: dict[str, str]
    ahead: list[dict[str, Any]]


def score_values(customers: Columns, models: Models, options: Options) -> Scored:
    """The columns of values and intervals; a naive rate says nothing about who has left, so p_alive is missing then."""
    work = _Work(customers, models, options)
    figures = work.figures()
    ahead = work.outlook()
    intervals = work.intervals(figures, ahead)
    reason = models.value_reason
    is_sure = models.used.model in SURE_OF_NEWCOMERS
    newcomers = reason or (ONE_TIME if is_sure else "")
    columns: Columns = {
        **figures,
        **{f"{name}_{end}": getattr(interval, end) for name, interval in intervals.items() for end in ("low", "high")},
        **ahead,
        "value_reason": np.where(work.frequency == 0, newcomers, reason).astype(object),
    }
    found = totals.predictive_totals(work.purchases, models.spend, work.base, work.value, random_state=RANDOM_STATE)
    reasons = {name: interval.reason for name, interval in intervals.items()}
    return Scored(columns, reasons, [_plain(total) for total in found])


def describe(snapshot: Snapshot, scored: Scored, options: Options) -> None:
    """What pages and reports read of the base as a whole."""
    snapshot.fits = {
        **snapshot.fits,
        "annual_discount_rate": options.annual_discount_rate,
        "interval_level": uncertainty.LEVEL,
        "interval_reasons": scored.interval_reasons,
    }
    snapshot.totals = {**snapshot.totals, "ahead": scored.ahead}


def fit_in_use(models: Models) -> lifetime.FitResult[Any]:
    """The fit behind the parameters that everything is computed with; a rate that won the contest is a fallback."""
    if models.champion == NAIVE and not models.purchases.is_fallback:
        return lifetime.FitResult(models.used, models.purchases.customers, reason_code=LOST_CONTEST)
    return replace(models.purchases, parameters=models.used)


class _Work:
    """What the columns share: folded histories, the fits, and P(alive), worked out once."""

    def __init__(self, customers: Columns, models: Models, options: Options) -> None:
        self.models, self.options = models, options
        self.frequency, self.recency, self.age = (column.astype(float) for column in history(customers, options.unit))
        self.value: Floats = customers["monetary_value"].astype(float)
        self.purchases = fit_in_use(models)
        self.base = Base.of(self.frequency, self.recency, self.age)
        self.alive = self.base.alive(models.used)

    def figures(self) -> Columns:
        is_known = self.models.champion != NAIVE
        clv = self._clv(self.options.horizon_days)
        year = clv if self.options.horizon_days == YEAR_DAYS else self._clv(YEAR_DAYS)
        return {
            "p_alive": self.base.spread(self.alive) if is_known else np.full(self.base.customers, np.nan),
            "expected_purchases": self._expected(self.options.horizon_days),
            "clv": clv,
            "clv_12m": year,
        }

    def intervals(self, figures: Columns, ahead: Columns) -> dict[str, Interval]:
        """Of every figure that is an estimate, by its column."""
        days = self.options.horizon_days
        expected = {"expected_purchases": days} | {f"expected_purchases_{days}d": days for days in horizons.HORIZONS}
        worth = {"clv": days, "clv_12m": YEAR_DAYS} | {f"clv_{days}d": days for days in SHORT_HORIZONS}
        known = {**figures, **ahead}
        return {
            "p_alive": uncertainty.p_alive_interval(self.purchases, self.base),
            **{
                f"no_purchase_{days}d": uncertainty.no_purchase_interval(self.purchases, self.base, days=days)
                for days in horizons.SILENCES
            },
            **{name: self._expected_interval(known[name], days) for name, days in expected.items()},
            **{name: self._clv_interval(known[name], days) for name, days in worth.items()},
        }

    def outlook(self) -> Columns:
        """Silence, purchases and value at each horizon, and the day by which an order is as likely as not."""
        used, base = self.models.used, self.base
        silences = {
            f"no_purchase_{days}d": base.spread(horizons.no_purchase(used, base, self.alive, days))
            for days in horizons.SILENCES
        }
        purchases = {f"expected_purchases_{days}d": self._expected(days) for days in horizons.HORIZONS}
        worth = {f"clv_{days}d": self._clv(days) for days in SHORT_HORIZONS}
        waits = base.spread(horizons.days_to_next_order(used, base, self.alive))
        return {**silences, **purchases, **worth, "next_order_on": days_after(self.options.as_of, waits)}

    def _expected(self, days: int) -> Floats:
        return self.base.spread(self.alive * self.base.if_alive(self.models.used, days))

    def _clv(self, days: int) -> Floats:
        return lifetime.customer_lifetime_value(
            self.models.used,
            self.models.spend.parameters,
            self.frequency,
            self.recency,
            self.age,
            self.value,
            horizon_days=days,
            annual_discount_rate=self.options.annual_discount_rate,
        )

    def _expected_interval(self, expected: Floats, days: int) -> Interval:
        return uncertainty.expected_purchases_interval(self.purchases, self.base, expected, horizon_days=days)

    def _clv_interval(self, clv: Floats, days: int) -> Interval:
        return uncertainty.clv_interval(
            self.purchases,
            self.models.spend,
            self.base,
            self.frequency,
            self.value,
            clv,
            horizon_days=days,
            annual_discount_rate=self.options.annual_discount_rate,
        )


def days_after(as_of: date, waits: Floats) -> Any:
    """Dates so many days after `as_of`, the next day at the earliest; NaT where there is no wait."""
    days = np.maximum(np.ceil(np.where(np.isnan(waits), 1, waits)), 1).astype("timedelta64[D]")
    return np.where(np.isnan(waits), np.datetime64("NaT"), np.datetime64(as_of, "D") + days).astype("datetime64[s]")


def _plain(total: totals.Total) -> dict[str, Any]:
    """Money as text with two digits, counts with one: more would be a claim."""
    found: dict[str, Any] = {
        name: value for name, value in asdict(total).items() if isinstance(value, int | str) or value is None
    }
    for name, value in asdict(total).items():
        if isinstance(value, float):
            found[name] = f"{value:.2f}" if name.startswith("gross_revenue") else round(value, 1)
    return found
