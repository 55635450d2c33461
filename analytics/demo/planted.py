"""What is wrong in the demo shop on purpose: odd customers, odd orders, odd products, and what is told about them."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.demo.catalogue import Catalogue
from analytics.demo.days import Calendar
from analytics.demo.spec import GUEST

OPENING, LATE = 9 * 3600, 18 * 3600 + 1800
ODD_CUSTOMERS = ("reseller", "serial_returner", "yearly_giant", "till_test")
WHY = {
    "reseller": "buys 100 to 350 pieces of cheap products every seventh trading day",
    "serial_returner": "sends back nine of ten orders whole",
    "yearly_giant": "one very large order a year, nothing else",
    "till_test": "a test account of the till: one piece at 0.01 before opening, every trading day",
    "mistyped_quantity": "8,000 pieces, cancelled twelve minutes later",
    "night_order": "a dear order at 03:12, when the shop is closed",
    "decimal_slip": "a price a hundred times too high",
    "price_slip": "sold at a tenth of its price for one week",
    "faulty": "more than half of all sales come back",
}


@dataclass(frozen=True)
class PlantedOrder:
    """An order outside the law: `lines` of (product, pieces, cents a piece), all returned at `back` (day, second)."""

    why: str
    customer: int
    day: int
    second: int
    lines: tuple[tuple[int, int, int], ...]
    back: tuple[int, int] | None = None

    @property
    def cents(self) -> int:
        return sum(pieces * price for _, pieces, price in self.lines)


@dataclass(frozen=True)
class Planted:
    """Odd customers by role (their numbers), odd orders in order of their recipe, odd products by what is odd."""

    customers: dict[str, int]
    orders: tuple[PlantedOrder, ...]
    products: dict[str, int]


def plant(rng: np.random.Generator, calendar: Calendar, goods: Catalogue, customers: int) -> Planted:
    """Everything planted among lines; the last `len(ODD_CUSTOMERS)` of `customers` become the odd ones."""
    numbers = {role: customers - len(ODD_CUSTOMERS) + place for place, role in enumerate(ODD_CUSTOMERS)}
    products = {"price_slip": goods.nearest(2499), "faulty": goods.nearest(1499)}
    orders = (
        *reseller(rng, calendar, goods, numbers["reseller"]),
        *serial_returner(rng, calendar, goods, numbers["serial_returner"]),
        *yearly_giant(rng, calendar, goods, numbers["yearly_giant"]),
        *till_test(calendar, numbers["till_test"]),
        *odd_transactions(calendar, goods),
        *price_slip(calendar, products["price_slip"]),
    )
    return Planted(numbers, orders, products)


def some_lines(
    rng: np.random.Generator, goods: Catalogue, count: int, cents: tuple[int, int], pieces: tuple[int, int]
) -> tuple[tuple[int, int, int], ...]:
    """`count` lines of products between two prices, pieces between two numbers (both ends included)."""
    low, high = (int(np.searchsorted(goods.price, price)) for price in cents)
    items = rng.integers(low, high, size=count).tolist()
    numbers = rng.integers(pieces[0], pieces[1] + 1, size=count).tolist()
    return tuple((item, number, int(goods.price[item])) for item, number in zip(items, numbers, strict=True))


def reseller(rng: np.random.Generator, calendar: Calendar, goods: Catalogue, customer: int) -> list[PlantedOrder]:
    return [
        PlantedOrder(
            "reseller", customer, day, OPENING + 60 * (day % 50), some_lines(rng, goods, 3, (49, 250), (100, 350))
        )
        for day in range(120, len(calendar.days), 7)
    ]


def serial_returner(
    rng: np.random.Generator, calendar: Calendar, goods: Catalogue, customer: int
) -> list[PlantedOrder]:
    orders = []
    for place, day in enumerate(range(200, len(calendar.days), 6)):
        back = day + int(rng.integers(3, 11))
        returned = place % 10 != 0 and back < len(calendar.days)
        lines = some_lines(rng, goods, 3, (1500, 9000), (1, 2))
        orders.append(
            PlantedOrder("serial_returner", customer, day, LATE, lines, (back, OPENING) if returned else None)
        )
    return orders


def yearly_giant(rng: np.random.Generator, calendar: Calendar, goods: Catalogue, customer: int) -> list[PlantedOrder]:
    days = [calendar.index_on_or_after(date(year, 11, 28)) for year in (2024, 2025)]
    return [
        PlantedOrder("yearly_giant", customer, day, OPENING + 4000, some_lines(rng, goods, 30, (500, 1500), (12, 36)))
        for day in days
    ]


def till_test(calendar: Calendar, customer: int) -> list[PlantedOrder]:
    first = calendar.index_on_or_after(date(2025, 6, 2))
    before_opening = 7 * 3600 + 55 * 60
    return [
        PlantedOrder("till_test", customer, day, before_opening, ((0, 1, 1),))
        for day in range(first, len(calendar.days))
    ]


def odd_transactions(calendar: Calendar, goods: Catalogue) -> list[PlantedOrder]:
    """Single odd orders of guests, so that no customer leaves the law."""
    mistyped, slip, dear = goods.nearest(210), goods.nearest(1299), goods.nearest(69999)
    day = calendar.index_on_or_after(date(2024, 6, 12))
    night = calendar.index_on_or_after(date(2025, 3, 11))
    wrong = calendar.index_on_or_after(date(2025, 8, 14))
    return [
        PlantedOrder(
            "mistyped_quantity", GUEST, day, 41_000, ((mistyped, 8_000, int(goods.price[mistyped])),), (day, 41_720)
        ),
        PlantedOrder("night_order", GUEST, night, 3 * 3600 + 12 * 60, ((dear, 4, int(goods.price[dear])),)),
        PlantedOrder("decimal_slip", GUEST, wrong, 52_000, ((slip, 1, 100 * int(goods.price[slip])),)),
    ]


def price_slip(calendar: Calendar, item: int) -> list[PlantedOrder]:
    first = calendar.index_on_or_after(date(2025, 10, 6))
    return [
        PlantedOrder("price_slip", GUEST, day, OPENING + 5_000 * turn + 13 * day, ((item, 1 + turn % 2, 249),))
        for day in range(first, first + 6)
        for turn in range(5)
    ]
