"""The programme's pages in a real browser: accessible in both themes, wide and narrow, under the policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from core.models import Run, User
from loyalty.models import RuleVersion
from loyalty.selectors.standing import default_programme
from loyalty.services import request_report_after, set_programme
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
    for path in ("/insiders/", "/insiders/rules/", "/insiders/reviews/", "/insiders/settings/", "/report/"):
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


def test_rules_are_proposed_dragged_previewed_approved_by_another_person_and_taken_back(
    programme: Page, sign_in: Callable[[User], None], check: Callable[[Page], None]
) -> None:
    set_programme(programme=default_programme(), by=make_user("manager"), needs_second_person=True)
    programme.goto("/insiders/rules/")
    programme.get_by_role("button", name="Propose conditions").click()
    expect(programme.locator("#proposing")).to_be_visible()
    do_run(Run.objects.get(kind="loyalty.propose"))
    count = programme.locator("#live-count")
    expect(count).to_contain_text("Of the segment")

    condition = programme.locator(".condition", has_text="at least").first
    number, slider = condition.get_by_role("spinbutton").first, condition.get_by_role("slider").first
    before, said = float(number.input_value()), count.inner_text()
    slider.focus()
    for _ in range(8):
        slider.press("ArrowRight")
    assert float(number.input_value()) > before
    expect(count).not_to_have_text(said)

    programme.get_by_role("button", name="Preview", exact=True).last.click()
    expect(programme.get_by_role("heading", name="With these rules")).to_be_visible()
    expect(programme.get_by_role("heading", name="Just out").first).to_be_visible()
    check(programme)
    programme.get_by_role("button", name="Keep as a new version").click()
    expect(programme.get_by_text("another manager has to approve it")).to_be_visible()

    sign_in(make_user("manager"))
    programme.goto("/insiders/rules/")
    programme.get_by_role("button", name="Approve").click()
    expect(programme.get_by_text("These rules are in force.")).to_be_visible()
    programme.get_by_role("button", name="Go back to version 1").click()
    expect(programme.get_by_text("Version 1 is in force again, as version 3.")).to_be_visible()
    assert RuleVersion.objects.get(state="active").number == 3


def test_the_list_is_filtered_in_place(programme: Page) -> None:
    programme.goto("/insiders/")
    programme.locator("main [name=q]").fill("nobody")
    programme.get_by_role("button", name="Filter").click()
    expect(programme.get_by_text("No member matches these filters.")).to_be_visible()
