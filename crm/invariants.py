"""What must always hold of uploads and the ledger."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from core.invariants import Finding, invariant
from crm.ledger.checking import doubled_lines, upload_sums
from crm.ledger.reading import entries_of
from crm.ledger.storage import listing
from crm.ledger.sweeping import FOLDERS, GRACE_SECONDS, needed_paths, orphans
from crm.models import CatalogueEntry, LedgerFile, Upload
from crm.selectors import current_version

# A sweep comes once a day and spares what is younger than its grace.
PATIENCE_SECONDS = GRACE_SECONDS + 2 * 24 * 3600
NAMED = 5


def _named(faults: list[str]) -> str:
    """The first faults in words, and how many more there are."""
    more = f" And {len(faults) - NAMED:,} more." if len(faults) > NAMED else ""
    return " ".join(faults[:NAMED]) + more


@invariant(1, "Accepted, rejected and duplicate lines are the file's lines, and sums agree.")
def uploads_add_up() -> Finding:
    sums = {**upload_sums(current_version()), **_record_sums()}
    # Corrected lines count at the file that they complete.
    published = list(Upload.objects.filter(state=Upload.State.PUBLISHED, completes=None))
    faults = [fault for upload in published for fault in _upload_faults(upload, sums.get(upload.pk, (0, 0, 0)))]
    if faults:
        return False, _named(faults)
    return True, f"{len(published):,} published uploads agree with the ledger to the last digit."


def _record_sums() -> dict[int, tuple[object, object, object]]:
    """For each file of customers its records, with the rows that a later row of the same customer replaced."""
    files = Upload.objects.filter(kind="customers", state=Upload.State.PUBLISHED).annotate(Count("customer_records"))
    return {
        upload.pk: (
            upload.customer_records__count
            + sum(item["lines"] for item in upload.warnings if item["code"] == "repeated_customer"),
            0,
            0,
        )
        for upload in files
    }


@invariant(1, "Corrected lines stand at the file that they complete.")
def corrections_add_up() -> Finding:
    held = Counter[int | None]()
    for file in (entry.file for entry in entries_of(current_version())):
        if file.kind != LedgerFile.Kind.PURCHASES:
            held[file.correction_id] += file.lines
    published = Upload.objects.filter(state=Upload.State.PUBLISHED, completes__isnull=False)
    faults = [
        f"Upload {upload.pk} corrected {upload.accepted:,} lines, but the ledger holds {held[upload.pk]:,} of them."
        for upload in published
        if held[upload.pk] != upload.accepted
    ]
    return (False, _named(faults)) if faults else (True, f"{published.count():,} files of corrections agree.")


def _upload_faults(upload: Upload, found: tuple[object, object, object]) -> Iterator[str]:
    if upload.lines != upload.accepted + upload.rejected + upload.duplicates:
        yield f"Upload {upload.pk} has {upload.lines:,} lines, which is not what became of them."
    noted = (upload.accepted, upload.gross_revenue, upload.returned_value)
    for name, mine, theirs in zip(("lines", "gross revenue", "returned value"), noted, found, strict=True):
        if mine != theirs:
            yield f"Upload {upload.pk} notes {name} {mine}, but the ledger holds {theirs}."


@invariant(2, "No line is counted twice.")
def no_line_counts_twice() -> Finding:
    doubled = doubled_lines(current_version())
    if doubled:
        return False, f"{doubled:,} visible lines equal a visible line of another file."
    return True, "No visible line equals one of another file."


@invariant(3, "An unpublished upload is visible nowhere.")
def only_published_uploads_are_visible() -> Finding:
    visible = {entry.file.upload_id for entry in entries_of(current_version())}
    published = set(Upload.objects.filter(state=Upload.State.PUBLISHED).values_list("pk", flat=True))
    # An upload that is being imported anew stays visible as it was until the new import is published.
    renewed = Upload.objects.filter(published_at__isnull=False, state=Upload.State.IMPORTING)
    early = visible - published - set(renewed.values_list("pk", flat=True))
    held = LedgerFile.objects.filter(lines__gt=0).exclude(upload__kind="customers")
    missing = {pk for pk in published - visible if held.filter(upload=pk).exists()}
    faults = [f"Upload {pk} is in the ledger without being published." for pk in sorted(early)]
    faults += [f"Upload {pk} is published but not in the ledger." for pk in sorted(missing)]
    return (False, _named(faults)) if faults else (True, f"The ledger shows {len(visible):,} published uploads.")


@invariant(9, "No orphans in the ledger, and every file is there.")
def files_and_rows_belong_together() -> Finding:
    faults = [*_lost_files(), *_orphan_rows()]
    faults += [f"{name} is a file that nothing refers to." for name in orphans(PATIENCE_SECONDS)]
    return (False, _named(faults)) if faults else (True, "Every file has its row, and every row its file.")


def _lost_files() -> Iterator[str]:
    # Rows first: a file is there before its row. One listing a folder, for a bucket answers each question late.
    needed = needed_paths()
    sizes = dict(LedgerFile.objects.values_list("path", "size"))
    found = {file.name: file.size for folder in FOLDERS for file in listing(folder)}
    for path in sorted(needed | sizes.keys()):
        if path not in found:
            if path in needed_paths():  # else it was deleted meanwhile, row and file
                yield f"{path} is missing."
        elif found[path] != sizes.get(path, found[path]):
            yield f"{path} has {found[path]:,} bytes instead of {sizes[path]:,}."


def _orphan_rows() -> Iterator[str]:
    limit = timezone.now() - timedelta(seconds=PATIENCE_SECONDS)
    waiting = [Upload.State.IMPORTING, Upload.State.IMPORTED]
    unlisted = LedgerFile.objects.exclude(pk__in=CatalogueEntry.objects.values("file"))
    for file in unlisted.exclude(upload__state__in=waiting).filter(created_at__lt=limit):
        yield f"{file.path} is in no version of the ledger."
