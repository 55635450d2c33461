"""Bringing files in a real browser: the line breaks, the tab is closed, two tabs send, and every byte arrives once."""

import gzip
import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from core.models import User
from crm.ledger import storage
from crm.models import PartialUpload, Upload
from tests.e2e.conftest import NARROW
from tests.e2e.flaky import FlakyLine
from tests.factories import CSV, make_user

pytestmark = pytest.mark.django_db(transaction=True)
MB = 1_000_000


@pytest.fixture(scope="module")
def orders(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Online Retail: 541,909 lines, about 45 MB."""
    path = tmp_path_factory.mktemp("orders") / "online-retail.csv"
    with gzip.open(test_data / "online-retail" / "data.csv.gz") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return path


@pytest.fixture
def line(live_server: Any) -> Iterator[FlakyLine]:
    with FlakyLine((live_server.thread.host, live_server.thread.port)) as line:
        yield line


@pytest.fixture
def marketer(sign_in: Callable[[User], None]) -> User:
    user = make_user("marketer")
    sign_in(user)
    return user


def uploads_page(page: Page, line: FlakyLine) -> Page:
    page.goto(f"http://localhost:{line.port}/uploads/")
    return page


def choose(page: Page, *paths: Path) -> None:
    page.locator("#drop-files").set_input_files(list(paths))


def digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def assert_arrived(path: Path) -> Upload:
    """The server has one file, and it is this one byte for byte."""
    upload = Upload.objects.get()
    with storage.local_copy(upload.storage_name) as kept:
        assert digest(kept) == upload.sha256 == digest(path)
    return upload


def test_a_broken_line_costs_nothing_that_had_arrived(
    page: Page, line: FlakyLine, marketer: User, orders: Path, violations: list[str]
) -> None:
    uploads_page(page, line)
    line.cut_after = line.sent_up + 24 * MB
    choose(page, orders)
    expect(page.locator(".transfer-text")).to_contain_text("No connection.", timeout=60_000)
    arrived = PartialUpload.objects.get().received
    assert arrived > 10 * MB
    line.heal()
    page.wait_for_url("**/uploads/*/", timeout=60_000)
    assert_arrived(orders)
    assert line.sent_up < orders.stat().st_size + 16 * MB
    violations.clear()  # the browser notes each request that the broken line took


def test_a_closed_tab_goes_on_when_the_file_is_dropped_again(
    browser_context: BrowserContext, line: FlakyLine, marketer: User, orders: Path
) -> None:
    first = uploads_page(browser_context.new_page(), line)
    line.cut_after = line.sent_up + 20 * MB
    choose(first, orders)
    expect(first.locator(".transfer-text")).to_contain_text("No connection.", timeout=60_000)
    first.close()
    line.heal()
    arrived = PartialUpload.objects.get().received
    assert arrived > 8 * MB
    second = uploads_page(browser_context.new_page(), line)
    expect(second.locator(".transfer")).to_contain_text("Drop the same file again to go on")
    choose(second, orders)
    second.wait_for_url("**/uploads/*/", timeout=60_000)
    assert_arrived(orders)
    assert PartialUpload.objects.count() == 1
    assert line.sent_up < orders.stat().st_size + 16 * MB


def test_two_tabs_with_one_file_make_one_upload(
    browser_context: BrowserContext, live_server: Any, marketer: User, orders: Path
) -> None:
    tabs = [browser_context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto("/uploads/")
    for tab in tabs:
        choose(tab, orders)
    for tab in tabs:
        tab.wait_for_url("**/uploads/*/", timeout=90_000)
    assert_arrived(orders)


def test_what_expired_on_the_server_is_sent_anew(
    page: Page, line: FlakyLine, marketer: User, orders: Path, violations: list[str]
) -> None:
    uploads_page(page, line)
    line.cut_after = line.sent_up + 20 * MB
    choose(page, orders)
    expect(page.locator(".transfer-text")).to_contain_text("No connection.", timeout=60_000)
    page.close()
    PartialUpload.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    line.heal()
    again = uploads_page(page.context.new_page(), line)
    expect(again.locator(".transfer")).to_have_count(0)
    choose(again, orders)
    again.wait_for_url("**/uploads/*/", timeout=60_000)
    assert_arrived(orders)
    violations.clear()


def test_whoever_was_signed_out_goes_on_after_signing_in(
    page: Page,
    line: FlakyLine,
    marketer: User,
    sign_in: Callable[[User], None],
    orders: Path,
    violations: list[str],
) -> None:
    uploads_page(page, line)
    line.cut_after = line.sent_up + 20 * MB
    choose(page, orders)
    expect(page.locator(".transfer-text")).to_contain_text("No connection.", timeout=60_000)
    page.context.clear_cookies()
    line.heal()
    expect(page.locator(".transfer-text")).to_contain_text("You were signed out.", timeout=60_000)
    sign_in(marketer)
    uploads_page(page, line)
    choose(page, orders)
    page.wait_for_url("**/uploads/*/", timeout=60_000)
    assert_arrived(orders)
    assert PartialUpload.objects.count() == 1
    assert line.sent_up < orders.stat().st_size + 16 * MB
    violations.clear()


def test_a_page_with_a_paused_file_says_that_the_session_ended_and_stays(
    page: Page, line: FlakyLine, marketer: User, orders: Path, violations: list[str]
) -> None:
    """The poll for running jobs is answered with the sign-in page: without the file, the page would leave for it."""
    uploads_page(page, line)
    line.cut_after = line.sent_up + 20 * MB
    choose(page, orders)
    expect(page.locator(".transfer-text")).to_contain_text("No connection.", timeout=60_000)
    page.locator("[data-pause]").click()
    page.context.clear_cookies()
    line.heal()
    expect(page.locator(".transfer-text")).to_contain_text("You were signed out.", timeout=60_000)
    with page.expect_response(lambda answer: "sign-in" in answer.url):
        pass
    expect(page.locator(".transfer-text")).to_contain_text("You were signed out.")
    violations.clear()


def test_a_file_that_changes_meanwhile_is_not_waited_for(
    page: Page, line: FlakyLine, marketer: User, orders: Path, tmp_path: Path, violations: list[str]
) -> None:
    path = tmp_path / "orders.csv"
    shutil.copyfile(orders, path)
    uploads_page(page, line)
    line.cut_after = line.sent_up + 20 * MB
    choose(page, path)
    expect(page.locator(".transfer-text")).to_contain_text("No connection.", timeout=60_000)
    path.write_text(CSV)
    line.heal()
    expect(page.locator(".transfer-text")).to_contain_text("changed or removed on your computer", timeout=60_000)
    assert not Upload.objects.exists()
    violations.clear()


def test_pause_goes_on_and_remove(
    page: Page, line: FlakyLine, marketer: User, orders: Path, check: Callable[[Page], None], violations: list[str]
) -> None:
    uploads_page(page, line)
    check(page)
    line.cut_after = line.sent_up + 20 * MB
    choose(page, orders)
    expect(page.locator(".transfer-text")).to_contain_text("No connection.", timeout=60_000)
    check(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".transfer-text")).to_contain_text("Paused at ")
    check(page)
    page.set_viewport_size(NARROW)
    check(page)
    line.heal()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".transfer")).to_have_count(0)
    choose(page, orders)
    page.wait_for_url("**/uploads/*/", timeout=60_000)
    assert_arrived(orders)
    assert PartialUpload.objects.count() == 1
    violations.clear()


def test_many_files_at_once_stay_in_a_list(
    page: Page, live_server: Any, marketer: User, tmp_path: Path, check: Callable[[Page], None]
) -> None:
    paths = [tmp_path / f"day-{number}.csv" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_text(CSV + f"B{number},2025-01-0{number + 1},ann,cup,1,4.50\n")
    page.goto("/uploads/")
    choose(page, *paths)
    expect(page.locator(".transfer[data-state=done]")).to_have_count(5)
    expect(page.locator("#file-rows tbody tr")).to_have_count(5)
    assert Upload.objects.count() == 5
    check(page)
    choose(page, paths[0])
    expect(page.locator(".transfer[data-state=known]")).to_contain_text("You uploaded this on ")
    assert Upload.objects.count() == 5


def test_a_file_that_is_here_already_is_not_sent_again(
    page: Page, live_server: Any, marketer: User, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(CSV)
    page.goto("/uploads/")
    choose(page, path)
    page.wait_for_url("**/uploads/*/")
    page.goto("/uploads/")
    choose(page, path)
    page.wait_for_url("**/uploads/*/")
    expect(page.get_by_text("You uploaded this on ")).to_be_visible()
    assert PartialUpload.objects.count() == 1


def test_a_refusal_is_a_sentence(
    page: Page,
    live_server: Any,
    marketer: User,
    tmp_path: Path,
    settings: Any,
    violations: list[str],
    check: Callable[[Page], None],
) -> None:
    settings.UPLOAD_MAX_MB = 1
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * 1_000_001)
    page.goto("/uploads/")
    choose(page, path)
    expect(page.locator(".transfer[data-state=failed]")).to_contain_text("The file is larger than 1 MB. Split it")
    check(page)
    violations.clear()


def test_without_javascript_the_plain_form_does_it(
    browser_context: BrowserContext, live_server: Any, marketer: User, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(CSV)
    browser = browser_context.browser
    assert browser is not None
    state = browser_context.storage_state()
    with browser.new_context(base_url=live_server.url, java_script_enabled=False, storage_state=state) as context:
        page = context.new_page()
        page.goto("/uploads/")
        page.get_by_label("File", exact=True).set_input_files(path)
        page.get_by_role("button", name="Upload", exact=True).click()
        page.wait_for_url("**/uploads/*/")
    assert_arrived(path)
