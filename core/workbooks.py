"""Writing a workbook (XLSX) of one sheet: rows in, a file out, whatever their number; text cells are never formulas."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import IO, Any

from core.spreadsheets import neutral

MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
# Rows are written as they come, and no text is taken for anything else.
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class TooManyRows(ValueError):
    """A sheet of this format ends at MOST_ROWS; the message says what to do."""


def write_workbook(target: IO[bytes], title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the rows under a bold header. Numbers and days are cells of their kind; all else is text, neutralised."""
    from xlsxwriter import Workbook  # for those who ask for a workbook alone

    with Workbook(target, OPTIONS) as book:
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31].strip() or "Sheet")
        day, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(header):
            sheet.write_string(0, column, _text(name), bold)
        for number, row in enumerate(rows, start=1):
            if number >= MOST_ROWS:
                raise TooManyRows(f"A sheet holds {MOST_ROWS - 1:,} rows: choose CSV, or filter the list first.")
            for column, value in enumerate(row):
                _write(sheet, number, column, value, day)


def _write(sheet: Any, row: int, column: int, value: Any, day: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        if isfinite(value):
            sheet.write_number(row, column, value)
    elif type(value) is date and value.year >= 1900:  # the format knows no earlier day
        sheet.write_datetime(row, column, value, day)
    else:
        sheet.write_string(row, column, _text(str(value)))


def _text(text: str) -> str:
    return neutral(text)[:LONGEST_TEXT]
