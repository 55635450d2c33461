"""An experiment from the plan to a verdict, in a real browser."""

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.models import User
from loyalty.models import Experiment
from tests.e2e.conftest import NARROW
from tests.factories import do_run, make_user, reviewed
from tests.loyalty.proof_world import a_shop, an_import, read_later

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page, name: str) -> None:
    """A picture for whoever wants to see the page; INSIDERS_PICTURES names the folder."""
    if folder := os.environ.get("INSIDERS_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_an_experiment_from_power_to_verdict(
    page: Page, sign_in: Callable[[User], None], check: Callable[[Page], None]
) -> None:
    sign_in(make_user("manager"))
    page.goto("/insiders/experiments/")
    expect(page.get_by_text("Nothing is tested yet")).to_be_visible()
    page.goto("/insiders/experiments/plan/")
    expect(page.get_by_text("A plan rests on how your customers' spending varies.")).to_be_visible()
    before = a_shop()
    page.reload()
    page.get_by_label("Kept as control").select_option("0.5")
    page.get_by_label("Effect that would be worth it").select_option("0.3")
    page.get_by_label("Read out after").select_option("13")
    page.get_by_role("button", name="Reckon").click()
    expect(page.get_by_text("Of 400 customers 200 would be kept as control")).to_be_visible()
    check(page)
    look(page, "plan")
    page.get_by_label("Name").fill("Does it work?")
    page.get_by_role("button", name="Start the experiment").click()
    expect(page.get_by_text("It runs. The next review that admits")).to_be_visible()
    reviewed()
    page.reload()
    expect(page.get_by_role("cell", name="200", exact=True)).to_be_visible()
    read_later(Experiment.objects.get(), before, uplift=0.6)
    page.reload()
    expect(page.get_by_text("It works: treated customers brought")).to_be_visible()
    expect(page.get_by_role("heading", name="Selection, not effect: members beside the rest")).to_be_visible()
    check(page)
    look(page, "verdict")
    page.set_viewport_size(NARROW)
    look(page, "verdict-narrow")
    check(page)
    page.get_by_role("button", name="End the experiment").click()
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("It has ended.")).to_be_visible()
    odd = an_import("group,people,bought\ncontrol,44700,8502\nnew,45489,8279\n")
    assert odd.run is not None
    do_run(odd.run)
    page.goto(f"/insiders/experiments/{odd.pk}/")
    expect(page.get_by_text("which chance seldom does (p = 0.0087)")).to_be_visible()
    check(page)
    look(page, "imported")
    page.goto("/insiders/experiments/")
    check(page)
    look(page, "list")
    page.goto("/insiders/experiments/import/")
    check(page)
