"""An XLSX workbook: one sheet of it becomes the table."""

import zipfile
from pathlib import Path

from core.runs import JobRefused
from crm.intake.opening.opened import OpenedTable, Progress, no_progress
from crm.intake.opening.packed import MAX_RATIO, bomb
from crm.intake.opening.sheet import read_sheet
from crm.intake.opening.texts import Texts, read_texts
from crm.intake.opening.workbook import Sheet, Workbook, open_workbook
from crm.intake.opening.writing import TableWriter

MAX_INFLATED = 4 * 1024 * 1024 * 1024
# Parts under this may be as repetitive as they like.
FREE = 1024 * 1024
# Lines of a title above the table, each of one cell.
MAX_TITLES = 20
# From so many cells on, a row below single ones is a table's first.
TABLE_CELLS = 3


def open_xlsx(source: Path, archive: zipfile.ZipFile, folder: Path, *, name: str, progress: Progress) -> OpenedTable:
    """Write the sheet of that name as CSV; without a name, the first one that is visible and not empty."""
    _refuse_bomb(archive)
    book = open_workbook(source, archive)
    full = _full_sheets(book)
    chosen = _chosen(book, full, name)
    texts = read_texts(book)
    try:
        rows = _write(book, chosen, texts, folder, progress, first=None)
    except _CellToTheLeft:
        rows = _write(book, chosen, texts, folder, progress, first=0)
    return OpenedTable(
        rows.path,
        container="xlsx",
        newline="\r\n",
        delimiter=",",
        sheets=[sheet.name for sheet in full],
        sheet=chosen.name,
        row_offset=rows.offset,
    )


def _refuse_bomb(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MAX_INFLATED:
        raise bomb()
    if any(entry.file_size > max(FREE, entry.compress_size * MAX_RATIO) for entry in entries):
        raise bomb()


def _full_sheets(book: Workbook) -> list[Sheet]:
    """The visible sheets with a cell that is not empty; new workbooks come with empty ones. Hidden ones if need be."""
    visible = [sheet for sheet in book.sheets if sheet.is_visible] or book.sheets
    if len(visible) == 1:
        return visible
    return [sheet for sheet in visible if _has_cells(book, sheet)]


class _Found(Exception):
    """Reading can stop."""


def _has_cells(book: Workbook, sheet: Sheet) -> bool:
    def found(*_: object) -> None:
        raise _Found

    try:
        read_sheet(book, sheet, _AnyText(), found, no_progress)
    except _Found:
        return True
    return False


class _AnyText(Texts):
    def get(self, number: str) -> str:
        return number


def _chosen(book: Workbook, full: list[Sheet], name: str) -> Sheet:
    if not name:
        if not full:
            raise JobRefused("empty", "The sheets of the workbook are empty. Check the export and upload it again.")
        return full[0]
    for sheet in book.sheets:
        if sheet.name == name:
            return sheet
    listed = ", ".join(sheet.name for sheet in book.sheets)
    raise JobRefused("no_sheet", f"The workbook has no sheet “{name}”; it has {listed}. Choose one of these.")


class _CellToTheLeft(Exception):
    """A later row begins left of the first one."""


class _Rows:
    """Rows of a sheet on their way to the CSV: titles above the table left out, empty columns before it too."""

    def __init__(self, writer: TableWriter, first: int | None) -> None:
        self.path = writer.path
        self.offset: int | None = None
        self.formulas = 0
        self._writer = writer
        self._first = first
        self._titles: list[tuple[int, list[tuple[int, str]], str]] = []
        self._has_begun = False
        self._has_gap = False

    def add(self, number: int, cells: list[tuple[int, str]], mark: str) -> None:
        if not self._has_begun:
            if len(cells) == 1 and not mark and len(self._titles) < MAX_TITLES:
                self._titles.append((number, cells, mark))
                return
            self._begin(is_table=len(cells) >= TABLE_CELLS)
        self._write(number, cells, mark)

    def _begin(self, *, is_table: bool) -> None:
        self._has_begun = True
        titles, self._titles = self._titles, []
        for title in () if is_table else titles:
            self._write(*title)

    def _write(self, number: int, cells: list[tuple[int, str]], mark: str) -> None:
        if self._first is None:
            self._first = cells[0][0] if cells else 0
        if cells and cells[0][0] < self._first:
            raise _CellToTheLeft
        fields = [""] * (cells[-1][0] - self._first + 1) if cells else []
        for column, text in cells:
            fields[column - self._first] = text
        self._writer.add(fields, mark)
        self.formulas += mark == "empty_formula"
        if self.offset is None:
            self.offset = number - self._writer.rows
        self._has_gap = self._has_gap or self.offset != number - self._writer.rows

    def finish(self) -> None:
        if not self._has_begun:
            self._begin(is_table=False)
        if not self._writer.rows:
            raise JobRefused("empty", "The sheet is empty. Choose another one, or check the export.")
        if self.formulas and self.formulas >= self._writer.rows - 1:
            raise JobRefused(
                "no_values",
                "The formulas of the sheet hold no results. Open the workbook in a spreadsheet program, save it there "
                "and upload it again.",
            )
        self._writer.finish()
        self.offset = None if self._has_gap else self.offset


def _write(book: Workbook, sheet: Sheet, texts: Texts, folder: Path, progress: Progress, *, first: int | None) -> _Rows:
    with TableWriter(folder / "sheet.csv") as writer:
        rows = _Rows(writer, first)
        read_sheet(book, sheet, texts, rows.add, progress)
        rows.finish()
    return rows
