"""The rows of one XLSX sheet, as they stream by: memory grows with its distinct texts, never with its rows."""

import re
from collections.abc import Callable, Iterator

from core.runs import JobRefused
from crm.intake.opening.archive import chunks_of_entry
from crm.intake.opening.cells import moment_text, number_text, unescaped
from crm.intake.opening.opened import MAX_COLUMNS, Progress
from crm.intake.opening.texts import Texts
from crm.intake.opening.workbook import Attributes, Sheet, Workbook, damaged_workbook, feed, make_parser

MAX_CELLS = 50_000_000
# Real sheets hold one cell in two to ten bytes as packed.
CELLS_PER_BYTE = 10
FREE_CELLS = 10_000
LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
# A cell that stands alone so many rows below the others was never meant.
MAX_GAP = 100_000

# Called with the row's number in the sheet, its (column, text) pairs in order, and a code of crm.reasons or "".
OnRow = Callable[[int, list[tuple[int, str]], str], None]


def read_sheet(book: Workbook, sheet: Sheet, texts: Texts, on_row: OnRow, progress: Progress) -> None:
    """Call `on_row` for each row with a cell that is not empty."""
    entry = book.entry(sheet.part)
    reader = _Reader(book, texts, on_row)
    packed = entry.compress_size + (book.entry(book.texts_part).compress_size if book.texts_part else 0)
    reader.cells_left = min(MAX_CELLS, max(FREE_CELLS, packed * CELLS_PER_BYTE))
    parser = make_parser()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.parts.append

    def watched() -> Iterator[bytes]:
        done = 0
        for chunk in chunks_of_entry(book.source, entry):
            yield chunk
            done += len(chunk)
            progress("Reading the sheet", done, entry.file_size)

    feed(parser, watched())


REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})").fullmatch


class _Reader:
    """Handlers of the parser. They run some twenty million times for half a million rows: no call without need."""

    def __init__(self, book: Workbook, texts: Texts, on_row: OnRow) -> None:
        self.cells_left = 0
        self.parts: list[str] = []
        self._book, self._texts, self._on_row = book, texts, on_row
        self._columns: dict[str, int] = {}  # letters -> number, as they turn up
        self._row = 0
        self._row_text = ""
        self._latest = 0
        self._column = -1
        self._cells: list[tuple[int, str]] = []
        self._mark = ""
        self._kind = self._style = self._value = ""
        self._has_formula = False
        self._phonetic = 0
        self._prefix: str | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        if self._prefix is None:
            self._prefix = name.rpartition(":")[0]
        if self._prefix:
            name = name.rpartition(":")[2]
        if name == "c":
            self._start_cell(attributes)
        elif name in {"v", "t"}:
            self.parts.clear()
        elif name == "f":
            self._has_formula = True
        elif name == "row":
            self._start_row(attributes)
        elif name == "rPh":
            self._phonetic += 1

    def end(self, name: str) -> None:
        if self._prefix:
            name = name.rpartition(":")[2]
        if name in {"v", "t"}:
            if not self._phonetic:
                self._value += "".join(self.parts)
            self.parts.clear()
        elif name == "c":
            if self._value or self._has_formula or self._kind == "e":
                self._end_cell()
        elif name == "row":
            self._end_row()
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "f":
            self.parts.clear()

    def _start_row(self, attributes: Attributes) -> None:
        self.parts.clear()
        text = attributes.get("r")
        if text is None:
            self._row += 1
            text = str(self._row)
        elif not text.isascii() or not text.isdigit() or len(text) > 9:
            raise _beyond(text)
        else:
            self._row = int(text)
        if not 0 < self._row <= LAST_ROW:
            raise _beyond(text)
        self._row_text = text
        self._column = -1
        self._cells = []
        self._mark = ""

    def _start_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            letters = reference.removesuffix(self._row_text)
            column = self._columns.get(letters, -1)
            if column < 0 or letters is reference:
                column = self._new_column(reference)
            if column <= self._column:
                raise damaged_workbook()
            self._column = column
        self._kind = attributes.get("t", "")
        self._style = attributes.get("s", "")
        self._value = ""
        self._has_formula = False

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

    def _end_cell(self) -> None:
        self.cells_left -= 1
        if self.cells_left < 0:
            raise JobRefused("bomb", "The workbook holds far more cells than its size allows; it was refused.")
        text = self._text()
        if text:
            self._cells.append((self._column, text))

    def _text(self) -> str:
        kind, value = self._kind, self._value
        if kind == "s":
            return self._texts.get(value)
        if kind in {"inlineStr", "str"}:
            return unescaped(value)
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(value, value)
        if kind == "e":
            self._mark = self._mark or "error_cell"
            return value or "#ERROR"
        if not value:
            self._mark = self._mark or "empty_formula"
            return ""
        style = self._book.styles.get(self._style) if kind != "d" else None
        if style:
            return moment_text(value, style, is_1904=self._book.is_1904)
        return value if kind == "d" else number_text(value)

    def _end_row(self) -> None:
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
