"""An action from what is advised to its read-out, in a real browser."""

import os
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core.models import User
from loyalty.models import Action
from tests.e2e.conftest import NARROW
from tests.factories import do_run, make_user
from tests.loyalty.action_world import READ_OUT, START, a_shop_with_advice, later, read_out

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page, name: str) -> None:
    """A picture for whoever wants to see the page; INSIDERS_PICTURES names the folder."""
    if folder := os.environ.get("INSIDERS_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_an_action_from_advice_to_read_out(
    page: Page, sign_in: Callable[[User], None], check: Callable[[Page], None]
) -> None:
    sign_in(make_user("manager", username="mara"))
    page.goto("/insiders/actions/")
    expect(page.get_by_text("What to do follows from what customers bought.")).to_be_visible()
    a_shop_with_advice()
    page.reload()
    page.get_by_label("For which group").select_option("tier:gold")
    page.get_by_role("button", name="Show").click()
    check(page)
    look(page, "actions")
    page.get_by_role("link", name=re.compile("Cross-sell, tier gold")).click()
    page.get_by_label("Name").fill("Teapots")
    page.get_by_label("Due on").fill((START + timedelta(days=7)).isoformat())
    page.get_by_label("Read out on").fill((START + timedelta(days=10)).isoformat())
    page.get_by_label("Kept as control").select_option("0.5")
    page.get_by_role("button", name="Take the action").click()
    expect(page.get_by_text("So soon after the due date a read-out can't tell anything")).to_be_visible()
    check(page)
    page.get_by_label("Read out on").fill(READ_OUT.isoformat())
    page.get_by_role("button", name="Take the action").click()
    expect(page.get_by_text("It is taken.")).to_be_visible()
    action = Action.objects.select_related("run").get()
    assert action.run is not None
    do_run(action.run)
    page.reload()
    expect(page.get_by_text("would show in four cases of five")).to_be_visible()
    check(page)
    page.get_by_role("button", name="It is done").click()
    expect(page.get_by_text("Done. The read-out appears on its day.")).to_be_visible()
    later(action, uplift=1.5)
    read_out()
    page.set_viewport_size(NARROW)
    page.reload()
    expect(page.get_by_text("It works: treated customers brought")).to_be_visible()
    check(page)
    look(page, "action-read-out-narrow")
