"""Which days a shop was closed: weekly rest days, holidays, and days that only a person can explain."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

NEVER = 0.05  # a weekday traded on at most this share of its dates is a rest day, the few openings exceptions
# From here on a missing day is worth a question. Below, days without a sale are ordinary: a small shop has one every
# other week, and asking about each would bury everything else.
NORMALLY = 0.95
FEWEST_WEEKS = 4


@dataclass(frozen=True)
class ClosedDay:
    """One question, "closed, or a missing file?", about days without sales that nothing explains.

    `days` are the unexplained ones, in order; they lie in one closure, `first_on` to `last_on`, in which no day traded.
    `usual` is the median of what such weekdays take, summed over `days`: what would be missing if a file were.
    """

    first_on: date
    last_on: date
    days: tuple[date, ...]
    usual: float

    @property
    def severity(self) -> int:
        """Always low: a closed day is a question, not an outage."""
        return 10


@dataclass(frozen=True)
class Calendar:
    """Each day from first to last complete day: `values` (NaN when closed) and `kind`, both indexed by day.

    Kinds: `open`, `rest` (a weekday that never trades), `explained` (a holiday or an answered question), `irregular`
    (a weekday that often stays closed), `unexplained`.
    """

    values: pd.Series
    kind: pd.Series

    @property
    def rest_weekdays(self) -> tuple[int, ...]:
        """Weekdays that never trade, Monday 0."""
        rest = self.kind.index[self.kind == "rest"]
        return tuple(sorted({int(day) for day in rest.day_of_week}))


def calendar(
    values: pd.Series, last_complete_day: date, *, explained: Collection[date] = (), zero_is_closed: bool = True
) -> Calendar:
    """Sort the days of a daily series (index: dates, any order, gaps allowed) up to `last_complete_day`, inclusive.

    A day that is absent, missing or (with `zero_is_closed`) 0 is closed. Days after `last_complete_day` are left out:
    a half day looks like a fall. Raises ValueError when no complete day traded or a day stands twice.
    """
    series = _daily(values, last_complete_day, zero_is_closed)
    is_open = series.notna()
    weekday = series.index.day_of_week
    known = series.index.isin(pd.DatetimeIndex(list(explained)))
    usual = is_open[~known] if not known.all() else is_open
    traded = usual.groupby(usual.index.day_of_week).mean().reindex(range(7)).fillna(0).to_numpy()[weekday]
    enough = len(series) >= 7 * FEWEST_WEEKS
    kind = np.select(
        [is_open, (traded <= NEVER) & enough, known, (traded < NORMALLY) | (not enough)],
        ["open", "rest", "explained", "irregular"],
        default="unexplained",
    )
    return Calendar(series, pd.Series(kind, index=series.index))


def _daily(values: pd.Series, last_complete_day: date, zero_is_closed: bool) -> pd.Series:
    series = pd.Series(values.to_numpy(dtype=float), index=pd.DatetimeIndex(values.index).normalize())
    if series.index.has_duplicates:
        raise ValueError("The series has a day twice: add its values up by day first.")
    series = series[series.index <= pd.Timestamp(last_complete_day)].sort_index()
    if zero_is_closed:
        series = series.where(series != 0)
    series = series.dropna()
    if series.empty:
        raise ValueError("No complete day has a value: wait for the first full day, or choose a later last day.")
    return series.reindex(pd.date_range(series.index[0], pd.Timestamp(last_complete_day), freq="D"))


def closed_days(days: Calendar) -> list[ClosedDay]:
    """The questions that `days` raises, oldest first: one for each closure, however many unexplained days it holds."""
    is_open = days.kind == "open"
    closures = days.kind[~is_open].groupby(is_open.cumsum()[~is_open])
    medians = days.values.groupby(days.values.index.day_of_week).median()
    return [_question(closure, medians) for _, closure in closures if (closure == "unexplained").any()]


def _question(closure: pd.Series, medians: pd.Series) -> ClosedDay:
    days = closure.index[closure == "unexplained"]
    return ClosedDay(
        first_on=days[0].date(),
        last_on=days[-1].date(),
        days=tuple(day.date() for day in days),
        usual=float(medians.reindex(days.day_of_week).sum()),
    )
