"""Signing in, the account, settings, a job and the API's pages, in a real browser under the real policy."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.models import Run, User
from core.services.audit import record_event
from tests.e2e.conftest import NARROW
from tests.factories import PASSWORD, make_run, make_schedule_entry, make_token_row, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ada() -> User:
    return make_user("admin", username="ada", email="ada@example.com")


def test_signing_in_and_out(page: Page, ada: User, check: Callable[[Page], None], violations: list[str]) -> None:
    page.goto("/")
    check(page)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("After five failures the account is closed for 30 minutes.")
    check(page)
    violations.clear()  # the browser notes the answer 422 as an error
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_label("Account of ada").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(
    "address",
    ["/account/", "/password/change/", "/settings/", "/settings/jobs/", "/settings/schedule/", "/settings/audit/", "/"],
)
def test_pages_are_accessible(
    page: Page, ada: User, sign_in: Callable[[User], None], check: Callable[[Page], None], address: str
) -> None:
    make_token_row(ada)
    make_schedule_entry()
    make_run(state="dead", error="The work broke off. Try again.")
    for number in range(60):
        record_event(by=ada, action="thing.made", obj="thing", key=number, facts={"lines": number})
    sign_in(ada)
    page.goto(address)
    check(page)
    page.set_viewport_size(NARROW)
    check(page)


@pytest.mark.parametrize("address", ["/password/reset/", "/password/reset/sent/", "/password/reset/MQ/wrong/"])
def test_pages_before_signing_in_are_accessible(page: Page, check: Callable[[Page], None], address: str) -> None:
    page.goto(address)
    check(page)


def test_a_token_is_made_and_revoked(page: Page, ada: User, sign_in: Callable[[User], None]) -> None:
    sign_in(ada)
    page.goto("/account/")
    page.get_by_label("What it is for").fill("nightly sheet")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("code.once")).to_contain_text("ins_")
    page.locator("tr", has_text="nightly sheet").get_by_role("button").click()
    expect(page.get_by_text("You have no tokens.")).to_be_visible()


def test_a_job_is_followed_without_reloading(
    page: Page, ada: User, sign_in: Callable[[User], None], check: Callable[[Page], None]
) -> None:
    run = make_run(state="running", stage="Reading the lines", progress_done=30, progress_total=100)
    sign_in(ada)
    page.goto(f"/runs/{run.pk}/")
    expect(page.locator("#run")).to_contain_text("Reading the lines")
    expect(page.locator(".running-jobs")).to_contain_text("1 job running")
    check(page)
    Run.objects.filter(pk=run.pk).update(stage="Writing the lines", progress_done=80)
    expect(page.locator("#run")).to_contain_text("Writing the lines")
    Run.objects.filter(pk=run.pk).update(state="succeeded", finished_at=run.created_at, lease_expires_at=None)
    expect(page.locator("#run")).to_contain_text("Done")
    expect(page.locator("#run[hx-get]")).to_have_count(0)
    check(page)


def test_a_job_is_cancelled(page: Page, ada: User, sign_in: Callable[[User], None]) -> None:
    run = make_run()
    sign_in(ada)
    page.goto(f"/runs/{run.pk}/")
    page.get_by_role("button", name="Stop this job").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_the_api_describes_itself_under_our_policy(page: Page, ada: User, sign_in: Callable[[User], None]) -> None:
    sign_in(ada)
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/api/v1/docs/")
    operation = page.locator(".opblock-summary", has_text="/api/v1/runs/{id}/")
    expect(operation).to_be_visible()
    operation.click()
    expect(page.get_by_role("button", name="Try it out")).to_be_visible()
    assert all(answer.ok for answer in answers)
