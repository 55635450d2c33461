"""Corrected lines of a file that had no right line at all, and corrected rows about customers."""

import pytest
from django.test import Client

from crm.invariants import corrections_add_up, only_published_uploads_are_visible, uploads_add_up
from crm.ledger import publishing
from crm.models import Customer, LedgerFile, SavedMapping, Upload
from crm.selectors import contact_of, customer_of, rejected_csv
from crm.services import complete_upload, redo_upload
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
from tests.crm.kind_files import CUSTOMER_HEADER, bring_customers
from tests.factories import CSV, PASSWORD, do_run, imported, make_upload, make_user, sniffed, undone

pytestmark = pytest.mark.django_db
CHECKS = (uploads_add_up, corrections_add_up, only_published_uploads_are_visible)


def hopeless() -> Upload:
    """The file with its bad lines alone, under the mapping of the file with right ones."""
    mapping = first_file().mapping
    undone(Upload.objects.get())
    assert mapping is not None
    text = CSV.splitlines(keepends=True)[0] + BAD
    return imported(make_upload(text, name="hopeless.csv"), mapping)


def test_a_file_of_rejected_lines_alone_is_published_with_its_corrections(client: Client) -> None:
    client.login(username=make_user().username, password=PASSWORD)
    first = hopeless()
    assert (first.state, first.accepted, first.rejected) == ("imported", 0, 3)
    page = " ".join(client.get(f"/uploads/{first.pk}/").content.decode().split())
    assert "Correct them and bring them again" in page
    table = corrected(download(first), {1: FIXES[3], 2: FIXES[4]})
    second = sniffed(make_upload(written(table), name="corrected.csv"))
    assert "is not in the figures now" not in client.get(f"/uploads/{second.pk}/").content.decode()
    do_run(complete_upload(upload=second, by=None))
    second.refresh_from_db()
    assert_adds_up(first, second)
    assert (second.state, second.accepted, second.rejected) == ("published", 2, 1)
    assert (first.state, first.accepted, first.rejected) == ("published", 2, 1)
    assert first.published_at is not None
    assert [row[:3] for row in visible()] == [(first.pk, 1, "A3"), (first.pk, 2, "A4")]
    assert all(check()[0] for check in CHECKS)


def test_such_a_file_waits_again_when_its_corrections_are_taken_back_and_returns_with_them() -> None:
    first = hopeless()
    second = brought(corrected(download(first), {1: FIXES[3], 2: FIXES[4], 3: FIXES[5]}))
    before = visible()
    undone(second)
    first.refresh_from_db()
    assert (first.state, first.published_at, first.rejected, visible()) == ("imported", None, 3, [])
    assert all(check()[0] for check in CHECKS)
    do_run(redo_upload(upload=Upload.objects.get(pk=second.pk), by=None))
    first.refresh_from_db()
    assert (first.state, first.accepted, visible()) == ("published", 3, before)
    assert all(check()[0] for check in CHECKS)


def test_corrected_lines_that_were_cleared_meanwhile_are_not_taken_for_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = first_file()
    second = sniffed(make_upload(written(corrected(download(first), FIXES)), name="corrected.csv"))
    plan = publishing.plan_files

    def cleared(**how: object) -> object:
        found = plan(**how)  # type: ignore[arg-type]
        LedgerFile.objects.filter(correction=second).delete()
        return found

    monkeypatch.setattr("crm.jobs.complete.plan_files", cleared)
    run = do_run(complete_upload(upload=second, by=None))
    assert (run.state, run.error_code) == ("failed", "swept")
    first.refresh_from_db()
    assert (first.accepted, first.rejected) == (2, 3)


# A customer's id that looks like a formula, a birthday that was none, and a row that is cut off.
ROWS = "=HYPERLINK(1),Hugo Link,hugo@example.com,1980-02-31,UK,York,yes\nzoe,Zoe,zoe@example.com,,UK\n"


def test_corrected_customers_come_in_under_their_own_ids_and_leave_no_mapping_behind(client: Client) -> None:
    client.login(username=make_user().username, password=PASSWORD)
    first = bring_customers(CUSTOMER_HEADER + "ann,Ann Smith,ann@example.com,1980-05-17,UK,Leeds,yes\n" + ROWS)
    assert (first.accepted, first.rejected) == (1, 2)
    page = " ".join(client.get(f"/uploads/{first.pk}/").content.decode().split())
    assert "they come in as a newer file of customers, and this one keeps its count" in page
    text = "".join(rejected_csv(first))
    assert "'=HYPERLINK(1)" in text
    mappings = list(SavedMapping.objects.values_list("pk", flat=True))
    second = imported(make_upload(text.replace("1980-02-31", "1980-02-28"), name="corrected.csv"))
    first.refresh_from_db()
    assert (second.kind, second.state, second.completes) == ("customers", "published", None)
    assert (second.lines, second.accepted, second.rejected) == (2, 1, 1)
    assert [item["code"] for item in second.rejections] == ["too_few_fields"]
    assert (first.accepted, first.rejected) == (1, 2)
    assert not Customer.objects.filter(external_id__startswith="'").exists()
    customer = customer_of("=HYPERLINK(1)")
    assert customer is not None
    contact = contact_of(customer)
    assert contact is not None
    assert (contact.name, str(contact.birth_date)) == ("Hugo Link", "1980-02-28")
    assert list(SavedMapping.objects.values_list("pk", flat=True)) == mappings
    assert client.get(f"/uploads/{second.pk}/").status_code == 200
    third = imported(make_upload("".join(rejected_csv(second)).replace("zoe,Zoe", "zoe,Zoë"), name="again.csv"))
    assert (third.accepted, third.rejected) == (1, 0)
    assert all(check()[0] for check in CHECKS)
