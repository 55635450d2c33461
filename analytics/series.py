"""Daily metrics against what the weekday and the trend lead one to expect.

Source: Cleveland et al. 1990 (STL); the spread is the median absolute
deviation, so that the anomalies sought do not hide themselves by widening it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from statsmodels.tsa.seasonal import STL

from analytics.closed_days import Calendar, calendar
from analytics.scoring.transform import Matrix

MAD_OF_NORMAL = 1.4826  # turns a median absolute deviation into a standard deviation when the data are normal
THRESHOLD = 4.0  # above Iglewicz & Hoaglin's 3.5 (1993), as residuals of a fitted line are a little too small
FEWEST_DAYS = 14
WEEKS_FOR_STL = 6
TREND_WEEKS = 9  # a trend that bends faster would swallow a bad week
SEASONAL_WEEKS = 51  # a weekday's habit changes slowly; a shorter memory would learn single odd days
WEEKS_A_YEAR = 52
YEARS_FOR_SEASON = 2
SMALLEST_SPREAD = 0.02  # of the scale of values: a metric that never moves must not raise an alarm over pennies
FEWEST_A_WEEKDAY = 12
FULL_SEVERITY = 12.0


@dataclass(frozen=True)
class SeriesAnomaly:
    """A day whose `actual` lies outside `lower` to `upper`, all in the metric's unit.

    `score` is the robust z of the residual, signed; `severity` 0 to 100 follows from it alone. `at_stake` is the
    distance from `expected` in money (times `money_per_unit`), or None for a metric without a price.
    """

    day: date
    expected: float
    lower: float
    upper: float
    actual: float
    score: float
    direction: Literal["above", "below"]
    severity: int
    at_stake: float | None


@dataclass(frozen=True)
class SeriesResult:
    """`table`: one row per calendar day (index `day`) with `actual`, `expected`, `lower`, `upper`, `score`, `kind`.

    Figures are NaN on closed days. `method` is `stl`, `stl_yearly` (from two years on), `weekday_median` or `none`;
    `reason` says in a sentence why a simpler method, or none, was used.
    """

    table: pd.DataFrame
    anomalies: list[SeriesAnomaly]
    calendar: Calendar
    method: Literal["stl_yearly", "stl", "weekday_median", "none"]
    reason: str | None


def analyse_series(
    values: pd.Series,
    last_complete_day: date,
    *,
    explained: Collection[date] = (),
    money_per_unit: float | None = 1.0,
    threshold: float = THRESHOLD,
    zero_is_closed: bool = True,
) -> SeriesResult:
    """Expected value, band and anomalies of a daily series (index: dates) up to `last_complete_day`, inclusive.

    `explained` are holidays and days that a person called closed: no question is asked about them, and a fall on one of
    them that did trade is no anomaly. `money_per_unit` is 1 for money, the worth of one unit for counts, None if there
    is none. Raises ValueError as `calendar` does.
    """
    days = calendar(values, last_complete_day, explained=explained, zero_is_closed=zero_is_closed)
    trading = days.values[~days.values.index.day_of_week.isin(days.rest_weekdays)]
    method, reason = _method(trading, 7 - len(days.rest_weekdays))
    table = pd.DataFrame({"actual": days.values, "kind": days.kind}).rename_axis("day")
    if method == "none":
        table[["expected", "lower", "upper", "score"]] = np.nan
        return SeriesResult(table, [], days, method, reason)
    table = table.join(_expectations(trading, 7 - len(days.rest_weekdays), method, threshold))
    table.loc[table["actual"].isna(), ["expected", "lower", "upper", "score"]] = np.nan
    holidays = table.index.isin(pd.DatetimeIndex(list(explained)))
    unusual = table[(table["score"].abs() > threshold) & ~(holidays & (table["score"] < 0))]
    return SeriesResult(table, [_anomaly(row, money_per_unit) for row in unusual.itertuples()], days, method, reason)


def _method(trading: pd.Series, week: int) -> tuple[Literal["stl_yearly", "stl", "weekday_median", "none"], str | None]:
    traded = int(trading.notna().sum())
    if traded < FEWEST_DAYS:
        return "none", f"Only {traded} days with values: at least {FEWEST_DAYS} are needed to know what is usual."
    if len(trading) < WEEKS_FOR_STL * week or week < 2 or traded < 0.6 * len(trading):
        return "weekday_median", "Too short or too patchy for a trend: each day is compared with its usual weekday."
    if len(trading) >= YEARS_FOR_SEASON * WEEKS_A_YEAR * week:
        return "stl_yearly", None
    return "stl", None


def _expectations(trading: pd.Series, week: int, method: str, threshold: float) -> pd.DataFrame:
    scale = float(trading.abs().median()) / 10
    # Takings swing in proportion to their level; asinh is a logarithm that also bears days of net returns.
    bent = np.arcsinh(trading / scale)
    fitted = _weekday_median(bent) if method == "weekday_median" else _decomposed(bent, week, method)
    residual = bent - fitted
    spread = _spread(residual - residual.median())
    score = (residual - residual.median()) / spread
    middle = fitted + residual.median()
    return pd.DataFrame(
        {
            "expected": np.sinh(middle) * scale,
            "lower": np.sinh(middle - threshold * spread) * scale,
            "upper": np.sinh(middle + threshold * spread) * scale,
            "score": score,
        }
    )


def _spread(residual: pd.Series) -> pd.Series:
    """Per day: the base's spread, or its weekday's own where that is wider (a thin Sunday swings more)."""
    size = residual.abs()
    weekdays = size.groupby(size.index.day_of_week)
    own = weekdays.transform("median").where(weekdays.transform("count") >= FEWEST_A_WEEKDAY, 0)
    return (MAD_OF_NORMAL * own.clip(lower=float(size.median()))).clip(lower=SMALLEST_SPREAD)


def _weekday_median(bent: pd.Series) -> pd.Series:
    return bent.groupby(bent.index.day_of_week).transform("median")


def _decomposed(bent: pd.Series, week: int, method: str) -> pd.Series:
    parts = STL(
        _filled(bent),
        period=week,
        seasonal=SEASONAL_WEEKS,
        seasonal_deg=0,
        trend=_odd(TREND_WEEKS * week),
        robust=True,
    ).fit()
    fitted = pd.Series(np.asarray(parts.trend) + np.asarray(parts.seasonal), index=bent.index)
    return fitted + _other_years(bent - fitted, week) if method == "stl_yearly" else fitted


def _other_years(residual: pd.Series, week: int) -> pd.Series:
    """What the same week of the other years had beyond its trend: their own anomalies drop out in the week's median,
    and this year's day is never part of what it is compared with."""
    weekly = residual.rolling(week + 1 - week % 2, center=True, min_periods=1).median()
    year = WEEKS_A_YEAR * week
    years = range(1, len(residual) // year + 1)
    others = [weekly.shift(sign * count * year) for count in years for sign in (1, -1)]
    return pd.concat(others, axis=1).mean(axis=1).fillna(0)


def _filled(bent: pd.Series) -> Matrix:
    """Closed days take the level around them plus their weekday's usual distance from it, so that weeks keep step."""
    level = bent.rolling(29, center=True, min_periods=1).median().ffill().bfill()
    habit = (bent - level).groupby(bent.index.day_of_week).transform("median").fillna(0)
    return np.asarray(bent.fillna(level + habit), dtype=float)


def _odd(length: int) -> int:
    return length + 1 - length % 2


def _anomaly(row: Any, money_per_unit: float | None) -> SeriesAnomaly:
    distance = abs(row.actual - row.expected)
    return SeriesAnomaly(
        day=row.Index.date(),
        expected=row.expected,
        lower=row.lower,
        upper=row.upper,
        actual=row.actual,
        score=row.score,
        direction="above" if row.score > 0 else "below",
        severity=round(100 * min(abs(row.score) / FULL_SEVERITY, 1)),
        at_stake=None if money_per_unit is None else distance * money_per_unit,
    )
