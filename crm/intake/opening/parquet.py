"""A Parquet file, read by DuckDB under a memory limit and written as exact text."""

import struct
from pathlib import Path

import duckdb

from core.runs import JobRefused
from crm.intake.opening.opened import MAX_COLUMNS, OpenedTable, Progress, Room
from crm.ledger.reading import connect, quoted

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"
MAX_FOOTER = 64 * 1024 * 1024
MEMORY_MB = 700
# Dictionaries and runs make a column of one value nearly free; a whole table of such columns is a bomb.
VALUES_PER_BYTE = 100
FREE_VALUES = 10_000_000
# How far the text may grow beyond the file.
MAX_RATIO = 100
FREE_BYTES = 256 * 1024 * 1024
# Of a number or a moment as text.
OTHER_BYTES = 12
NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")


def open_parquet(source: Path, folder: Path, *, progress: Progress) -> OpenedTable:
    """Write the columns as CSV; nested ones are refused by name."""
    _refuse_footer(source)
    target = folder / "parquet.csv"
    connection = connect(memory_mb=MEMORY_MB)
    try:
        columns = _columns(connection, source)
        _refuse_counts(connection, source, len(columns))
        progress("Reading the Parquet file", 0, 0)
        _refuse_size(connection, source, columns, folder)
        _write(connection, source, columns, target)
    except duckdb.OutOfMemoryException as error:
        raise MemoryError from error
    except duckdb.Error as error:
        raise _damaged() from error
    finally:
        connection.close()
    return OpenedTable(target, container="parquet", delimiter=",", has_header=True, row_offset=-1)


def _damaged() -> JobRefused:
    return JobRefused("damaged", "The Parquet file is damaged or cut off. Export it again and upload that.")


def _refuse_footer(source: Path) -> None:
    """The last eight bytes say how long the description of the columns is, and that the file is whole."""
    size = source.stat().st_size
    if size < 12:
        raise _damaged()
    with source.open("rb") as stream:
        stream.seek(size - 8)
        length, magic = struct.unpack("<L4s", stream.read())
    if magic == ENCRYPTED:
        raise JobRefused("encrypted", "The Parquet file is encrypted. Export it without encryption and upload that.")
    if magic != MAGIC or not 0 < length <= min(size - 12, MAX_FOOTER):
        raise _damaged()


def _scan(source: Path) -> str:
    return f"read_parquet({quoted(source)}, binary_as_string = true, hive_partitioning = false)"


def _columns(connection: duckdb.DuckDBPyConnection, source: Path) -> list[tuple[str, str]]:
    """Name and type of each column; nested ones are refused."""
    found = connection.execute(f"DESCRIBE SELECT * FROM {_scan(source)}").fetchall()
    columns = [(name, kind) for name, kind, *_ in found]
    nested = [name for name, kind in columns if kind.startswith(NESTED) or kind.endswith("]")]
    if nested:
        raise JobRefused(
            "nested_columns",
            f"These columns hold lists or records, not single values: {', '.join(nested[:10])}. Leave them out of the "
            "export, or make each value a column of its own.",
        )
    if len(columns) > MAX_COLUMNS:
        raise JobRefused("too_many_columns", f"The file has {len(columns)} columns; at most {MAX_COLUMNS} can be read.")
    return columns


def _refuse_counts(connection: duckdb.DuckDBPyConnection, source: Path, width: int) -> None:
    """The footer's number of rows has to be that of its groups, and within what the bytes can hold."""
    path = quoted(source)
    row = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({path})").fetchone()
    claimed = int(row[0]) if row else 0
    groups = connection.execute(
        f"SELECT row_group_num_rows, min(num_values), max(num_values) FROM parquet_metadata({path}) "
        "GROUP BY row_group_id, row_group_num_rows"
    ).fetchall()
    if any(rows < 0 or low != rows or high != rows for rows, low, high in groups):
        raise _forged()
    if claimed != sum(rows for rows, _, _ in groups):
        raise _forged()
    if claimed * width > max(source.stat().st_size * VALUES_PER_BYTE, FREE_VALUES):
        raise _bomb()


def _forged() -> JobRefused:
    return JobRefused("forged", "The Parquet file claims other numbers of rows than it holds. Export it again.")


def _bomb() -> JobRefused:
    return JobRefused("bomb", "The Parquet file grows far beyond its size; it was refused. Upload it as CSV.")


def _write(connection: duckdb.DuckDBPyConnection, source: Path, columns: list[tuple[str, str]], target: Path) -> None:
    fields = ", ".join(f"{_text_sql(_name(name), kind)} AS {_name(name)}" for name, kind in columns)
    # An empty line would be no row: a single column stands in quotes.
    forced = ", FORCE_QUOTE *" if len(columns) == 1 else ""
    connection.execute(
        f"COPY (SELECT {fields} FROM {_scan(source)}) TO {quoted(target)} "
        f"(FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR ''{forced})"
    )


def _refuse_size(
    connection: duckdb.DuckDBPyConnection, source: Path, columns: list[tuple[str, str]], folder: Path
) -> None:
    """How long the texts are is known without writing them: a repeated one is measured where it stands once."""
    lengths = [f"coalesce(sum(strlen({_name(name)})), 0)" for name, kind in columns if kind == "VARCHAR"]
    others = len(columns) - len(lengths)
    query = f"SELECT {' + '.join([f'count(*) * {others * OTHER_BYTES}', *lengths])} FROM {_scan(source)}"
    row = connection.execute(query).fetchone()
    size = int(row[0]) if row else 0
    if size > max(source.stat().st_size * MAX_RATIO, FREE_BYTES):
        raise _bomb()
    Room(folder).take(size)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text_sql(name: str, kind: str) -> str:
    """The value as text: moments as ISO, numbers without an exponent."""
    if kind in {"DOUBLE", "FLOAT"}:
        return _float_sql(name, kind)
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind == "TIMESTAMP_NS":
        return f"coalesce({name}::TIMESTAMP::VARCHAR, '')"  # lines are dated to the microsecond
    return f"coalesce({name}::VARCHAR, '')"


def _float_sql(name: str, kind: str) -> str:
    """As spreadsheets show it: 15 digits that count (7 of a short float); no number is an empty field."""
    digits = 15 if kind == "DOUBLE" else 7
    shown = f"format('{{:.{digits}g}}', {name}::DOUBLE)"
    return f"""CASE WHEN {name} IS NULL OR isnan({name}) THEN ''
        WHEN isinf({name}) THEN {name}::VARCHAR
        WHEN abs({name}) >= 1e{digits} AND abs({name}) < 1e37 THEN {name}::HUGEINT::VARCHAR
        WHEN abs({name}) < 1e-4 AND {name} <> 0 THEN rtrim(rtrim({shown}::DECIMAL(38,30)::VARCHAR, '0'), '.')
        ELSE {shown} END"""
