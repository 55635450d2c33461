"""Who buys on which day, and for how much: the part of the demo shop that follows published laws exactly."""

from dataclasses import dataclass

import numpy as np

from analytics.demo.days import Calendar
from analytics.demo.spec import GUEST, BgNbd, Floats, GammaGamma, Ints


@dataclass(frozen=True)
class Purchases:
    """Parallel arrays, one entry a purchase: customer number (GUEST without one), position of the trading
    day, spend in cents."""

    customer: Ints
    day: Ints
    cents: Ints


def repeat_moments(rng: np.random.Generator, law: BgNbd, starts: Floats, span: float) -> tuple[Ints, Floats]:
    """Repeat purchases of customers who first bought at `starts`, until `span`, all in operational days.

    Returns customer positions and moments; a customer's moments are in rising order. BG/NBD as in Fader, Hardie & Lee
    (2005), section 3: everyone is active at the first purchase, and may leave after each repeat purchase.
    """
    rate = rng.gamma(law.r, 1.0 / law.alpha, size=starts.size)
    leaving = rng.beta(law.a, law.b, size=starts.size)
    active = np.flatnonzero(rate > 0)
    now = starts.copy()
    customers, moments = [], []
    while active.size:
        now[active] += rng.exponential(size=active.size) / rate[active]
        active = active[now[active] < span]
        customers.append(active)
        moments.append(now[active])
        active = active[rng.random(active.size) >= leaving[active]]
    return np.concatenate(customers), np.concatenate(moments)


def on_days_of_their_own(customer: Ints, day: Ints, days: int) -> tuple[Ints, Ints]:
    """Move a customer's second purchase of a day to the next trading day, so that none is lost to collapsing.

    Inputs are sorted by customer and day; what would move beyond the last of `days` trading days is left out.
    """
    place = np.arange(customer.size)
    base = customer * (2 * days + customer.size)  # keeps the running maximum from crossing customers
    moved = np.maximum.accumulate(base + day - place) - base + place
    kept = moved < days
    return customer[kept], moved[kept]


def draw_purchases(
    days_rng: np.random.Generator,
    spend_rng: np.random.Generator,
    calendar: Calendar,
    law: BgNbd,
    spend: GammaGamma,
    customers: int,
) -> Purchases:
    """All purchases of `customers` people, first ones included, sorted by customer and day.

    One purchase a customer and day. First purchases are spread evenly over operational time. Repeat purchases follow
    `law` in operational days; the spend of each purchase follows `spend` and is rounded to cents (at least one).
    """
    starts = days_rng.random(customers) * calendar.span
    again, moments = repeat_moments(days_rng, law, starts, calendar.span)
    customer = np.concatenate([np.arange(customers), again])
    day = calendar.index_at(np.concatenate([starts, moments]))
    order = np.argsort(customer, kind="stable")
    customer, day = on_days_of_their_own(customer[order], day[order], len(calendar.days))
    rate = spend_rng.gamma(spend.q, 1.0 / spend.gamma, size=customers)
    return Purchases(customer, day, to_cents(spend_rng.gamma(spend.p, 1.0 / rate[customer])))


def draw_guest_purchases(rng: np.random.Generator, calendar: Calendar, spend: GammaGamma, orders: int) -> Purchases:
    """`orders` purchases of people without a number, spread as the trade is, each with a mean spend of its own."""
    day = calendar.index_at(rng.random(orders) * calendar.span)
    rate = rng.gamma(spend.q, 1.0 / spend.gamma, size=orders)
    return Purchases(np.full(orders, GUEST), day, to_cents(rng.gamma(spend.p, 1.0 / rate)))


def to_cents(money: Floats) -> Ints:
    """Money rounded to whole cents, at least one: a purchase of nothing would be no purchase."""
    return np.maximum(np.rint(money * 100), 1).astype(np.int64)
