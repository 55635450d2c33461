"""Rows of text from a container, written as a CSV of one width, however late the widest row comes."""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from core.runs import JobRefused
from crm.intake.opening.opened import MAX_COLUMNS, MAX_LINE, Room

# What stands beyond the last column of a row that can't be accepted, whatever its fields say: MARK and a code of
# crm.reasons. As a field too many it is rejected even by a reader that does not know the code.
MARK = "\x01"
MARKS = ("error_cell", "empty_formula", "bad_json")
# Both signs, so that the writer puts a field that holds either in quotes.
LINE_END = "\r\n"
# How many rows may tell the width before the first is written.
FIRST_ROWS = 1_000
# How often the room on the disk is asked about.
BLOCK_ROWS = 5_000


class TableWriter:
    """Rows in, CSV out. Each row is as wide as the widest, whose width is known only at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._width = 0
        self._is_ragged = False
        self._held: list[tuple[Sequence[str], str]] = []
        self._stream = path.open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._stream, lineterminator=LINE_END)
        self._room = Room(path.parent)
        self._written = 0

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def add(self, fields: Sequence[str], mark: str = "") -> None:
        self.rows += 1
        if len(fields) > self._width:
            self._widen(len(fields))
        if self.rows <= FIRST_ROWS:
            self._held.append((fields, mark))
            return
        if self._held:
            self._flush()
        self._write(fields, mark)
        if not self.rows % BLOCK_ROWS:
            self._take_room()

    def finish(self, header: Sequence[str] | None = None) -> None:
        """Write what is held; rewrite where the width grew, or where the header is known only now."""
        self._flush()
        self._take_room()
        self._stream.close()
        if header is not None and len(header) > self._width:
            self._widen(len(header))
        if self._is_ragged or header is not None:
            self._rewrite(header)

    def _widen(self, width: int) -> None:
        if width > MAX_COLUMNS:
            raise JobRefused("too_many_columns", f"The table has {width} columns; at most {MAX_COLUMNS} can be read.")
        self._is_ragged = self._is_ragged or self.rows > FIRST_ROWS or not self.rows
        self._width = width

    def _flush(self) -> None:
        for fields, mark in self._held:
            self._write(fields, mark)
        self._held = []

    def _write(self, fields: Sequence[str], mark: str) -> None:
        missing = self._width - len(fields)
        if missing or mark:
            fields = [*fields, *([""] * missing), *([MARK + mark] if mark else [])]
        self._csv.writerow(fields)

    def _take_room(self) -> None:
        size = self._stream.tell()
        self._room.take(size - self._written)
        self._written = size

    def _rewrite(self, header: Sequence[str] | None) -> None:
        narrow = self.path.rename(self.path.with_suffix(".narrow"))
        room = Room(self.path.parent)
        room.take(narrow.stat().st_size)
        with (
            narrow.open(encoding="utf-8", newline="") as lines,
            self.path.open("w", encoding="utf-8", newline="") as out,
        ):
            self._csv = csv.writer(out, lineterminator=LINE_END)
            csv.field_size_limit(MAX_LINE + 1)
            if header is not None:
                self._write(list(header), "")
            for row in csv.reader(lines):
                mark = row.pop()[len(MARK) :] if row[-1].startswith(MARK) else ""
                self._write(row, mark)
        narrow.unlink()
