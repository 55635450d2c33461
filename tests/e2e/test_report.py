"""The report in a real browser: written, read, downloaded as PDF, with a hypothesis of one's own, and its history."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.models import User
from loyalty.models import Hypothesis, Report
from tests.e2e.conftest import NARROW
from tests.factories import make_rules, make_snapshot, make_user, reviewed
from tests.loyalty.reports import written

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_report_is_read_printed_and_asked_for_more(
    page: Page, sign_in: Callable[[User], None], check: Callable[[Page], None]
) -> None:
    make_snapshot()
    make_rules()
    reviewed()
    first = written()
    sign_in(make_user("manager", email="manager@example.org"))

    page.goto("/report/")
    for number in range(1, 10):
        expect(page.locator(f"#q{number} .card-title")).to_be_visible()
    expect(page.locator("#q5 [data-chart] canvas, #q5 [data-chart] svg").first).to_be_visible()
    check(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="PDF").click()
    paper = started.value
    assert paper.suggested_filename == f"insiders-report-{first.snapshot.as_of}.pdf"
    assert paper.path().read_bytes().startswith(b"%PDF-")
    with page.expect_download() as started:
        page.locator("#q4").get_by_role("link", name="Every line behind it").click()
    assert started.value.path().read_text().startswith("customer_id,")

    page.get_by_role("link", name="Write a hypothesis").click()
    page.get_by_label("Which customers").select_option("tier:gold")
    page.get_by_label("Of which figure").select_option("revenue")
    page.get_by_label("More than so many per cent").fill("20")
    page.get_by_role("button", name="Add and test").click()
    expect(page.get_by_text("H5: Customers of tier Gold have more than 20 % of all revenue.")).to_be_visible()
    check(page)
    assert Hypothesis.objects.count() == 1
    written()
    page.goto("/report/")
    expect(page.locator("#hypotheses")).to_contain_text("H5: Customers of tier Gold")

    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="Past reports")).to_be_visible()
    check(page)
    page.goto(f"/report/{first.pk}/")
    expect(page.get_by_text("This is an earlier report, as it was written.")).to_be_visible()
    page.goto("/report/mailings/")
    page.get_by_label("How often").select_option("week")
    page.locator("[name=recipients]").first.check()
    page.get_by_role("button", name="Start sending").click()
    expect(page.get_by_role("rowheader", name="Every week, on Monday")).to_be_visible()
    page.set_viewport_size(NARROW)
    check(page)
    assert Report.objects.count() == 2
