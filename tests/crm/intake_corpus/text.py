"""Plain text that is odd or bad: its shape, its values, what it would do to whoever opens it elsewhere."""

from dataclasses import replace

from tests.crm.intake_corpus.base import HEADER, PLAIN, ROWS, Case, row, table, with_id, with_price, with_row

NAME = "Zoë Müller"

SHAPES = [
    Case("no bytes at all", b"", "RF", "empty"),
    Case("only a byte-order mark", b"\xef\xbb\xbf", "RF", "empty"),
    Case("only a UTF-16 mark", b"\xff\xfe", "RF", "empty"),
    Case("only empty lines", b"\n" * 1000, "RF", "empty"),
    Case("empty lines without end", lambda: b"\n" * 50_000_000, "RF", "empty"),
    Case("header only", HEADER + "\n", "AW", "file", lines=0),
    Case("no header", "\n".join(ROWS), "ASK", "ordered_at", lines=6),
    Case("UTF-8 with mark", b"\xef\xbb\xbf" + with_id(NAME).encode(), "AX", values={"customer": NAME}),
    Case("UTF-16 little endian", with_id(NAME).encode("utf-16"), "AX", values={"customer": NAME}),
    Case("UTF-16 big endian", b"\xfe\xff" + with_id(NAME).encode("utf-16-be"), "AX", values={"customer": NAME}),
    Case("Latin-1", with_id(NAME).encode("latin-1"), "AX", values={"customer": NAME}),
    Case("cp1252", with_id("Zoë €5 “quoted”").encode("cp1252"), "AX", values={"customer": "Zoë €5 “quoted”"}),
    Case(
        "mixed encodings",
        table(*ROWS, *(f"B{n},2025-03-01,Zoë,cup,1,1" for n in range(3))).encode()
        + "B9,2025-03-01,Zoë,cup,1,1\n".encode("latin-1"),
        "RR",
        "bad_encoding",
        lines=10,
        rejected=1,
    ),
    Case(
        "mixed encodings, few lines in UTF-8",
        table(*ROWS, *(f"B{n},2025-03-01,Zoë,cup,1,1" for n in range(3))).encode("latin-1")
        + "B9,2025-03-01,Zoë,cup,1,1\n".encode(),
        "ASK",
        "encoding",
        lines=10,
    ),
    Case(
        "mixed encodings, read as UTF-8 by a person's word",
        table(*(row(n) for n in range(24)), "B1,2025-03-01,Zoë,cup,1,1", "B2,2025-03-01,Zoé,cup,1,1").encode("latin-1")
        + "B9,2025-03-01,Zoë,cup,1,1\n".encode(),
        "RR",
        "bad_encoding",
        lines=27,
        rejected=2,
        options={"encoding": "utf-8"},
    ),
    Case("NUL bytes", PLAIN.encode() + b"A7,2025-03-01,c\x00d,cup,1,1\n", "RF", "binary"),
    Case("NUL bytes far inside", lambda: table(*(row(n) for n in range(9000))).encode() + b"\x00\n", "RF", "binary"),
    Case("CR only", table(*ROWS, newline="\r"), "AX", lines=6),
    Case("CR LF", table(*ROWS, newline="\r\n"), "AX", lines=6),
    Case(
        "mixed newlines",
        PLAIN + "B1,2025-03-01,ann,cup,1,1\r\nB2,2025-03-01,bob,cup,1,1\rB3,2025-03-01,eve,cup,1,1",
        "AX",
        lines=9,
        values={"customer": "eve"},
    ),
    Case("no newline at the end", PLAIN.rstrip("\n"), "AX", lines=6),
    Case("semicolons", PLAIN.replace(",", ";"), "AX", lines=6),
    Case("tabs", PLAIN.replace(",", "\t"), "AX", lines=6),
    Case("pipes", PLAIN.replace(",", "|"), "AX", lines=6),
    Case("white space", PLAIN.replace(" ", "T").replace(",", "  "), "AX", lines=6),
    Case("sep= line", "sep=;\n" + PLAIN.replace(",", ";"), "AX", lines=6),
    Case("unclosed quote", PLAIN + 'B1,2025-03-01,"ann,cup,1,1\nB2,2025-03-01,bob,cup,1,1\n', "RF", "unclosed_quote"),
    Case("unclosed quote in the last column", PLAIN + 'B1,2025-03-01,ann,cup,1,"1\n' + PLAIN, "RF", "unclosed_quote"),
    Case("newline inside the last quotes", with_price("4.50\n"), "AX"),
    Case("XML", b"<?xml version='1.0'?><orders/>", "RF", "not_a_table"),
    Case("newline inside quotes", with_id('"an\nn"'), "AX", values={"customer": "an\nn"}),
    Case("CR LF inside quotes", with_id('"an\nn"').replace("\n", "\r\n"), "AX", values={"customer": "an\r\nn"}),
    Case("quote inside quotes", with_id('"a ""n"" n"'), "AX", values={"customer": 'a "n" n'}),
    Case("one extra field in one row", with_row("B1,2025-03-01,ann,cup,1,1,what"), "RR", "too_many_fields", rejected=1),
    Case("many extra fields", with_row("B1,2025-03-01,ann,cup,1,1" + ",x" * 300), "RR", "too_many_fields", rejected=1),
    Case("an extra field in every row", table(*(line + ",x" for line in ROWS)), "RF", "shifted_columns"),
    Case("missing fields", with_row("B1,2025-03-01,ann"), "RR", "too_few_fields", rejected=1),
    Case("trailing separators", table(*(line + "," for line in ROWS), header=HEADER + ","), "AX", lines=6),
    Case(
        "trailing separators in rows only", table(*(line + "," for line in ROWS)), "AW", "trailing_separators", lines=6
    ),
    Case(
        "duplicate header names",
        table(*(line + ",x" for line in ROWS), header=HEADER + ",quantity"),
        "RF",
        "repeated_header",
    ),
    Case(
        "header with odd spaces and case",
        table(*ROWS, header=" Order ID , ORDERED  AT,Customer_Id,item id,QUANTITY,Unit Price"),
        "AX",
        lines=6,
    ),
    Case(
        "100,000 columns",
        lambda: (",".join(f"c{n}" for n in range(100_000)) + "\n").encode() * 2,
        "RF",
        "too_many_columns",
    ),
    Case("one line of 200 MB", lambda: HEADER.encode() + b"\n" + b"x" * 200_000_000, "RF", "line_too_long"),
    Case("field over 64 KB", with_id("x" * 70_000), "RR", "field_too_long", rejected=1),
    Case("customer id over 255 signs", with_id("x" * 300), "RR", "id_too_long", rejected=1),
    Case("last row cut off", PLAIN + "B1,2025-03-01,an", "RR", "too_few_fields", "cut_off", rejected=1),
    Case("footer with totals", PLAIN + "Total,,,,12,54.00\n", "RR", "missing_date", rejected=1),
    Case("random bytes", lambda: b"\x8f" + bytes((n * 7919 + n * n) % 256 for n in range(5000)), "RF", "binary"),
    Case("PDF", b"%PDF-1.7\n1 0 obj", "RF", "not_a_table"),
    Case("PNG", b"\x89PNG\r\n\x1a\n\0\0", "RF", "not_a_table"),
    Case("web page", b"<!DOCTYPE html><html><body>Sign in</body></html>", "RF", "not_a_table"),
    Case("web page after white space", b"\n  <HTML><body>Sign in</body></html>", "RF", "not_a_table"),
]

IDS = [
    Case(f"id {name}", with_id(name), "AX", values={"customer": name})
    for name in ("0012", "12.0", "1e5", "9007199254740993", "nan", "NULL", "NA", "None", "-", "ann@example.com")
]
INJECTIONS = [
    Case(f"id {name!r}", with_id(f'"{name}"'), "AX", values={"customer": name})
    for name in (
        "=cmd|' /C calc'!A0",
        "+1+1",
        "@SUM(1)",
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "{% debug %}",
        "%s%n",
        "'; DROP TABLE crm_customer; --",
        "../../etc/passwd",
        "\x1b[31mred",
    )
]
UNUSUAL = [
    Case(f"id {name!r}", with_id(f'"{name}"'), "AW", "unusual_signs", values={"customer": name})
    for name in ("مرحبا", "שלום", "e\u0301", "x\u200by", "\u202egnp", "b\ufeff")
]


def one_customer() -> bytes:
    rows = (f"A{n // 5},2025-03-{1 + n % 27:02d} 10:00:00,ann,item {n % 900},2,4.50\n" for n in range(1_000_000))
    return f"{HEADER}\n{''.join(rows)}".encode()


BAD_PRICES = ["1_000", "١٢٣", "NaN", "inf", "1e400", "1e3", "0x10", "12,5", "1,23,4", "--5", "free", "(12.50", "(-1)"]
BAD_PRICES += ["-12.50-", "", "EUR 12", "9" * 20]
BAD_PRICES += ["€12", "$12", "12 €", "12 USD", "££12", "£12 GBP", "£", "GBP", "12£3"]
OUR_MONEY = ["£12", "£ 12", "12£", "12 £", "GBP 12", "gbp12", "12.00 GBP", "+£12.00", "£\u00a012"]
NUMBERS = [
    Case("1,234.56 under the point", with_price("1,234.56"), "AX", values={"amount": "1234.560000"}),
    Case(
        "1.234,56 under the comma",
        with_price("1.234,56").replace("4.50", '"4,50"'),
        "AX",
        values={"amount": "1234.560000"},
    ),
    Case(
        "1 234,56 under the comma",
        with_price("1 234,56").replace("4.50", '"4,50"'),
        "AX",
        values={"amount": "1234.560000"},
    ),
    Case(
        "1 234,56 with a no-break space",
        with_price("1\u00a0234,56").replace("4.50", '"4,50"'),
        "AX",
        values={"amount": "1234.560000"},
    ),
    Case("six decimals", with_price("0.123456"), "AX", values={"amount": "0.123456"}),
    Case("zeros beyond six decimals", with_price("0.1234560000"), "AX", values={"amount": "0.123456"}),
    Case("seven decimals", with_price("0.1234567"), "RR", "bad_price", rejected=1),
    Case("price of zero", with_price("0"), "AW", "zero_amount", values={"amount": "0.000000"}),
    Case(
        "a price in brackets is negative",
        with_price("(12.50)"),
        "AW",
        "negative_price",
        values={"amount": "-12.500000"},
    ),
    Case("a price with its sign behind", with_price("12.50-"), "AW", "negative_price", values={"amount": "-12.500000"}),
    Case("negative price", with_price("-4.50"), "AW", "negative_price", values={"amount": "-4.500000"}),
    Case(
        "negative quantity",
        with_row("B1,2025-03-01 10:00:00,ann,cup,-2,4.50"),
        "AW",
        "returns",
        values={"amount": "-9.000000", "is_cancellation": True, "is_purchase": False},
    ),
    Case("lines without a customer", with_id(""), "AW", "guest_lines", values={"customer": None}),
    Case(
        "a return before its purchase",
        table("B1,2025-03-01,ann,cup,-1,4.50", "B2,2025-03-02,ann,cup,1,4.50", *ROWS),
        "AW",
        "early_returns",
        lines=8,
    ),
    Case("a million lines of one customer", one_customer, "AX", lines=1_000_000, values={"customer": "ann"}),
    Case("the same line twice", with_row(ROWS[-1]), "AW", "exact_duplicates"),
    *(Case(f"price {text}", with_price(text), "AX", values={"amount": "12.000000"}) for text in OUR_MONEY),
    *(
        Case(f"price {text}", with_price(text), "AW", "negative_price", values={"amount": "-1234.500000"})
        for text in ("-£1,234.50", "£-1,234.50", "(£1,234.50)", "£(1,234.50)", "GBP -1,234.50", "1,234.50- GBP")
    ),
    *(Case(f"price {text}", with_price(text), "RR", "bad_price", rejected=1) for text in BAD_PRICES),
    Case(
        "an amount over a million",
        with_row("B1,2025-03-01,ann,cup,80995,104.25"),
        "AX",
        values={"amount": "8443728.750000"},
    ),
    Case("too large a product", with_row("B1,2025-03-01,ann,cup,999999999,999999999"), "RR", "too_precise", rejected=1),
    Case(
        "product with too many decimals",
        with_row("B1,2025-03-01,ann,cup,0.0001,0.0001"),
        "RR",
        "too_precise",
        rejected=1,
    ),
]


def dated(*dates: str) -> str:
    return table(*(f"A{n},{date},c{n},cup,1,1" for n, date in enumerate(dates)))


def later(*dates: str) -> str:
    """Dates among ordinary ones, which say what the format is."""
    return table(*ROWS, *(f"B{n},{date},ann,cup,1,1" for n, date in enumerate(dates)))


def read_as(name: str, *dates: str, **values: str) -> Case:
    return Case(name, dated(*dates), "AX", lines=len(dates), values=values)


DAY_FIRST = {"date_format": "31/12/2010 (day first)"}
SERIAL = {"date_format": "Excel serial number"}
SECONDS = {"date_format": "Unix seconds"}
DATES = [
    Case("day or month first, nobody can know", dated("01/02/2025", "03/04/2025"), "ASK", "date_format", lines=2),
    replace(read_as("day first, declared", "01/02/2025", "03/04/2025", day="2025-04-03"), options=DAY_FIRST),
    read_as("month first", "01/02/2025", "03/25/2025", day="2025-03-25"),
    read_as("day first", "01/02/2025", "25/03/2025", day="2025-03-25"),
    replace(read_as("days of a spreadsheet", "45717", "45741.5", ordered_at="2025-03-25 12:00:00"), options=SERIAL),
    replace(read_as("seconds", "1740787200", "1742923800", ordered_at="2025-03-25 17:30:00"), options=SECONDS),
    replace(
        read_as("milliseconds", "1740787200000", "1742923800123", ordered_at="2025-03-25 17:30:00.123000"),
        options={"date_format": "Unix milliseconds"},
    ),
    read_as("with points", "01.02.2025", "25.03.2025 17:30", day="2025-03-25"),
    Case("with dashes, nobody can know", dated("01-02-2025", "03-04-2025"), "ASK", "date_format", lines=2),
    read_as("month names", "29-Nov-16", "01-Dec-16", day="2016-12-01"),
    read_as("plain digits", "20250102", "20250325", day="2025-03-25"),
    read_as("T and Z", "2025-01-02T10:00:00Z", "2025-03-25T23:59:59Z", ordered_at="2025-03-25 23:59:59"),
    read_as("offset", "2025-01-02T10:00:00+02:00", "2025-03-25T00:30:00+02:00", ordered_at="2025-03-24 22:30:00"),
    Case("an offset that no clock has", later("2025-01-02T10:00:00+25:00"), "RR", "bad_date", rejected=1),
    Case("31 February", later("2025-02-31"), "RR", "bad_date", rejected=1),
    Case("no such format", later("yesterday"), "RR", "bad_date", rejected=1),
    Case("no date", later(""), "RR", "missing_date", rejected=1),
    Case("year 0001", later("0001-01-01"), "RR", "date_out_of_range", rejected=1),
    Case("year 9999", later("9999-12-31"), "RR", "date_out_of_range", rejected=1),
    Case("in the future", later("2099-12-31"), "AW", "future_date", values={"day": "2099-12-31"}),
]

TEXTS = [*SHAPES, *IDS, *INJECTIONS, *UNUSUAL, *NUMBERS, *DATES]
