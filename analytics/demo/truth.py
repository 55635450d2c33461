"""What is true of the demo shop: its laws, its counts and sums as written, and what was planted."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analytics.demo.days import (
    FIRST_DAY,
    HOLIDAYS,
    LAST_DAY,
    PER_CENT_ON_ODD_DAYS,
    RUSH_DAY,
    SLUMP_DAY,
    UNEXPLAINED_CLOSED_DAY,
)
from analytics.demo.lines import FIRST_ORDER_NUMBER
from analytics.demo.planted import WHY
from analytics.demo.rows import customer_id, money, order_id
from analytics.demo.sessions import odd_visits
from analytics.demo.shop import Shop, TradingDay
from analytics.demo.spec import BG_NBD, GAMMA_GAMMA, GUEST

Entry = dict[str, Any]

TOLERANCE = {"bg_nbd": 0.05, "gamma_gamma": 0.05, "expected_purchases_in_365_days": 0.025}
"""Relative distance between the laws and fits on the calendar's days, with customers enough (100,000) that chance
adds little. In operational time the same fits come within 0.03. With 2,500 customers chance is far larger."""


@dataclass
class Tally:
    """Counts and sums (cents) of the trading days seen so far; the caller adds each day once."""

    lines: int = 0
    return_lines: int = 0
    guest_lines: int = 0
    orders: int = 0
    return_orders: int = 0
    gross: int = 0
    returned: int = 0
    events: int = 0
    purchase_events: int = 0
    purchase_value: int = 0

    def add(self, trading: TradingDay) -> None:
        """Count one day."""
        lines = trading.lines
        back = lines.quantity < 0
        self.lines += back.size
        self.return_lines += int(back.sum())
        self.guest_lines += int((lines.customer == GUEST).sum())
        self.orders += np.unique(lines.order[~back]).size
        self.return_orders += np.unique(lines.order[back]).size
        self.gross += int(lines.amount[~back].sum())
        self.returned -= int(lines.amount[back].sum())
        self.add_events(trading)

    def add_events(self, trading: TradingDay) -> None:
        self.events += len(trading.events)
        bought = [event.cents for event in trading.events if event.kind == "purchase"]
        self.purchase_events += len(bought)
        self.purchase_value += sum(bought)


def truth(shop: Shop, tally: Tally) -> Entry:
    """Everything known of `shop`, ready for JSON; `tally` has counted all its days. Money is exact text."""
    return {
        "format": 1,
        "size": shop.size.name,
        "seed": shop.seed,
        "first_day": FIRST_DAY.isoformat(),
        "observation_period_end": LAST_DAY.isoformat(),
        "models": models(shop),
        "counts": counts(shop, tally),
        "gross_revenue": money(tally.gross),
        "returned_value": money(tally.returned),
        "revenue": money(tally.gross - tally.returned),
        "events": {
            "lines": tally.events,
            "purchases": tally.purchase_events,
            "purchase_value": money(tally.purchase_value),
        },
        "closed_days": closed_days(shop),
        "anomalies": anomalies(shop),
    }


def models(shop: Shop) -> Entry:
    """The laws, their unit, whom they hold for and how the calendar bends them."""
    odd = [customer_id(number) for number in shop.planted.customers.values()]
    return {
        "unit": "day",
        "bg_nbd": asdict(BG_NBD),
        "gamma_gamma": {**asdict(GAMMA_GAMMA), "mean": GAMMA_GAMMA.mean},
        "not_of_the_law": odd,
        "holds_for": (
            "customers with an id, except those in not_of_the_law; sale lines only, one purchase a customer and day"
        ),
        "clock": {
            "kind": "operational time: cumulated season of year and week, standing still on closed days",
            "largest_shift_days": round(shop.calendar.largest_shift, 2),
            "deviation": (
                "No purchase is added, joined or (but for one pushed past the last day) lost. First and latest days, "
                "hence recency and T, stand at most largest_shift_days from where the law puts them; a second purchase "
                "of a day moves to the next trading day. Spend is rounded to cents. As trade is brisker at the end "
                "of a year, fits in calendar days foretell about one per cent more purchases than the law."
            ),
            "relative_tolerance_of_fits_on_100000_customers": TOLERANCE,
        },
    }


def counts(shop: Shop, tally: Tally) -> dict[str, int]:
    return {
        "customers": shop.size.customers,
        "lines": tally.lines,
        "return_lines": tally.return_lines,
        "guest_lines": tally.guest_lines,
        "orders": tally.orders,
        "return_orders": tally.return_orders,
        "products": len(shop.goods.item_id),
        "trading_days": len(shop.calendar.days),
    }


def closed_days(shop: Shop) -> Entry:
    """Every closed day, and which of them have a reason beyond being a Sunday."""
    return {
        "all": [day.isoformat() for day in shop.calendar.closed],
        "weekday": "Sunday",
        "holidays": [day.isoformat() for day in HOLIDAYS],
        "unexplained": [UNEXPLAINED_CLOSED_DAY.isoformat()],
    }


def anomalies(shop: Shop) -> dict[str, list[Entry]]:
    """What is planted, by kind of anomaly; each entry with its ids and why it is odd."""
    numbers, days = planted_orders(shop)
    visits = odd_visits()
    return {
        "customer": [
            {
                "role": role,
                "customer_id": customer_id(number),
                "orders": len(numbers[role]),
                "days": [days[role][0], days[role][-1]],
                "why": WHY[role],
            }
            for role, number in shop.planted.customers.items()
        ],
        "transaction": [
            {"role": role, "order_id": numbers[role][0], "day": days[role][0], "why": WHY[role]}
            for role in ("mistyped_quantity", "night_order", "decimal_slip")
        ],
        "product": odd_products(shop, numbers, days),
        "metric": [
            {
                "metric": "revenue",
                "day": day.isoformat(),
                "why": f"trade at {PER_CENT_ON_ODD_DAYS[day]} % of what is usual",
            }
            for day in (SLUMP_DAY, RUSH_DAY)
        ],
        "session": list(visits["session"]),
        "bot": list(visits["bot"]),
        "page": list(visits["page"]),
        "data": [{"day": UNEXPLAINED_CLOSED_DAY.isoformat(), "why": "closed on a weekday that is no holiday"}],
    }


def odd_products(shop: Shop, numbers: dict[str, list[str]], days: dict[str, list[str]]) -> list[Entry]:
    ids = {role: shop.goods.item_id[item] for role, item in shop.planted.products.items()}
    slip = {"order_ids": numbers["price_slip"], "days": [days["price_slip"][0], days["price_slip"][-1]]}
    return [
        {"role": "price_slip", "item_id": ids["price_slip"], "why": WHY["price_slip"], **slip},
        {"role": "faulty", "item_id": ids["faulty"], "why": WHY["faulty"]},
    ]


def planted_orders(shop: Shop) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Order ids and days of the planted orders by what they are, in order of time."""
    numbers: dict[str, list[str]] = defaultdict(list)
    days: dict[str, list[str]] = defaultdict(list)
    for place in np.flatnonzero(shop.orders.planted >= 0).tolist():
        order = shop.planted.orders[shop.orders.planted[place]]
        numbers[order.why].append(order_id(FIRST_ORDER_NUMBER + place, is_return=False))
        days[order.why].append(shop.calendar.days[order.day].isoformat())
    return numbers, days
