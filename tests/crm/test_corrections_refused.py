"""Corrected lines that can't be taken in, each with its reason; files that can't, each with a sentence."""

import pytest

from crm.models import Upload
from crm.services import complete_upload
from tests.crm.correcting import (
    BAD,
    FIXES,
    assert_adds_up,
    brought,
    corrected,
    download,
    first_file,
    visible,
    written,
)
from tests.factories import CSV, do_run, imported, make_upload, sniffed, undone

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("line", "code"),
    [("1", "never_rejected"), ("99", "never_rejected"), ("x", "bad_line_number"), ("", "bad_line_number")],
)
def test_a_line_that_was_never_rejected_is_refused_with_its_reason(line: str, code: str) -> None:
    first = first_file()
    header, rows = corrected(download(first), FIXES)
    rows[0]["line"] = line
    second = brought((header, rows))
    assert_adds_up(first, second)
    assert [item["code"] for item in second.rejections] == [code]
    assert (first.accepted, first.rejected) == (4, 1)


def test_a_line_corrected_before_or_twice_is_refused() -> None:
    first = first_file()
    table = download(first)
    brought((table[0], corrected(table, FIXES)[1][:1]))
    rows = corrected(table, {**FIXES, 3: {"date": "2025-02-01"}})[1]
    second = brought((table[0], [*rows, rows[1]]), "second.csv")
    assert_adds_up(first, second)
    assert {item["code"]: item["lines"] for item in second.rejections} == {"corrected_before": 1, "corrected_twice": 1}
    assert (first.accepted, first.rejected) == (5, 0)
    days = {row[1]: row[3] for row in visible()}
    assert days[3] == "2025-02-28"


def test_lines_of_another_file_are_refused() -> None:
    first = first_file()
    other = imported(make_upload(CSV.replace("A", "B") + BAD.replace("A", "B"), name="other.csv"))
    header, rows = corrected(download(first), FIXES)
    foreign = corrected(download(other), FIXES)[1]
    second = brought((header, [*rows, *foreign]))
    assert {item["code"]: item["lines"] for item in second.rejections} == {"other_upload": 3}
    other.refresh_from_db()
    assert other.rejected == 3


def test_corrections_wait_until_the_first_file_is_published() -> None:
    first = first_file()
    table = corrected(download(first), FIXES)
    undone(first)
    second = sniffed(make_upload(written(table), name="corrected.csv"))
    run = do_run(complete_upload(upload=second, by=None))
    assert run.state == "failed"
    second.refresh_from_db()
    assert "is not in the figures now" in second.error


def test_a_file_that_corrects_lines_of_nobody_known_says_what_to_do() -> None:
    first = first_file()
    header, rows = download(first)
    rows = [{**row, "insiders_upload": "upload-987654-00000000"} for row in rows]
    second = sniffed(make_upload(written((header, rows))))
    assert second.state == Upload.State.FAILED
    assert "delete the column insiders_upload" in second.error


def test_a_download_without_one_of_its_columns_is_refused_by_name() -> None:
    first = first_file()
    header, rows = download(first)
    short = [name for name in header if name != "price"]
    second = sniffed(make_upload(written((short, [{name: row[name] for name in short} for row in rows]))))
    assert second.state == Upload.State.FAILED
    assert "price" in second.error
