"""A small demo shop as rows, for the tests of its laws and of what is planted in it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from analytics import demo

Row = dict[str, str]


@dataclass(frozen=True)
class Written:
    lines: list[Row]
    events: list[Row]
    people: list[Row]
    truth: dict[str, Any]

    @property
    def sales(self) -> list[Row]:
        return [row for row in self.lines if not row["order_id"].startswith("C")]

    @property
    def returns(self) -> list[Row]:
        return [row for row in self.lines if row["order_id"].startswith("C")]


def table(header: str, rows: Iterator[str]) -> list[Row]:
    return list(csv.DictReader([header, *rows], strict=True))


def amount(row: Row) -> Decimal:
    return int(row["quantity"]) * Decimal(row["unit_price"])


def write(shop: demo.Shop) -> Written:
    tally, lines, events = demo.Tally(), [], []
    for trading in shop.days():
        tally.add(trading)
        lines += demo.line_rows(shop, trading)
        events += demo.event_rows(shop, trading)
    return Written(
        table(demo.LINE_HEADER, iter(lines)),
        table(demo.EVENT_HEADER, iter(events)),
        table(demo.CUSTOMER_HEADER, demo.customer_rows(shop)),
        demo.truth(shop, tally),
    )


@pytest.fixture(scope="module")
def shop() -> demo.Shop:
    return demo.open_shop(demo.SIZES["small"], 1)


@pytest.fixture(scope="module")
def written(shop: demo.Shop) -> Written:
    return write(shop)
