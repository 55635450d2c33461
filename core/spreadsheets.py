"""CSV for spreadsheets: text that nobody's program calculates, numbers that stay numbers."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# White space as Python knows it, written out: the database's engine has to mean the same.
WHITE = " \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# What a spreadsheet takes for the start of a formula, the wide forms of East Asian keyboards included.
FORMULA = re.compile(rf"[{WHITE}]*[=+\-@＝＋－＠]|[\t\r\n]")
NUMBER = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?")
MARK = "'"


class Echo:
    """A file that gives each written line back."""

    def write(self, value: str) -> str:
        return value


def neutral(text: str) -> str:
    """Text that no spreadsheet calculates; plain numbers stay as they are."""
    if FORMULA.match(text) and not NUMBER.fullmatch(text):
        return f"{MARK}{text}"
    return text


def neutral_sql(text: str) -> str:
    """`neutral` of an SQL expression, for files that the engine writes itself."""
    return f"CASE WHEN {_is_formula_sql(text)} THEN chr(39) || {text} ELSE {text} END"


def restored_sql(text: str, original: str) -> str:
    """A cell of a download that came back, perhaps corrected, without the mark that `neutral` gave its `original`.

    A cell that was left alone is its original again. Of one that was changed the mark goes where the original had one
    and the rest still begins like a formula: otherwise the sign is the person's own.
    """
    rest = f"substr({text}, 2)"
    is_marked = f"{_is_formula_sql(original)} AND starts_with({text}, chr(39)) AND {_is_formula_sql(rest)}"
    return f"CASE WHEN {text} = ({neutral_sql(original)}) THEN {original} WHEN {is_marked} THEN {rest} ELSE {text} END"


def _is_formula_sql(text: str) -> str:
    """Whether `neutral` would mark a text."""
    return f"(regexp_matches({text}, '^(?:{FORMULA.pattern})') AND NOT regexp_full_match({text}, '{NUMBER.pattern}'))"


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV, one at a time; None becomes an empty cell and texts are neutralised."""
    writer = csv.writer(Echo())
    yield writer.writerow([neutral(name) for name in header])
    for row in rows:
        yield writer.writerow(["" if cell is None else neutral(str(cell)) for cell in row])
