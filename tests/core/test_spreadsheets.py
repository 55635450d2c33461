"""What leaves as CSV can be opened in a spreadsheet without calculating anything."""

import csv
import io

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.spreadsheets import csv_lines, neutral, neutral_sql, restored_sql

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@given(
    st.one_of(
        st.text(), st.builds("{}{}{}".format, st.sampled_from(["", " ", "\t"]), st.sampled_from(STARTS), st.text())
    )
)
def test_neutral_text_never_begins_a_formula_and_loses_nothing(text: str) -> None:
    safe = neutral(text)
    assert safe in {text, f"'{text}"}
    if safe.lstrip().startswith(STARTS):
        assert float(safe.replace(",", "")) is not None  # a plain number only


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_numbers_are_left_alone(number: object) -> None:
    assert neutral(f"{number:f}") == f"{number:f}"


@pytest.mark.parametrize(
    "text", ["=1+1", "-1+1", "+44 20", "@SUM(A1)", "--1", "-1,2,3", "-²", "-١", " =1", "\t=1", "-"]
)
def test_what_only_looks_like_a_number_is_disarmed(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-1", "+1.50", "-1,234.5", "12", "a=b", "17850", "ü"])
def test_what_is_harmless_stays(text: str) -> None:
    assert neutral(text) == text


def test_csv_lines_read_back_as_they_went_in() -> None:
    rows = [["=cmd", 'a "quoted", text\nwith a break', None, 12]]
    text = "".join(csv_lines(["a", "b", "c", "d"], rows))
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["a", "b", "c", "d"],
        ["'=cmd", 'a "quoted", text\nwith a break', "", "12"],
    ]


TEXTS = st.one_of(
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    st.builds(
        "{}{}{}".format, st.sampled_from(["", " ", "\t", "'", "\xa0"]), st.sampled_from(STARTS), st.text("1,.a=-'")
    ),
)


ENGINE = duckdb.connect()
CALM = hypothesis_settings(deadline=None)


def in_the_engine(expression: str, *values: str) -> str:
    row = ENGINE.execute(f"SELECT {expression}", list(values)).fetchone()
    assert row
    return str(row[0])


@CALM
@given(TEXTS)
def test_the_engine_neutralises_the_same_texts(text: str) -> None:
    assert in_the_engine(neutral_sql("$1::VARCHAR"), text) == neutral(text)


@CALM
@given(TEXTS)
def test_a_cell_that_comes_back_untouched_is_its_original(text: str) -> None:
    assert in_the_engine(restored_sql("$1::VARCHAR", "$2::VARCHAR"), neutral(text), text) == text


@pytest.mark.parametrize(
    ("cell", "original", "expected"),
    [
        ("'=1+2", "=1+1", "=1+2"),  # corrected behind the mark
        ("=1+2", "=1+1", "=1+2"),  # the mark was taken off by hand
        ("'t Hooft", "=1+1", "'t Hooft"),  # the sign is the name's own
        ("'=1+1", "plain", "'=1+1"),  # there never was a mark
        ("12", "=1+1", "12"),
    ],
)
def test_a_corrected_cell_loses_the_mark_alone(cell: str, original: str, expected: str) -> None:
    assert in_the_engine(restored_sql("$1::VARCHAR", "$2::VARCHAR"), cell, original) == expected
