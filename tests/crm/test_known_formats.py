"""Every table that we claim to know is proposed right, without help."""

import os
from pathlib import Path

import pytest

from analytics.demo import CUSTOMER_HEADER, EVENT_HEADER, LINE_HEADER
from crm.intake.proposal import Proposal
from tests.crm.looking import look

DATA = Path(os.environ.get("INSIDERS_TEST_DATA", "../shared/data"))
RETAIL = {
    "order_id": "InvoiceNo",
    "item_id": "StockCode",
    "description": "Description",
    "quantity": "Quantity",
    "ordered_at": "InvoiceDate",
    "unit_price": "UnitPrice",
    "customer_id": "CustomerID",
    "country": "Country",
}


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path


def asked(proposal: Proposal) -> set[str]:
    return {item["field"] for item in proposal.uncertain}


def rows(header: str, *lines: str) -> str:
    return "\n".join([header, *lines]) + "\n"


# --- Online Retail ---

RETAIL_HEADER = ",".join(RETAIL.values())


def retail(date: str, customer: str = "17850", tail: str = "") -> list[str]:
    return [
        f"536365,85123A,WHITE HANGING HEART,6,{date},2.55,{customer},United Kingdom{tail}",
        f"536366,POST,POSTAGE,1,{date},18,{customer},France{tail}",
        f"C536379,D,Discount,-1,{date},27.50,{customer},United Kingdom{tail}",
    ]


@pytest.mark.parametrize(
    ("header", "lines", "date_format"),
    [
        (RETAIL_HEADER, retail("12/1/2010 8:26"), "12/31/2010 (month first)"),
        (RETAIL_HEADER, retail("2010-12-01 08:26:00", "17850.0"), "2010-12-31 (ISO)"),
        (RETAIL_HEADER + ",", retail("29-Nov-16", tail=","), "31-Dec-10"),
    ],
    ids=["months first", "a daily file", "with an empty ninth column"],
)
def test_online_retail(header: str, lines: list[str], date_format: str) -> None:
    proposal = look(rows(header, *lines))
    assert (proposal.format, proposal.kind, proposal.columns) == ("Online Retail", "transactions", RETAIL)
    assert proposal.options["date_format"] == date_format
    assert proposal.options["cancellation"] == {"prefix": "C"}
    assert [(item["code"], item["lines"]) for item in proposal.choices["services"]] == [("D", 1), ("POST", 1)]
    assert not proposal.uncertain


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,"
    "Billing Name,Billing Country,Vendor,Id,Tags"
)


def test_orders_in_the_layout_of_shopify() -> None:
    head = "paid,2023-05-10 10:00:05 +0100,fulfilled,GBP,14.00,3.00,0.00,17.00,,0.00"
    lines = [
        line
        for n in range(1001, 1013)
        for line in (
            f"#{n},c{n % 5}@example.com,{head},2023-05-10 10:00:00 +0100,2,Blue cup,4.50,,CUP-1,Ann,GB,Potters,9{n},",
            f"#{n},c{n % 5}@example.com,,,,,,,,,,,2023-05-10 10:00:00 +0100,1,Tea towel,5.00,,TOW-2,,,Weavers,,",
        )
    ]
    proposal = look(rows(SHOPIFY, *lines))
    assert proposal.columns == {
        "order_id": "Name",
        "customer_id": "Email",
        "currency": "Currency",
        "ordered_at": "Created at",
        "quantity": "Lineitem quantity",
        "description": "Lineitem name",
        "unit_price": "Lineitem price",
        "item_id": "Lineitem sku",
    }
    assert (proposal.format, proposal.options["date_format"]) == ("Shopify orders", "2010-12-31 (ISO)")
    assert proposal.options["attributes"] == ["Financial Status"]
    assert not proposal.uncertain


def test_the_second_edition() -> None:
    header = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
    proposal = look(rows(header, *retail("12/1/2009 7:45")))
    expected = RETAIL | {"order_id": "Invoice", "unit_price": "Price", "customer_id": "Customer ID"}
    assert (proposal.format, proposal.columns, proposal.uncertain) == ("Online Retail II", expected, [])


def test_online_retail_without_a_header() -> None:
    proposal = look("\n".join(retail("12/1/2010 8:26")))
    assert proposal.columns == {name: f"column {n}" for n, name in enumerate(RETAIL, start=1)}
    assert not proposal.uncertain


@pytest.mark.parametrize("name", ["data.csv.gz", "Ecommerce.csv.gz"])
def test_the_real_online_retail(name: str) -> None:
    proposal = look(real(f"online-retail/{name}"))
    assert (proposal.format, proposal.columns, proposal.uncertain) == ("Online Retail", RETAIL, [])
    assert proposal.choices["cancellation"]["prefixes"][0] | {"prefix": "C"} == {
        "prefix": "C",
        "lines": 9288,
        "negative": 9288,
        "is_cancellation": True,
    }
    assert proposal.choices["services"][0]["code"] == "POST"


# --- the others that we know ---

VALUED = "id,chain,dept,category,company,brand,date,productsize,productmeasure,purchasequantity,purchaseamount"
SHOPPERS = [
    f"{86246 + n % 3},205,{n},{700 + n},{1078778070 + n % 2},12564,2012-03-0{1 + n},12,OZ,{sign}1,{sign}7.59"
    for n, sign in enumerate(["", "", "-", ""])
]
VALUED_FIELDS = {
    "customer_id": "id",
    "category": "category",
    "company": "company",
    "brand": "brand",
    "ordered_at": "date",
    "quantity": "purchasequantity",
    "amount": "purchaseamount",
}


def test_valued_shoppers() -> None:
    proposal = look(rows(VALUED, *SHOPPERS))
    assert (proposal.format, proposal.kind, proposal.columns) == ("Valued shoppers", "transactions", VALUED_FIELDS)
    assert proposal.options["attributes"] == ["chain", "dept", "productsize", "productmeasure"]
    assert proposal.options["cancellation"] == "negative"
    assert proposal.choices["companies"] == [
        {"company": "1078778070", "lines": 2},
        {"company": "1078778071", "lines": 2},
    ]
    assert not proposal.uncertain


def test_valued_shoppers_without_a_header() -> None:
    proposal = look("\n".join(SHOPPERS))
    places = {name: f"column {n}" for n, name in enumerate(VALUED.split(","), start=1)}
    assert proposal.columns == {name: places[column] for name, column in VALUED_FIELDS.items()}
    assert not proposal.uncertain


BEHAVIOUR = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
EVENTS = [
    f"2019-10-01 00:00:0{n} UTC,{kind},390082{n},2053013552326770905,appliances.kettle,aqua,33.20,55474{n % 2},72d76"
    for n, kind in enumerate(["view", "cart", "remove_from_cart", "purchase"])
]


@pytest.mark.parametrize("header", [[BEHAVIOUR], []], ids=["with header", "without header"])
def test_ecommerce_behaviour(header: list[str]) -> None:
    proposal = look("\n".join([*header, *EVENTS]))
    names = BEHAVIOUR.split(",") if header else [f"column {n}" for n in range(1, 10)]
    assert (proposal.format, proposal.kind) == ("eCommerce behaviour", "events")
    assert proposal.columns == {
        "occurred_at": names[0],
        "kind": names[1],
        "item_id": names[2],
        "price": names[6],
        "user_id": names[7],
        "session_id": names[8],
    }
    assert (proposal.options["date_format"], proposal.uncertain) == ("2010-12-31 (ISO)", [])


@pytest.mark.parametrize("name", ["CDNOW_master.txt", "CDNOW_sample.txt"])
def test_cdnow(name: str) -> None:
    proposal = look(real(f"cdnow/{name}"))
    named = "master" in name
    assert proposal.columns == {
        "customer_id": "customer_id" if named else "column 1",
        "ordered_at": "date" if named else "column 3",
        "quantity": "number_of_cds" if named else "column 4",
        "amount": "dollar_value" if named else "column 5",
    }
    assert (proposal.options["date_format"], proposal.uncertain) == ("20101231", [])


def test_uci_online_shoppers() -> None:
    proposal = look(real("sessions/online_shoppers_intention.csv"))
    assert (proposal.kind, proposal.uncertain) == ("sessions", [])
    assert proposal.columns["converted"] == "Revenue"
    assert "started_at" not in proposal.columns
    assert {"Administrative_Duration", "ProductRelated", "Month"} <= set(proposal.options["attributes"])


@pytest.mark.parametrize(
    ("header", "line", "kind"),
    [
        (LINE_HEADER, "7,2025-03-01T10:00:00,1000001,C1,Cup,Cups,Aqua,2,4.50,France", "transactions"),
        (CUSTOMER_HEADER, "1000001,Ann Lee,ann@example.com,1970-03-01,France,Lyon,yes", "customers"),
        (
            EVENT_HEADER,
            "s1,1,2025-03-01T10:00:00,/cups,view,C1,4.5,0,,120,3,5000,phone,iOS,Safari,France,mail",
            "events",
        ),
    ],
)
def test_the_files_of_the_demo_shop(header: str, line: str, kind: str) -> None:
    proposal = look(header + line + "\n")
    assert (proposal.kind, proposal.uncertain) == (kind, [])
    assert list(proposal.columns.values()) == header.strip().split(",")


def test_an_order_export() -> None:
    header = "order id,created at,e-mail,total,discount,currency"
    proposal = look(
        rows(header, "1001,2025-03-14 10:00:00,ann@x.com,25.50,0,GBP", "1002,2025-03-15,bob@x.com,12,1.5,GBP")
    )
    assert proposal.columns == {
        "ordered_at": "created at",
        "customer_id": "e-mail",
        "order_id": "order id",
        "amount": "total",
        "discount": "discount",
        "currency": "currency",
    }
    assert (proposal.kind, proposal.uncertain) == ("transactions", [])


def test_a_file_of_customers() -> None:
    header = "id,name,email,birth date,consent"
    proposal = look(rows(header, *(f"{n},Ann {n},a{n}@x.com,1980-03-0{n},yes" for n in range(1, 6))))
    assert proposal.columns == {
        "customer_id": "id",
        "name": "name",
        "email": "email",
        "birth_date": "birth date",
        "consent": "consent",
    }
    assert (proposal.kind, proposal.uncertain) == ("customers", [])


def test_one_row_an_event() -> None:
    header = "timestamp,visitor,session,event,url,device"
    lines = [
        f"2025-03-01 10:0{n % 10}:00,v{n % 4},s{n % 7},{'view' if n % 3 else 'purchase'},/p/{n},phone"
        for n in range(30)
    ]
    proposal = look(rows(header, *lines))
    assert proposal.kind == "events"
    assert proposal.columns == {
        "occurred_at": "timestamp",
        "session_id": "session",
        "user_id": "visitor",
        "kind": "event",
        "page": "url",
        "device": "device",
    }
