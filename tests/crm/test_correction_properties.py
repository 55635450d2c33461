"""Whatever was wrong with which lines: rejected, corrected, brought again, they make the ledger of the right file."""

import csv
import io
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crm import ledger
from crm.models import Upload
from crm.selectors import current_version, rejected_csv
from tests.crm.test_ledger_properties import fresh_ledger
from tests.factories import imported, make_upload, undone

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

COMPARED = "line_no, order_id, item_id, description, quantity, amount, ordered_at"
HEADER = ["order_id", "ordered_at", "customer_id", "item_id", "description", "quantity", "unit_price"]
FEW = hypothesis_settings(max_examples=8, deadline=None, derandomize=True)
MANY = hypothesis_settings(max_examples=200, deadline=None)
# What spreadsheets calculate, what CSV has to quote, what looks like one of our marks.
TRICKY = st.one_of(
    st.sampled_from(
        ["=1+1", "-2+3", "@SUM(A1)", "'=1+1", "'t Hooft", "+44 20", 'say "yes"', "a;b,c\td", "x\ny", "ü", ""]
    ),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=8),
)
LINE = st.tuples(
    st.sampled_from(["A1", "A2", "=A3"]),
    st.sampled_from(["2025-03-01 10:00:00", "2025-03-02 11:30:00"]),
    st.sampled_from(["", "ann", "@bob"]),
    st.sampled_from(["cup", "mug"]),
    TRICKY,
    st.sampled_from(["1", "2", "-1"]),
    st.sampled_from(["0.10", "4.50"]),
)
# Which field of a line is broken, and how; None leaves it right.
BREAK = st.one_of(
    st.none(),
    st.sampled_from(
        [("ordered_at", "2025-02-31 10:00:00"), ("ordered_at", ""), ("quantity", "x"), ("unit_price", "=2")]
    ),
)
TABLES = st.lists(st.tuples(LINE, BREAK), min_size=2, max_size=7)
HOW = st.tuples(st.sampled_from([",", ";", "\t"]), st.booleans(), st.booleans())


def as_text(rows: list[list[str]], separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


def broken(line: tuple[str, ...], how: tuple[str, str] | None) -> list[str]:
    return [how[1] if how and name == how[0] else value for name, value in zip(HEADER, line, strict=True)]


def mapping() -> dict[str, Any]:
    options: dict[str, Any] = {"date_format": "2010-12-31 (ISO)", "decimal": ".", "guests": "guest"}
    options |= {"time_zone": "UTC", "currency": "GBP", "header": True, "delimiter": ",", "encoding": "utf-8"}
    return {"kind": "transactions", "columns": {name: name for name in HEADER}, "options": options}


def state() -> tuple[Counter[Any], list[tuple[Any, ...]]]:
    """Every line that counts, with its number and its customer's key; and what the uploads that are files come to."""
    with ledger.reading(current_version()) as connection:
        rows = connection.execute(f"SELECT {COMPARED}, customer_key IS NULL FROM lines").fetchall()
    names = ("lines", "accepted", "rejected", "duplicates", "gross_revenue", "returned_value", "customers", "orders")
    files = Upload.objects.filter(completes=None, state=Upload.State.PUBLISHED).order_by("pk")
    return Counter(rows), list(files.values_list(*names, "first_at", "last_at"))


def corrected(first: Upload, table: list[Any], how: tuple[str, bool, bool]) -> str:
    """The download with the right values in the broken cells, as a spreadsheet might write it."""
    separator, is_turned, is_shuffled = how
    rows = list(csv.DictReader(io.StringIO("".join(rejected_csv(first)), newline="")))
    names = list(rows[0])
    for row in rows:
        line, wrong = table[int(row["line"]) - 1]
        if wrong:
            row[wrong[0]] = dict(zip(HEADER, line, strict=True))[wrong[0]]
    if is_turned:
        names.reverse()
    if is_shuffled:
        rows.reverse()
    return as_text([names, *([row[name] for name in names] for row in rows)], separator)


def check_completion(table: list[Any], how: tuple[str, bool, bool]) -> None:
    right = as_text([HEADER, *(list(line) for line, _ in table)])
    wrong = as_text([HEADER, *(broken(line, fault) for line, fault in table)])
    with fresh_ledger():
        imported(make_upload(right), mapping())
        expected = state()
    with fresh_ledger():
        first = imported(make_upload(wrong, name="wrong.csv"), mapping())
        before = state()
        if not first.rejected_path or not first.accepted:
            return
        second = imported(make_upload(corrected(first, table, how), name="corrected.csv"))
        assert state() == expected
        assert (second.accepted, second.rejected) == (before[1][0][2], 0)
        undone(second)
        assert state() == before


@FEW
@given(TABLES, HOW)
def test_the_rejected_lines_corrected_complete_the_upload_exactly(
    table: list[Any], how: tuple[str, bool, bool]
) -> None:
    check_completion(table, how)


@pytest.mark.long
@MANY
@given(TABLES, HOW)
def test_the_rejected_lines_corrected_complete_the_upload_many_times(
    table: list[Any], how: tuple[str, bool, bool]
) -> None:
    check_completion(table, how)


def test_positive_control_a_correction_that_brings_other_money_is_noticed() -> None:
    table = [
        (("A1", "2025-03-01 10:00:00", "ann", "cup", "", "1", "4.50"), None),
        (("A2", "2025-03-01 10:00:00", "ann", "cup", "", "1", "4.50"), ("quantity", "x")),
    ]
    wrong = as_text([HEADER, *(broken(line, fault) for line, fault in table)])
    first = imported(make_upload(wrong), mapping())
    other = [(line if fault is None else (*line[:5], "2", line[6]), fault) for line, fault in table]
    imported(make_upload(corrected(first, other, (",", False, False)), name="corrected.csv"))
    assert state()[1][0][4] == Decimal("13.50")  # not the 9.00 of the right file
