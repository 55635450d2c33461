"""Which column is what: known headers first, then names that shops use, with a reason for each proposal.

To add a known format, add one `KnownFormat`; to teach a new column name, add it to `SYNONYMS`.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz, process


@dataclass(frozen=True)
class KnownFormat:
    """A table that we have met: its header (normalised names), what its columns are, and what it takes for granted."""

    name: str
    header: tuple[str, ...]
    columns: dict[str, str]
    options: dict[str, Any] = field(default_factory=dict)


KNOWN = [
    KnownFormat(
        "Online Retail",
        ("invoiceno", "stockcode", "description", "quantity", "invoicedate", "unitprice", "customerid", "country"),
        {
            "order_id": "invoiceno",
            "item_id": "stockcode",
            "description": "description",
            "quantity": "quantity",
            "ordered_at": "invoicedate",
            "unit_price": "unitprice",
            "customer_id": "customerid",
            "country": "country",
        },
        {"cancellation_prefix": "C", "date_format": "12/31/2010 (month first)"},
    ),
    KnownFormat(
        "Online Retail II",
        ("invoice", "stockcode", "description", "quantity", "invoicedate", "price", "customerid", "country"),
        {
            "order_id": "invoice",
            "item_id": "stockcode",
            "description": "description",
            "quantity": "quantity",
            "ordered_at": "invoicedate",
            "unit_price": "price",
            "customer_id": "customerid",
            "country": "country",
        },
        {"cancellation_prefix": "C", "date_format": "12/31/2010 (month first)"},
    ),
    KnownFormat(
        "CDNOW",
        ("customerid", "date", "numberofcds", "dollarvalue"),
        {"customer_id": "customerid", "ordered_at": "date", "quantity": "numberofcds", "amount": "dollarvalue"},
        {"date_format": "20101231"},
    ),
    KnownFormat(
        "Insiders shop",
        (
            "orderid",
            "orderedat",
            "customerid",
            "itemid",
            "description",
            "category",
            "brand",
            "quantity",
            "unitprice",
            "country",
        ),
        {
            "order_id": "orderid",
            "ordered_at": "orderedat",
            "customer_id": "customerid",
            "item_id": "itemid",
            "description": "description",
            "category": "category",
            "brand": "brand",
            "quantity": "quantity",
            "unit_price": "unitprice",
            "country": "country",
        },
        {"cancellation_prefix": "C"},
    ),
]

SYNONYMS: dict[str, list[str]] = {
    "customer_id": [
        "customer id",
        "customer",
        "client id",
        "user id",
        "member id",
        "email",
        "e mail",
        "account",
        "buyer",
        "shopper id",
    ],
    "order_id": [
        "order id",
        "order",
        "invoice",
        "invoice no",
        "invoice number",
        "receipt",
        "transaction id",
        "basket id",
        "order number",
    ],
    "item_id": ["item id", "stock code", "product id", "sku", "article", "item", "product code", "upc"],
    "description": ["description", "product name", "item name", "title", "product"],
    "category": ["category", "category code", "department", "product group"],
    "brand": ["brand", "manufacturer", "label"],
    "quantity": ["quantity", "qty", "units", "pieces", "purchase quantity", "items"],
    "unit_price": ["unit price", "price", "item price", "price each"],
    "amount": [
        "amount",
        "total",
        "line total",
        "revenue",
        "sales",
        "value",
        "purchase amount",
        "order total",
        "dollar value",
        "net amount",
    ],
    "discount": ["discount", "rebate", "coupon"],
    "ordered_at": [
        "ordered at",
        "date",
        "order date",
        "invoice date",
        "timestamp",
        "created at",
        "purchase date",
        "time",
        "datetime",
        "event time",
    ],
    "country": ["country", "country code", "market", "ship country"],
    "currency": ["currency", "currency code"],
    "company": ["company", "store", "shop", "seller"],
}


def normalised(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def known_format(header: list[str]) -> KnownFormat | None:
    """The known format whose columns are all in the header (order and further empty columns do not matter)."""
    names = [normalised(name) for name in header if not re.fullmatch(r"column \d+", name)]
    return next(
        (known for known in KNOWN if set(known.header) <= set(names) and len(names) <= len(known.header) + 2), None
    )


def known_shape(rows: list[list[str]]) -> tuple[str, dict[str, str]] | None:
    """A headerless format told by its values: CDNOW's master (4 columns) and sample (5, the first two are ids)."""
    if not rows or len({len(row) for row in rows}) != 1 or len(rows[0]) not in {4, 5}:
        return None
    tail = [row[-3:] for row in rows]
    if not all(re.fullmatch(r"(19|20)\d{6}", a) and b.isdigit() and re.fullmatch(r"\d+\.\d{2}", c) for a, b, c in tail):
        return None
    width = len(rows[0])
    fields = {"customer_id": 1, "ordered_at": width - 2, "quantity": width - 1, "amount": width}
    return "CDNOW", {name: f"column {position}" for name, position in fields.items()}


def by_synonyms(header: list[str]) -> dict[str, tuple[str, float]]:
    """field -> (column, confidence 0 to 1) by likeness of names; a column serves one field only."""
    candidates = []
    for column in header:
        plain = re.sub(r"[^a-z0-9]+", " ", re.sub(r"([a-z])([A-Z])", r"\1 \2", column).casefold()).strip()
        for name, words in SYNONYMS.items():
            match = process.extractOne(plain, words, scorer=fuzz.ratio)
            if match and match[1] >= 80:
                # An earlier word is a better one: "order id" before "order".
                candidates.append((match[1] - words.index(match[0]) / 10, name, column))
    chosen: dict[str, tuple[str, float]] = {}
    for score, name, column in sorted(candidates, reverse=True):
        if name not in chosen and column not in {taken for taken, _ in chosen.values()}:
            chosen[name] = (column, round(min(score, 100) / 100, 2))
    return chosen
