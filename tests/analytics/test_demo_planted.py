"""What the demo shop says is planted is there."""

from collections import Counter
from decimal import Decimal
from typing import Any

from tests.analytics.shop import Row, Written, amount, shop, written

__all__ = ["shop", "written"]


def test_planted_kinds_are_all_named(written: Written) -> None:
    kinds = ["customer", "transaction", "product", "metric", "session", "bot", "page", "data"]
    assert list(written.truth["anomalies"]) == kinds
    assert all(written.truth["anomalies"].values())


def planted(written: Written, kind: str, role: str) -> dict[str, Any]:
    entries: list[dict[str, Any]] = written.truth["anomalies"][kind]
    (entry,) = [entry for entry in entries if entry["role"] == role]
    return entry


def sales_of(written: Written, role: str) -> list[Row]:
    key = planted(written, "customer", role)["customer_id"]
    return [row for row in written.sales if row["customer_id"] == key]


def test_planted_customers_do_what_is_told_of_them(written: Written) -> None:
    assert min(int(row["quantity"]) for row in sales_of(written, "reseller")) >= 100
    assert {row["unit_price"] for row in sales_of(written, "till_test")} == {"0.01"}
    giant = sales_of(written, "yearly_giant")
    assert {row["ordered_at"][:4] for row in giant} == {"2024", "2025"}
    assert len({row["order_id"] for row in giant}) == 2
    assert sum(map(amount, giant)) > 5_000
    returner = {row["order_id"] for row in sales_of(written, "serial_returner")}
    back = {row["order_id"][1:] for row in written.returns} & returner
    assert 0.8 < len(back) / len(returner) < 1


def test_planted_transactions_do_what_is_told_of_them(written: Written) -> None:
    def rows(role: str) -> list[Row]:
        key = planted(written, "transaction", role)["order_id"]
        return [row for row in written.lines if row["order_id"].removeprefix("C") == key]

    assert [int(row["quantity"]) for row in rows("mistyped_quantity")] == [8_000, -8_000]
    assert [row["ordered_at"][11:] for row in rows("night_order")] == ["03:12:00"]
    (slip,) = rows("decimal_slip")
    usual = [Decimal(row["unit_price"]) for row in written.sales if row["item_id"] == slip["item_id"]]
    assert Decimal(slip["unit_price"]) > 90 * sorted(usual)[len(usual) // 2]


def test_planted_products_do_what_is_told_of_them(written: Written) -> None:
    slip, faulty = (planted(written, "product", role) for role in ("price_slip", "faulty"))
    low = [row for row in written.sales if row["order_id"] in set(slip["order_ids"])]
    assert {(row["item_id"], row["unit_price"]) for row in low} == {(slip["item_id"], "2.49")}
    assert slip["days"] == [low[0]["ordered_at"][:10], low[-1]["ordered_at"][:10]]
    sold, back = (sum(row["item_id"] == faulty["item_id"] for row in rows) for rows in (written.sales, written.returns))
    assert back > 0.45 * sold > 5


def test_planted_days_stand_out_in_the_number_of_orders(written: Written) -> None:
    orders = Counter({row["order_id"]: row["ordered_at"][:10] for row in written.sales}.values())
    usual = sorted(orders.values())[len(orders) // 2]
    slump, rush = (orders[entry["day"]] for entry in written.truth["anomalies"]["metric"])
    assert slump < 0.4 * usual
    assert rush > 2 * usual
