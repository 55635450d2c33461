"""The members list in a real browser: a review approved in part, a member's page, a past day, and an export."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.models import User
from loyalty.models import Membership, Programme
from tests.e2e.conftest import NARROW, WIDE
from tests.factories import make_rules, make_snapshot, make_user, reviewed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_review_in_part_a_members_page_and_an_export(
    page: Page, sign_in: Callable[[User], None], check: Callable[[Page], None]
) -> None:
    Programme.objects.update(is_approval_required=True)
    make_snapshot()
    make_rules()
    review = reviewed()
    sign_in(make_user("manager"))
    page.set_viewport_size(WIDE)
    page.goto(f"/insiders/reviews/{review.pk}/")
    for box in page.locator("input[name=decision]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Approve only those ticked").click()
    expect(page.get_by_text("The review is applied")).to_be_visible()
    assert Membership.objects.count() == 2
    page.goto("/insiders/")
    check(page)
    page.locator("#members tbody th a").first.click()
    page.get_by_label("Note").fill("Asked for a catalogue")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_text("Asked for a catalogue")).to_be_visible()
    page.get_by_label("Why").fill("Our oldest customer")
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_text("Our oldest customer")).to_be_visible()
    check(page)
    page.set_viewport_size(NARROW)
    check(page)
    page.goto("/insiders/texts/")
    check(page)
    page.goto("/insiders/")
    check(page)
    page.set_viewport_size(WIDE)
    page.get_by_label("Status").select_option("pinned")  # filtered in place: the export below follows
    expect(page.locator("#members tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("customer_id,member_since")
    assert len(lines) == 2
    page.get_by_label("Name of this view").fill("Pinned")
    page.get_by_role("button", name="Keep this view").click()
    expect(page.get_by_role("link", name="Pinned", exact=True)).to_be_visible()
    page.locator("input[name=member]").first.check()
    page.get_by_label("Note or reason").fill("Invited to the evening")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("2 notes")).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("Undone.")).to_be_visible()
