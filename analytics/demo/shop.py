"""The shop as a whole: orders drawn at once, lines and visits one trading day at a time."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.demo.baskets import Basket, fill_baskets
from analytics.demo.catalogue import Catalogue, catalogue
from analytics.demo.days import Calendar, shop_calendar
from analytics.demo.lines import FIRST_ORDER_NUMBER, Lines, draw_returns, joined, planted_basket, planted_return
from analytics.demo.orders import Orders, first_days, in_order_of_time
from analytics.demo.people import People, draw_people
from analytics.demo.planted import ODD_CUSTOMERS, Planted, PlantedOrder, plant
from analytics.demo.purchases import draw_guest_purchases, draw_purchases
from analytics.demo.sessions import Event, Site, visits
from analytics.demo.spec import BG_NBD, GAMMA_GAMMA, GUEST_SHARE, Size, stream

Waiting = dict[int, list[Lines]]


@dataclass(frozen=True)
class TradingDay:
    """One day's lines (sales, and returns that arrive) and site events, both by time."""

    day: date
    lines: Lines
    events: list[Event]


@dataclass(frozen=True)
class Shop:
    """A drawn shop."""

    size: Size
    seed: int
    calendar: Calendar
    goods: Catalogue
    people: People
    planted: Planted
    orders: Orders
    site: Site

    def days(self) -> Iterator[TradingDay]:
        """Trading days in order, drawn when asked for; memory is one day and the returns under way."""
        waiting: Waiting = defaultdict(list)
        for index, day in enumerate(self.calendar.days):
            sales = self.sales_of(index)
            self.send_back(index, sales, waiting)
            lines = joined([sales, *waiting.pop(index, [])])
            rng = stream(self.seed, "sessions", index)
            yield TradingDay(day, lines, visits(rng, self.site, index, day, sales))

    def sales_of(self, index: int) -> Lines:
        """Sale lines of one trading day, by time."""
        start, stop = self.orders.day_starts[index : index + 2].tolist()
        places = np.arange(start, stop)
        lawful = places[self.orders.planted[start:stop] < 0]
        rng = stream(self.seed, "baskets", index)
        basket = fill_baskets(rng, self.goods, self.orders.cents[lawful], self.size.lines_per_order)
        known = self.as_lines(Basket(lawful[basket.order], basket.item, basket.quantity, basket.price))
        return joined([known, self.as_lines(planted_basket(self.planted_on(index)))])

    def planted_on(self, index: int) -> list[tuple[int, PlantedOrder]]:
        start, stop = self.orders.day_starts[index : index + 2].tolist()
        recipes = self.orders.planted[start:stop]
        return [(start + place, self.planted.orders[recipes[place]]) for place in np.flatnonzero(recipes >= 0).tolist()]

    def as_lines(self, basket: Basket) -> Lines:
        """Lines of a basket whose `order` holds positions among all orders."""
        orders, place = self.orders, basket.order
        return Lines(
            FIRST_ORDER_NUMBER + place,
            orders.second[place],
            orders.customer[place],
            orders.country[place],
            basket.item,
            basket.quantity,
            basket.price,
        )

    def send_back(self, index: int, sales: Lines, waiting: Waiting) -> None:
        """Put the returns of a day's sales down for the days on which they arrive."""
        planted = self.planted_on(index)
        own = np.isin(sales.order, [FIRST_ORDER_NUMBER + place for place, _ in planted])
        rng = stream(self.seed, "returns", index)
        returned, delay = draw_returns(rng, sales.take(np.flatnonzero(~own)), self.planted.products["faulty"])
        offsets = self.calendar.offsets
        arrival = np.searchsorted(offsets, offsets[index] + delay)
        for day in np.unique(arrival).tolist():
            waiting[day].append(returned.take(np.flatnonzero(arrival == day)))
        for place, order in planted:
            if order.back:
                waiting[order.back[0]].append(planted_return(sales, FIRST_ORDER_NUMBER + place, order.back[1]))


def open_shop(size: Size, seed: int) -> Shop:
    """Draw the shop of one `size` (more customers than the odd ones) and `seed` (0 or more).

    Raises ValueError for a size or seed outside that.
    """
    if size.customers <= len(ODD_CUSTOMERS) or seed < 0:
        raise ValueError(f"A demo shop needs more than {len(ODD_CUSTOMERS)} customers and a seed of 0 or more.")
    calendar, goods = shop_calendar(), catalogue()
    people = draw_people(stream(seed, "people"), size.customers)
    planted = plant(stream(seed, "planted"), calendar, goods, size.customers)
    lawful = draw_purchases(
        stream(seed, "purchases"),
        stream(seed, "spend"),
        calendar,
        BG_NBD,
        GAMMA_GAMMA,
        size.customers - len(ODD_CUSTOMERS),
    )
    guests = draw_guest_purchases(
        stream(seed, "guests"), calendar, GAMMA_GAMMA, round(GUEST_SHARE * lawful.customer.size)
    )
    orders = in_order_of_time(seed, calendar, people.country, [lawful, guests], planted)
    site = Site(goods, people.country, first_days(orders, size.customers), size.sessions_per_day)
    return Shop(size, seed, calendar, goods, people, planted, orders, site)
