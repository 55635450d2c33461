"""Any table of texts, in every container that we write ourselves: what comes back is what went in."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import python_calamine
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from core.runs import JobRefused
from crm.intake.opening import OpenedTable, cells, door, open_table, sheet, writing
from tests.crm.intake_corpus.workbooks import by_hand, workbook

# XML, and so a workbook, can't hold what is left out here; `_x0041_` is how it writes such signs.
SIGNS = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t", exclude_characters="\ufffe\uffff\0")
TEXTS = st.text(SIGNS, max_size=20).filter(lambda text: "_x" not in text)
FILLED = TEXTS.filter(lambda text: bool(text.strip()))


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header and rows of its width; every row has something in its first field, or it would be none."""
    width = draw(st.integers(2, 5))
    header = [f"name {n}" for n in range(width)]
    row = st.tuples(FILLED, *[TEXTS] * (width - 1)).map(list)
    return [header, *draw(st.lists(row, min_size=1, max_size=8))]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return iter(lambda: tmp_path_factory.mktemp("work"), None)


def opened(data: bytes, folder: Path, **options: str) -> OpenedTable:
    (folder / "stored").write_bytes(data)
    return open_table(folder / "stored", folder, options=options)


def rows_of(found: OpenedTable) -> list[list[str]]:
    with found.path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def as_lines(table: list[list[str]]) -> bytes:
    header, *rows = table
    return "\n".join(json.dumps(dict(zip(header, row, strict=True))) for row in rows).encode()


def as_list(table: list[list[str]]) -> bytes:
    header, *rows = table
    return json.dumps([dict(zip(header, row, strict=True)) for row in rows], ensure_ascii=False, indent=1).encode()


@settings(deadline=None)
@given(table=tables())
def test_a_workbook_comes_back(table: list[list[str]], folders: Iterator[Path]) -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for y, row in enumerate(table):
            for x, text in enumerate(row):
                page.write_string(y, x, text)
    found = opened(stream.getvalue(), next(folders))
    assert rows_of(found) == table
    assert (found.container, found.sheets, found.row_offset) == ("xlsx", ["Sheet1"], 0)


@settings(deadline=None)
@given(table=tables(), kind=st.sampled_from([as_lines, as_list]))
def test_json_comes_back(table: list[list[str]], kind: object, folders: Iterator[Path]) -> None:
    assert callable(kind)
    found = opened(kind(table), next(folders))
    assert rows_of(found) == table
    assert (found.container, found.has_header) == ("jsonl", True)


@settings(deadline=None)
@given(table=tables())
def test_parquet_comes_back(table: list[list[str]], folders: Iterator[Path]) -> None:
    folder = next(folders)
    header, *rows = table
    with duckdb.connect() as connection:
        columns = ", ".join(f'"{name}" VARCHAR' for name in header)
        connection.execute(f"CREATE TABLE t ({columns})")
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(header))})", rows)
        connection.execute(f"COPY t TO '{folder / 'file'}' (FORMAT parquet)")
    found = opened((folder / "file").read_bytes(), folder)
    assert rows_of(found) == table


NUMBERS = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1).map(float),
    st.decimals(-1_000_000, 1_000_000, places=6, allow_nan=False, allow_infinity=False).map(float),
)


@settings(deadline=None)
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=20))
def test_numbers_show_all_digits_that_a_sheet_shows(numbers: list[float], folders: Iterator[Path]) -> None:
    found = opened(workbook([["a", "b"], *([number, "x"] for number in numbers)]), next(folders))
    texts = [row[0] for row in rows_of(found)[1:]]
    assert all("e" not in text.lower() and not text.endswith(".0") for text in texts)
    assert [float(text) for text in texts] == [float(f"{number:.15g}") for number in numbers]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("17850", "17850"),
        ("17850.0", "17850"),
        ("2.5499999999999998", "2.55"),
        ("0.30000000000000004", "0.3"),
        ("-0.5", "-0.5"),
        ("1E-3", "0.001"),
        ("1.5E+20", "150000000000000000000"),
        ("9007199254740993", "9007199254740993"),
        ("-0", "-0"),
        (".5", "0.5"),
        ("1e400", "1e400"),
        ("nan", "nan"),
        ("many", "many"),
    ],
)
def test_a_number_is_shown_as_a_sheet_shows_it(stored: str, shown: str) -> None:
    assert cells.number_text(stored) == shown


MOMENTS = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001


@settings(deadline=None)
@given(moments=st.lists(MOMENTS, min_size=1, max_size=10), is_1904=st.booleans())
def test_moments_are_those_that_another_reader_finds(
    moments: list[datetime], is_1904: bool, folders: Iterator[Path]
) -> None:
    if is_1904:
        moments = [max(moment, datetime(1904, 1, 2)) for moment in moments]  # noqa: DTZ001
    data = workbook([["a", "b"], *([moment, "x"] for moment in moments)], date_1904=is_1904)
    other = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1:]
    ours = [datetime.fromisoformat(row[0]) for row in rows_of(opened(data, next(folders)))[1:]]
    assert ours == moments
    for (theirs, *_), moment in zip(other, moments, strict=True):
        assert isinstance(theirs, date)
        at = theirs if isinstance(theirs, datetime) else datetime.combine(theirs, time())
        assert abs(at - moment) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("days", "kind", "shown"),
    [
        ("1", "datetime", "1900-01-01"),
        ("59", "datetime", "1900-02-28"),
        ("60", "datetime", "60"),
        ("61", "datetime", "1900-03-01"),
        ("2958465", "datetime", "9999-12-31"),
        ("2958466", "datetime", "2958466"),
        ("-1", "datetime", "-1"),
        ("0.75", "time", "18:00:00"),
        ("1.5", "time", "36:00:00"),
        ("40513.75", "time", "2010-12-01 18:00:00"),
        ("40513.351388888892", "datetime", "2010-12-01 08:26:00"),
        ("40513.0000058", "datetime", "2010-12-01 00:00:00.501"),
    ],
)
def test_a_day_number_is_a_day_where_the_calendar_has_one(days: str, kind: str, shown: str) -> None:
    assert cells.moment_text(days, kind, is_1904=False) == shown


def test_a_late_wide_row_widens_the_table(folders: Iterator[Path]) -> None:
    path = next(folders) / "table.csv"
    with writing.TableWriter(path) as writer:
        for _ in range(writing.FIRST_ROWS + 1):
            writer.add(["a", "b"])
        writer.add(["a"], "error_cell")
        writer.add(["a", "b", "c\r\nd"])
        writer.finish(["x", "y", "z"])
    with path.open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["x", "y", "z"]
    assert rows[1] == ["a", "b", ""]
    assert rows[-2:] == [["a", "", "", "\x01error_cell"], ["a", "b", "c\r\nd"]]
    assert len(rows) == writing.FIRST_ROWS + 4


def test_a_cell_left_of_the_first_one_moves_the_table(folders: Iterator[Path]) -> None:
    found = opened(workbook([["", "a", "b"], ["", "1", "2"], ["0", "3", "4"]]), next(folders))
    assert rows_of(found) == [["", "a", "b"], ["", "1", "2"], ["0", "3", "4"]]


def test_a_sheet_is_chosen_by_its_name(folders: Iterator[Path]) -> None:
    data = workbook([["a", "b"], [1, 2]], [["c", "d"], [3, 4]], [["hidden"]], hidden=2)
    found = opened(data, next(folders), sheet="Sheet2")
    assert rows_of(found) == [["c", "d"], ["3", "4"]]
    assert (found.sheets, found.sheet) == (["Sheet1", "Sheet2"], "Sheet2")
    assert rows_of(opened(data, next(folders), sheet="Sheet3")) == [["hidden"]]
    with pytest.raises(JobRefused, match="no sheet “May”; it has Sheet1, Sheet2, Sheet3"):
        opened(data, next(folders), sheet="May")


def test_the_number_of_a_row_is_the_sheets_own(folders: Iterator[Path]) -> None:
    assert opened(workbook([["Title"], [], ["a", "b", "c"], [1, 2, 3]]), next(folders)).row_offset == 2
    assert opened(workbook([["a", "b"], [], [1, 2]]), next(folders)).row_offset is None


def test_a_sheet_may_not_hold_more_cells_than_any_sheet_does(
    folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MAX_CELLS", 7)
    assert len(rows_of(opened(workbook([["a", "b"]] * 3), next(folders)))) == 3
    with pytest.raises(JobRefused, match="far more cells"):
        opened(workbook([["a", "b"]] * 4), next(folders))


def test_progress_ends_where_the_file_ends(folders: Iterator[Path]) -> None:
    folder, steps = next(folders), []
    (folder / "stored").write_bytes(by_hand())
    door.open_table(folder / "stored", folder, options={}, progress=lambda *step: steps.append(step))
    stage, done, total = steps[-1]
    assert (stage, done) == ("Reading the sheet", total)


def test_digits_of_json_numbers_are_kept(folders: Iterator[Path]) -> None:
    text = '{"id": 9007199254740993, "price": 0.10, "big": 1e400, "yes": true, "no": null, "list": [1.0, {"a": "b"}]}'
    header, row = rows_of(opened(text.encode(), next(folders)))
    assert header == ["id", "price", "big", "yes", "no", "list"]
    assert row == ["9007199254740993", "0.10", "1e400", "true", "", '[1.0, {"a": "b"}]']
    assert Decimal(row[1]) == Decimal("0.10")


def test_objects_within_objects_become_dotted_columns(folders: Iterator[Path]) -> None:
    text = '{"a": {"b": {"c": 1}, "d": {}}}\n{"a": {"e": 2}}\n'
    assert rows_of(opened(text.encode(), next(folders))) == [["a.b.c", "a.d", "a.e"], ["1", "{}", ""], ["", "", "2"]]
