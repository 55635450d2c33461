"""From `raw` text to typed lines, or a reason: one pass, written as SQL."""

from dataclasses import dataclass
from typing import Any

import duckdb

from crm.intake.dialect import Dialect
from crm.intake.opening import REPLACEMENT
from crm.intake.proposal import position_of
from crm.intake.values import number_sql, text_sql, utc_sql
from crm.ledger.reading import quoted

MAX_FIELD = 65_536


@dataclass(frozen=True)
class Columns:
    """The SQL of each field, read from its column of `raw`."""

    dialect: Dialect
    mapping: dict[str, str]
    options: dict[str, Any]

    def has(self, name: str) -> bool:
        return name in self.mapping

    def source(self, name: str) -> str:
        return position_of(self.dialect, self.mapping[name])

    def text(self, name: str) -> str:
        return text_sql(self.source(name)) if self.has(name) else "NULL::VARCHAR"

    def number(self, name: str) -> str:
        decimal = str(self.options.get("decimal", "."))
        return number_sql(self.source(name), decimal) if self.has(name) else "NULL::DECIMAL(18,6)"


def make_cleaned(connection: duckdb.DuckDBPyConnection, columns: Columns, *, shop_zone: str, currency: str) -> None:
    """Create the table `cleaned`: every record of `raw` with its typed fields and `reason` (NULL: accepted)."""
    zone = str(columns.options.get("time_zone") or shop_zone)
    date_format = str(columns.options["date_format"])
    moment = utc_sql(columns.source("ordered_at"), date_format, zone)
    day = (
        "CAST(ordered_at AS DATE)"
        if shop_zone == "UTC"
        else f"CAST(timezone({quoted(shop_zone)}, timezone('UTC', ordered_at)) AS DATE)"
    )
    attributes = _attributes_sql(columns)
    connection.execute(f"""
        CREATE OR REPLACE TABLE cleaned AS
        WITH typed AS (
            SELECT n AS line_no, extra, {_damage_sql(columns.dialect)} AS damage,
                {_customer_sql(connection, columns)} AS customer,
                {columns.text("order_id")} AS order_id, {columns.text("item_id")} AS item_id,
                {columns.text("description")} AS description, {columns.text("category")} AS category,
                {columns.text("brand")} AS brand, {columns.number("quantity")} AS quantity,
                {columns.number("unit_price")} AS unit_price, {columns.number("amount")} AS stated_amount,
                {columns.number("discount")} AS discount,
                {columns.text("ordered_at")} IS NULL AS no_date, {moment} AS ordered_at,
                {columns.text("country")} AS country, {columns.text("currency")} AS currency,
                {columns.text("company")} AS company, {attributes} AS attributes,
                {_marked_sql(columns)} AS is_marked
            FROM raw
        ),
        priced AS (
            SELECT *, {_amount_sql(columns)} AS exact_amount FROM typed
        ),
        valued AS (SELECT *, TRY_CAST(exact_amount AS DECIMAL(18,6)) AS amount FROM priced)
        SELECT * EXCLUDE (extra, damage, no_date, exact_amount, stated_amount), {day} AS ordered_on,
            {_reason_sql(columns, currency)} AS reason
        FROM valued
    """)


def _damage_sql(dialect: Dialect) -> str:
    fields = [f"c{i}" for i in range(dialect.width)]
    whole = f"concat({', '.join(fields)})"
    return f"""CASE WHEN {fields[-1]} IS NULL THEN 'too_few_fields'
        WHEN contains({whole}, '{REPLACEMENT}') THEN 'bad_encoding'
        WHEN length({whole}) > {MAX_FIELD} AND greatest({", ".join(f"length({name})" for name in fields)}) > {MAX_FIELD}
        THEN 'field_too_long' END"""


def ids_end_in_point_zero(connection: duckdb.DuckDBPyConnection, columns: Columns) -> bool:
    """Whether every customer id is written like 17850.0, as spreadsheets and pandas do to whole numbers."""
    if not columns.has("customer_id"):
        return False
    field = columns.text("customer_id")
    row = connection.execute(
        f"SELECT count({field}), count(*) FILTER (regexp_full_match({field}, '[0-9]+[.]0')) FROM raw"
    ).fetchone()
    return bool(row and row[0] and row[0] == row[1])


def _customer_sql(connection: duckdb.DuckDBPyConnection, columns: Columns) -> str:
    field = columns.text("customer_id")
    if ids_end_in_point_zero(connection, columns):
        field = f"regexp_replace({field}, '[.]0$', '')"
    if columns.options.get("guests") == "customer_per_order" and columns.has("order_id"):
        return f"coalesce({field}, 'guest-' || {columns.text('order_id')})"
    return field


def _amount_sql(columns: Columns) -> str:
    """The stated amount, or quantity times price with all its digits."""
    # As wide as can be: the product of two DECIMAL(18,6) is a DECIMAL(18,12), which ends at a million.
    product = "quantity::DECIMAL(38,6) * unit_price::DECIMAL(38,6)"
    return "stated_amount" if columns.has("amount") else product


def _reason_sql(columns: Columns, currency: str) -> str:
    cases = [
        ("too_many_fields", "extra"),
        ("id_too_long", "damage IS NULL AND length(customer) > 255"),
        ("missing_date", "damage IS NULL AND no_date"),
        ("bad_date", "damage IS NULL AND ordered_at IS NULL"),
        ("date_out_of_range", "damage IS NULL AND (year(ordered_at) < 1970 OR year(ordered_at) > 2100)"),
    ]
    if columns.has("amount"):
        cases.append(("bad_amount", "damage IS NULL AND stated_amount IS NULL"))
    else:
        cases += [
            ("bad_quantity", "damage IS NULL AND quantity IS NULL"),
            ("bad_price", "damage IS NULL AND unit_price IS NULL"),
        ]
    cases.append(("too_precise", "damage IS NULL AND (amount IS NULL OR amount <> exact_amount)"))
    if columns.has("currency"):
        cases.append(
            ("other_currency", f"damage IS NULL AND currency IS NOT NULL AND upper(currency) <> {quoted(currency)}")
        )
    first, *rest = cases
    tail = " ".join(f"WHEN {condition} THEN '{code}'" for code, condition in rest)
    return f"CASE WHEN {first[1]} THEN '{first[0]}' WHEN damage IS NOT NULL THEN damage {tail} END"


def _attributes_sql(columns: Columns) -> str:
    """Columns that a person chose to keep beside the line, as one JSON text."""
    kept = [name for name in columns.options.get("attributes", []) if name in columns.dialect.header]
    if not kept:
        return "NULL::VARCHAR"
    pairs = ", ".join(f"{quoted(name)}, {text_sql(position_of(columns.dialect, name))}" for name in kept)
    return f"json_object({pairs})::VARCHAR"


def order_key_sql() -> str:
    """What one order is: its number; without one, a customer's lines of one moment (of one day when undated)."""
    return "coalesce(order_id, coalesce(customer, 'guest') || '@' || ordered_at::VARCHAR)"


def purchase_sql(columns: Columns) -> str:
    """A line that is a purchase: money came in; or nothing was paid in a file that states no unit price (CDNOW)."""
    return "amount > 0" if columns.has("unit_price") else "amount >= 0"


def _marked_sql(columns: Columns) -> str:
    """Whether a column of the file says that the line was cancelled or sent back."""
    told = columns.options.get("cancellation")
    if not isinstance(told, dict) or "column" not in told:
        return "false"
    values = ", ".join(quoted(value) for value in told["values"])
    return f"coalesce({text_sql(position_of(columns.dialect, told['column']))} IN ({values}), false)"


def cancellation_sql(columns: Columns) -> str:
    told = columns.options.get("cancellation", "negative")
    if isinstance(told, dict):
        return f"starts_with(coalesce(order_id, ''), {quoted(told['prefix'])})" if "prefix" in told else "is_marked"
    return "(coalesce(quantity, 0) < 0 OR amount < 0)"
