"""Lines of sales: what was bought, by whom, when, for how much; returns and service lines among them."""

from typing import Any

from crm.intake.columns import Columns
from crm.intake.kinds.spec import LEFT_OUT, Destination, Shop, Spec
from crm.intake.merchandise import service_sql
from crm.ledger.reading import quoted
from crm.ledger.relations import LINES

# As wide as can be: the product of two DECIMAL(18,6) is a DECIMAL(18,12), which ends at a million.
PRODUCT = "quantity::DECIMAL(38,6) * unit_price::DECIMAL(38,6)"
NO_NUMBER = "coalesce(customer_key::VARCHAR, 'guest') || '@' || ordered_at"
TEXTS = ("order_id", "item_id", "description", "category", "brand", "country", "currency", "company")
# Returns of what the same customer buys further on in the file, and not before.
EARLY_RETURNS = """
    WITH back AS (
        SELECT customer, item_id, ordered_at FROM cleaned
        WHERE reason IS NULL AND amount < 0 AND NOT is_service AND customer IS NOT NULL AND item_id IS NOT NULL),
    sold AS (
        SELECT customer, item_id, min(ordered_at) AS first_at FROM cleaned
        WHERE reason IS NULL AND amount > 0 AND (customer, item_id) IN (SELECT (customer, item_id) FROM back)
        GROUP BY ALL)
    SELECT count(*) FROM back JOIN sold USING (customer, item_id) WHERE back.ordered_at < first_at"""


def transactions(columns: Columns, shop: Shop) -> Spec:
    return Spec(
        typed=_typed(columns, shop.currency),
        derived=(
            {"exact_amount": _amount_sql(columns)},
            {"amount": "TRY_CAST(exact_amount AS DECIMAL(18,6))", "is_service": _service_sql(columns)},
        ),
        reasons=list(_reasons(columns, shop)),
        dropped=("no_date", "stated_amount", "exact_amount", "is_cancelled"),
        destinations=(Destination(LINES, "lines", _expressions(columns)),),
        warnings=_warnings(columns),
        counted={"early_returns": EARLY_RETURNS} if columns.has("customer_id") and columns.has("item_id") else {},
        moment="ordered_at",
        guest="'guest-' || order_id" if columns.options.get("guests") == "customer_per_order" else "NULL::VARCHAR",
    )


def _typed(columns: Columns, currency: str) -> dict[str, str]:
    moment = columns.moment("ordered_at")
    return {
        "customer": columns.person("customer_id"),
        **{name: columns.text(name) for name in TEXTS},
        "quantity": _signed(columns, "quantity"),
        "unit_price": columns.number("unit_price", currency),
        "stated_amount": _signed(columns, "amount", currency),
        "discount": columns.number("discount", currency),
        "no_date": f"{columns.text('ordered_at')} IS NULL",
        "ordered_at": moment,
        "ordered_on": columns.day("ordered_at", moment),
        "is_cancelled": _is_cancelled(columns),
        "attributes": columns.attributes(),
    }


def cancellation_of(options: dict[str, Any]) -> dict[str, Any]:
    """How cancellations are told: {"prefix": …}, {"column": …, "values": […]}, or {} for the sign alone."""
    said = options.get("cancellation")
    if isinstance(said, dict):
        return said
    prefix = options.get("cancellation_prefix")
    return {"prefix": prefix} if prefix else {}


def _is_cancelled(columns: Columns) -> str:
    """Whether the column that tells cancellations says so."""
    told = cancellation_of(columns.options)
    if told.get("column") not in columns.dialect.header:
        return "false"
    values = ", ".join(quoted(str(value).strip().casefold()) for value in told.get("values", [])) or "NULL"
    return f"coalesce(lower(trim({columns.position(told['column'])})) IN ({values}), false)"


def _is_left_out(columns: Columns) -> bool:
    """Whether lines that a column calls cancelled are sales that never counted, rather than lines that take one back.

    An export of orders states each order once: to subtract a cancelled one would take away what was never added.
    """
    return cancellation_of(columns.options).get("effect") == "leave_out"


def _signed(columns: Columns, name: str, currency: str = "") -> str:
    """A line that takes a sale back takes what it states, whichever sign the file writes."""
    number, cancelled = columns.number(name, currency), _is_cancelled(columns)
    if cancelled == "false" or _is_left_out(columns):
        return number
    return f"CASE WHEN {cancelled} THEN -abs({number}) ELSE {number} END"


def _amount_sql(columns: Columns) -> str:
    """The stated amount, or quantity times price with all its digits."""
    return "stated_amount" if columns.has("amount") else PRODUCT


def _reasons(columns: Columns, shop: Shop) -> list[tuple[str, str]]:
    cases = [
        ("id_too_long", "length(customer) > 255"),
        ("missing_date", "no_date"),
        ("bad_date", "ordered_at IS NULL"),
        ("date_out_of_range", "year(ordered_at) < 1970 OR year(ordered_at) > 2100"),
    ]
    if columns.has("amount"):
        cases.append(("bad_amount", "stated_amount IS NULL"))
    else:
        cases += [("bad_quantity", "quantity IS NULL"), ("bad_price", "unit_price IS NULL")]
    cases.append(("too_precise", "amount IS NULL OR amount <> exact_amount"))
    if columns.has("currency"):
        cases.append(("other_currency", f"currency IS NOT NULL AND upper(currency) <> {quoted(shop.currency)}"))
    if _is_left_out(columns):
        cases.insert(0, ("cancelled_sale", "is_cancelled"))
    return [*_other_companies(columns), *cases]


def _other_companies(columns: Columns) -> list[tuple[str, str]]:
    wanted = columns.options.get("company")
    if not wanted or not columns.has("company"):
        return []
    names = ", ".join(quoted(name) for name in ([wanted] if isinstance(wanted, str) else wanted))
    return [(LEFT_OUT, f"coalesce(company, '') NOT IN ({names})")]


def _expressions(columns: Columns) -> dict[str, str]:
    return {
        # An order is its number; without one, a customer's lines of one moment (of one day when undated). The number
        # is not stored twice: whoever reads the ledger gets it where this is empty.
        "order_key": f"CASE WHEN order_id IS NULL THEN {NO_NUMBER} END",
        "is_purchase": _purchase_sql(columns),
        "is_cancellation": cancellation_sql(columns),
        "is_merchandise": "NOT is_service",
    }


def _purchase_sql(columns: Columns) -> str:
    """A line that is a purchase: money came in; or nothing was paid in a file that states no unit price (CDNOW)."""
    return "amount > 0" if columns.has("unit_price") else "amount >= 0"


def cancellation_sql(columns: Columns) -> str:
    prefix = cancellation_of(columns.options).get("prefix")
    negative = "(coalesce(quantity, 0) < 0 OR amount < 0)"
    return f"starts_with(coalesce(order_id, ''), {quoted(prefix)})" if prefix else negative


def _service_sql(columns: Columns) -> str:
    """The codes that a person named, or the rule where nobody has said."""
    codes = columns.options.get("non_merchandise")
    if codes is None:
        return service_sql()
    named = ", ".join(quoted(str(code).strip().upper()) for code in codes)
    return f"(upper(coalesce(item_id, '')) IN ({named}))" if named else "false"


def _warnings(columns: Columns) -> dict[str, str]:
    return {
        "returns": cancellation_sql(columns),
        "service_lines": "is_service",
        "zero_amount": "amount = 0",
        "negative_price": "unit_price < 0",
    }
