"""JSON: one object a line, or one list of objects. Each object becomes a row, each key a column."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from core.runs import JobRefused
from crm.intake.opening.opened import CHUNK, MAX_COLUMNS, MAX_LINE, REPLACEMENT, OpenedTable, Progress
from crm.intake.opening.writing import TableWriter

SAVE_AS_LINES = "Save it as JSON lines (one object a line) or as CSV and upload that."
# How many lines tell whether the file is JSON lines; most of them have to be objects.
SAMPLE_LINES = 100
MAX_DEPTH = 5
SHOW_EVERY = 20_000
SURROGATES = re.compile("[\ud800-\udfff]")
SPACE = re.compile(r"[ \t\r\n]*")


class Digits(str):
    """A number as it is written, with all its digits."""

    __slots__ = ()


class _NoObject(ValueError):
    """A line or an item that can't become a row."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NoObject  # of two values under one name, neither can be chosen
    return found


DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=Digits, parse_int=Digits, parse_constant=Digits)


def open_json(text: Path, folder: Path, *, progress: Progress) -> OpenedTable:
    """Write the objects of a UTF-8 text as CSV: a column a key, in the order of their first use, `outer.inner` too."""
    with text.open(encoding="utf-8", newline="\n") as stream:
        begin = stream.read(4096).lstrip()
    is_list = begin.startswith("[")
    with TableWriter(folder / "json.csv") as writer:
        table = _Table(writer)
        if is_list:
            _read_list(text, table, progress)
        else:
            _refuse_single(text)
            _read_lines(text, table, progress)
        table.finish()
    offset = None if is_list or table.has_gaps else -1
    return OpenedTable(
        writer.path, container="jsonl", newline="\r\n", delimiter=",", has_header=True, row_offset=offset
    )


class _Table:
    """Rows of a growing set of columns."""

    def __init__(self, writer: TableWriter) -> None:
        self.has_gaps = False
        self.objects = 0
        self._writer = writer
        self._columns: dict[str, int] = {}

    def add(self, item: Any) -> None:
        if not isinstance(item, dict):
            raise _NoObject
        values = dict(_flat(item, "", MAX_DEPTH))
        for name in values:
            if name not in self._columns:
                self._add_column(name)
        fields = [""] * len(self._columns)
        for name, value in values.items():
            fields[self._columns[name]] = value
        self.objects += 1
        self._writer.add(fields)

    def reject(self, line: str) -> None:
        """The line as it is, in the first column."""
        self._writer.add([SURROGATES.sub(REPLACEMENT, line.replace("\0", REPLACEMENT))], "bad_json")

    def finish(self) -> None:
        if not self._columns:
            raise JobRefused(
                "empty", "The file holds no JSON object with a value. Check the export and upload it again."
            )
        self._writer.finish(list(self._columns))

    def _add_column(self, name: str) -> None:
        if len(self._columns) == MAX_COLUMNS:
            raise JobRefused(
                "too_many_columns",
                f"The objects have more than {MAX_COLUMNS} different keys; each would be a column. Leave some out.",
            )
        self._columns[name] = len(self._columns)


def _flat(item: dict[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, value in item.items():
        name = prefix + SURROGATES.sub(REPLACEMENT, key)
        if isinstance(value, dict) and value and depth:
            yield from _flat(value, name + ".", depth - 1)
        else:
            yield name, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if "\0" in value:
            raise _NoObject
        return SURROGATES.sub(REPLACEMENT, value)
    return _as_json(value)


def _as_json(value: Any) -> str:
    """A list as JSON again, its numbers with their own digits."""
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_as_json(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_as_json(str(key))}: {_as_json(item)}" for key, item in value.items()) + "}"
    return SURROGATES.sub(REPLACEMENT, json.dumps(value, ensure_ascii=False)).replace("\0", REPLACEMENT)


def _lines(path: Path) -> Iterator[str]:
    """Each line with content; `""` for an empty one, so that the caller can count."""
    with path.open(encoding="utf-8", newline="\n") as stream:
        for line in iter(lambda: stream.readline(MAX_LINE + 1), ""):
            if len(line) > MAX_LINE:
                raise JobRefused("line_too_long", f"A line is longer than {MAX_LINE:,} characters. {SAVE_AS_LINES}")
            yield line.strip(" \t\r\n")


def _is_object(line: str) -> bool:
    try:
        return isinstance(_decode(line), dict)
    except _NoObject:
        return False


def _decode(line: str) -> Any:
    try:
        return DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        raise _NoObject from error


def _refuse_single(text: Path) -> None:
    """One object over many lines is no table, and must not become a file of nothing but rejected lines."""
    sample = []
    for line in _lines(text):
        if line:
            sample.append(_is_object(line))
        if len(sample) == SAMPLE_LINES:
            break
    if 2 * sum(sample) < len(sample):
        raise JobRefused("not_a_table", f"This is JSON, but not a table. {SAVE_AS_LINES}")


def _read_lines(text: Path, table: _Table, progress: Progress) -> None:
    size = text.stat().st_size
    done = 0
    for number, line in enumerate(_lines(text)):
        done += len(line) + 1
        if not number % SHOW_EVERY:
            progress("Reading the objects", min(done, size), size)
        if not line:
            table.has_gaps = True
            continue
        try:
            table.add(_decode(line))
        except _NoObject:
            table.reject(line)


def _read_list(text: Path, table: _Table, progress: Progress) -> None:
    for item in _items(text, progress):
        try:
            table.add(item)
        except _NoObject as error:
            raise _no_list(table.objects + 1) from error


def _no_list(number: int) -> JobRefused:
    return JobRefused("bad_json", f"Item {number:,} of the JSON list is no object that can be read. {SAVE_AS_LINES}")


def _items(text: Path, progress: Progress) -> Iterator[Any]:
    size = text.stat().st_size
    with text.open(encoding="utf-8", newline="\n") as stream:
        reader = _ListReader(stream)
        for number, item in enumerate(reader.items(), start=1):
            yield item
            if not number % SHOW_EVERY:
                progress("Reading the objects", min(reader.done, size), size)


class _ListReader:
    """The items of one list, with a piece of the text in memory at a time."""

    def __init__(self, stream: IO[str]) -> None:
        self.done = 0
        self._stream = stream
        self._buffer = ""
        self._place = 0

    def items(self) -> Iterator[Any]:
        self._take("[")
        number = 0
        while self._sign() != "]" or number:
            number += 1
            try:
                yield self._item()
            except _NoObject as error:
                raise _no_list(number) from error
            if self._sign() != ",":
                break
            self._take(",")
        self._take("]")
        if self._sign():
            raise JobRefused("bad_json", f"Something follows the JSON list. {SAVE_AS_LINES}")

    def _take(self, sign: str) -> None:
        if self._sign() != sign:
            raise JobRefused("bad_json", f"The JSON list is cut off or damaged. {SAVE_AS_LINES}")
        self._place += 1

    def _sign(self) -> str:
        """The next sign that is no white space, "" at the end."""
        while True:
            match = SPACE.match(self._buffer, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._buffer):
                return self._buffer[self._place]
            if not self._read_on():
                return ""

    def _item(self) -> Any:
        while True:
            try:
                item, self._place = DECODER.raw_decode(self._buffer, self._place)
            except (ValueError, RecursionError) as error:
                if len(self._buffer) - self._place > MAX_LINE or not self._read_on():
                    raise _NoObject from error
            else:
                return item

    def _read_on(self) -> bool:
        piece = self._stream.read(CHUNK)
        self.done += len(piece)
        self._buffer, self._place = self._buffer[self._place :] + piece, 0
        return bool(piece)
