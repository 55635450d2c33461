"""The programme's pages in a real browser: accessible in both themes, wide and narrow, under the policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from core.models import User
from loyalty.services import request_report_after
from tests.e2e.conftest import NARROW, WIDE
from tests.factories import do_run, make_rules, make_snapshot, make_user, reviewed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def programme(page: Page, sign_in: Callable[[User], None]) -> Page:
    make_snapshot()
    make_rules()
    reviewed()
    run = request_report_after()
    assert run is not None
    do_run(run)
    sign_in(make_user("manager"))
    return page


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_programmes_pages_are_accessible(
    programme: Page, check: Callable[[Page], None], viewport: ViewportSize
) -> None:
    programme.set_viewport_size(viewport)
    for path in ("/insiders/", "/insiders/rules/", "/insiders/reviews/", "/report/"):
        programme.goto(path)
        check(programme)
    programme.goto("/insiders/")
    programme.locator("#members tbody th a").first.click()
    expect(programme.get_by_role("heading", name="To stay")).to_be_visible()
    check(programme)
    programme.goto("/insiders/reviews/")
    programme.locator("tbody th a").first.click()
    expect(programme.get_by_role("heading", name="Decisions")).to_be_visible()
    check(programme)


def test_thresholds_are_tried_kept_and_put_in_force(programme: Page, check: Callable[[Page], None]) -> None:
    programme.goto("/insiders/rules/")
    entry = programme.locator("#id_entry_0")
    entry.fill(str(float(entry.input_value()) + 1))  # harder to enter than to stay, still
    programme.get_by_role("button", name="Preview").click()
    expect(programme.get_by_role("heading", name="With these thresholds")).to_be_visible()
    check(programme)
    programme.get_by_role("button", name="Keep as a new version").click()
    programme.get_by_role("button", name="Approve").click()
    expect(programme.get_by_text("These rules are in force.")).to_be_visible()


def test_the_list_is_filtered_in_place(programme: Page) -> None:
    programme.goto("/insiders/")
    programme.locator("main [name=q]").fill("nobody")
    programme.get_by_role("button", name="Filter").click()
    expect(programme.get_by_text("No member matches these filters.")).to_be_visible()
