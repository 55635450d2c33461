"""Files as they come in and go out: size, names, what is no table, room on the disk, and cells that are formulas."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from crm.models import Upload
from crm.selectors import rejected_csv
from tests.factories import CSV, imported, make_upload, make_user, sniffed

pytestmark = pytest.mark.django_db


def test_names_of_columns_are_as_harmless_in_a_spreadsheet_as_values() -> None:
    text = CSV.replace("item", "=cmd()").replace("A2,", "A2,").replace("bob,cup", "bob,=1+1") + "A3,x,ann,=2+2,1,1\n"
    upload = imported(make_upload(text))
    header, line = [row.strip() for row in rejected_csv(upload)]
    assert header == "line,reason,neutralised,order,date,customer,'=cmd(),quantity,price,insiders_upload"
    assert ",'=cmd()," in line
    assert "'=2+2" in line


def test_a_file_that_is_too_large_is_refused_at_the_form_with_what_to_do(client: Client, settings: Any) -> None:
    settings.UPLOAD_MAX_MB = 0
    client.force_login(make_user())
    answer = client.post(reverse("crm:upload-list"), {"file": SimpleUploadedFile("sales.csv", CSV.encode())})
    assert answer.status_code == 422
    assert "Split it" in answer.content.decode()
    assert not Upload.objects.exists()


def test_a_name_that_no_database_takes_is_cleaned() -> None:
    assert make_upload(name="sa\0les\udce4.csv").file_name == "sales?.csv"


@pytest.mark.parametrize("text", ['{"order": 1,\n "date": "x",\n "rows": []}', '\ufeff{\n"order": 1\n}'])
def test_json_that_is_no_table_is_named_as_such(text: str) -> None:
    upload = sniffed(make_upload(text))
    assert upload.error_code == "not_a_table"
    assert "JSON lines" in upload.error


@pytest.mark.parametrize(("text", "room"), [(CSV.encode(), len(CSV) - 1), (CSV.encode("utf-16"), 2 * len(CSV) - 2)])
def test_a_text_that_the_disk_has_no_room_for_is_refused(
    text: bytes, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is, a text needs as much room again for its lines; one that has to be copied needs it twice."""
    usage = type("Usage", (), {"free": room})
    monkeypatch.setattr("crm.intake.opening.opened.shutil.disk_usage", lambda _: usage)
    upload = sniffed(make_upload(text))
    assert (upload.state, upload.error_code) == (Upload.State.FAILED, "no_space")
    assert "make room" in upload.error
