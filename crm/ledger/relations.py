"""What the ledger holds: kinds of rows, their columns, and what makes two rows of a kind the same row."""

from dataclasses import dataclass, replace

# The columns of every file of lines, in order. Money is exact: 18 digits, six of them after the point.
LINE_COLUMNS: dict[str, str] = {
    "upload_id": "BIGINT",
    "line_no": "BIGINT",
    "customer_key": "BIGINT",
    "order_key": "VARCHAR",
    "order_id": "VARCHAR",
    "item_id": "VARCHAR",
    "description": "VARCHAR",
    "category": "VARCHAR",
    "brand": "VARCHAR",
    "quantity": "DECIMAL(18,6)",
    "unit_price": "DECIMAL(18,6)",
    "amount": "DECIMAL(18,6)",
    "discount": "DECIMAL(18,6)",
    "ordered_at": "TIMESTAMP",
    "ordered_on": "DATE",
    "country": "VARCHAR",
    "currency": "VARCHAR",
    "company": "VARCHAR",
    "is_purchase": "BOOLEAN",
    "is_cancellation": "BOOLEAN",
    "is_merchandise": "BOOLEAN",
    "attributes": "VARCHAR",
}
# What a visitor did. Trackers write measures and rates with many digits, all of which are kept; counts are whole.
MEASURE = "DECIMAL(38,18)"
EVENT_COLUMNS: dict[str, str] = {
    "upload_id": "BIGINT",
    "line_no": "BIGINT",
    "customer_key": "BIGINT",
    "session_key": "VARCHAR",
    "session_id": "VARCHAR",
    "occurred_at": "TIMESTAMP",
    "occurred_on": "DATE",
    "page": "VARCHAR",
    "kind": "VARCHAR",
    "item_id": "VARCHAR",
    "category": "VARCHAR",
    "brand": "VARCHAR",
    "quantity": "DECIMAL(18,6)",
    "price": "DECIMAL(18,6)",
    "order_id": "VARCHAR",
    "converted": "BOOLEAN",
    "conversion_value": "DECIMAL(18,6)",
    "engagement_ms": MEASURE,
    "clicks": "BIGINT",
    "form_fill_ms": MEASURE,
    "latency_ms": MEASURE,
    "ajax_calls": "BIGINT",
    "bytes": "BIGINT",
    "device": "VARCHAR",
    "os": "VARCHAR",
    "browser": "VARCHAR",
    "country": "VARCHAR",
    "referrer": "VARCHAR",
    "attributes": "VARCHAR",
}
# Whole visits.
SESSION_COLUMNS: dict[str, str] = {
    "upload_id": "BIGINT",
    "line_no": "BIGINT",
    "customer_key": "BIGINT",
    "session_id": "VARCHAR",
    "started_at": "TIMESTAMP",
    "started_on": "DATE",
    "pages": "BIGINT",
    "duration": MEASURE,
    "bounce_rate": MEASURE,
    "exit_rate": MEASURE,
    "page_value": MEASURE,
    "device": "VARCHAR",
    "os": "VARCHAR",
    "browser": "VARCHAR",
    "country": "VARCHAR",
    "referrer": "VARCHAR",
    "visitor_type": "VARCHAR",
    "converted": "BOOLEAN",
    "attributes": "VARCHAR",
}


@dataclass(frozen=True)
class Relation:
    """One kind of rows. Two rows with the same `identity` are the same row, the n-th of a file the n-th elsewhere."""

    name: str
    columns: dict[str, str]
    # Expressions by name; none of them is ever NULL, so that they can be joined on.
    identity: dict[str, str]
    moment: str
    day: str
    # The kinds of ledger files that hold such rows.
    kinds: tuple[str, ...]

    @property
    def identity_sql(self) -> str:
        return ", ".join(f"{expression} AS {name}" for name, expression in self.identity.items())

    @property
    def identity_names(self) -> str:
        return ", ".join(self.identity)

    @property
    def read_sql(self) -> str:
        """The columns as they are read: an order's number is its key where no other was stored."""
        return "* REPLACE (coalesce(order_key, order_id) AS order_key)" if "order_key" in self.columns else "*"

    @property
    def order_sql(self) -> str:
        """How the rows of a file are sorted: a customer's together, so that others' are skipped unread."""
        return f"customer_key NULLS LAST, {self.moment}, line_no"


def _text(column: str) -> str:
    return f"coalesce({column}::VARCHAR, '')"


# The customer counts where no order number tells orders apart.
LINES = Relation(
    "lines",
    LINE_COLUMNS,
    {
        "i_order": "coalesce(order_id, chr(1) || coalesce(customer_key::VARCHAR, ''))",
        "i_item": _text("item_id"),
        "i_time": "ordered_at",
        "i_quantity": "coalesce(quantity, 0)",
        "i_price": "coalesce(unit_price, 0)",
        "i_amount": "amount",
    },
    moment="ordered_at",
    day="ordered_on",
    kinds=("lines", "purchases"),
)
EVENTS = Relation(
    "events",
    EVENT_COLUMNS,
    {
        "i_session": _text("session_id"),
        "i_customer": "coalesce(customer_key, 0)",
        "i_time": "occurred_at",
        "i_kind": _text("kind"),
        "i_page": _text("page"),
        "i_item": _text("item_id"),
        "i_price": "coalesce(price, 0)",
    },
    moment="occurred_at",
    day="occurred_on",
    kinds=("events",),
)
# A visit without an id of its own gets one from its upload and line, which says nothing about what the visit was.
MADE_UP_ID = "'line-' || upload_id || '-' || line_no"
_SAME = [name for name in SESSION_COLUMNS if name not in {"upload_id", "line_no", "session_id", "started_on"}]
SESSIONS = Relation(
    "sessions",
    SESSION_COLUMNS,
    {
        "i_session": f"CASE WHEN session_id = {MADE_UP_ID} THEN '' ELSE session_id END",
        "i_row": f"concat_ws(chr(31), {', '.join(f'coalesce({name}::VARCHAR, chr(1))' for name in _SAME)})",
    },
    moment="started_at",
    day="started_on",
    kinds=("sessions",),
)
# Lines of purchase files, and those made of purchase events: each compared among themselves.
SHOP_LINES = replace(LINES, kinds=("lines",))
PURCHASES = replace(
    LINES, kinds=("purchases",), identity={**LINES.identity, "i_order": "coalesce(order_id, order_key)"}
)
COMPARED = (SHOP_LINES, EVENTS, SESSIONS, PURCHASES)
RELATIONS = {relation.name: relation for relation in (LINES, EVENTS, SESSIONS)}
