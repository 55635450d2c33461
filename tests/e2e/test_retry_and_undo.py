"""A file with mistakes, as a person meets it: import, result, correct, complete, take back, bring back."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.models import Run, User
from crm.models import Upload
from tests.e2e.conftest import NARROW
from tests.factories import do_run, make_user

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]

SHOP = "order,date,customer,item,quantity,price\n" + "".join(
    f"A{day}{n},2025-03-{day:02},c{n},cup,1,{n + 1}.50\n" for day in range(3, 22) if day % 7 != 2 for n in range(4)
)
BAD = "B1,2025-02-31,c1,cup,1,4.50\nB2,2025-03-05,c2,=mug,x,2.00\n"


def work() -> None:
    """What a worker would do of the files' own jobs; the results that follow are another matter."""
    for run in Run.objects.filter(kind__startswith="crm.", state=Run.State.PENDING).order_by("created_at"):
        do_run(run)


def bring(page: Page, file: Path) -> Upload:
    """Upload a file as people do, and have it looked at."""
    before = Upload.objects.count()
    page.goto("/uploads/")
    page.set_input_files("#drop-files", file)
    for _ in range(100):
        if Upload.objects.count() > before:
            break
        page.wait_for_timeout(100)
    work()
    upload = Upload.objects.latest("pk")
    page.goto(f"/uploads/{upload.pk}/")
    return upload


def corrected(download: Path, target: Path) -> Path:
    """The download as a spreadsheet would write it after somebody corrected it."""
    rows = list(csv.DictReader(download.read_text(encoding="utf-8").splitlines()))
    rows[0]["date"], rows[1]["quantity"] = "2025-02-28", "3"
    with target.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return target


def test_a_file_with_mistakes_from_its_import_to_its_return(
    page: Page, sign_in: Callable[[User], None], check: Callable[[Page], None], tmp_path: Path
) -> None:
    sign_in(make_user("manager"))
    shop = tmp_path / "shop.csv"
    shop.write_text(SHOP + BAD)
    first = bring(page, shop)
    page.get_by_role("button", name="Import and publish").click()
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    work()
    page.goto(f"/uploads/{first.pk}/")
    expect(page.get_by_role("heading", name="What the data is like")).to_be_visible()
    expect(page.get_by_text("Rejected lines").first).to_be_visible()
    check(page)
    page.set_viewport_size(NARROW)
    check(page)
    page.set_viewport_size({"width": 1440, "height": 900})

    with page.expect_download() as download:
        page.get_by_role("link", name="Download them with the reasons").click()
    second = bring(page, corrected(Path(download.value.path()), tmp_path / "corrected.csv"))
    expect(page.get_by_text("rejected in shop.csv")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Take the corrections in").click()
    work()
    page.goto(f"/uploads/{second.pk}/")
    expect(page.get_by_text("They count as lines of shop.csv")).to_be_visible()
    page.goto(f"/uploads/{first.pk}/")
    expect(page.get_by_text("2 of 2 rejected lines were corrected.")).to_be_visible()
    check(page)

    page.get_by_role("link", name="Take it back").click()
    expect(page.get_by_role("heading", name="What leaves every figure")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Take it back").click()
    work()
    page.goto(f"/uploads/{first.pk}/")
    expect(page.get_by_text("This file was taken back.")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Bring it back").click()
    work()
    page.goto(f"/uploads/{first.pk}/")
    expect(page.get_by_role("link", name="Take it back")).to_be_visible()
    first.refresh_from_db()
    assert (first.state, first.rejected, first.accepted) == ("published", 0, first.lines)

    page.goto("/transactions/?customer_id=c2")
    expect(page.get_by_text("=mug")).to_be_visible()
    check(page)
    page.goto(f"/uploads/{first.pk}/lines/")
    check(page)
    page.goto("/transactions/")
    page.get_by_role("button", name="Parquet").click()
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    work()
    page.reload()
    expect(page.get_by_role("heading", name="The file is ready.")).to_be_visible()
    check(page)
