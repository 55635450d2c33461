"""The checks of uploads and the ledger: silent about what is right, and each fault is told."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm import invariants
from crm.ledger import storage_path
from crm.ledger.sweeping import orphans
from crm.models import CatalogueEntry, LedgerFile, Upload
from tests.factories import CSV, imported, make_snapshot, make_upload, make_upload_with_rejected, undone

pytestmark = pytest.mark.django_db
CHECKS: list[Callable[[], tuple[bool, str]]] = [
    invariants.uploads_add_up,
    invariants.no_line_counts_twice,
    invariants.only_published_uploads_are_visible,
    invariants.files_and_rows_belong_together,
]
OVERLAP = CSV + "A2,2025-01-03,bob,cup,1,4.50\nA9,2025-01-05,bob,mug,1,2\n"


def faults() -> list[str]:
    return [detail for ok, detail in (check() for check in CHECKS) if not ok]


def test_an_empty_installation_is_whole() -> None:
    assert faults() == []


def test_uploads_that_overlap_have_rejected_lines_or_were_taken_back_are_whole() -> None:
    make_upload_with_rejected()
    imported(make_upload(OVERLAP))
    undone(imported(make_upload(CSV + "B1,2025-02-01,eve,cup,1,1\n")))
    imported(make_upload(CSV + "C1,2025-02-01,eve,cup,1,1\n"), publish=False)
    make_upload(CSV + "D1,2025-02-01,eve,cup,1,1\n")
    assert CatalogueEntry.objects.filter(shadowed__gt=0).exists()
    assert faults() == []


def test_a_snapshot_of_the_factories_is_whole() -> None:
    make_snapshot(6)
    assert faults() == []


@pytest.mark.parametrize(
    "change", [{"gross_revenue": "13.51"}, {"returned_value": "0.01"}, {"accepted": 1, "lines": 1}]
)
def test_a_sum_that_differs_from_the_ledger_shows(change: dict[str, Any]) -> None:
    upload = imported(make_upload())
    Upload.objects.filter(pk=upload.pk).update(**change)
    assert len(faults()) == 1
    assert f"Upload {upload.pk} notes" in faults()[0]


def test_a_line_that_counts_twice_shows() -> None:
    imported(make_upload())
    imported(make_upload(OVERLAP))
    entry = CatalogueEntry.objects.filter(shadowed__gt=0).get()
    CatalogueEntry.objects.filter(pk=entry.pk).update(shadow_path="")
    ok, detail = invariants.no_line_counts_twice()
    assert not ok
    assert detail.startswith("2 visible lines")


def test_an_unpublished_upload_in_the_ledger_shows() -> None:
    upload = imported(make_upload())
    Upload.objects.filter(pk=upload.pk).update(state=Upload.State.UNDONE)
    assert faults() == [f"Upload {upload.pk} is in the ledger without being published."]


def test_a_published_upload_outside_the_ledger_shows() -> None:
    upload = imported(make_upload())
    CatalogueEntry.objects.all().delete()
    assert f"Upload {upload.pk} is published but not in the ledger." in faults()


def test_a_file_that_is_missing_or_cut_shows() -> None:
    upload = make_upload_with_rejected()
    file = LedgerFile.objects.get()
    storage_path(upload.rejected_path).unlink()
    assert faults() == [f"{upload.rejected_path} is missing."]
    LedgerFile.objects.update(size=file.size + 1)
    assert "instead of" in faults()[0]


@pytest.mark.parametrize("folder", ["ledger", "rejected", "uploads"])
def test_a_file_that_nothing_refers_to_shows_once_the_sweep_has_had_its_time(folder: str) -> None:
    imported(make_upload())
    stray: Path = storage_path(f"{folder}/stray.parquet")
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"x")
    assert faults() == []
    age = time.time() - invariants.PATIENCE_SECONDS - 60
    os.utime(stray, (age, age))
    assert faults() == [f"{folder}/stray.parquet is a file that nothing refers to."]
    assert list(orphans()) == [f"{folder}/stray.parquet"]
