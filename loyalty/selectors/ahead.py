"""What a customer's figures will be on a later day if nothing more is bought: the 12 months move on, purchases age."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from crm.ledger import Order, customer_orders
from loyalty.sentences import RECENCY
from segmentation.models import Score, Snapshot

YEAR = timedelta(days=365)


def figures_on(score: Score, snapshot: Snapshot, day: date) -> dict[str, Any]:
    """The figures that change by themselves until `day`; {} where the ledger does not tell the same as the results."""
    orders = customer_orders(snapshot.catalogue_version, score.pk)
    known = [order for order in orders if order.ordered_on <= snapshot.as_of]
    if not known or _orders(known, snapshot.as_of) != score.orders_12m:
        return {}
    return {
        "orders_12m": _orders(known, day),
        "revenue_12m": sum((order.amount for order in known if order.ordered_on > day - YEAR), Decimal(0)),
        RECENCY: score.days_since_last_purchase + (day - snapshot.as_of).days,
    }


def _orders(orders: list[Order], day: date) -> int:
    return sum(order.ordered_on > day - YEAR for order in orders if not order.is_cancellation and order.amount >= 0)
