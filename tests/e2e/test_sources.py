"""Sources in a real browser: set up, looked at, readable in every width and theme."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.models import User
from crm.models import Inbox
from tests.crm.sources import look
from tests.e2e.conftest import NARROW
from tests.factories import CSV, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_manager_sets_up_a_folder_and_sees_what_came(
    page: Page,
    live_server: Any,
    sign_in: Callable[[User], None],
    settings: Any,
    check: Callable[[Page], None],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    settings.WATCH_ROOTS = str(folder)
    sign_in(make_user("manager"))
    page.goto("/uploads/")
    page.get_by_role("link", name="Sources").click()
    check(page)
    page.get_by_label("Name").fill("Till export")
    page.get_by_label("Place").fill(str(folder))
    page.get_by_role("button", name="Add the source").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Till export")
    (folder / "orders.csv").write_text(CSV)
    (folder / "orders.csv.done").touch()
    look(Inbox.objects.get())
    page.reload()
    expect(page.get_by_role("link", name="orders.csv")).to_be_visible()
    check(page)
    page.set_viewport_size(NARROW)
    check(page)
    page.get_by_role("link", name="Sources").click()
    check(page)
