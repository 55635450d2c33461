"""Visits to the demo shop's site: each event one row; a visit that converts belongs to a real order of that day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from analytics.demo.catalogue import Catalogue
from analytics.demo.lines import Lines
from analytics.demo.people import draw_countries
from analytics.demo.spec import GUEST, Ints

HOME, CHECKOUT, BASKET = "/", "/checkout", "/basket"
LATENCY_MS = {HOME: 90, "/category": 140, "/product": 110, BASKET: 80, CHECKOUT: 210}
DEVICES = (
    ("mobile", "Android", "Chrome"),
    ("mobile", "iOS", "Safari"),
    ("mobile", "iOS", "Safari"),
    ("desktop", "Windows", "Edge"),
    ("desktop", "Windows", "Chrome"),
    ("desktop", "macOS", "Safari"),
    ("desktop", "Linux", "Firefox"),
    ("tablet", "iPadOS", "Safari"),
)
REFERRERS = (
    "",
    "",
    "https://search.example/",
    "https://search.example/",
    "https://social.example/",
    "https://newsletter.example/",
)
CONVERTING_SHARE = 0.2
MOST_BOUGHT = 4
LUCK_PER_VISIT = 96
"""Random numbers laid out for one visit: more than the longest visit of a person can use."""

SLOW_DAY = date(2025, 9, 10)
BOT_DAYS = (date(2024, 11, 5), date(2025, 7, 22))
FLOOD_DAY, INSTANT_FORM_DAY = date(2025, 4, 9), date(2025, 10, 29)


class Event(NamedTuple):
    """One row; the place of the visit within its day makes `session_id`. `item` and `cents` are -1 when empty."""

    second: int
    session_id: str
    user: int
    page: str
    kind: str
    item: int
    cents: int
    converted: int
    form_fill_ms: int
    latency_ms: int
    ajax_calls: int
    size: int
    device: int
    country: int
    referrer: str


@dataclass(frozen=True)
class Site:
    """What visits draw on: products, each customer's country and first trading day, visits a day."""

    goods: Catalogue
    homes: Ints
    first_days: Ints
    sessions_per_day: int


@dataclass
class Visit:
    """A visit being written down; `luck` is its supply of random numbers in [0, 1)."""

    session_id: str
    user: int
    country: int
    second: int
    luck: Iterator[float]
    slow: bool
    events: list[Event]
    device: int = 0
    referrer: str = ""

    def pick(self, size: int) -> int:
        return int(next(self.luck) * size)

    def log(self, page: str, kind: str, item: int = -1, cents: int = -1, form_fill_ms: int = -1) -> None:
        """Write one event down at the visit's present second."""
        usual = LATENCY_MS["/" + page.split("/")[1]]
        latency = usual + self.pick(usual)
        if self.slow and page == HOME:
            latency *= 20
        self.events.append(
            Event(
                self.second,
                self.session_id,
                self.user,
                page,
                kind,
                item,
                cents,
                int(kind == "purchase"),
                form_fill_ms,
                latency,
                1 + self.pick(6),
                18_000 + self.pick(90_000),
                self.device,
                self.country,
                self.referrer if not self.events else "",
            )
        )

    def wait(self) -> None:
        self.second += 4 + self.pick(55)


def visits(rng: np.random.Generator, site: Site, index: int, day: date, sales: Lines) -> list[Event]:
    """Events of one trading day (its position `index`), by time. `sales` are the day's sale lines."""
    count = site.sessions_per_day
    luck = rng.random((count, LUCK_PER_VISIT)).tolist()
    bought = converting_orders(rng, sales, count)
    users = visitors(rng, site, index, count)
    abroad = draw_countries(rng, count).tolist()
    events: list[Event] = []
    for place in range(count):
        visit = Visit(
            f"S{day:%Y%m%d}-{place:04d}", users[place], abroad[place], 0, iter(luck[place]), day == SLOW_DAY, []
        )
        visit.device, visit.referrer = visit.pick(len(DEVICES)), REFERRERS[visit.pick(len(REFERRERS))]
        if place < len(bought):
            buy(visit, site.goods, bought[place])
        else:
            browse(visit, site)
        events += visit.events
    events += planted_visits(site.goods, day)
    return sorted(events, key=lambda event: event.second)


def converting_orders(rng: np.random.Generator, sales: Lines, count: int) -> list[Lines]:
    """A few of the day's orders of single pieces, so that a visit's purchases sum to its order."""
    numbers, first, order, size = np.unique(sales.order, return_index=True, return_inverse=True, return_counts=True)
    most = np.zeros(numbers.size, dtype=np.int64)
    np.maximum.at(most, order, sales.quantity)
    in_hours = sales.second[first] > 9 * 3600
    possible = np.flatnonzero((most == 1) & (size <= MOST_BOUGHT) & in_hours)
    wished = min(int(rng.binomial(count, CONVERTING_SHARE)), possible.size)
    chosen = np.sort(rng.permutation(possible)[:wished])
    return [sales.take(np.flatnonzero(order == place)) for place in chosen]


def visitors(rng: np.random.Generator, site: Site, index: int, count: int) -> list[int]:
    """Customers who have bought before this day, or GUEST for people who are not signed in."""
    drawn = rng.integers(0, site.first_days.size, size=count)
    signed_in = (rng.random(count) < 0.6) & (site.first_days[drawn] < index)
    users: list[int] = np.where(signed_in, drawn, GUEST).tolist()
    return users


def look(visit: Visit, goods: Catalogue, item: int) -> None:
    """The category, then the product."""
    visit.log(f"/category/{goods.category[item].lower()}", "view")
    visit.wait()
    visit.log(f"/product/{goods.item_id[item]}", "view", item, int(goods.price[item]))
    visit.wait()


def buy(visit: Visit, goods: Catalogue, order: Lines) -> None:
    """A visit that ends in `order`: each product looked at and laid in the basket, then bought at its price."""
    visit.user, visit.country = int(order.customer[0]), int(order.country[0])
    bought = list(zip(order.item.tolist(), order.price.tolist(), strict=True))
    visit.log(HOME, "view")
    visit.wait()
    for item, cents in bought:
        look(visit, goods, item)
        visit.log(BASKET, "cart", item, cents)
        visit.wait()
    visit.log(CHECKOUT, "form", form_fill_ms=9_000 + visit.pick(60_000))
    visit.wait()
    for item, cents in bought:
        visit.log(CHECKOUT, "purchase", item, cents)
    late = int(order.second[0]) - visit.second
    visit.events = [event._replace(second=event.second + late) for event in visit.events]


def browse(visit: Visit, site: Site) -> None:
    """A visit that buys nothing: some products, sometimes a basket, sometimes a checkout left unfinished."""
    goods = site.goods
    if visit.user != GUEST:
        visit.country = int(site.homes[visit.user])
    visit.second = 7 * 3600 + visit.pick(14 * 3600)
    visit.log(HOME, "view")
    for _ in range(visit.pick(4)):
        visit.wait()
        item = visit.pick(len(goods.item_id))
        look(visit, goods, item)
        if visit.pick(4) == 0:
            visit.log(BASKET, "cart", item, int(goods.price[item]))
    if visit.events[-1].kind == "cart" and visit.pick(3) == 0:
        visit.wait()
        visit.log(CHECKOUT, "form", form_fill_ms=9_000 + visit.pick(90_000))


def planted_visits(goods: Catalogue, day: date) -> list[Event]:
    """Odd visits of this day: a crawler, a basket filled 150 times, a form filled faster than anyone types."""
    if day in BOT_DAYS:
        return [
            planted(f"B{day:%Y%m%d}", 10_800 + step, f"/product/{item}", "view", step, int(goods.price[step]))
            for step, item in enumerate(goods.item_id[:300])
        ]
    if day == FLOOD_DAY:
        return [
            planted(f"F{day:%Y%m%d}", 50_400 + 7 * step, BASKET, "cart", 0, int(goods.price[0])) for step in range(150)
        ]
    if day == INSTANT_FORM_DAY:
        form = planted(f"I{day:%Y%m%d}", 61_201, CHECKOUT, "form", -1, -1)
        return [planted(f"I{day:%Y%m%d}", 61_200, HOME, "view", -1, -1), form._replace(form_fill_ms=18)]
    return []


def planted(session_id: str, second: int, page: str, kind: str, item: int, cents: int) -> Event:
    """An event of nobody signed in, without the calls that a browser's page makes."""
    return Event(second, session_id, GUEST, page, kind, item, cents, 0, -1, 60, 0, 15_000, 6, 0, "")


def odd_visits() -> dict[str, list[dict[str, str]]]:
    """What is planted among visits, by kind of anomaly."""
    bots = [
        {"session_id": f"B{day:%Y%m%d}", "day": day.isoformat(), "why": "a page every second, no script run"}
        for day in BOT_DAYS
    ]
    return {
        "bot": bots,
        "session": [
            {"session_id": f"F{FLOOD_DAY:%Y%m%d}", "day": FLOOD_DAY.isoformat(), "why": "150 times into the basket"},
            {
                "session_id": f"I{INSTANT_FORM_DAY:%Y%m%d}",
                "day": INSTANT_FORM_DAY.isoformat(),
                "why": "a form filled in 18 ms",
            },
        ],
        "page": [{"page": HOME, "day": SLOW_DAY.isoformat(), "why": "twenty times slower than usual, all day"}],
    }
