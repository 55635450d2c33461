"""Segments in a real browser: movements as streams with their table, a new name, other shares of the tiers."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from core.models import Run, User
from segmentation.models import Snapshot
from segmentation.selectors import group_settings
from segmentation.services import request_refresh
from tests.e2e.conftest import NARROW
from tests.factories import make_snapshot, make_user, refreshed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def analyst(page: Page, sign_in: Callable[[User], None]) -> Page:
    sign_in(make_user("analyst"))
    return page


@pytest.fixture
def pair() -> tuple[Snapshot, Snapshot]:
    earlier = make_snapshot(60, as_of=date(2025, 6, 1))
    run = request_refresh(by=None)
    assert run is not None
    return earlier, refreshed(run)


def test_two_results_are_compared_in_people_and_in_money(
    analyst: Page, pair: tuple[Snapshot, Snapshot], check: Callable[[Page], None]
) -> None:
    analyst.goto("/segments/")
    movements = analyst.locator("#movements")
    expect(movements.locator("[data-drawn]")).to_have_count(1)
    movements.get_by_text("Show as table").click()
    expect(movements.get_by_role("rowheader", name="Not a customer yet").first).to_be_visible()
    check(analyst)
    movements.get_by_label("Groups").select_option("tier")
    movements.get_by_label("Width by").select_option("revenue")
    movements.get_by_role("button", name="Filter").click()
    analyst.wait_for_url("**by=tier**")
    movements.get_by_text("Show as table").click()
    expect(movements.get_by_role("rowheader", name="Platinum").first).to_be_visible()
    expect(movements.get_by_role("columnheader", name="GBP")).to_be_visible()


def test_a_segment_is_renamed_and_a_tiers_name_is_refused(
    analyst: Page, pair: tuple[Snapshot, Snapshot], check: Callable[[Page], None]
) -> None:
    best = pair[1].segments[0]
    analyst.goto(f"/segments/{best['segment']}/")
    expect(analyst.get_by_text("customers stayed")).to_be_visible()
    check(analyst)
    analyst.get_by_label("Name").fill("Gold")
    analyst.get_by_role("button", name="Rename").click()
    expect(analyst.get_by_text("That is the name of a tier")).to_be_visible()
    analyst.get_by_label("Name").fill("Friends of the house")
    analyst.get_by_role("button", name="Rename").click()
    expect(analyst.get_by_role("heading", level=1)).to_have_text("Friends of the house")


def test_tier_shares_are_changed_and_results_asked_for(analyst: Page, pair: tuple[Snapshot, Snapshot]) -> None:
    analyst.goto("/segments/")
    analyst.get_by_label("Platinum, % of customers").fill("60")
    analyst.get_by_label("Gold, % of customers").fill("40")
    analyst.get_by_role("button", name="Change the shares").click()
    expect(analyst.get_by_text("Each tier needs a share above 0 %")).to_be_visible()
    analyst.get_by_label("Platinum, % of customers").fill("5")
    analyst.get_by_label("Gold, % of customers").fill("15")
    analyst.get_by_role("button", name="Change the shares").click()
    expect(analyst.get_by_text("The shares are changed.")).to_be_visible()
    assert str(group_settings().platinum) == "0.0500"
    assert Run.objects.filter(kind="segmentation.refresh", state=Run.State.PENDING).count() == 1


def test_segments_are_accessible_empty_and_narrow(analyst: Page, check: Callable[[Page], None]) -> None:
    analyst.goto("/segments/")
    check(analyst)
    snapshot = make_snapshot(60)
    analyst.set_viewport_size(NARROW)
    for path in ("/segments/", f"/segments/{snapshot.segments[0]['segment']}/"):
        analyst.goto(path)
        check(analyst)
