"""Results that wait, are looked at, promoted and rolled back, in a real browser; accessible in both themes."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from core.models import Run, User
from segmentation.selectors import current_snapshot
from segmentation.services import request_refresh
from tests.e2e.conftest import NARROW
from tests.factories import do_run, make_snapshot, make_user, refreshed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def manager(page: Page, sign_in: Callable[[User], None]) -> Page:
    sign_in(make_user("manager"))
    return page


def work_off() -> None:
    """The worker's part, in this process."""
    for run in Run.objects.filter(kind="segmentation.promote", state=Run.State.PENDING):
        assert do_run(run).state == Run.State.SUCCEEDED, run.error


def test_results_wait_are_promoted_and_rolled_back(manager: Page, check: Callable[[Page], None]) -> None:
    first = make_snapshot(60)
    manager.goto("/models/")
    expect(manager.get_by_text("There is only one version yet")).to_be_visible()
    manager.get_by_label("Let them wait until somebody promotes them").check()
    manager.get_by_role("button", name="Save").click()
    expect(manager.get_by_text("New results wait until somebody promotes them.").first).to_be_visible()

    run = request_refresh(by=None, as_of=date(2025, 5, 1))
    assert run is not None
    waiting = refreshed(run)
    manager.goto("/models/")
    check(manager)
    manager.get_by_role("link", name="See what they would change").click()
    expect(manager.get_by_role("heading", name="What showing them would change for people")).to_be_visible()
    expect(manager.get_by_role("heading", name="Values that rise most")).to_be_visible()
    check(manager)
    assert current_snapshot() == first
    manager.get_by_role("button", name="Promote").click()
    manager.wait_for_url(re.compile("/runs/"))
    work_off()
    assert current_snapshot() == waiting

    manager.goto(f"/models/{first.pk}/")
    manager.get_by_role("button", name="Roll back to these").click()
    dialog = manager.get_by_role("dialog", name="Show these results again?")
    expect(dialog).to_be_visible()
    check(manager)
    dialog.get_by_role("button", name="Roll back").click()
    manager.wait_for_url(re.compile("/runs/"))
    work_off()
    assert current_snapshot() == first
    manager.goto("/models/")
    expect(manager.get_by_text("These results are pinned").first).to_be_visible()
    manager.get_by_role("button", name="Release the pin").click()
    expect(manager.get_by_role("button", name="Pin these results")).to_be_visible()


def test_models_are_accessible_empty_full_and_narrow(manager: Page, check: Callable[[Page], None]) -> None:
    manager.goto("/models/")
    check(manager)
    snapshot = make_snapshot(60)
    manager.set_viewport_size(NARROW)
    for path in ("/models/", f"/models/{snapshot.pk}/"):
        manager.goto(path)
        check(manager)
