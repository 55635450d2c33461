"""Trading days and the shop's own time: how a law without seasons becomes a calendar with seasons.

Customers follow their law in *operational time*, which runs fast on a December Saturday, slowly in August and
stands still while the shop is closed. Over the whole span it passes as many days as the calendar. A purchase at
operational time u falls on the trading day during which the cumulated intensity reaches u, so no purchase meets a
closed day, and the number of purchases of a customer is untouched; only the dates shift, by
`Calendar.largest_shift` days at most.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from analytics.demo.spec import Floats, Ints

FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2025, 12, 31)

HOLIDAYS = (
    date(2024, 1, 1),
    date(2024, 3, 29),
    date(2024, 4, 1),
    date(2024, 5, 1),
    date(2024, 12, 25),
    date(2024, 12, 26),
    date(2025, 1, 1),
    date(2025, 4, 18),
    date(2025, 4, 21),
    date(2025, 5, 1),
    date(2025, 12, 25),
    date(2025, 12, 26),
)
UNEXPLAINED_CLOSED_DAY = date(2025, 2, 19)
RUSH_DAY = date(2025, 5, 16)
SLUMP_DAY = date(2024, 9, 18)

# Whole numbers, so that the cumulated intensity is the same to the last bit everywhere.
WEEKDAYS = (90, 90, 100, 105, 125, 150, 0)
MONTHS = (95, 95, 99, 101, 101, 99, 95, 95, 100, 101, 109, 113)
PER_CENT_ON_ODD_DAYS = {RUSH_DAY: 300, SLUMP_DAY: 12}


def intensity(day: date) -> int:
    """Relative trade of a day as a whole number; 0 when the shop is closed."""
    if day in HOLIDAYS or day == UNEXPLAINED_CLOSED_DAY:
        return 0
    return WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] * PER_CENT_ON_ODD_DAYS.get(day, 100)


@dataclass(frozen=True)
class Calendar:
    """Trading days in order, and the intensity cumulated to the end of each."""

    days: tuple[date, ...]
    closed: tuple[date, ...]
    cumulated: Ints

    @property
    def span(self) -> int:
        """Days from the first to the last day, both included: the length of operational time, too."""
        return (LAST_DAY - FIRST_DAY).days + 1

    def index_at(self, moment: Floats) -> Ints:
        """Positions in `days` for operational times in [0, span); `len(days)` for later ones. Same shape."""
        reached = moment * (float(self.cumulated[-1]) / self.span)
        return np.searchsorted(self.cumulated, reached, side="right").astype(np.int64)

    def index_on_or_after(self, day: date) -> int:
        """Position of the first trading day that is not before `day`; `len(days)` when there is none."""
        return sum(1 for trading in self.days if trading < day)

    @property
    def offsets(self) -> Ints:
        """Days since FIRST_DAY of each trading day."""
        return np.array([(day - FIRST_DAY).days for day in self.days], dtype=np.int64)

    @property
    def largest_shift(self) -> float:
        """Largest distance between operational and calendar time at the end of a trading day, in days."""
        operational = self.cumulated * (self.span / float(self.cumulated[-1]))
        return float(np.abs(operational - (self.offsets + 1)).max())


def shop_calendar() -> Calendar:
    """The demo shop's two years."""
    every = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    trading = tuple(day for day in every if intensity(day))
    weights = np.array([intensity(day) for day in trading], dtype=np.int64)
    closed = tuple(day for day in every if not intensity(day))
    return Calendar(trading, closed, np.cumsum(weights))
