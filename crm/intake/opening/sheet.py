"""The rows of one XLSX sheet, as they stream by: memory grows with its distinct texts, never with its rows."""

from collections.abc import Iterator

from crm.intake.opening.archive import chunks_of_entry
from crm.intake.opening.grid import Grid, OnRow
from crm.intake.opening.opened import Progress
from crm.intake.opening.plain_rows import without_plain_rows
from crm.intake.opening.texts import Texts
from crm.intake.opening.workbook import Attributes, Sheet, Workbook, feed, make_parser

MAX_CELLS = 50_000_000
# Real sheets hold one cell in two to ten bytes as packed.
CELLS_PER_BYTE = 10
FREE_CELLS = 10_000


def read_sheet(book: Workbook, sheet: Sheet, texts: Texts, on_row: OnRow, progress: Progress) -> None:
    """Call `on_row` for each row with a cell that is not empty."""
    entry = book.entry(sheet.part)
    packed = entry.compress_size + (book.entry(book.texts_part).compress_size if book.texts_part else 0)
    grid = Grid(book, texts, on_row, min(MAX_CELLS, max(FREE_CELLS, packed * CELLS_PER_BYTE)))
    reader = _Reader(grid)
    parser = make_parser()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.parts.append

    def watched() -> Iterator[bytes]:
        done = 0
        for chunk in chunks_of_entry(book.source, entry):
            yield chunk
            done += len(chunk)
            progress("Reading the sheet", done, entry.file_size)

    feed(parser, without_plain_rows(watched(), grid))


class _Reader:
    """Handlers of the parser, for what is not plain. They run twenty million times for half a million rows."""

    def __init__(self, grid: Grid) -> None:
        self.parts: list[str] = []
        self._grid = grid
        self._kind = self._style = self._value = ""
        self._has_formula = False
        self._is_phonetic = False

    def start(self, name: str, attributes: Attributes) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self._grid.place(attributes.get("r"))
            self._kind, self._style = attributes.get("t", ""), attributes.get("s", "")
            self._value = ""
            self._has_formula = False
        elif name in {"v", "t"}:
            self.parts.clear()
        elif name == "f":
            self._has_formula = True
        elif name == "row":
            self.parts.clear()
            self._grid.begin_row(attributes.get("r"))
        elif name == "rPh":
            self._is_phonetic = True

    def end(self, name: str) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name in {"v", "t"}:
            if not self._is_phonetic:
                self._value += "".join(self.parts)
            self.parts.clear()
        elif name == "c":
            if self._value or self._has_formula or self._kind == "e":
                # A formula's empty text is a result; without one it says nothing of its kind.
                self._grid.add(self._kind, self._style, self._value)
        elif name == "row":
            self._grid.end_row()
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "f":
            self.parts.clear()
