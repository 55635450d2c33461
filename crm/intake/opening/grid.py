"""Where the cells of a sheet stand and what they say, row by row, within the limits of any sheet."""

import re
from collections.abc import Callable

from core.runs import JobRefused
from crm.intake.opening.cells import moment_text, number_text, unescaped
from crm.intake.opening.opened import MAX_COLUMNS
from crm.intake.opening.texts import Texts
from crm.intake.opening.workbook import Workbook, damaged_workbook

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
# A cell that stands alone so many rows below the others was never meant.
MAX_GAP = 100_000
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})").fullmatch

# Called with the row's number in the sheet, its (column, text) pairs in order, and a code of crm.reasons or "".
OnRow = Callable[[int, list[tuple[int, str]], str], None]


class Grid:
    """Takes rows and cells as a reader meets them; calls `on_row` for each row with a cell that is not empty."""

    def __init__(self, book: Workbook, texts: Texts, on_row: OnRow, max_cells: int) -> None:
        self.row_text = ""
        self._styles, self._is_1904 = book.styles, book.is_1904
        self._texts, self._on_row = texts, on_row
        self._cells_left = max_cells
        self._columns: dict[str, int] = {}  # letters -> number, as they turn up
        self._row = self._latest = 0
        self._column = -1
        self._cells: list[tuple[int, str]] = []
        self._mark = ""

    def begin_row(self, text: str | None) -> None:
        if text is None:
            text = str(self._row + 1)
        if not text.isascii() or not text.isdigit() or len(text) > 9 or not 0 < int(text) <= LAST_ROW:
            raise _beyond(text)
        self._row = int(text)
        self.row_text = text
        self._column = -1
        self._cells = []
        self._mark = ""

    def place(self, reference: str | None) -> None:
        """Where the next cell stands; without a reference, right of the one before."""
        column = self._column + 1 if reference is None else self._column_of(reference)
        if column <= self._column:
            raise damaged_workbook()
        self._column = column

    def _column_of(self, reference: str) -> int:
        letters = reference.removesuffix(self.row_text)
        found = self._columns.get(letters)
        if found is None or letters is reference:
            found = self._new_column(reference)
        return found

    def _new_column(self, reference: str) -> int:
        match = REFERENCE(reference)
        if not match or int(match[2]) != self._row:
            raise _beyond(reference)
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        if column > LAST_COLUMN:
            raise _beyond(reference)
        self._columns[match[1]] = column - 1
        return column - 1

    def add(self, kind: str, style: str, value: str) -> None:
        """What the placed cell says; not called for a cell that holds nothing at all."""
        self._cells_left -= 1
        if self._cells_left < 0:
            raise JobRefused("bomb", "The workbook holds far more cells than its size allows; it was refused.")
        text = self._text(kind, style, value)
        if text:
            self._cells.append((self._column, text))

    def _text(self, kind: str, style: str, value: str) -> str:
        if kind == "s":
            return self._texts.get(value)
        if kind == "inlineStr" or kind == "str":
            return unescaped(value)
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(value, value)
        if kind == "e":
            self._mark = self._mark or "error_cell"
            return value or "#ERROR"
        if not value:
            self._mark = self._mark or "empty_formula"
            return ""
        if kind == "d":
            return value
        moment = self._styles.get(style) if style else None
        return moment_text(value, moment, is_1904=self._is_1904) if moment else number_text(value)

    def end_row(self) -> None:
        if not self._cells and not self._mark:
            return
        if self._row - self._latest > MAX_GAP:
            raise JobRefused(
                "far_cell",
                f"Row {self._row} of the sheet stands {self._row - self._latest:,} empty rows below the others. "
                "Delete what is in it, save the workbook and upload it again.",
            )
        self._latest = self._row
        if self._cells and self._cells[-1][0] - self._cells[0][0] >= MAX_COLUMNS:
            raise JobRefused(
                "too_many_columns",
                f"Row {self._row} of the sheet reaches over more than {MAX_COLUMNS} columns. Delete the cells that "
                "stand far from the table, save the workbook and upload it again.",
            )
        self._on_row(self._row, self._cells, self._mark)


def _beyond(reference: str) -> JobRefused:
    return JobRefused(
        "beyond_grid",
        f"A cell ({reference[:20]}) lies outside of any sheet. Open the workbook, save it again and upload that.",
    )
