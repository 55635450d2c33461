"""Clearing what nothing refers to any more: old catalogue versions, and files that a killed run left."""

import time
from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from crm.ledger.storage import listing
from crm.models import (
    CatalogueEntry,
    CataloguePointer,
    CatalogueVersion,
    LedgerFile,
    LineExport,
    MergedFile,
    PartialUpload,
    Upload,
)

# A file younger than this may belong to a run that is about to publish it.
GRACE_SECONDS = 24 * 3600
FOLDERS = ("ledger", "rejected", "uploads", "exports")


def delete_old_versions(keep: set[int]) -> int:
    """Drop versions that are neither current nor in `keep`, and ledger files that no version lists."""
    with transaction.atomic():
        pointer = CataloguePointer.objects.select_for_update().get(pk=1)
        old = CatalogueVersion.objects.exclude(pk__in=keep | {pointer.version_id or 0})
        count = old.count()
        old.delete()
        listed = CatalogueEntry.objects.values("file")
        unused = LedgerFile.objects.exclude(pk__in=listed)
        working = [Upload.State.IMPORTING, Upload.State.IMPORTED]
        unused.exclude(upload__state__in=working).exclude(correction__state__in=working).delete()
        before = timezone.now() - timedelta(seconds=GRACE_SECONDS)
        MergedFile.objects.filter(entries__isnull=True, created_at__lt=before).delete()
    return count


def needed_paths() -> set[str]:
    """Every stored file that has to be there: ledger, shadows, rejected lines, exports, and the files as they came."""
    named = [
        LedgerFile.objects.values_list("path", flat=True),
        MergedFile.objects.values_list("path", flat=True),
        CatalogueEntry.objects.exclude(shadow_path="").values_list("shadow_path", flat=True),
        Upload.objects.exclude(rejected_path="").values_list("rejected_path", flat=True),
        Upload.objects.exclude(storage_name="").values_list("storage_name", flat=True),
        LineExport.objects.exclude(path="").values_list("path", flat=True),
    ]
    return {path for paths in named for path in paths}


def referenced_paths() -> set[str]:
    """The needed files, and those that are on their way to where they will be needed."""
    arriving = PartialUpload.objects.exclude(storage_name="").values_list("storage_name", flat=True)
    return needed_paths() | set(arriving)


def orphans(grace_seconds: float = GRACE_SECONDS) -> Iterator[str]:
    """Stored files of uploads and of the ledger that nothing refers to, older than the grace."""
    known = referenced_paths()
    limit = time.time() - grace_seconds
    for folder in FOLDERS:
        yield from (file.name for file in listing(folder) if file.name not in known and file.modified_at < limit)
