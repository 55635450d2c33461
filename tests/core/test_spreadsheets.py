"""What leaves as CSV can be opened in a spreadsheet without calculating anything."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spreadsheets import csv_lines, neutral

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
