"""Whom an action is for, and what each of them is worth who responds. Plain arithmetic on arrays of customers."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

RECENT_DAYS = 120
DOUBTFUL = 0.5
MOSTLY_DISCOUNTED = 0.5
FEWEST_ORDERS = 2
MOST_VISITS, VISIT_SHARE = 20, 0.01
# How many of a hundred respond is not known before a test: one is the yardstick.
YARDSTICK = 0.01


@dataclass(frozen=True)
class People:
    """One entry a customer; money in the reporting currency, NaN where it is not known.

    `next_price`: what a line of the item suggested first costs on average; NaN without a suggestion. `sent_back`: money
    returned in 12 months for the products behind most returns. `discounted_share`: of the orders, 0 to 1.
    """

    order_count: Numbers
    days_since: Numbers
    order_value: Numbers
    revenue_12m: Numbers
    expected_12m: Numbers
    p_alive: Numbers
    is_slipping: Mask
    discounted_share: Numbers
    next_price: Numbers
    sent_back: Numbers


@dataclass(frozen=True)
class Audience:
    """`is_in` (n,) and `worth` (n,): what a customer brings who responds; nothing outside the audience."""

    is_in: Mask
    worth: Numbers

    @property
    def size(self) -> int:
        return int(self.is_in.sum())

    @property
    def expected(self) -> float:
        """What it brings if one in a hundred responds."""
        return float(self.worth.sum()) * YARDSTICK


def audience(kind: str, people: People, group: Mask) -> Audience:
    """The audience of an action of this kind within a group (n,). Raises KeyError for an unknown kind."""
    is_in, worth = AUDIENCES[kind](people, group)
    chosen = is_in & group
    return Audience(chosen, np.where(chosen, np.nan_to_num(worth), 0.0))


def win_back(people: People, group: Mask) -> tuple[Mask, Numbers]:
    """Ordered at least twice, and slipping by their RFM group or more likely gone than not by the purchase model."""
    is_doubtful = np.nan_to_num(people.p_alive, nan=1.0) < DOUBTFUL
    return (people.order_count >= FEWEST_ORDERS) & (people.is_slipping | is_doubtful), people.order_value


def second_order(people: People, group: Mask) -> tuple[Mask, Numbers]:
    """One order, not long ago."""
    return (people.order_count == 1) & (people.days_since <= RECENT_DAYS), people.order_value


def cross_sell(people: People, group: Mask) -> tuple[Mask, Numbers]:
    """Those for whom similar customers tell a next item."""
    return np.isfinite(people.next_price), people.next_price


def fewer_returns(people: People, group: Mask) -> tuple[Mask, Numbers]:
    """Those who sent back the products behind most returns."""
    return people.sent_back > 0, people.sent_back


def discount(people: People, group: Mask) -> tuple[Mask, Numbers]:
    """At least two orders, half of them or more at a discount."""
    is_sensitive = np.nan_to_num(people.discounted_share) >= MOSTLY_DISCOUNTED
    return is_sensitive & (people.order_count >= FEWEST_ORDERS), people.order_value


def visit(people: People, group: Mask) -> tuple[Mask, Numbers]:
    """The largest by what they are expected to bring, or brought, in 12 months: one in a hundred, 20 at most."""
    size = np.where(np.isfinite(people.expected_12m), people.expected_12m, people.revenue_12m)
    size = np.where(group, size, -np.inf)
    count = min(MOST_VISITS, ceil(group.sum() * VISIT_SHARE))
    is_in = np.zeros(len(size), dtype=bool)
    is_in[np.argsort(-size, kind="stable")[:count]] = True
    return is_in & (size > 0), np.maximum(np.where(group, size, 0.0), 0.0)


AUDIENCES = {
    "win_back": win_back,
    "second_order": second_order,
    "cross_sell": cross_sell,
    "fewer_returns": fewer_returns,
    "discount": discount,
    "visit": visit,
}


def behind_most(amounts: Numbers, share: float = 0.5, most: int = 10) -> int:
    """How many of the largest amounts (n,; descending) make up this share of the whole, at most `most`."""
    total = float(amounts.sum())
    if total <= 0:
        return 0
    reached = int(np.searchsorted(np.cumsum(amounts), share * total - 1e-9) + 1)
    return min(reached, most, len(amounts))
