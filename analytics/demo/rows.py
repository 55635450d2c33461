"""Rows of text: the demo shop's tables as lines of CSV, each ending in a line feed, nothing ever needing quotes.

Money is written from whole cents, times from whole seconds, so that no float is ever formatted. Times are the
shop's local time, without an offset.
"""

import unicodedata
from collections.abc import Iterator

import numpy as np

from analytics.demo.people import COUNTRIES, FIRST_NAMES, LAST_NAMES, OLDEST, PLACES
from analytics.demo.sessions import DEVICES, Event
from analytics.demo.shop import Shop, TradingDay
from analytics.demo.spec import GUEST, Ints

LINE_HEADER = "order_id,ordered_at,customer_id,item_id,description,category,brand,quantity,unit_price,country\n"
CUSTOMER_HEADER = "customer_id,name,email,birth_date,country,city,consent\n"
EVENT_HEADER = (
    "session_id,user_id,occurred_at,page,kind,item_id,price,converted,form_fill_ms,latency_ms,ajax_calls,bytes,"
    "device,os,browser,country,referrer\n"
)
FIRST_CUSTOMER = 1_000_001
PEOPLE_AT_ONCE = 50_000


def customer_id(number: int) -> str:
    """The id in the files of customer `number`; empty for a guest."""
    return "" if number == GUEST else str(FIRST_CUSTOMER + number)


def money(cents: int) -> str:
    """Cents as a plain decimal with two digits: 1205 is "12.05"."""
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{part:02d}"


def clock(second: int) -> str:
    minutes, seconds = divmod(second, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def order_id(number: int, is_return: bool) -> str:
    """The order's number; a return carries the number of its sale behind a C."""
    return f"C{number}" if is_return else str(number)


def line_rows(shop: Shop, trading: TradingDay) -> list[str]:
    """The day's lines as rows under LINE_HEADER, by time."""
    lines, goods = trading.lines, shop.goods
    products = [
        ",".join(text) for text in zip(goods.item_id, goods.description, goods.category, goods.brand, strict=True)
    ]
    heads, place = order_heads(trading)
    columns = (place, lines.item, lines.quantity, lines.price, lines.country)
    return [
        f"{heads[head]},{products[item]},{pieces},{cents // 100}.{cents % 100:02d},{COUNTRIES[country]}\n"
        for head, item, pieces, cents, country in zip(*(column.tolist() for column in columns), strict=True)
    ]


def order_heads(trading: TradingDay) -> tuple[list[str], Ints]:
    """The fields that an order's lines share, once an order, and the order's place for each line."""
    lines = trading.lines
    _, first, place = np.unique(2 * lines.order + (lines.quantity < 0), return_index=True, return_inverse=True)
    each = zip(
        lines.order[first].tolist(),
        (lines.quantity[first] < 0).tolist(),
        lines.second[first].tolist(),
        lines.customer[first].tolist(),
        strict=True,
    )
    day = trading.day.isoformat()
    heads = [
        f"{order_id(number, is_return)},{day}T{clock(second)},{customer_id(customer)}"
        for number, is_return, second, customer in each
    ]
    return heads, place


def event_rows(shop: Shop, trading: TradingDay) -> list[str]:
    """The day's site events as rows under EVENT_HEADER, by time."""
    day = trading.day.isoformat()
    return [event_row(shop, day, event) for event in trading.events]


def event_row(shop: Shop, day: str, event: Event) -> str:
    item = "" if event.item < 0 else shop.goods.item_id[event.item]
    price = "" if event.cents < 0 else money(event.cents)
    filled = "" if event.form_fill_ms < 0 else str(event.form_fill_ms)
    return (
        f"{event.session_id},{customer_id(event.user)},{day}T{clock(event.second)},{event.page},{event.kind},"
        f"{item},{price},{event.converted},{filled},{event.latency_ms},{event.ajax_calls},{event.size},"
        f"{','.join(DEVICES[event.device])},{COUNTRIES[event.country]},{event.referrer}\n"
    )


def customer_rows(shop: Shop) -> Iterator[str]:
    """Every customer as a row under CUSTOMER_HEADER, by id."""
    people = shop.people
    birthdays = [str(OLDEST + day) for day in range(int(people.birth.max()) + 1)]
    first_mail, last_mail = [plain(name) for name in FIRST_NAMES], [plain(name) for name in LAST_NAMES]
    columns = (people.first, people.last, people.birth, people.country, people.city, people.consent)
    for start in range(0, people.first.size, PEOPLE_AT_ONCE):
        some = (column[start : start + PEOPLE_AT_ONCE].tolist() for column in columns)
        for number, (first, last, birth, country, city, consent) in enumerate(zip(*some, strict=True), start):
            name, _, cities = PLACES[country]
            key = FIRST_CUSTOMER + number
            mail = f"{first_mail[first]}.{last_mail[last]}.{key}@example.com"
            birthday = birthdays[birth] if birth >= 0 else ""
            yield (
                f"{key},{FIRST_NAMES[first]} {LAST_NAMES[last]},{mail},{birthday},"
                f"{name},{cities[city]},{'yes' if consent else 'no'}\n"
            )


def plain(name: str) -> str:
    """A name as it may stand in an e-mail address: lower case, letters only."""
    spelled = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in spelled.lower() if letter.isalpha())
