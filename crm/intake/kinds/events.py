"""What visitors did: each row becomes an event, and a purchase becomes a line of purchases as well."""

from collections.abc import Iterator

from crm.intake.columns import Columns
from crm.intake.kinds.reading import counts, flags, measures, time_reasons, timed, unread
from crm.intake.kinds.spec import Destination, Shop, Spec
from crm.intake.merchandise import CODES
from crm.ledger.reading import quoted
from crm.ledger.relations import EVENTS, LINES

TEXTS = (
    *("session_id", "page", "kind", "item_id", "order_id", "category", "brand"),
    *("device", "os", "browser", "country", "referrer"),
)
MONEY = ("price", "conversion_value", "quantity")
# Time can't be below nothing.
MEASURES = ("engagement_ms", "form_fill_ms", "latency_ms")
COUNTS = ("clicks", "ajax_calls", "bytes")
# How trackers call the moment of buying. A conversion counts when it names an item and its price.
PURCHASES = (
    *("purchase", "purchased", "order", "ordered", "transaction", "buy", "bought", "sale", "conversion"),
    *("order_completed", "order completed", "checkout_completed", "checkout completed", "ecommerce_purchase"),
    *("kauf", "bestellung", "achat", "commande", "compra", "acquisto"),
)
IS_CALLED_PURCHASE = f"lower(coalesce(kind, '')) IN ({', '.join(map(quoted, PURCHASES))})"
IS_PURCHASE = f"({IS_CALLED_PURCHASE} AND item_id IS NOT NULL AND price IS NOT NULL)"
AMOUNT = "coalesce(quantity, 1)::DECIMAL(38,6) * price::DECIMAL(38,6)"
# One visit: its own id; without one, a visitor's events of one day. It never holds the visitor's outside id.
SESSION_KEY = "coalesce(session_id, customer_key || '@' || occurred_on)"


def events(columns: Columns, shop: Shop) -> Spec:
    return Spec(
        typed=_typed(columns),
        derived=({"exact_amount": f"CASE WHEN {IS_PURCHASE} THEN {AMOUNT} END"},),
        reasons=[
            ("id_too_long", "length(customer) > 255"),
            ("missing_visitor", "session_id IS NULL AND customer IS NULL"),
            *time_reasons("occurred_at"),
            ("bad_flag", "unread = 'converted'"),
            ("bad_number", "unread IS NOT NULL"),
            ("bad_number", " OR ".join(f"{name} < 0" for name in MEASURES)),
            ("too_precise", "TRY_CAST(exact_amount AS DECIMAL(18,6)) IS DISTINCT FROM exact_amount"),
        ],
        destinations=tuple(_destinations(columns)),
        dropped=("no_time", "unread", "exact_amount"),
        warnings={
            "guest_lines": "false",
            "anonymous_events": "customer IS NULL",
            "purchase_events": IS_PURCHASE,
            "unpriced_purchases": f"{IS_CALLED_PURCHASE} AND NOT {IS_PURCHASE}",
            "negative_price": "price < 0",
        },
        moment="occurred_at",
    )


def _destinations(columns: Columns) -> Iterator[Destination]:
    yield Destination(EVENTS, "events", {"session_key": SESSION_KEY})
    if columns.options.get("purchases") != "ignore":
        yield Destination(LINES, "purchases", _purchase(), where=IS_PURCHASE)


def _typed(columns: Columns) -> dict[str, str]:
    values = {
        **{name: columns.number(name) for name in MONEY},
        **measures(columns, MEASURES),
        **counts(columns, COUNTS),
        **flags(columns, ("converted",)),
    }
    return {
        "customer": columns.person("user_id"),
        **{name: columns.text(name) for name in TEXTS},
        **values,
        "unread": unread(columns, values),
        **timed(columns, "occurred_at", "occurred_on"),
        "attributes": columns.attributes(),
    }


def _purchase() -> dict[str, str]:
    """The line that a purchase event makes: one piece at its price unless the event says how many."""
    minute = "strftime(occurred_at, '%Y-%m-%d %H:%M')"
    return {
        # Without an order number, what was bought in a visit within one minute is one order.
        "order_key": f"CASE WHEN order_id IS NULL THEN {SESSION_KEY} || '@' || {minute} END",
        "quantity": "coalesce(quantity, 1)",
        "unit_price": "price",
        "amount": AMOUNT,
        "ordered_at": "occurred_at",
        "ordered_on": "occurred_on",
        "is_purchase": "price > 0 AND coalesce(quantity, 1) > 0",
        "is_cancellation": f"{AMOUNT} < 0",
        "is_merchandise": f"upper(item_id) NOT IN ({', '.join(map(quoted, CODES))})",
        "attributes": "NULL",
    }
