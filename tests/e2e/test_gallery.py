"""Every component, in a real browser, under the real policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from core.models import User
from tests.e2e.conftest import NARROW, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def gallery(page: Page, sign_in: Callable[[User], None]) -> Page:
    sign_in(User.objects.create_user("maria", role=User.Role.MANAGER))
    page.goto("/gallery/")
    expect(page.locator("[data-drawn]")).to_have_count(3)
    return page


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_gallery_is_accessible_in_both_themes(
    gallery: Page, check: Callable[[Page], None], viewport: ViewportSize
) -> None:
    gallery.set_viewport_size(viewport)
    check(gallery)
