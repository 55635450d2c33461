"""Tables told by their header, or, where they have none, by the shape of their values."""

import re
from dataclasses import dataclass, field
from typing import Any

from crm.intake.formats.names import normalised

# What a column of a known table is when it is no field: worth keeping beside the line, or not worth anything.
KEEP, DROP = "+", "-"
# A table with a few columns more is still the same table.
MORE_COLUMNS = 2
MONTH_FIRST = "12/31/2010 (month first)"


@dataclass(frozen=True)
class KnownFormat:
    """A table that we have met: `columns` maps its header (normalised names) to fields, KEEP or DROP.

    `shape` has a pattern for each column, for tables that come without a header; `more` is how many columns a header
    may have beside these.
    """

    name: str
    kind: str
    columns: dict[str, str]
    options: dict[str, Any] = field(default_factory=dict)
    shape: tuple[str, ...] = ()
    more: int = MORE_COLUMNS

    @property
    def fields(self) -> dict[str, str]:
        return {name: column for column, name in self.columns.items() if name not in (KEEP, DROP)}

    @property
    def kept(self) -> list[str]:
        return [column for column, name in self.columns.items() if name == KEEP]


ID, WHOLE, MONEY, ANY = r"\d+", r"-?\d+", r"-?\d+(\.\d+)?", r"[\s\S]*"
DATE, MOMENT = r"(19|20)\d\d-\d\d-\d\d", r"\S+( \d?\d:\d\d(:\d\d)?)?"
RETAIL_SHAPE = (r"[A-Z]?\d{6}", r"[0-9A-Za-z ]{1,12}", ANY, WHOLE, MOMENT, MONEY, r"(\d{5}(\.0)?)?", r"[A-Z][A-Za-z ]+")

KNOWN = [
    KnownFormat(
        "Online Retail",
        "transactions",
        {
            "invoiceno": "order_id",
            "stockcode": "item_id",
            "description": "description",
            "quantity": "quantity",
            "invoicedate": "ordered_at",
            "unitprice": "unit_price",
            "customerid": "customer_id",
            "country": "country",
        },
        {"cancellation": {"prefix": "C"}, "date_format": MONTH_FIRST},
        RETAIL_SHAPE,
    ),
    KnownFormat(
        "Online Retail II",
        "transactions",
        {
            "invoice": "order_id",
            "stockcode": "item_id",
            "description": "description",
            "quantity": "quantity",
            "invoicedate": "ordered_at",
            "price": "unit_price",
            "customerid": "customer_id",
            "country": "country",
        },
        {"cancellation": {"prefix": "C"}, "date_format": MONTH_FIRST},
    ),
    KnownFormat(
        "CDNOW",
        "transactions",
        {"customerid": "customer_id", "date": "ordered_at", "numberofcds": "quantity", "dollarvalue": "amount"},
        {"date_format": "20101231"},
        (ID, r"(19|20)\d{6}", ID, r"\d+\.\d\d"),
    ),
    KnownFormat(
        "CDNOW",
        "transactions",
        {
            "customerid": "customer_id",
            "sampleid": DROP,
            "date": "ordered_at",
            "numberofcds": "quantity",
            "dollarvalue": "amount",
        },
        {"date_format": "20101231"},
        (ID, ID, r"(19|20)\d{6}", ID, r"\d+\.\d\d"),
    ),
    KnownFormat(
        "Valued shoppers",
        "transactions",
        {
            "id": "customer_id",
            "chain": KEEP,
            "dept": KEEP,
            "category": "category",
            "company": "company",
            "brand": "brand",
            "date": "ordered_at",
            "productsize": KEEP,
            "productmeasure": KEEP,
            "purchasequantity": "quantity",
            "purchaseamount": "amount",
        },
        {"cancellation": "negative", "date_format": "2010-12-31 (ISO)"},
        (*(ID,) * 6, DATE, MONEY, r"[A-Z0-9]{0,4}", WHOLE, MONEY),
    ),
    KnownFormat(
        "eCommerce behaviour",
        "events",
        {
            "eventtime": "occurred_at",
            "eventtype": "kind",
            "productid": "item_id",
            "categoryid": KEEP,
            "categorycode": KEEP,
            "brand": KEEP,
            "price": "price",
            "userid": "user_id",
            "usersession": "session_id",
        },
        {"date_format": "2010-12-31 (ISO)"},
        (
            DATE + r" \d\d:\d\d:\d\d UTC",
            r"view|cart|remove_from_cart|purchase",
            ID,
            ID,
            r"[a-z_.]*",
            ANY,
            MONEY,
            ID,
            r"[0-9a-f-]*",
        ),
    ),
    KnownFormat(
        "UCI online shoppers",
        "sessions",
        {
            "administrative": KEEP,
            "administrativeduration": KEEP,
            "informational": KEEP,
            "informationalduration": KEEP,
            "productrelated": KEEP,
            "productrelatedduration": KEEP,
            "bouncerates": "bounce_rate",
            "exitrates": "exit_rate",
            "pagevalues": "page_value",
            "specialday": KEEP,
            "month": KEEP,
            "operatingsystems": "os",
            "browser": "browser",
            "region": KEEP,
            "traffictype": KEEP,
            "visitortype": "visitor_type",
            "weekend": KEEP,
            "revenue": "converted",
        },
    ),
    # An item of an order a line; what is said of the order itself, such as its total, stands on its first line alone.
    KnownFormat(
        "Shopify orders",
        "transactions",
        {
            "name": "order_id",
            "email": "customer_id",
            "financialstatus": KEEP,
            "currency": "currency",
            "total": DROP,
            "createdat": "ordered_at",
            "lineitemquantity": "quantity",
            "lineitemname": "description",
            "lineitemprice": "unit_price",
            "lineitemsku": "item_id",
        },
        {"date_format": "2010-12-31 (ISO)"},
        more=100,
    ),
    KnownFormat(
        "Insiders shop",
        "transactions",
        {
            "orderid": "order_id",
            "orderedat": "ordered_at",
            "customerid": "customer_id",
            "itemid": "item_id",
            "description": "description",
            "category": "category",
            "brand": "brand",
            "quantity": "quantity",
            "unitprice": "unit_price",
            "country": "country",
        },
        {"cancellation": {"prefix": "C"}},
    ),
    KnownFormat(
        "Insiders shop, events",
        "events",
        {
            "sessionid": "session_id",
            "userid": "user_id",
            "occurredat": "occurred_at",
            "page": "page",
            "kind": "kind",
            "itemid": "item_id",
            "price": "price",
            "converted": "converted",
            "formfillms": "form_fill_ms",
            "latencyms": "latency_ms",
            "ajaxcalls": "ajax_calls",
            "bytes": "bytes",
            "device": "device",
            "os": "os",
            "browser": "browser",
            "country": "country",
            "referrer": "referrer",
        },
    ),
    KnownFormat(
        "Insiders shop, customers",
        "customers",
        {
            "customerid": "customer_id",
            "name": "name",
            "email": "email",
            "birthdate": "birth_date",
            "country": "country",
            "city": "city",
            "consent": "consent",
        },
    ),
]


def known_by_header(header: list[str]) -> KnownFormat | None:
    """The known table whose columns are all in the header; order and empty columns do not matter."""
    names = [normalised(name) for name in header if not is_unnamed(name)]
    return next(
        (
            known
            for known in KNOWN
            if known.columns.keys() <= set(names) and len(names) <= len(known.columns) + known.more
        ),
        None,
    )


def known_by_shape(rows: list[list[str]]) -> KnownFormat | None:
    """The known table whose values have just these shapes, column by column, in each of the rows."""
    return next(
        (known for known in KNOWN if known.shape and rows and all(_has_shape(known, row) for row in rows)), None
    )


def _has_shape(known: KnownFormat, row: list[str]) -> bool:
    return len(row) == len(known.shape) and all(
        re.fullmatch(pattern, cell.strip()) for pattern, cell in zip(known.shape, row, strict=True)
    )


def is_unnamed(column: str) -> bool:
    """Whether we gave the column its name, for want of one."""
    return re.fullmatch(r"column \d+", column) is not None
