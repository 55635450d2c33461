"""The text as records of text columns `c0 … cN`, in the file's order and none lost."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.runs import JobRefused
from crm.intake.dialect import Dialect
from crm.intake.facts import TextFacts, facts_of
from crm.intake.opening import MARK, MAX_LINE
from crm.ledger.reading import quoted

# Columns beyond the header's, so that a row with too many fields is seen instead of shifted or dropped.
SPARE = 16
# A NULL is a field that is not there; no field's text may become one.
UNCLOSED = "A quotation mark is opened and never closed. Correct the file and upload it again."
NO_NULL = "\\x01no null\\x01"


@dataclass(frozen=True)
class Source:
    """A text that DuckDB splits into records: every field a text, empty lines left out."""

    path: Path
    delimiter: str
    dialect: Dialect
    facts: TextFacts

    def sql(self, *, parallel: bool = True) -> str:
        """c0 …; `extra`: the record has more fields than columns; `overflow`: what stands in these; `has_tail`: they
        are all empty, as separators at the end of a line make them; `mark`: why opening the file found the record
        unfit; `has_break`: its last field spans lines."""
        width = self.dialect.width
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width + SPARE))
        spare = f"concat({', '.join(f'c{i}' for i in range(width, width + SPARE))})"
        last = f"coalesce({', '.join(reversed(fields_of(self.dialect)))}, '')"
        has_break = f"contains({last}, chr(10))" if self.facts.has_quotes else "false"
        mark = f"CASE WHEN starts_with(c{width}, '{MARK}') THEN substr(c{width}, 2) END"
        return f"""
            SELECT {", ".join(fields_of(self.dialect))}, {mark if self.facts.has_marks else "NULL::VARCHAR"} AS mark,
                coalesce(trim({spare}) <> '', false) AS extra,
                CASE WHEN trim({spare}) <> '' THEN {self._overflow()} END AS overflow,
                c{width} IS NOT NULL AND trim({spare}) = '' AS has_tail, {has_break} AS has_break
            FROM read_csv({quoted(self.path)}, columns = {{{columns}}}, auto_detect = false, header = false,
                skip = {self.dialect.skip}, delim = {quoted(self.delimiter)}, quote = '"', escape = '"',
                compression = 'none', null_padding = true, nullstr = '{NO_NULL}', strict_mode = false,
                max_line_size = {MAX_LINE}, parallel = {str(parallel).lower()})
        """

    def _overflow(self) -> str:
        """The fields beyond the last column as they stood; where even the spare columns ran out, it ends in dots."""
        first, *others = (f"c{i}" for i in range(self.dialect.width, self.dialect.width + SPARE))
        plain = f"CASE WHEN NOT starts_with({first}, '{MARK}') THEN {first} END" if self.facts.has_marks else first
        dots = f"CASE WHEN {others[-1]} IS NOT NULL THEN '…' END"
        return f"concat_ws({quoted(self.delimiter)}, {plain}, {', '.join(others)}, {dots})"

    def estimated_lines(self) -> int:
        """As many records as the first ones make likely."""
        rows = [row for row in self.dialect.rows if row]
        size = sum(len(self.delimiter.join(row)) + 1 for row in rows) / max(len(rows), 1)
        return round(self.path.stat().st_size / max(size, 1.0))


def fields_of(dialect: Dialect) -> list[str]:
    return [f"c{i}" for i in range(dialect.width)]


def source_of(path: Path, dialect: Dialect, folder: Path) -> Source:
    """`path` is only read; what has to be written goes into `folder`."""
    is_blank = dialect.delimiter == " "
    text, delimiter = (_tabulated(path, folder), "\t") if is_blank else (path, dialect.delimiter)
    return Source(text, delimiter, dialect, facts_of(text, delimiter))


def record_sql(path: Path, dialect: Dialect) -> str:
    """The records of a text as a query, for reading a column of the whole file without keeping it."""
    return Source(path, dialect.delimiter, dialect, TextFacts()).sql(parallel=False)


def make_raw(connection: duckdb.DuckDBPyConnection, source: Source) -> int:
    """Create the table `raw` (n, c0 …, extra …); returns the number of records, which `n` counts."""
    read(source, lambda sql: connection.execute(f"CREATE OR REPLACE TABLE raw AS {numbered(sql)}"))
    refuse_unclosed_quote(connection, source, "SELECT has_break FROM raw ORDER BY n DESC LIMIT 1")
    row = connection.execute("SELECT count(*) FROM raw").fetchone()
    return int(row[0]) if row else 0


def numbered(sql: str) -> str:
    return f"SELECT row_number() OVER () AS n, * FROM ({sql})"


def read(source: Source, use: Callable[[str], object]) -> None:
    """Hand the source's SQL to `use`; once more, read by one thread, where the text does not allow two."""
    for parallel in (True, False):
        try:
            use(source.sql(parallel=parallel))
            return
        except duckdb.Error as error:
            _explain(error, parallel)


def refuse_unclosed_quote(connection: duckdb.DuckDBPyConnection, source: Source, latest: str) -> None:
    """The reader takes everything behind an unclosed quote for one field: the last one, with line ends in it."""
    if not source.facts.has_quotes:
        return
    row = connection.execute(latest).fetchone()
    if row and row[0] and not _tail(source.path).rstrip().endswith(b'"'):
        raise JobRefused("unclosed_quote", UNCLOSED)


def _tail(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - 1024, 0))
        return stream.read()


def _explain(error: duckdb.Error, parallel: bool) -> None:
    """Pass over the one error that reading with one thread cures; refuse the file for any other."""
    text = str(error)
    if parallel and "parallel" in text:
        return
    if "quote" in text.lower():
        raise JobRefused("unclosed_quote", UNCLOSED) from error
    if "Maximum line size" in text:
        raise JobRefused("line_too_long", f"A line is longer than {MAX_LINE:,} characters; is this a table?") from error
    if isinstance(error, duckdb.OutOfMemoryException):
        raise MemoryError from error
    first = text.splitlines()[0]
    raise JobRefused("unreadable", f"The table can't be read: {first}. Export it again as CSV.") from error


def _tabulated(path: Path, folder: Path) -> Path:
    """Columns set apart by any white space, rewritten with one tab between them."""
    target = folder / "tabulated.csv"
    with path.open(encoding="utf-8", newline=None) as stream, target.open("w", encoding="utf-8", newline="") as out:
        out.writelines("\t".join(line.split()) + "\n" for line in stream)
    return target
