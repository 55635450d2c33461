"""The demo shop: its laws come back out of its rows, its sums are exact, and what it says is planted is there."""

import hashlib
import tracemalloc
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from analytics import demo
from analytics.demo.baskets import fill_baskets
from analytics.demo.catalogue import catalogue
from analytics.demo.spec import GUEST, stream
from tests.analytics.shop import Row, Written, amount, shop, written

__all__ = ["shop", "written"]


def digest(seed: int, customers: int = 300) -> str:
    shop = demo.open_shop(replace(demo.SIZES["small"], customers=customers), seed)
    sha = hashlib.sha256("".join(demo.customer_rows(shop)).encode())
    for trading in shop.days():
        sha.update("".join([*demo.line_rows(shop, trading), *demo.event_rows(shop, trading)]).encode())
    return sha.hexdigest()


def test_same_seed_same_bytes_and_another_seed_another_shop() -> None:
    assert digest(7) == digest(7)
    assert digest(7) != digest(8)


def test_bytes_of_a_seed_stay_what_they_are() -> None:
    """A pinned digest: files made elsewhere or earlier from this seed must equal those made here."""
    assert digest(1, customers=40) == "3618a086fdae35a6b321a26494e3cf06676fd1f9e6d1832d882a6c3fc477ec64"


def test_small_shop_has_its_size(written: Written) -> None:
    assert written.truth["counts"]["customers"] == len(written.people) == 2_500
    assert {row["customer_id"] for row in written.lines} - {""} == {row["customer_id"] for row in written.people}
    assert 40_000 <= len(written.lines) <= 60_000


def test_counts_and_sums_of_the_truth_equal_the_rows(written: Written) -> None:
    amounts = [amount(row) for row in written.lines]
    gross, returned = sum(a for a in amounts if a > 0), -sum(a for a in amounts if a < 0)
    truth, counts = written.truth, written.truth["counts"]
    assert (truth["gross_revenue"], truth["returned_value"]) == (str(gross), str(returned))
    assert truth["revenue"] == str(gross - returned)
    assert counts["lines"] == len(written.lines)
    assert counts["return_lines"] == len(written.returns) > 0
    assert counts["guest_lines"] == sum(row["customer_id"] == "" for row in written.lines) > 0
    assert counts["orders"] == len({row["order_id"] for row in written.sales})
    assert counts["return_orders"] == len({row["order_id"] for row in written.returns})


def test_lines_of_an_order_sum_to_its_spend_to_the_cent(shop: demo.Shop, written: Written) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in written.sales:
        sums[row["order_id"]] += amount(row)
    assert [100 * sums[number] for number in sorted(sums)] == shop.orders.cents.tolist()


@pytest.mark.parametrize("cents", [1, 48, 49, 50, 4_000, 289_999, 5_000_000])
def test_any_spend_can_be_a_basket(cents: int) -> None:
    basket = fill_baskets(stream(3, "baskets"), catalogue(), np.full(200, cents), 4.4)
    sums = np.bincount(basket.order, basket.quantity * basket.price, 200)
    assert (sums == cents).all()
    assert basket.price.min() >= 1
    assert basket.quantity.min() >= 1


def test_prices_are_positive_and_lines_stand_in_order_of_time(written: Written) -> None:
    assert all(Decimal(row["unit_price"]) > 0 for row in written.lines)
    times = [datetime.fromisoformat(row["ordered_at"]) for row in written.lines]
    assert times == sorted(times)


def test_every_return_refers_to_an_earlier_sale_of_as_many_pieces(written: Written) -> None:
    def key(row: Row) -> tuple[str, ...]:
        shared = ("customer_id", "item_id", "unit_price", "country")
        return (row["order_id"].removeprefix("C"), *(row[name] for name in shared))

    sold: Counter[tuple[str, ...]] = Counter()
    for row in written.lines:  # by time: a return before its sale would find nothing sold
        sold[key(row)] += int(row["quantity"])
        assert sold[key(row)] >= 0
        assert (int(row["quantity"]) < 0) == row["order_id"].startswith("C")


def test_nothing_happens_on_closed_days(written: Written) -> None:
    closed = set(written.truth["closed_days"]["all"])
    assert closed.isdisjoint(row["ordered_at"][:10] for row in written.lines)
    assert all(day in closed for day in written.truth["closed_days"]["holidays"])
    assert date.fromisoformat(written.truth["closed_days"]["unexplained"][0]).weekday() < 5


def test_trade_has_a_week_and_a_year(written: Written) -> None:
    orders = {row["order_id"]: date.fromisoformat(row["ordered_at"][:10]) for row in written.sales}
    by_weekday = Counter(day.weekday() for day in orders.values())
    assert by_weekday[5] > 1.3 * by_weekday[0] > 0 == by_weekday[6]
    by_month = Counter((day.year, day.month) for day in orders.values())
    assert by_month[2025, 12] > 1.1 * by_month[2025, 8]


def test_events_convert_into_orders_that_exist(written: Written) -> None:
    bought: dict[str, list[Row]] = defaultdict(list)
    for row in written.events:
        assert (row["converted"] == "1") == (row["kind"] == "purchase")
        if row["kind"] == "purchase":
            bought[row["session_id"]].append(row)
    sold: dict[str, list[Row]] = defaultdict(list)
    for row in written.sales:
        sold[row["order_id"]].append(row)

    def basket(rows: list[Row], price: str) -> tuple[Any, ...]:
        time = rows[0].get("occurred_at") or rows[0]["ordered_at"]
        person = rows[0].get("user_id", rows[0].get("customer_id"))
        return (time, person, rows[0]["country"], tuple((row["item_id"], row[price]) for row in rows))

    orders = {basket(rows, "unit_price") for rows in sold.values()}
    assert {basket(rows, "price") for rows in bought.values()} <= orders
    assert len(bought) > 300


def test_events_tell_the_truth(written: Written) -> None:
    purchases = [Decimal(row["price"]) for row in written.events if row["kind"] == "purchase"]
    told = {"lines": len(written.events), "purchases": len(purchases), "purchase_value": str(sum(purchases))}
    assert written.truth["events"] == told
    sessions = Counter(row["session_id"] for row in written.events)
    for kind in ("bot", "session"):
        assert all(entry["session_id"] in sessions for entry in written.truth["anomalies"][kind])
    (page,) = written.truth["anomalies"]["page"]
    slow = [
        int(row["latency_ms"])
        for row in written.events
        if row["page"] == page["page"] and row["occurred_at"].startswith(page["day"])
    ]
    assert min(slow) > 1_000


def test_signed_in_visitors_have_bought_before_or_buy_now(written: Written) -> None:
    first: dict[str, str] = {}
    for row in written.sales:
        first.setdefault(row["customer_id"], row["ordered_at"][:10])
    users = [(row["user_id"], row["occurred_at"][:10]) for row in written.events if row["user_id"]]
    assert len(users) > 1_000
    assert all(first[user] <= day for user, day in users)


def test_customers_have_plain_attributes(written: Written) -> None:
    assert len({row["email"] for row in written.people}) == len(written.people)
    assert all(row["email"].isascii() and row["email"].endswith("@example.com") for row in written.people)
    assert {row["consent"] for row in written.people} == {"yes", "no"}
    birthdays = [date.fromisoformat(row["birth_date"]) for row in written.people if row["birth_date"]]
    assert date(1938, 1, 1) <= min(birthdays) <= max(birthdays) <= date(2006, 12, 31)
    assert 0.8 * len(written.people) < len(birthdays) < len(written.people)


def test_days_are_streamed_in_bounded_memory() -> None:
    """A pass over all days holds a small part of what it yields: one day, and the returns under way."""
    big = demo.open_shop(replace(demo.SIZES["large"], customers=2_000, sessions_per_day=1), 2)
    days = big.days()
    assert iter(days) is days
    tracemalloc.start()
    try:
        total = sum(len("".join(demo.line_rows(big, trading))) for trading in days)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total > 1_250_000
    assert peak < total / 3


def test_guests_have_no_number(shop: demo.Shop, written: Written) -> None:
    guests = int((shop.orders.customer == GUEST).sum())
    assert guests == len({row["order_id"] for row in written.sales if row["customer_id"] == ""})


@pytest.mark.parametrize(("customers", "seed"), [(4, 1), (0, 1), (100, -1)])
def test_impossible_shops_are_refused(customers: int, seed: int) -> None:
    with pytest.raises(ValueError, match="more than 4 customers"):
        demo.open_shop(replace(demo.SIZES["small"], customers=customers), seed)
