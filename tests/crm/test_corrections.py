"""Rejected lines, corrected and brought again: they complete the first file, whatever a spreadsheet did to them."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from core.models import AuditEvent, Run
from crm import ledger
from crm.invariants import (
    corrections_add_up,
    no_line_counts_twice,
    only_published_uploads_are_visible,
    uploads_add_up,
)
from crm.ledger.sweeping import delete_old_versions
from crm.models import LedgerFile, Upload
from crm.selectors import current_version
from tests.crm.correcting import (
    FIXES,
    assert_adds_up,
    brought,
    corrected,
    download,
    first_file,
    visible,
    written,
)
from tests.crm.intake_corpus.workbooks import workbook
from tests.factories import CSV, PASSWORD, do_run, imported, make_upload, make_user, sniffed, undone

pytestmark = pytest.mark.django_db


def test_the_download_says_whose_lines_these_are_and_why_they_were_rejected() -> None:
    upload = first_file()
    header, rows = download(upload)
    own = ["order", "date", "customer", "item", "quantity", "price"]
    assert header == ["line", "reason", "neutralised", *own, "insiders_upload"]
    assert [row["line"] for row in rows] == ["3", "4", "5"]
    assert rows[1]["customer"] == "'=1+1"
    assert rows[1]["neutralised"] == "customer"
    assert {row["insiders_upload"] for row in rows} == {f"upload-{upload.pk}-{upload.sha256[:8]}"}


def test_corrected_lines_complete_the_first_file_exactly() -> None:
    first = first_file()
    assert (first.accepted, first.rejected) == (2, 3)
    second = brought(corrected(download(first), FIXES))
    assert second.completes == first
    assert second.state == Upload.State.PUBLISHED
    assert_adds_up(first, second)
    assert (first.accepted, first.rejected, first.rejections) == (5, 0, [])
    assert (second.lines, second.accepted, second.rejected) == (3, 3, 0)
    assert first.gross_revenue == Decimal("25.00")
    found = [(line, order, day, amount) for _, line, order, day, _, _, amount in visible() if line > 2]
    assert found == [
        (3, "A3", "2025-02-28", Decimal("4.5")),
        (4, "A4", "2025-02-04", Decimal("6")),
        (5, "A5", "2025-02-27", Decimal("1")),
    ]
    assert {row[0] for row in visible()} == {first.pk}
    with ledger.reading(current_version()) as connection:
        keys = connection.execute("SELECT customer_key FROM lines WHERE line_no = 4").fetchall()
    from crm.models import Customer

    assert Customer.objects.get(pk=keys[0][0]).external_id == "=1+1"
    assert download(first)[1] == []
    assert AuditEvent.objects.filter(action="upload.completed").count() == 1


def test_invariants_hold_before_with_and_after_corrections_and_notice_a_wrong_count() -> None:
    first = first_file()
    second = brought(corrected(download(first), FIXES))
    checks = (uploads_add_up, corrections_add_up, no_line_counts_twice, only_published_uploads_are_visible)
    assert [check()[0] for check in checks] == [True] * 4
    Upload.objects.filter(pk=second.pk).update(accepted=2, lines=2)
    assert not corrections_add_up()[0]
    Upload.objects.filter(pk=second.pk).update(accepted=3, lines=3)
    undone(second)
    assert [check()[0] for check in checks] == [True] * 4


def test_the_figures_of_the_first_file_are_those_with_its_corrections() -> None:
    first = first_file()
    second = brought(corrected(download(first), FIXES))
    for state, newcomers in ((None, 4), (Upload.State.UNDONE, 2)):
        if state:
            undone(second)
        for run in Run.objects.filter(kind="crm.describe", state=Run.State.PENDING).order_by("created_at"):
            do_run(run)
        first = Upload.objects.get(pk=first.pk)
        assert first.figures.figures["newcomers"] == newcomers


def test_a_sweep_leaves_lines_alone_that_are_just_being_corrected() -> None:
    first = first_file()
    second = undone(brought(corrected(download(first), FIXES)))
    Upload.objects.filter(pk=second.pk).update(state=Upload.State.IMPORTING)
    delete_old_versions(keep=set())
    assert LedgerFile.objects.filter(correction=second).exists()
    Upload.objects.filter(pk=second.pk).update(state=Upload.State.UNDONE)
    delete_old_versions(keep=set())
    assert not LedgerFile.objects.filter(correction=second).exists()


def test_a_spreadsheet_may_change_separator_encoding_and_the_order_of_columns() -> None:
    first = imported(make_upload(CSV + "A3,2025-02-31,änn,cup,1,4.50\n"))
    header, rows = corrected(download(first), FIXES)
    rows[0]["line"] = "3.0"  # as some write whole numbers
    second = brought((list(reversed(header)), rows), separator=";", encoding="cp1252")
    assert_adds_up(first, second)
    assert (first.accepted, first.rejected) == (3, 0)


def test_the_download_may_come_back_as_a_workbook() -> None:
    first = first_file()
    header, rows = corrected(download(first), FIXES)
    table: list[Any] = [header, *([int(row["line"]), *(row[name] for name in header[1:])] for row in rows)]
    second = imported(make_upload(workbook(table), name="corrected.xlsx"))
    assert_adds_up(first, second)
    assert (first.accepted, first.rejected) == (5, 0)


def test_lines_left_out_or_left_wrong_stay_rejected_and_can_be_corrected_next() -> None:
    first = first_file()
    header, rows = corrected(download(first), {3: FIXES[3]})
    second = brought((header, rows[:2]))  # line 5 left out, line 4 as wrong as it was
    assert_adds_up(first, second)
    assert (first.accepted, first.rejected) == (3, 2)
    assert [row["line"] for row in download(first)[1]] == ["4", "5"]
    assert (second.accepted, second.rejected) == (1, 1)
    # What the second file could not put right comes back as a line of the first.
    again = download(second)
    assert [(row["line"], row["insiders_upload"]) for row in again[1]] == [
        ("4", f"upload-{first.pk}-{first.sha256[:8]}")
    ]
    third = brought(corrected(again, FIXES), "again.csv")
    assert third.completes == first
    fourth = brought(corrected(download(first), FIXES), "last.csv")
    assert_adds_up(first, second, third, fourth)
    assert (first.accepted, first.rejected) == (5, 0)


def test_a_corrected_line_that_equals_another_of_the_file_is_one_more_occurrence() -> None:
    first = imported(make_upload(CSV + "A1,2025-01-32,ann,cup,2,4.50\n"))
    brought(corrected(download(first), {3: {"date": "2025-01-02"}}))
    first.refresh_from_db()
    assert (first.accepted, first.duplicates, first.rejected) == (3, 0, 0)


def test_a_later_file_that_held_the_line_already_gives_way_as_if_the_first_had_been_right() -> None:
    first = first_file()
    later = imported(make_upload(CSV.splitlines()[0] + "\nA3,2025-02-28,ann,cup,1,4.50\n", name="later.csv"))
    assert later.accepted == 1
    brought(corrected(download(first), FIXES))
    assert_adds_up(first, later)
    assert (first.accepted, later.accepted, later.duplicates) == (5, 0, 1)
    assert len(visible()) == 5


def test_taking_the_corrections_back_gives_the_rejected_lines_back() -> None:
    first = first_file()
    before = visible()
    second = brought(corrected(download(first), FIXES))
    assert undone(second).state == Upload.State.UNDONE
    assert_adds_up(first, second)
    assert (first.accepted, first.rejected) == (2, 3)
    assert visible() == before
    assert [row["line"] for row in download(first)[1]] == ["3", "4", "5"]


def test_taking_the_first_file_back_takes_its_corrections_along() -> None:
    first = first_file()
    second = brought(corrected(download(first), FIXES))
    undone(first)
    second.refresh_from_db()
    assert visible() == []
    assert second.state == Upload.State.UNDONE


def test_a_file_with_a_line_column_of_its_own_keeps_it() -> None:
    text = CSV.replace("item", "line").replace("cup", "7") + "A3,2025-02-31,ann,7,1,4.50\n"
    upload = sniffed(make_upload(text))
    assert upload.sniff is not None
    proposal = upload.sniff["proposal"]
    first = imported(upload, {**proposal, "columns": {**proposal["columns"], "item_id": "line"}})
    header, rows = download(first)
    assert header[:3] == ["insiders_line", "reason", "neutralised"]
    second = brought((header, [{**rows[0], "date": "2025-02-28"}]))
    assert_adds_up(first, second)
    assert first.rejected == 0
    assert {row[4] for row in visible()} == {"7"}


@pytest.mark.parametrize("is_decimal", [True, False])
def test_customer_ids_are_read_as_in_the_first_file(is_decimal: bool) -> None:
    ids = ("17850.0", "13047.0") if is_decimal else ("17850", "AB-1")
    text = f"order,date,customer,item,quantity,price\nA1,2025-01-02,{ids[0]},cup,1,1\nA2,2025-01-02,{ids[1]},cup,1,1\n"
    first = imported(make_upload(text + "A3,2025-02-31,17850.0,cup,1,1\n"))
    brought(corrected(download(first), FIXES))
    query = "SELECT count(DISTINCT customer_key) FROM lines"
    with ledger.reading(current_version()) as connection:
        row = connection.execute(query).fetchone()
    assert row == ((2,) if is_decimal else (3,))


def test_the_pages_tell_the_story(client: Client) -> None:
    client.login(username=make_user().username, password=PASSWORD)
    first = first_file()
    table = corrected(download(first), FIXES)
    second = sniffed(make_upload(written((table[0], table[1][:2])), name="corrected.csv"))
    text = " ".join(client.get(f"/uploads/{second.pk}/").content.decode().split())
    assert "The file holds 2 lines that were rejected in sales.csv." in text
    answer = client.post(f"/uploads/{second.pk}/complete/")
    assert answer.status_code == 302
    second.refresh_from_db()
    assert second.latest_run is not None
    do_run(second.latest_run)
    assert "2 of 3 rejected lines were corrected." in client.get(f"/uploads/{first.pk}/").content.decode()
    assert "They count as lines of sales.csv" in client.get(f"/uploads/{second.pk}/").content.decode()
