"""From file to report and back, and the sweep, with stored files in a bucket."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import Run
from crm.ledger import storage
from crm.ledger.checking import upload_sums
from crm.ledger.storage import cache
from crm.ledger.sweeping import orphans
from crm.ledger.verifying import verify
from crm.models import LedgerFile, Upload
from crm.selectors import current_version
from crm.services import request_sweep, undo_upload
from loyalty.models import Report, Review
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot
from tests.crm.buckets import keys
from tests.factories import (
    CSV,
    do_run,
    imported,
    make_upload,
    make_upload_with_rejected,
    make_user,
)
from tests.s3 import S3Server


def follow_ups() -> None:
    # Maps of the customers are drawn a while after the results, and nothing here waits for them.
    due = Run.objects.filter(state=Run.State.PENDING).exclude(kind="segmentation.embed").order_by("created_at")
    while waiting := due.first():
        assert do_run(waiting).state == Run.State.SUCCEEDED, (waiting.kind, waiting.error)


def what_came_out() -> dict[str, Any]:
    snapshot = current_snapshot()
    return {
        "sums": [sums for _, sums in sorted(upload_sums(current_version()).items())],
        "uploads": list(Upload.objects.order_by("pk").values_list("state", "accepted", "duplicates", "gross_revenue")),
        "customers": snapshot and snapshot.customers,
        "reviews": list(Review.objects.values_list("state", "joined", "left")),
        "reports": Report.objects.count(),
    }


def bring_two_and_take_one_back() -> list[dict[str, Any]]:
    imported(make_upload())
    second = imported(make_upload(CSV + "A2,2025-01-03,bob,cup,1,4.50\nA9,2025-01-03,eve,mug,3,2\nA10,x,eve,mug,3,2\n"))
    follow_ups()
    outcomes = [what_came_out()]
    do_run(undo_upload(upload=second, by=None))
    follow_ups()
    return [*outcomes, what_came_out()]


def check_outcomes(found: list[dict[str, Any]]) -> None:
    # The second A2 of the second file is another one of its own, its first A1 and A2 are the first file's.
    first, second = (2, Decimal("13.5"), Decimal(0)), (2, Decimal("10.5"), Decimal(0))
    assert [outcome["sums"] for outcome in found] == [[first, second], [first]]
    assert [outcome["customers"] for outcome in found] == [3, 2]
    assert [outcome["reports"] for outcome in found] == [1, 2]
    assert [len(outcome["reviews"]) for outcome in found] == [1, 1]


@pytest.mark.django_db
def test_import_results_scan_review_and_undo_with_a_folder() -> None:
    check_outcomes(bring_two_and_take_one_back())


@pytest.mark.django_db
def test_import_results_scan_review_and_undo_with_a_bucket(
    s3_server: S3Server, s3_bucket: str, settings: Any, client: Client
) -> None:
    found = bring_two_and_take_one_back()
    check_outcomes(found)
    names = {key.removeprefix("shop/") for key in keys(s3_server, s3_bucket)}
    assert {name.split("/")[0] for name in names} == {"uploads", "ledger", "rejected", "snapshots", "affinity"}
    assert set(Snapshot.objects.values_list("path", flat=True)) <= names
    # Another machine, which has no copies, sees the same.
    cache.clear()
    assert what_came_out() == found[1]
    assert verify()["damaged"] == []
    client.force_login(make_user("analyst"))
    page = client.get(reverse("crm:customer-detail", args=["ann"]))
    assert page.status_code == 200
    assert b"A1" in page.content
    settings.STORAGE_BUCKET = None
    assert [path for path in settings.STORAGE_ROOT.rglob("*") if path.is_file() and "cache" not in path.parts] == []


@pytest.mark.django_db
def test_the_sweep_removes_what_nothing_refers_to(
    s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = make_upload_with_rejected()
    for folder in ("ledger", "rejected", "uploads"):
        storage.write_atomically(f"{folder}/stray", lambda target: target.write_bytes(b"x"))
    assert list(orphans()) == []
    strays = {f"{folder}/stray" for folder in ("ledger", "rejected", "uploads")}
    assert set(orphans(grace_seconds=-5)) == strays
    monkeypatch.setattr("crm.ledger.sweeping.orphans.__defaults__", (-5,))
    result = do_run(request_sweep()).result or {}
    assert result["files"] >= len(strays)
    kept = {key.removeprefix("shop/") for key in keys(s3_server, s3_bucket)}
    assert kept == {upload.storage_name, upload.rejected_path, LedgerFile.objects.get().path}
