"""Bringing back what was taken back: without reading again until a sweep, by importing again afterwards."""

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from crm import ledger
from crm.ledger.redoing import can_come_back
from crm.models import Upload
from crm.selectors import current_version
from crm.services import UploadError, redo_upload, request_sweep
from tests.crm.correcting import FIXES, brought, corrected, download, first_file
from tests.factories import CSV, PASSWORD, do_run, imported, make_upload, make_user, undone

pytestmark = pytest.mark.django_db


def redone(upload: Upload) -> Upload:
    do_run(redo_upload(upload=upload, by=None))
    return Upload.objects.get(pk=upload.pk)


def visible() -> Counter[Any]:
    with ledger.reading(current_version()) as connection:
        rows = connection.execute("SELECT upload_id, line_no, order_id, amount FROM lines").fetchall()
    return Counter(rows)


def figures(upload: Upload) -> list[object]:
    upload.refresh_from_db()
    names = ("state", "accepted", "rejected", "duplicates", "gross_revenue", "returned_value", "customers", "orders")
    return [getattr(upload, name) for name in names]


def test_a_file_comes_back_without_being_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = imported(make_upload())
    before, lines = figures(upload), visible()
    undone(upload)
    assert visible() == Counter()
    monkeypatch.setattr("crm.intake.opening.open_table", None)
    assert redone(upload).state == Upload.State.PUBLISHED
    assert (figures(upload), visible()) == (before, lines)


def test_what_another_file_brought_meanwhile_counts_once() -> None:
    first = imported(make_upload())
    undone(first)
    second = imported(make_upload(CSV + "A3,2025-01-04,cid,cup,1,1.25\n"))
    assert second.accepted == 3
    redone(first)
    assert figures(first)[:4] == [Upload.State.PUBLISHED, 0, 0, 2]
    assert sum(visible().values()) == 3
    undone(second)
    assert figures(first)[:4] == [Upload.State.PUBLISHED, 2, 0, 0]


def test_it_can_be_taken_back_and_brought_back_again_and_again() -> None:
    upload = imported(make_upload())
    lines = visible()
    for _ in range(3):
        undone(upload)
        redone(upload)
    assert visible() == lines


def test_after_a_sweep_the_file_has_to_be_imported_again(client: Client) -> None:
    client.login(username=make_user().username, password=PASSWORD)
    upload = imported(make_upload())
    undone(upload)
    assert can_come_back(Upload.objects.get(pk=upload.pk))
    assert "Bring it back" in client.get(f"/uploads/{upload.pk}/").content.decode()
    do_run(request_sweep())
    upload = Upload.objects.get(pk=upload.pk)
    assert not can_come_back(upload)
    with pytest.raises(UploadError, match="Import the file again"):
        redo_upload(upload=upload, by=None)
    text = client.get(f"/uploads/{upload.pk}/").content.decode()
    assert "Import it again" in text
    assert "Bring it back" not in text
    client.post(f"/uploads/{upload.pk}/redo/", {"again": "yes"})
    assert imported(Upload.objects.get(pk=upload.pk)).state == Upload.State.PUBLISHED
    assert sum(visible().values()) == 2


def test_a_sweep_between_the_wish_and_the_work_is_told(client: Client) -> None:
    client.login(username=make_user().username, password=PASSWORD)
    upload = imported(make_upload())
    undone(upload)
    run = redo_upload(upload=upload, by=None)
    do_run(request_sweep())
    assert do_run(run).state == "failed"
    assert "were cleared meanwhile" in client.get(f"/uploads/{upload.pk}/").content.decode()
    assert Upload.objects.get(pk=upload.pk).state == Upload.State.UNDONE


def test_only_what_was_taken_back_can_come_back() -> None:
    upload = imported(make_upload())
    with pytest.raises(UploadError, match="this one is published"):
        redo_upload(upload=upload, by=None)


def test_a_file_comes_back_with_its_corrections() -> None:
    first = first_file()
    second = brought(corrected(download(first), FIXES))
    before, lines = figures(first), visible()
    undone(first)
    redone(first)
    second.refresh_from_db()
    assert (figures(first), visible()) == (before, lines)
    assert second.state == Upload.State.PUBLISHED


def test_corrections_come_back_into_the_first_file() -> None:
    first = first_file()
    second = brought(corrected(download(first), FIXES))
    before, lines = figures(first), visible()
    undone(second)
    redone(second)
    assert (figures(first), visible()) == (before, lines)


def test_corrections_do_not_come_back_over_others_or_without_their_first_file() -> None:
    first = first_file()
    table = download(first)
    second = brought(corrected(table, FIXES))
    undone(second)
    third = brought(corrected(table, {**FIXES, 3: {"date": "2025-02-01"}}), "third.csv")
    run = do_run(redo_upload(upload=Upload.objects.get(pk=second.pk), by=None))
    assert (run.state, run.error_code) == ("failed", "corrected_since")
    undone(third)
    undone(first)
    run = do_run(redo_upload(upload=Upload.objects.get(pk=second.pk), by=None))
    assert (run.state, run.error_code) == ("failed", "first_not_published")
