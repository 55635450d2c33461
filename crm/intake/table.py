"""The text as a DuckDB view of text columns `c0 … cN`, every record with its line number and no record lost."""

from pathlib import Path

import duckdb

from core.runs import JobRefused
from crm.intake.dialect import Dialect
from crm.intake.opening import MAX_LINE
from crm.ledger.reading import quoted

# Columns beyond the header's, so that a row with too many fields is seen instead of shifted or dropped.
SPARE = 16
# A NULL is a field that is not there; no field's text may become one.
UNCLOSED = "A quotation mark is opened and never closed. Correct the file and upload it again."
NO_NULL = "\\x01no null\\x01"


def make_raw(connection: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect, folder: Path) -> int:
    """Create the table `raw` (n, c0 … c{width-1}, extra); returns the number of data lines.

    `n` counts records from 1; empty lines are none. `extra` is true where a row has more fields than columns,
    `has_tail` where these are all empty: separators at the end of the line. `path` is only read; what has to be
    written goes into `folder`.
    """
    source = _tabulated(path, folder) if dialect.delimiter == " " else path
    delimiter = "\t" if dialect.delimiter == " " else dialect.delimiter
    for parallel in (True, False):
        try:
            connection.execute(f"CREATE OR REPLACE TABLE raw AS {_read_sql(source, delimiter, dialect, parallel)}")
            break
        except duckdb.Error as error:
            _explain(error, parallel)
    _refuse_unclosed_quote(connection, source, dialect)
    row = connection.execute("SELECT count(*) FROM raw").fetchone()
    return int(row[0]) if row else 0


def _refuse_unclosed_quote(connection: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect) -> None:
    """The reader takes everything behind an unclosed quote for one field: the last one, with line ends in it."""
    fields = ", ".join(f"c{i}" for i in reversed(range(dialect.width)))
    row = connection.execute(
        f"SELECT contains(coalesce({fields}, ''), chr(10)) FROM raw ORDER BY n DESC LIMIT 1"
    ).fetchone()
    if row and row[0] and not _tail(path).rstrip().endswith(b'"'):
        raise JobRefused("unclosed_quote", UNCLOSED)


def _tail(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - 1024, 0))
        return stream.read()


def _read_sql(path: Path, delimiter: str, dialect: Dialect, parallel: bool) -> str:
    width = dialect.width
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width + SPARE))
    kept = ", ".join(f"c{i}" for i in range(width))
    spare = f"concat({', '.join(f'c{i}' for i in range(width, width + SPARE))})"
    return f"""
        SELECT row_number() OVER () AS n, {kept}, coalesce(trim({spare}) <> '', false) AS extra,
            c{width} IS NOT NULL AND trim({spare}) = '' AS has_tail
        FROM read_csv({quoted(path)}, columns = {{{columns}}}, auto_detect = false, header = false,
            skip = {dialect.skip}, delim = {quoted(delimiter)}, quote = '"', escape = '"',
            compression = 'none', null_padding = true, nullstr = '{NO_NULL}', strict_mode = false,
            max_line_size = {MAX_LINE}, parallel = {str(parallel).lower()})
    """


def record_sql(path: Path, dialect: Dialect) -> str:
    """The records of a text as a query, for reading a column of the whole file without keeping it."""
    return _read_sql(path, dialect.delimiter, dialect, parallel=False)


def _explain(error: duckdb.Error, parallel: bool) -> None:
    """Pass over the one error that reading with one thread cures; refuse the file for any other."""
    text = str(error)
    if parallel and "parallel" in text:
        return
    if "quote" in text.lower():
        raise JobRefused("unclosed_quote", UNCLOSED) from error
    if "Maximum line size" in text:
        raise JobRefused("line_too_long", f"A line is longer than {MAX_LINE:,} signs; is this a table?") from error
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
