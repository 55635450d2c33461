"""Lines of one trading day as parallel arrays: sales from baskets and planted orders, and returns of earlier sales."""

from dataclasses import dataclass, fields

import numpy as np

from analytics.demo.baskets import Basket
from analytics.demo.planted import PlantedOrder
from analytics.demo.spec import Ints

FIRST_ORDER_NUMBER = 10_000_001


@dataclass(frozen=True)
class Lines:
    """One entry a line. `order` is the number of the sale, also for a return of it; `quantity` is negative for
    a return; `price` in cents a piece; `item` and `country` are positions; `second` of the shop's local day."""

    order: Ints
    second: Ints
    customer: Ints
    country: Ints
    item: Ints
    quantity: Ints
    price: Ints

    def take(self, chosen: Ints) -> "Lines":
        return Lines(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @property
    def amount(self) -> Ints:
        return self.quantity * self.price


def joined(parts: list[Lines]) -> Lines:
    """The lines of all `parts`, by time, then order number; lines of one order keep their order."""
    every = Lines(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Lines)))
    return every.take(np.lexsort((every.order, every.second)))


def planted_basket(orders: list[tuple[int, PlantedOrder]]) -> Basket:
    """The lines of planted orders, each given with the position that its lines shall carry."""
    rows = [(place, *line) for place, order in orders for line in order.lines]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Basket(*columns)


def planted_return(lines: Lines, number: int, second: int) -> Lines:
    """The whole order `number` taken back at `second` of another day."""
    back = lines.take(np.flatnonzero(lines.order == number))
    return Lines(
        back.order, np.full(back.order.size, second), back.customer, back.country, back.item, -back.quantity, back.price
    )


RETURNED_ORDERS, RETURNED_LINES, FAULTY_LINES, PART_OF_LINE = 0.05, 0.65, 0.6, 0.4
SOONEST, LATEST = 2, 28
OPENING, CLOSING = 9 * 3600, 19 * 3600


def draw_returns(rng: np.random.Generator, sales: Lines, faulty: int) -> tuple[Lines, Ints]:
    """Which of a day's `sales` come back, and after how many calendar days (one entry a line, one value an order).

    One order in twenty is returned in part or whole; lines of the product `faulty` come back more often than not.
    """
    numbers, order = np.unique(sales.order, return_inverse=True)
    luck = rng.random(numbers.size)
    delay = rng.integers(SOONEST, LATEST + 1, size=numbers.size)
    second = rng.integers(OPENING, CLOSING, size=numbers.size)
    line_luck, part_luck, pieces_luck = rng.random((3, order.size))
    back = (luck[order] < RETURNED_ORDERS) & (line_luck < RETURNED_LINES)
    back |= (sales.item == faulty) & (line_luck < FAULTY_LINES)
    some = 1 + (pieces_luck * sales.quantity).astype(np.int64)
    pieces = np.where(part_luck < PART_OF_LINE, some, sales.quantity)
    chosen = np.flatnonzero(back)
    returned = Lines(sales.order, second[order], sales.customer, sales.country, sales.item, -pieces, sales.price)
    return returned.take(chosen), delay[order][chosen]
