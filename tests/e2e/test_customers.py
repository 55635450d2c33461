"""Finding a customer and reading their page in a real browser."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from core.models import User
from crm.models import Customer
from segmentation.models import ScoreA
from tests.analytics.ledger import Line
from tests.e2e.conftest import NARROW
from tests.factories import make_ledger, make_snapshot, make_user
from tests.segmentation.bases import simulated_lines, snapshot_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def reader(page: Page, sign_in: Callable[[User], None]) -> Page:
    sign_in(make_user("manager"))
    return page


def test_typing_the_beginning_of_an_id_leads_to_the_customer(reader: Page) -> None:
    make_snapshot(30)
    Customer.objects.filter(pk=4).update(external_id="Anna/4", search_key="anna/4")
    reader.goto("/")
    reader.keyboard.press("Control+k")
    reader.keyboard.type("ann")
    suggestion = reader.get_by_role("link", name="Anna/4")
    expect(suggestion).to_be_visible()
    suggestion.click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Anna/4")


def test_filters_swap_the_list_in_place_and_stay_in_the_address(reader: Page) -> None:
    make_snapshot(30)
    reader.goto("/customers/")
    reader.get_by_label("Tier").select_option("gold")
    reader.wait_for_url(re.compile("tier=gold"))
    expect(reader.locator("#customers tbody tr").first).to_contain_text("Gold")
    rows = reader.locator("#customers tbody tr").count()
    reader.reload()
    assert reader.locator("#customers tbody tr").count() == rows


def test_older_orders_are_added_below_without_leaving_the_page(reader: Page) -> None:
    make_ledger([Line(1, f"A{number:02}", date(2025, 1, 1) + timedelta(days=number), "5") for number in range(25)])
    reader.goto("/customers/1/")
    expect(reader.locator(".order")).to_have_count(10)
    reader.get_by_role("link", name="Older orders").click()
    expect(reader.locator(".order")).to_have_count(20)
    reader.get_by_role("link", name="Older orders").click()
    expect(reader.locator(".order")).to_have_count(25)
    expect(reader.get_by_role("link", name="Older orders")).to_have_count(0)
    reader.locator(".order summary").first.click()
    expect(reader.locator(".order table").first).to_be_visible()


def test_the_course_of_a_customer_is_drawn_and_stands_in_a_table(reader: Page) -> None:
    snapshot_of(simulated_lines())
    best = ScoreA.objects.order_by("-clv")[0]
    reader.goto(f"/customers/{best.pk}/")
    course = reader.locator("#course")
    expect(course.locator("canvas, svg.chart, .chart svg").first).to_be_visible()
    course.get_by_text("Show as table").click()
    expect(course.get_by_role("table")).to_contain_text("After a purchase (%)")
    expect(reader.locator("#ahead")).to_contain_text("180 days")


def test_the_pages_are_accessible_wide_and_narrow_empty_and_full(reader: Page, check: Callable[[Page], None]) -> None:
    for path in ("/", "/customers/"):
        reader.goto(path)
        check(reader)
    make_snapshot(30)
    for size in (None, NARROW):
        if size is not None:
            reader.set_viewport_size(size)
        for path in ("/", "/customers/", "/customers/?q=zzz", "/settings/values/", "/customers/4/"):
            reader.goto(path)
            if path == "/customers/4/":
                reader.locator(".order summary").first.click()
                reader.get_by_text("What the value models are given").click()
            check(reader)
