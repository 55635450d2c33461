"""CSV for spreadsheets: text that nobody's program calculates, numbers that stay numbers."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# What a spreadsheet takes for the start of a formula, the wide forms of East Asian keyboards included.
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
NUMBER = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?")


class Echo:
    """A file that gives each written line back."""

    def write(self, value: str) -> str:
        return value


def neutral(text: str) -> str:
    """Text that no spreadsheet calculates; plain numbers stay as they are."""
    if FORMULA.match(text) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV, one at a time; None becomes an empty cell and texts are neutralised."""
    writer = csv.writer(Echo())
    yield writer.writerow([neutral(name) for name in header])
    for row in rows:
        yield writer.writerow(["" if cell is None else neutral(str(cell)) for cell in row])
