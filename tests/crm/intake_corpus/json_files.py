"""JSON: one object a line, one list of objects, and what is neither."""

import json
from typing import Any

from tests.crm.intake_corpus.base import HEADER, ROWS, Case

NAMES = HEADER.split(",")
USUAL = [dict(zip(NAMES, row.split(","), strict=True)) for row in ROWS]
ANN = {"order_id": "B1", "ordered_at": "2025-03-25T17:30:00Z", "customer_id": "ann", "quantity": 1, "unit_price": 4.5}


def lines(*more: str | dict[str, Any]) -> str:
    return "".join((item if isinstance(item, str) else json.dumps(item)) + "\n" for item in [*USUAL, *more])


def accepted(name: str, data: str | bytes, number: int = 7, **values: Any) -> Case:
    return Case(f"JSON, {name}", data, "AX", lines=number, values=values)


def refused(name: str, data: str, code: str) -> Case:
    return Case(f"JSON, {name}", data, "RF", code)


def rejected(name: str, line: str) -> Case:
    return Case(f"JSON line, {name}", lines(line), "RR", "bad_json", rejected=1)


def ann(**fields: Any) -> dict[str, Any]:
    return {**ANN, **fields}


DIGITS = json.dumps(ANN).replace('"ann"', "9007199254740993").replace("4.5", "0.100000")
NESTED = {
    **{name: ANN[name] for name in ("order_id", "ordered_at", "quantity", "unit_price")},
    "customer": {"id": "ann"},
}
JSONS = [
    accepted("lines", lines(), 6, customer="c6"),
    accepted("lines with types", lines(ANN), customer="ann", ordered_at="2025-03-25 17:30:00", amount="4.500000"),
    accepted("numbers with all their digits", lines(DIGITS), customer="9007199254740993", amount="0.100000"),
    accepted("keys in other order", lines(dict(reversed(ANN.items()))), customer="ann"),
    accepted("a key that only the last line has", lines(ann(brand="x")), customer="ann"),
    accepted("null", lines(ann(brand=None)), customer="ann"),
    accepted("a list within", lines(ann(tags=["a", 1.50])), customer="ann"),
    accepted("escapes", lines(ann(customer_id='Zoë "q"\n\u2028')), customer='Zoë "q"\n\u2028'),
    accepted("with a byte-order mark", b"\xef\xbb\xbf" + lines(ANN).encode(), customer="ann"),
    accepted("UTF-16", lines(ANN).encode("utf-16"), customer="ann"),
    accepted("CR LF and empty lines", lines(ANN).replace("\n", "\r\n\r\n"), customer="ann"),
    accepted("a list of objects", json.dumps([*USUAL, ANN]), customer="ann"),
    accepted("a list over many lines", json.dumps([*USUAL, ANN], indent=4), customer="ann"),
    rejected("broken off", '{"order_id": "B1", "ordered_at"'),
    rejected("no object", "[1, 2]"),
    rejected("no JSON", "B1,2025-03-01,ann"),
    rejected("one key twice", '{"order_id": "B1", "order_id": "B2"}'),
    rejected("deeper than anybody reads", "[" * 100_000),
    rejected("with a NUL", '{"order_id": "a\\u0000b"}'),
    Case("JSON line, half a character", lines(ann(customer_id="\ud83d")), "RR", "bad_encoding", rejected=1),
    refused("one object", json.dumps({"orders": 3, "rows": USUAL}, indent=2), "not_a_table"),
    refused("a list of lists", json.dumps([[1, 2], [3, 4]]), "bad_json"),
    refused("a list of texts", '["A1", "A2"]', "bad_json"),
    refused("a list broken off", json.dumps([*USUAL, ANN])[:-1], "bad_json"),
    refused("a list broken off in an item", json.dumps([*USUAL, ANN])[:-9], "bad_json"),
    refused("something behind the list", json.dumps(USUAL) + "{}", "bad_json"),
    refused("an empty list", "[]", "empty"),
    refused("empty objects", "{}\n{}\n", "empty"),
    refused("501 keys", lines({f"k{n}": n for n in range(501)}), "too_many_columns"),
]
