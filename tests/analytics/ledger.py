"""Small ledgers for tests of the aggregations, in the columns of the real one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

COLUMNS = """upload_id BIGINT, line_no BIGINT, customer_key BIGINT, order_key VARCHAR, order_id VARCHAR,
item_id VARCHAR, description VARCHAR, category VARCHAR, brand VARCHAR, quantity DECIMAL(18,6),
unit_price DECIMAL(18,6), amount DECIMAL(18,6), discount DECIMAL(18,6), ordered_at TIMESTAMP, ordered_on DATE,
country VARCHAR, currency VARCHAR, company VARCHAR, is_purchase BOOLEAN, is_cancellation BOOLEAN,
is_merchandise BOOLEAN, attributes VARCHAR"""


@dataclass(frozen=True)
class Line:
    """One ledger line; a purchase unless its amount is negative."""

    customer_key: int | None
    order_key: str
    ordered_on: date
    amount: str
    quantity: str | None = "1"
    item_id: str | None = "A"
    country: str | None = "France"
    category: str | None = None
    brand: str | None = None
    discount: str | None = None
    is_merchandise: bool = True

    @property
    def is_purchase(self) -> bool:
        return Decimal(self.amount) >= 0


def create_lines(connection: duckdb.DuckDBPyConnection, name: str, lines: Sequence[Line]) -> None:
    """Create the table `name` with these lines."""
    connection.execute(f"CREATE TABLE {name} ({COLUMNS})")
    rows = [
        {
            "line_no": number,
            "customer_key": line.customer_key,
            "order_key": line.order_key,
            "item_id": line.item_id,
            "quantity": line.quantity,
            "amount": line.amount,
            "ordered_on": line.ordered_on,
            "country": line.country,
            "category": line.category,
            "brand": line.brand,
            "discount": line.discount,
            "is_merchandise": line.is_merchandise,
            "is_purchase": line.is_purchase,
        }
        for number, line in enumerate(lines, start=1)
    ]
    shape = (
        "STRUCT(line_no BIGINT, customer_key BIGINT, order_key VARCHAR, item_id VARCHAR, "
        "quantity DECIMAL(18,6), "
        "amount DECIMAL(18,6), discount DECIMAL(18,6), ordered_on DATE, country VARCHAR, category VARCHAR, "
        "brand VARCHAR, is_purchase BOOLEAN, is_merchandise BOOLEAN)[]"
    )
    connection.execute(f"INSERT INTO {name} BY NAME SELECT UNNEST(?::{shape}, recursive := true)", [rows])
