"""A real browser for tests: the system's Chromium, one page per test, and nothing tolerated on its console.

A test takes `page` (signed out) or calls `sign_in(user)` first; `check(page)` runs axe in both themes. The test fails
at its end when any page broke the Content-Security-Policy, logged an error or threw one; a test that provokes such a
thing on purpose calls `violations.clear()` after looking at it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

from core.models import User
from tests.e2e.installation import own_environment as own_environment
from tests.e2e.supervised import start as start

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
  "CSP: " + event.violatedDirective + " " + event.blockedURI + " " + event.sourceFile + ":" + event.lineNumber));
"""


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        if os.environ.get("INSIDERS_REQUIRE_ALL") == "1":
            pytest.fail("no Chromium found")
        pytest.skip("no Chromium found; install it or set CHROMIUM to its path")
    # Playwright's synchronous API keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browser_context(browser: Browser, live_server: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url, viewport=WIDE, reduced_motion="reduce", locale="en-GB")
    context.set_default_timeout(15_000)
    context.add_init_script(REPORT_VIOLATIONS)
    yield context
    context.close()


@pytest.fixture
def violations() -> Iterator[list[str]]:
    """What went wrong on any page of this test; has to be empty at its end."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def page(browser_context: BrowserContext, violations: list[str]) -> Page:
    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            violations.append(f"{message.text} ({message.location.get('url')})")

    page = browser_context.new_page()
    page.on("console", note)
    page.on("pageerror", lambda error: violations.append(str(error)))
    return page


@pytest.fixture
def sign_in(browser_context: BrowserContext, live_server: Any) -> Callable[[User], None]:
    """Put this person's session into the browser, without the sign-in page."""

    def put(user: User) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        browser_context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return put


def choose_theme(page: Page, theme: str) -> None:
    page.evaluate("theme => window.insidersTheme.choose(theme)", theme)


def axe_faults(page: Page) -> list[str]:
    result = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG_22_AA}})
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in result.response["violations"]
        for node in fault["nodes"]
    ]


@pytest.fixture
def check(tmp_path: Path) -> Callable[[Page], None]:
    """Assert that a page is free of axe faults (WCAG 2.2 AA) in both themes and is no wider than its window.

    No database changes what axe finds, and it takes seconds a page: where the tests run twice, it looks on SQLite.
    """
    themes = () if connection.vendor == "postgresql" else ("light", "dark")

    def assert_accessible(page: Page) -> None:
        page.wait_for_load_state()
        for theme in themes:
            choose_theme(page, theme)
            assert axe_faults(page) == [], f"{page.url} in the {theme} theme"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{page.url} is {overflow} px wider than its window"

    return assert_accessible
