"""Every component, in a real browser, under the real policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from core.models import User
from tests.e2e.conftest import NARROW, WIDE, choose_theme

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def gallery(page: Page, sign_in: Callable[[User], None]) -> Page:
    sign_in(User.objects.create_user("maria", role=User.Role.MANAGER))
    page.goto("/gallery/")
    expect(page.locator("[data-drawn]")).to_have_count(4)
    return page


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_gallery_is_accessible_in_both_themes(
    gallery: Page, check: Callable[[Page], None], viewport: ViewportSize
) -> None:
    gallery.set_viewport_size(viewport)
    check(gallery)


def test_tables_under_the_charts_are_accessible_when_opened(gallery: Page, check: Callable[[Page], None]) -> None:
    for summary in gallery.locator(".chart-table > summary").all():
        summary.click()
    check(gallery)


def test_chart_tooltips_read_well_and_break_no_policy(gallery: Page, violations: list[str]) -> None:
    gallery.locator("[data-chart=chart-daily-revenue] canvas").hover(position={"x": 260, "y": 120})
    tip = gallery.locator(".chart-tip")
    expect(tip).to_contain_text("2011")
    expect(tip).to_contain_text("GBP")
    gallery.locator("[data-chart=chart-revenue-share] canvas").hover(position={"x": 200, "y": 30})
    expect(gallery.locator(".chart-tip", has_text="Loyal")).to_contain_text("52.4 %")
    assert violations == []


def test_violations_are_really_noticed(gallery: Page, violations: list[str]) -> None:
    gallery.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    gallery.wait_for_timeout(100)
    assert any("style-src" in violation for violation in violations)
    violations.clear()


def test_chart_offers_its_table_as_csv(gallery: Page) -> None:
    with gallery.expect_download() as waiting:
        gallery.locator("[data-chart=chart-revenue-share] [data-chart-csv]").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    assert waiting.value.suggested_filename == "revenue-share.csv"
    assert text.splitlines()[:2] == ["Group,Share (%)", "Loyal,52.4"]


def test_what_a_spreadsheet_would_calculate_is_marked_in_a_charts_csv(
    page: Page, sign_in: Callable[[User], None]
) -> None:
    """A group may be called by anything that a person types."""
    sign_in(User.objects.create_user("maria", role=User.Role.MANAGER))

    def renamed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("Loyal", "=HYPERLINK(1)"))

    page.route("**/gallery/", renamed)
    page.goto("/gallery/")
    with page.expect_download() as waiting:
        page.locator("[data-chart=chart-revenue-share] [data-chart-csv]").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    assert text.splitlines()[1] == "'=HYPERLINK(1),52.4"


def test_theme_follows_the_system_until_a_person_chooses(gallery: Page) -> None:
    html = gallery.locator("html")
    gallery.emulate_media(color_scheme="dark")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    gallery.get_by_role("button", name="Switch to the light theme").click()
    expect(html).to_have_attribute("data-bs-theme", "light")
    gallery.reload()
    expect(html).to_have_attribute("data-bs-theme", "light")


def test_keys_show_their_list_and_can_be_switched_off(gallery: Page, check: Callable[[Page], None]) -> None:
    dialog = gallery.get_by_role("dialog", name="Keyboard")
    gallery.keyboard.press("?")
    expect(dialog).to_be_visible()
    check(gallery)
    dialog.get_by_role("checkbox").uncheck()
    gallery.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    gallery.keyboard.press("?")
    expect(dialog).to_be_hidden()


def test_account_menu_opens_closes_with_escape_and_gives_focus_back(
    gallery: Page, check: Callable[[Page], None]
) -> None:
    summary = gallery.locator("summary.account")
    summary.click()
    expect(gallery.get_by_role("button", name="Sign out")).to_be_visible()
    check(gallery)
    gallery.keyboard.press("Escape")
    expect(gallery.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_menu_of_a_narrow_window_opens_and_closes(gallery: Page, check: Callable[[Page], None]) -> None:
    gallery.set_viewport_size(NARROW)
    today = gallery.get_by_role("navigation", name="Main").get_by_role("link", name="Today")
    expect(today).to_be_hidden()
    gallery.get_by_role("link", name="Open the menu").click()
    expect(today).to_be_visible()
    check(gallery)
    gallery.keyboard.press("Escape")
    expect(today).to_be_hidden()


def test_confirm_asks_first_and_cancel_does_nothing(gallery: Page, check: Callable[[Page], None]) -> None:
    gallery.get_by_role("button", name="Undo upload").click()
    dialog = gallery.get_by_role("dialog", name="Undo this upload?")
    expect(dialog).to_be_visible()
    check(gallery)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()


def test_a_refused_request_says_so_in_a_toast(gallery: Page, violations: list[str]) -> None:
    gallery.evaluate("htmx.ajax('GET', '/no/such/page/', {target: '#main', swap: 'innerHTML'})")
    toast = gallery.locator(".toast-error")
    expect(toast).to_contain_text("not here any more")
    expect(gallery.get_by_role("heading", name="Components")).to_be_visible()
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    assert all("404" in violation or "/no/such/page/" in violation for violation in violations)
    violations.clear()


def test_an_ended_session_leads_to_the_sign_in_page(gallery: Page) -> None:
    gallery.context.clear_cookies()
    gallery.evaluate("htmx.ajax('GET', '/gallery/', {target: '#main', swap: 'innerHTML'})")
    expect(gallery.get_by_role("heading", name="Sign in")).to_be_visible()


def test_everything_can_be_read_without_scripts(gallery: Page, browser: Browser) -> None:
    state = gallery.context.storage_state()
    context = browser.new_context(storage_state=state, java_script_enabled=False, viewport=NARROW)
    page = context.new_page()
    page.goto(gallery.url)
    page.locator("[data-chart=chart-revenue-share] summary").click()
    expect(page.get_by_role("cell", name="52.4")).to_be_visible()
    page.get_by_role("button", name="Undo upload").click()
    expect(page.get_by_role("button", name="Undo the upload")).to_be_visible()
    page.get_by_role("link", name="Open the menu").click()
    expect(page.get_by_role("link", name="Today").first).to_be_visible()
    context.close()


def test_error_pages_are_accessible_and_say_what_to_do(
    gallery: Page, check: Callable[[Page], None], violations: list[str]
) -> None:
    gallery.goto("/no/such/page/")
    expect(gallery.get_by_role("heading")).to_have_text("There is nothing at this address")
    choose_theme(gallery, "light")
    check(gallery)
    assert all("404" in violation for violation in violations)
    violations.clear()


LOCAL_STATE = """document.querySelector("main").insertAdjacentHTML("afterbegin",
  '<div x-data="{ open: false }"><button type="button" x-on:click="open = !open">More</button>' +
  '<p x-show="open">Hidden words</p></div>');
htmx.trigger(document.querySelector("main"), "htmx:load");"""


def test_a_piece_with_local_state_fetches_what_it_needs_under_the_policy(gallery: Page, violations: list[str]) -> None:
    assert gallery.evaluate("typeof window.Alpine") == "undefined"
    gallery.evaluate(LOCAL_STATE)
    words = gallery.get_by_text("Hidden words")
    expect(words).to_be_hidden()
    gallery.get_by_role("button", name="More").click()
    expect(words).to_be_visible()
    assert violations == []
