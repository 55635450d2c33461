"""The main job as a person does it: a real installation, a real browser, from sign-in to a verdict.

Every page on the way is checked by axe in both themes, and no page may break the Content-Security-Policy.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from analytics import demo
from tests.e2e.conftest import REPORT_VIOLATIONS, WIDE
from tests.e2e.supervised import Supervisor, accounts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
MINUTE = 60_000
EMPTY_PAGES = ("/", "/uploads/", "/customers/", "/segments/", "/insiders/", "/report/", "/anomalies/", "/models/")


@pytest.fixture
def installation(start: Callable[..., Supervisor]) -> Supervisor:
    supervisor = start()
    supervisor.wait_until_ready()
    return supervisor


@pytest.fixture
def person(installation: Supervisor, browser: Browser, violations: list[str]) -> Iterator[Page]:
    """The manager, signed in through the front door."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{installation.port}", viewport=WIDE, reduced_motion="reduce", locale="en-GB"
    )
    context.set_default_timeout(30_000)
    context.add_init_script(REPORT_VIOLATIONS)
    page = context.new_page()
    page.on("console", lambda message: violations.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: violations.append(str(error)))
    name, password = next(pair for pair in accounts(installation.output) if pair[0] == "manager")
    page.goto("/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    yield page
    context.close()


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    """A small shop's export, as any shop's file: the demo's rows under another name."""
    shop = demo.open_shop(replace(demo.SIZES["small"], customers=600), seed=7)
    file = tmp_path / "orders.csv"
    with file.open("w", newline="") as stream:
        stream.write(demo.LINE_HEADER)
        for day in shop.days():
            stream.writelines(demo.line_rows(shop, day))
    return file


def bring(page: Page, file: Path) -> None:
    """Upload, confirm the proposed columns, and wait for the result."""
    page.goto("/uploads/")
    page.set_input_files("#drop-files", file)
    page.wait_for_url("**/uploads/*/")
    expect(page.get_by_text("The columns were recognised.")).to_be_visible(timeout=MINUTE)


def publish(page: Page) -> None:
    page.get_by_role("button", name="Import and publish").click()
    expect(page.get_by_text("Lines accepted")).to_be_visible(timeout=2 * MINUTE)


def wait_for_members(page: Page) -> None:
    """The chain goes on without anybody: refresh, scan, review."""
    for _ in range(90):
        page.goto("/insiders/")
        if page.get_by_role("link", name="Export", exact=True).count():
            return
        page.wait_for_timeout(2_000)
    raise AssertionError("no members appeared")


def look(page: Page, check: Callable[[Page], None], *paths: str) -> None:
    for path in paths:
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        check(page)


def test_from_sign_in_to_a_verdict(person: Page, shop_file: Path, check: Callable[[Page], None]) -> None:
    page = person
    look(
        page, check, "/", "/uploads/", "/customers/", "/segments/", "/insiders/", "/report/", "/anomalies/", "/models/"
    )
    bring(page, shop_file)
    check(page)
    publish(page)
    check(page)
    wait_for_members(page)

    look(page, check, "/", "/uploads/", "/segments/", "/models/", "/settings/", "/account/")
    look(page, check, "/insiders/rules/", "/insiders/reviews/", "/report/", "/insiders/")
    page.locator("#members tbody th a").first.click()
    page.wait_for_url("**/insiders/members/*/*")
    check(page)

    page.goto("/customers/")
    check(page)
    first = page.locator("tbody th a").first
    customer = first.inner_text()
    page.get_by_role("searchbox", name="Search customers by id").press_sequentially(customer[:-1])
    page.locator("#search-suggestions a", has_text=customer).first.click()
    page.wait_for_url("**/customers/*/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(customer)
    check(page)

    page.goto("/anomalies/")
    check(page)
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/anomalies/*/")
    check(page)
    page.get_by_role("button", name="Expected").first.click()
    expect(page.get_by_text("Expected").first).to_be_visible()
    check(page)
