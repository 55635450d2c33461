"""What kind of table a text is: separator, header, first rows."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.runs import JobRefused
from crm.intake.opening import MARK, MAX_COLUMNS, MAX_LINE, OpenedTable

DELIMITERS = [",", ";", "\t", "|"]
SAMPLE_LINES = 400


@dataclass(frozen=True)
class Dialect:
    """How to split the text. `skip` counts physical lines before the first data row, the header included."""

    delimiter: str
    has_header: bool
    skip: int
    header: list[str]
    rows: list[list[str]]

    @property
    def width(self) -> int:
        return len(self.header)


def dialect_of(opened: OpenedTable, options: dict[str, Any]) -> Dialect:
    """The dialect of a text that we wrote ourselves is known; of any other it is declared, or found."""
    delimiter = opened.delimiter or options.get("delimiter")
    has_header = options.get("header") if opened.has_header is None else opened.has_header
    return find_dialect(opened.path, delimiter=delimiter, has_header=has_header)


def find_dialect(path: Path, *, delimiter: str | None = None, has_header: bool | None = None) -> Dialect:
    lines, preamble = _first_lines(path)
    chosen = delimiter or _declared(preamble) or _find_delimiter(lines)
    # Where we wrote the text, a mark of why the row is unfit may stand beyond its last field.
    table = [row[:-1] if row[-1].startswith(MARK) else row for row in _split(lines, chosen)]
    width = _usual_width(table)
    if width > MAX_COLUMNS:
        raise JobRefused("too_many_columns", f"The file has {width} columns; at most {MAX_COLUMNS} can be read.")
    first = table[0]
    is_header = _looks_like_header(first, table[1:]) if has_header is None else has_header
    body = table[1:] if is_header else table
    header = _names(first, len(first)) if is_header else _names([], width)
    if is_header and body and width == len(first) + 1 and all(len(row) == width for row in body) and _holds_text(body):
        raise JobRefused(
            "shifted_columns",
            f"Every row has {width} fields but the header names {len(first)} columns, so that values would slide into "
            "the wrong column. Add the missing name to the header and upload the file again.",
        )
    return Dialect(chosen, is_header, (1 if preamble else 0) + (1 if is_header else 0), header, body[:20])


def _holds_text(body: list[list[str]]) -> bool:
    """Whether the field beyond the header says anything; a separator at the end of each line does not."""
    return any(row[-1].strip() for row in body)


def _first_lines(path: Path) -> tuple[list[str], str]:
    """The first lines that are not empty, and an Excel `sep=` line if there is one."""
    lines: list[str] = []
    read = 0
    with path.open(encoding="utf-8", newline=None) as stream:
        while len(lines) < SAMPLE_LINES and read < 4 * MAX_LINE:
            line = stream.readline(MAX_LINE + 1)
            if len(line) > MAX_LINE:
                raise JobRefused(
                    "line_too_long", f"Line {len(lines) + 1} is longer than {MAX_LINE:,} characters; is this a table?"
                )
            if not line:
                break
            read += len(line) + 1
            if line.strip():
                lines.append(line)
    if not lines:
        raise JobRefused("empty", "The file has no lines with content. Check the export and upload it again.")
    preamble = lines.pop(0) if re.fullmatch(r"sep=.\s*", lines[0]) and len(lines) > 1 else ""
    return lines, preamble


def _declared(preamble: str) -> str | None:
    return preamble[4] if preamble else None


def _find_delimiter(lines: list[str]) -> str:
    """The sign that splits most lines into the same number of fields, more fields being better."""
    best, best_score = ",", 0.0
    for candidate in [*DELIMITERS, " "]:
        widths = Counter(len(row) for row in _split(lines, candidate))
        width, count = widths.most_common(1)[0]
        if width < 2:
            continue
        # White space is the last resort: every free text has some.
        score = count / sum(widths.values()) * (1 + width / 100) * (0.5 if candidate == " " else 1)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _split(lines: list[str], delimiter: str) -> list[list[str]]:
    if delimiter == " ":
        return [line.split() for line in lines]
    csv.field_size_limit(MAX_LINE + 1)
    return [row for row in csv.reader(lines, delimiter=delimiter) if row]


def _usual_width(table: list[list[str]]) -> int:
    return Counter(len(row) for row in table).most_common(1)[0][0]


def _looks_like_header(first: list[str], rest: list[list[str]]) -> bool:
    """A header holds no numbers or dates, and its cells are unlike the column below."""
    if any(re.fullmatch(r"[-+]?[\d.,:/ -]*\d[\d.,:/ -]*", cell.strip()) for cell in first):
        return False
    if not rest:
        return True
    return any(re.search(r"\d", cell) for row in rest for cell in row) or all(
        cell.strip() and cell not in {row[i] for row in rest if i < len(row)} for i, cell in enumerate(first)
    )


def _names(cells: list[str], width: int) -> list[str]:
    """Column names: trimmed, empty ones numbered, repeated ones refused."""
    names = [" ".join(cell.split()) or f"column {i + 1}" for i, cell in enumerate(cells)]
    names += [f"column {i + 1}" for i in range(len(names), width)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise JobRefused(
            "repeated_header", f"The header names {', '.join(repeated)} more than once. Give each column its own name."
        )
    return names
