"""Orders: every sale of the two years in order of time, small enough to be held at once."""

from dataclasses import dataclass

import numpy as np

from analytics.demo.days import Calendar
from analytics.demo.people import draw_countries
from analytics.demo.planted import Planted
from analytics.demo.purchases import Purchases
from analytics.demo.spec import GUEST, Ints, stream

DAY = 86_400
OPENS, HALF_A_DAY = 8 * 3600 + 1800, 20_700


@dataclass(frozen=True)
class Orders:
    """Parallel arrays, one entry an order, by day and second. `planted` is the position in `Planted.orders`, -1 for
    orders of the law; `day_starts` (days + 1 entries) holds the position of each trading day's first order."""

    customer: Ints
    second: Ints
    cents: Ints
    country: Ints
    planted: Ints
    day_starts: Ints


def in_order_of_time(seed: int, calendar: Calendar, homes: Ints, drawn: list[Purchases], planted: Planted) -> Orders:
    """Give `drawn` purchases an hour between opening and closing, add the `planted` ones, sort, and number.

    `homes` is each customer's country; guests get one of their own.
    """
    rows = np.array([(order.customer, order.day, order.cents) for order in planted.orders], dtype=np.int64)
    parts = [*drawn, Purchases(*rows.T)]
    customer = np.concatenate([part.customer for part in parts])
    day = np.concatenate([part.day for part in parts])
    recipe = np.concatenate([np.full(customer.size - len(rows), -1), np.arange(len(rows))])
    second = opening_hours(seed, customer.size)
    second[recipe >= 0] = [order.second for order in planted.orders]
    by_time = np.argsort(day * DAY + second, kind="stable")
    starts = np.searchsorted(day[by_time], np.arange(len(calendar.days) + 1))
    cents = np.concatenate([part.cents for part in parts])
    customer = customer[by_time]
    return Orders(
        customer,
        second[by_time],
        cents[by_time],
        countries(seed, customer, homes),
        recipe[by_time],
        starts.astype(np.int64),
    )


def opening_hours(seed: int, size: int) -> Ints:
    """Seconds of the day from 8:30 to 20:00, most around the middle."""
    rng = stream(seed, "hours")
    return OPENS + rng.integers(0, HALF_A_DAY, size=size) + rng.integers(0, HALF_A_DAY, size=size)


def countries(seed: int, customer: Ints, homes: Ints) -> Ints:
    guests = draw_countries(stream(seed, "guests", 1), customer.size)
    return np.where(customer == GUEST, guests, homes[customer])


def first_days(orders: Orders, customers: int) -> Ints:
    """Position of each customer's first trading day; the number of days for one who never bought."""
    days = orders.day_starts.size - 1
    day = np.repeat(np.arange(days), np.diff(orders.day_starts))
    first = np.full(customers, days)
    known = orders.customer != GUEST
    np.minimum.at(first, orders.customer[known], day[known])
    return first
