"""A corrected download back into the text that the first file had: its columns, its values, where each line goes."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.runs import JobRefused
from core.spreadsheets import neutral, restored_sql
from crm.corrections import marks_of
from crm.intake.dialect import Dialect
from crm.intake.table import Source, make_raw
from crm.ledger.reading import quoted
from crm.ledger.storage import location

# What a rejected line had beyond the last column.
OVERFLOW = "overflow"
# Columns behind the file's own in the restored text: that, the line's number as it came, and why it can't be taken.
PLACES = (OVERFLOW, "line", "fault")
# The faults in the order in which they count; all but the first two come from the numbers of lines. A line that came
# back as it went has another one: that for which it was rejected at first.
FAULTS = (
    *("too_many_fields", "too_few_fields", "other_upload", "bad_line_number"),
    *("never_rejected", "corrected_before", "corrected_twice"),
)


@dataclass(frozen=True)
class First:
    """The file whose lines come back: its columns, its rejected lines, and those that came right since."""

    columns: list[str]
    word: str
    rejected_path: str
    corrected: list[str]


@dataclass(frozen=True)
class Restored:
    path: Path
    dialect: Dialect

    @property
    def line(self) -> str:
        """The column of the line's number in the first file."""
        return f"c{self.dialect.width - 2}"

    @property
    def fault(self) -> str:
        return f"c{self.dialect.width - 1}"


def restore(connection: duckdb.DuckDBPyConnection, source: Source, first: First, folder: Path) -> Restored:
    """Write the text; JobRefused where the download lacks columns that it needs."""
    marks = marks_of(first.columns)
    beyond = _as_it_was(connection, source.dialect, first)
    places = _places(source.dialect, [*first.columns, marks.line, marks.upload])
    make_raw(connection, source)
    corrected = ", ".join(quoted(location(path)) for path in first.corrected)
    done = f"SELECT line_no FROM read_parquet([{corrected}])" if corrected else "SELECT NULL::BIGINT WHERE false"
    line = f"trim({places[marks.line]})"
    path = folder / "restored.csv"
    connection.execute(f"""
        COPY (
            WITH numbered AS (
                SELECT *, TRY_CAST(regexp_extract({line}, '^([0-9]+)([.]0*)?$', 1) AS BIGINT) AS place,
                    trim({places[marks.upload]}) AS word
                FROM raw
            ),
            placed AS (
                SELECT *, row_number() OVER (PARTITION BY place ORDER BY n) AS turn,
                    place IN ({done}) AS is_done FROM numbered
            ),
            known AS (SELECT * FROM read_parquet({quoted(location(first.rejected_path))}))
            SELECT {", ".join(_columns(first, places))}, {beyond.overflow} AS {PLACES[0]},
                coalesce(placed.{places[marks.line]}, '') AS {PLACES[1]},
                {_fault_sql(source.dialect, first, _is_untouched(first, places, beyond))} AS {PLACES[2]}
            FROM placed LEFT JOIN known ON known.line_no = placed.place ORDER BY placed.n
        ) TO {quoted(path)} (FORMAT csv, HEADER true, FORCE_QUOTE *, QUOTE '"', ESCAPE '"', DELIMITER ',', NULL '')
    """)
    header = [*first.columns, *(f"\x01{name}" for name in PLACES)]
    return Restored(path, Dialect(",", True, 1, header, []))


def _places(dialect: Dialect, wanted: list[str]) -> dict[str, str]:
    """Where each wanted column stands in the file that came back; headings may have been neutralised."""
    found = {name: f"placed.c{i}" for i, name in enumerate(dialect.header)}
    places = {name: found.get(name) or found.get(neutral(name)) for name in wanted}
    missing = [name for name, place in places.items() if place is None]
    if missing:
        raise JobRefused(
            "missing_columns",
            f"These columns of the download are missing: {', '.join(missing)}. Correct the values only, keep every "
            "column with its heading, and upload the file again.",
        )
    return {name: place.removeprefix("placed.") for name, place in places.items() if place is not None}


def _columns(first: First, places: dict[str, str]) -> list[str]:
    return [f"{_cell(i, places[name])} AS f{i}" for i, name in enumerate(first.columns)]


def _cell(i: int, place: str) -> str:
    """A cell as it was meant; one that is not there is empty."""
    return restored_sql(f"coalesce(placed.{place}, '')", f"coalesce(known.c{i}, '')")


@dataclass(frozen=True)
class Beyond:
    """What the rejected line had beyond the last column, and what came back of it, as SQL."""

    overflow: str
    came: str


def _as_it_was(connection: duckdb.DuckDBPyConnection, dialect: Dialect, first: First) -> Beyond:
    """Rejected lines of earlier versions don't say what they had beyond; who corrects may delete the column."""
    rejected = f"SELECT * FROM read_parquet({quoted(location(first.rejected_path))})"
    kept = {row[0] for row in connection.execute(f"DESCRIBE {rejected}").fetchall()}
    overflow = f"coalesce(known.{OVERFLOW}, '')" if OVERFLOW in kept else "''"
    name = marks_of(first.columns).beyond
    came = f"coalesce(placed.c{dialect.header.index(name)}, '')" if name in dialect.header else None
    return Beyond(overflow, restored_sql(came, overflow) if came else overflow)


def _is_untouched(first: First, places: dict[str, str], beyond: Beyond) -> str:
    """Whether every cell is what was downloaded. Where fields were too many or too few, every cell may stand in the
    wrong column, and a spreadsheet's own way to write a number in it is no correction; else it may be one."""
    pairs = [(_cell(i, places[name]), f"coalesce(known.c{i}, '')") for i, name in enumerate(first.columns)]
    pairs.append((beyond.came, beyond.overflow))
    is_same = " AND ".join(f"{came} = {went}" for came, went in pairs)
    means_same = " AND ".join(f"({_means_same(came, went)})" for came, went in pairs)
    return f"({is_same} OR known.reason IN ('too_many_fields', 'too_few_fields') AND {means_same})"


def _means_same(came: str, went: str) -> str:
    number = "coalesce(TRY_CAST({0} AS DOUBLE) = TRY_CAST({1} AS DOUBLE), false)".format
    return f"trim({came}) = trim({went}) OR {number(came, went)}"


def _fault_sql(dialect: Dialect, first: First, is_untouched: str) -> str:
    tests = {
        "too_many_fields": "placed.extra",
        "too_few_fields": f"placed.c{dialect.width - 1} IS NULL",
        "other_upload": f"placed.word IS DISTINCT FROM {quoted(first.word)}",
        "bad_line_number": "placed.place IS NULL",
        "never_rejected": "known.line_no IS NULL",
        "corrected_before": "placed.is_done",
        "corrected_twice": "placed.turn > 1",
    }
    faults = " ".join(f"WHEN {tests[code]} THEN {quoted(code)}" for code in FAULTS)
    return f"CASE {faults} WHEN {is_untouched} THEN known.reason ELSE '' END"
