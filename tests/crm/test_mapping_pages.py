"""The mapping step and the remembered mappings, as pages."""

from typing import Any

import pytest
from django.test import Client

from core.models import AuditEvent, Run
from crm.models import SavedMapping, Upload
from tests.factories import CSV, do_run, imported, make_upload, make_user, sniffed
from tests.saved_mappings import make_saved_mapping

pytestmark = pytest.mark.django_db
ODD = "date,customer,amount\n2025-03-01,ann,4.50\n2025-03-02,bob,lots\n2025-03-03,,2.00\n"
ASKING = "date,customer,amount\n01/02/2025,ann,4.50\n03/04/2025,bob,2.00\n"
FINDINGS = {"HX-Request": "true", "HX-Target": "mapping-findings"}


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user("marketer"))
    return client


def choices(columns: list[str], **changes: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    return {
        **{f"column_{place}": name for place, name in enumerate(columns)},
        "kind": "transactions",
        "shown_kind": "transactions",
        "date_format": "2010-12-31 (ISO)",
        "decimal": ".",
        "time_zone": "UTC",
        "guests": "guest",
        "cancellation": "negative",
        **changes,
    }


FIELDS = ["ordered_at", "customer_id", "amount"]


def page_of(client: Client, upload: Upload) -> str:
    return client.get(f"/uploads/{upload.pk}/").content.decode()


def test_problems_are_shown_with_line_and_value(client: Client) -> None:
    page = page_of(client, sniffed(make_upload(ODD)))
    assert "The amount is missing or no plain number" in page
    assert "<code>lots</code>" in page
    assert "Line 2:" in page
    assert "1 of the first 3 lines would be set aside" in page


def test_a_question_is_asked_and_answered(client: Client) -> None:
    upload = sniffed(make_upload(ASKING))
    assert "with the month or the day first" in page_of(client, upload)
    unanswered = client.post(f"/uploads/{upload.pk}/confirm/", choices(FIELDS, date_format=""))
    assert unanswered.status_code == 422
    assert client.post(f"/uploads/{upload.pk}/confirm/", choices(FIELDS, date_format="31.12.2010")).status_code == 302


def test_a_check_says_what_the_choices_would_do_and_keeps_them(client: Client) -> None:
    upload = sniffed(make_upload(ASKING))
    wanted = choices(FIELDS, date_format="31/12/2010 (day first)", guests="customer_per_order", name="Monthly")
    answer = client.post(f"/uploads/{upload.pk}/check/", wanted, headers=FINDINGS).content.decode()
    assert "Looking at the file with your choices" in answer
    assert "hx-get" in answer
    upload.refresh_from_db()
    assert upload.is_being_checked
    assert "Import and publish" in page_of(client, upload)
    assert upload.latest_run is not None
    do_run(upload.latest_run)
    answer = client.get(f"/uploads/{upload.pk}/", headers=FINDINGS).content.decode()
    assert "with the month or the day first" not in answer
    assert "becomes a customer of its own" in answer
    page = page_of(client, upload)
    assert 'value="Monthly"' in page
    assert '<option value="31/12/2010 (day first)" selected>' in page


def test_columns_that_were_chosen_show_their_own_problems(client: Client) -> None:
    upload = sniffed(make_upload("date,customer,note,amount\n2025-03-01,ann,first,4.50\n2025-03-02,bob,second,2.00\n"))
    client.post(f"/uploads/{upload.pk}/check/", choices(["ordered_at", "customer_id", "amount", ""]))
    upload.refresh_from_db()
    assert upload.latest_run is not None
    do_run(upload.latest_run)
    page = page_of(client, upload)
    assert "2 of the first 2 lines would be set aside" in page
    assert "<code>second</code>" in page


def test_a_check_under_way_does_not_hold_up_the_import(client: Client) -> None:
    upload = sniffed(make_upload(ODD))
    client.post(f"/uploads/{upload.pk}/check/", choices(FIELDS), headers=FINDINGS)
    check = Upload.objects.get().latest_run
    assert check is not None
    assert client.post(f"/uploads/{upload.pk}/confirm/", choices(FIELDS)).status_code == 302
    upload.refresh_from_db()
    assert upload.latest_run is not None
    assert do_run(upload.latest_run).state == Run.State.SUCCEEDED
    assert do_run(check).error_code == "superseded"
    upload.refresh_from_db()
    assert upload.state == Upload.State.PUBLISHED


def test_another_kind_of_table_is_proposed_anew(client: Client) -> None:
    upload = sniffed(
        make_upload("time,visitor,event\n2025-03-01 10:00:00,ann,view\n2025-03-01 10:01:00,ann,purchase\n")
    )
    assert upload.sniff
    assert upload.sniff["proposal"]["kind"] == "events"
    client.post(f"/uploads/{upload.pk}/check/", {"kind": "transactions", "shown_kind": "events"})
    upload.refresh_from_db()
    assert upload.latest_run is not None
    do_run(upload.latest_run)
    upload.refresh_from_db()
    assert upload.sniff["proposal"]["kind"] == "transactions"
    page = page_of(client, upload)
    assert "Either amount of the line, or quantity and unit price" in page
    assert "As you chose." in page


# --- remembered ---


def test_a_mapping_gets_the_name_that_it_was_given_and_is_offered_by_it(client: Client) -> None:
    upload = sniffed(make_upload(ODD))
    client.post(f"/uploads/{upload.pk}/confirm/", choices(FIELDS, name="Till in York"))
    upload.refresh_from_db()
    assert upload.latest_run is not None
    do_run(upload.latest_run)
    assert SavedMapping.objects.get().name == "Till in York"
    again = sniffed(make_upload(ODD.replace("ann", "eve")))
    page = page_of(client, again)
    assert "A file with these columns came before." in page
    assert "Till in York" in page
    client.post(f"/uploads/{again.pk}/check/", choices(FIELDS))
    again.refresh_from_db()
    assert again.latest_run is not None
    do_run(again.latest_run)
    assert "A file with these columns came before." in page_of(client, again)
    imported(Upload.objects.get(pk=again.pk))
    assert SavedMapping.objects.get().name == "Till in York"
    assert "name" not in SavedMapping.objects.get().mapping


def test_remembered_columns_can_be_renamed_and_changed(client: Client) -> None:
    saved = make_saved_mapping()
    assert "Monthly export" in client.get("/uploads/mappings/").content.decode()
    assert 'value="Monthly export"' in client.get(f"/uploads/mappings/{saved.pk}/").content.decode()
    wanted = choices(["ordered_at", "", "amount"], name="Weekly", cancellation="prefix", cancellation_prefix="R")
    assert client.post(f"/uploads/mappings/{saved.pk}/", wanted).status_code == 302
    saved.refresh_from_db()
    assert saved.name == "Weekly"
    assert saved.mapping["columns"] == {"ordered_at": "date", "amount": "total"}
    assert saved.mapping["options"]["cancellation"] == {"prefix": "R"}
    assert AuditEvent.objects.filter(action="mapping.changed").count() == 1


def test_remembered_columns_must_go_on_making_sense(client: Client) -> None:
    saved = make_saved_mapping()
    answer = client.post(f"/uploads/mappings/{saved.pk}/", choices(["ordered_at", "", ""], name="Weekly"))
    assert answer.status_code == 422
    assert "Which column holds the amount" in answer.content.decode()
    saved.refresh_from_db()
    assert saved.name == "Monthly export"


def test_remembered_columns_can_be_forgotten(client: Client) -> None:
    imported(make_upload())
    client.post(f"/uploads/mappings/{SavedMapping.objects.get().pk}/delete/")
    again = sniffed(make_upload(CSV.replace("ann", "eve")))
    assert again.sniff
    assert again.sniff["format"] == ""
