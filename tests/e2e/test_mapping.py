"""The mapping step in a browser: questions, choices, what they would do, and the import."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.models import User
from crm.models import SavedMapping, Upload
from tests.e2e.conftest import NARROW
from tests.factories import do_run, make_upload, make_user, sniffed
from tests.saved_mappings import make_saved_mapping

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ODD = """Bestellung;Datum;Kunde;Artikel;Menge;Preis;Status;Filiale
1;01/02/2025;12;A1;2;4,50;bezahlt;Nord
1;01/02/2025;12;POST;1;3,00;bezahlt;Nord
2;03/04/2025;0012;A2;1;4,50;storniert;Süd
3;05/06/2025;ann;A2;viel;4,50;bezahlt;Süd
"""
SECONDS = 15


def run_next(upload: Upload, before: object) -> Upload:
    """Do the work that the browser asks for, as a worker would."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        upload.refresh_from_db()
        run = upload.latest_run
        if run is not None and run.pk != before and run.is_active:
            do_run(run)
            upload.refresh_from_db()
            return upload
        time.sleep(0.1)
    raise AssertionError("the page asked for nothing")


def test_a_file_is_decided_on_checked_and_imported(
    page: Page, sign_in: Callable[[User], None], check: Callable[[Page], None]
) -> None:
    upload = sniffed(make_upload(ODD))
    before = upload.latest_run_id
    sign_in(make_user("marketer"))
    page.goto(f"/uploads/{upload.pk}/")
    expect(page.get_by_text("with the month or the day first")).to_be_visible()
    check(page)

    page.get_by_label("Dates are written like").select_option("31/12/2010 (day first)")
    page.get_by_label("Remember this as").fill("Kasse")
    upload = run_next(upload, before)
    expect(page.get_by_text("1 of the first 4 lines would be set aside; you can correct")).to_be_visible(
        timeout=SECONDS * 1000
    )
    expect(page.get_by_text("with the month or the day first")).to_have_count(0)
    expect(page.locator("code", has_text="viel").last).to_be_visible()
    expect(page.get_by_label("Dates are written like")).to_have_value("31/12/2010 (day first)")
    check(page)

    page.set_viewport_size(NARROW)
    check(page)
    before = upload.latest_run_id
    page.get_by_role("button", name="Import and publish").click()
    upload = run_next(upload, before)
    assert (upload.state, upload.accepted, upload.rejected) == (Upload.State.PUBLISHED, 2, 2)
    assert SavedMapping.objects.get().name == "Kasse"


def test_remembered_columns_are_changed(
    page: Page, sign_in: Callable[[User], None], check: Callable[[Page], None]
) -> None:
    saved = make_saved_mapping()
    sign_in(make_user("marketer"))
    page.goto("/uploads/mappings/")
    check(page)
    page.get_by_role("link", name="Monthly export").click()
    check(page)
    page.get_by_label("Name", exact=True).fill("Weekly export")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Weekly export")).to_be_visible()
    saved.refresh_from_db()
    assert saved.name == "Weekly export"
