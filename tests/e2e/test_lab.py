"""The lab in a real browser: compare two ways, look at both, open a customer, choose one, and see it in the results."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from core.models import Run, User
from segmentation.models import Comparison
from segmentation.selectors import current_choice, current_snapshot
from segmentation.services.maps import request_maps_after
from tests.e2e.conftest import NARROW, WIDE
from tests.factories import do_run, make_snapshot, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lab(page: Page, sign_in: Callable[[User], None], settings: object) -> Page:
    make_snapshot(60)
    sign_in(make_user("analyst"))
    return page


def drawn_maps() -> None:
    run = request_maps_after()
    assert run is not None
    params = {**run.params, "methods": ["pca", "tsne"]}
    Run.objects.filter(pk=run.pk).update(not_before=timezone.now(), params=params)
    do_run(run)


def compared(lab: Page) -> None:
    """Ask for two combinations on the page, and do the work that a worker would do."""
    lab.goto("/segments/lab/")
    lab.locator("#id_row-0-k").fill("3")
    lab.get_by_role("button", name="Compare", exact=True).click()
    expect(lab.get_by_role("heading", name="Comparing ways to form segments")).to_be_visible()
    run = Run.objects.filter(kind="segmentation.compare", state=Run.State.PENDING).get()
    do_run(run)
    expect(lab.get_by_role("heading", name="At a glance")).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_labs_pages_are_accessible(lab: Page, check: Callable[[Page], None], viewport: ViewportSize) -> None:
    lab.set_viewport_size(viewport)
    drawn_maps()
    compared(lab)
    check(lab)
    lab.locator("#combination-0").get_by_role("link", name="Use this for the segments").click()
    expect(lab.get_by_role("heading", name="What becomes of each segment")).to_be_visible()
    check(lab)
    lab.goto("/segments/lab/")
    expect(lab.locator("[data-drawn]")).to_have_count(1)
    check(lab)


def test_two_ways_are_compared_and_one_of_them_forms_the_segments(lab: Page) -> None:
    compared(lab)
    for number, title in enumerate(("A: K-means", "B: Gaussian mixture")):
        card = lab.locator(f"#combination-{number}")
        expect(card.get_by_role("heading", name=title)).to_be_visible()
        expect(card.locator("[data-drawn]")).to_have_count(2)
    lab.locator("#combination-0").get_by_role("link", name="Use this for the segments").click()
    lab.get_by_role("button", name="Use this for the segments").click()
    expect(lab.get_by_text("Chosen. New results are being computed")).to_be_visible()
    do_run(Run.objects.get(kind="segmentation.refresh", state=Run.State.PENDING))
    choice, snapshot = current_choice(), current_snapshot()
    assert choice is not None
    assert snapshot is not None
    wanted = {name: choice.combination[name] for name in ("algorithm", "space", "k")}
    assert {name: snapshot.quality[name] for name in wanted} == wanted
    lab.goto("/segments/")
    for entry in snapshot.segments:
        expect(lab.get_by_role("link", name=entry["name"]).first).to_be_visible()
    lab.goto("/segments/lab/")
    expect(lab.get_by_text("In use")).to_be_visible()
    lab.get_by_role("button", name="Back to the built-in way").click()
    lab.get_by_role("button", name="Form segments so").click()
    expect(lab.get_by_text("Nobody has chosen another way yet.")).to_be_visible()


def test_a_customer_is_named_under_the_pointer_and_opened_with_a_click(lab: Page) -> None:
    compared(lab)
    figure = lab.locator("#combination-0 [data-chart=chart-map-0]")
    expect(figure).to_have_attribute("data-drawn", "")
    canvas = figure.locator("[data-chart-canvas]")
    canvas.scroll_into_view_if_needed()
    place = lab.evaluate(
        """() => {
          const canvas = document.querySelector("[data-chart=chart-map-0] [data-chart-canvas]");
          const chart = echarts.getInstanceByDom(canvas);
          const option = chart.getOption();
          const point = option.series[0].data[0];
          const [x, y] = chart.convertToPixel({ seriesIndex: 0 }, [point[0], point[1]]);
          const box = canvas.getBoundingClientRect();
          return { x: box.x + x, y: box.y + y };
        }"""
    )
    lab.mouse.move(place["x"], place["y"])
    named = figure.locator(".chart-tip strong")
    expect(named).to_be_visible()
    customer = named.inner_text()
    lab.mouse.click(place["x"], place["y"])
    lab.wait_for_url("**/customers/*/")
    expect(lab.get_by_role("heading", level=1)).to_contain_text(customer)


def test_rows_are_added_and_removed_on_the_page(lab: Page) -> None:
    lab.goto("/segments/lab/")
    lab.locator("#id_row-0-k").fill("7")
    lab.get_by_role("button", name="Add a combination").click()
    expect(lab.get_by_role("group", name="Combination 3")).to_be_visible()
    lab.get_by_role("button", name="Remove combination 2").click()
    expect(lab.locator(".lab-row")).to_have_count(2)
    expect(lab.locator("#id_row-0-k")).to_have_value("7")
    assert not Comparison.objects.exists()
