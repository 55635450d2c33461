"""The small parts of an XLSX workbook: which sheets there are, which styles are dates, from when days count."""

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from core.runs import JobRefused
from crm.intake.opening.archive import chunks_of_entry

Attributes = dict[str, str]
# Of a part that is no sheet and no list of texts; the styles of a workbook that was edited for years have a few MB.
MAX_PART = 64 * 1024 * 1024
# Number formats that every spreadsheet program knows by number: days and times.
BUILT_IN_DATES = {14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)}
BUILT_IN_TIMES = {18, 19, 20, 21, 45, 46, 47}


@dataclass(frozen=True)
class Sheet:
    name: str
    part: str
    is_visible: bool


@dataclass
class Workbook:
    """What has to be known before a sheet can be read."""

    source: Path
    entries: dict[str, zipfile.ZipInfo]
    sheets: list[Sheet] = field(default_factory=list)
    is_1904: bool = False
    texts_part: str = ""
    # By the number of a cell's style: "date", "datetime", "time"; others are plain numbers.
    styles: dict[str, str] = field(default_factory=dict)

    def entry(self, part: str) -> zipfile.ZipInfo:
        found = self.entries.get(part.lstrip("/").lower())
        if found is None:
            raise damaged_workbook()
        return found

    def parse(self, part: str, start: Callable[[str, Attributes], None]) -> None:
        """Call `start` with each element of a small part, its name without a prefix."""
        entry = self.entry(part)
        if entry.file_size > MAX_PART:
            raise damaged_workbook()
        parser = make_parser()
        parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
        feed(parser, chunks_of_entry(self.source, entry))


def damaged_workbook() -> JobRefused:
    return JobRefused(
        "damaged",
        "The workbook is damaged or a part is missing. Open it, save it again as .xlsx, and upload that.",
    )


def make_parser() -> "expat.XMLParserType":
    """A parser that refuses what a bomb is made of: declarations of entities."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    raise JobRefused(
        "entities",
        "The workbook declares entities, which no spreadsheet needs; it was refused. Save it again.",
    )


def feed(parser: "expat.XMLParserType", chunks: Iterator[bytes]) -> None:
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise damaged_workbook() from error


def open_workbook(source: Path, archive: zipfile.ZipFile) -> Workbook:
    entries = {entry.filename.replace("\\", "/").lower(): entry for entry in archive.infolist()}
    book = Workbook(source, entries)
    main = next(iter(_targets(book, "", "officeDocument").values()), "")
    if not main:
        raise damaged_workbook()
    _read_sheets(book, main)
    texts = _targets(book, main, "sharedStrings")
    book.texts_part = next(iter(texts.values()), "")
    for part in _targets(book, main, "styles").values():
        _read_styles(book, part)
    if not book.sheets:
        raise JobRefused("empty", "The workbook holds no sheet with cells. Check the export and upload it again.")
    return book


def _targets(book: Workbook, part: str, kind: str) -> dict[str, str]:
    """Id -> part of the relations of one kind that a part (or the package) has."""
    folder, name = posixpath.split(part)
    listing = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, str] = {}

    def start(element: str, attributes: Attributes) -> None:
        if element == "Relationship" and attributes.get("Type", "").endswith(f"/{kind}"):
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = path

    book.parse(listing, start)
    return found


def _read_sheets(book: Workbook, main: str) -> None:
    parts = _targets(book, main, "worksheet")

    def start(element: str, attributes: Attributes) -> None:
        if element == "workbookPr":
            book.is_1904 = attributes.get("date1904", "") in {"1", "true", "on"}
        elif element == "sheet":
            relation = next((value for name, value in attributes.items() if name.rpartition(":")[2] == "id"), "")
            if relation in parts:  # charts and macro sheets hold no table
                is_visible = attributes.get("state", "visible") == "visible"
                book.sheets.append(Sheet(attributes.get("name", ""), parts[relation], is_visible))

    book.parse(main, start)


def _read_styles(book: Workbook, part: str) -> None:
    formats: dict[int, str] = {}
    state = {"is_in_cells": False, "number": 0}

    def start(element: str, attributes: Attributes) -> None:
        if element in {"cellXfs", "cellStyleXfs", "dxfs"}:
            state["is_in_cells"] = element == "cellXfs"
        elif element == "numFmt":
            with suppress(ValueError):
                formats[int(attributes.get("numFmtId", ""))] = _kind_of_format(attributes.get("formatCode", ""))
        elif element == "xf" and state["is_in_cells"]:
            with suppress(ValueError):
                kind = _kind_of_number(int(attributes.get("numFmtId", "0")), formats)
                if kind:
                    book.styles[str(state["number"])] = kind
            state["number"] += 1

    book.parse(part, start)


def _kind_of_number(number: int, formats: dict[int, str]) -> str:
    if number in formats:
        return formats[number]
    if number in BUILT_IN_TIMES:
        return "time"
    return "datetime" if number in BUILT_IN_DATES else ""


def _kind_of_format(code: str) -> str:
    """A format with letters of days is a date, with letters of hours only a time, else a number."""
    code = code.partition(";")[0].lower()
    is_elapsed = bool(re.search(r"\[(h+|m+|s+)\]", code))
    # Literal text, escaped and padding signs, colours and conditions say nothing of the kind.
    code = re.sub(r'"[^"]*"|[\\_*].|\[[^\]]*\]', "", code).replace("am/pm", "").replace("general", "")
    if "y" in code or "d" in code:
        return "datetime"
    if is_elapsed or "h" in code or "s" in code:
        return "time"
    return "datetime" if "m" in code else ""
