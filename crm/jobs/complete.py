"""Corrected lines take the place of the rejected ones: the first file is as if it had been right."""

import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.services.audit import record_event
from crm.corrections import columns_of
from crm.intake import cleaning, measuring
from crm.intake.restoring import PLACES
from crm.intake.table import read, source_of
from crm.jobs.customer_keys import make_keys
from crm.jobs.latest import hold_upload, note_refusal, take_up
from crm.jobs.outcome import demo_uploads, save_outcome
from crm.jobs.restored import as_lines_of_first, restored_text, with_faults
from crm.jobs.written import workspace, write_accepted, write_rejected
from crm.ledger import local_copy, scratch
from crm.ledger.completing import (
    can_be_completed,
    figures_of_file,
    first_figures,
    is_all_rejected,
    with_correction,
)
from crm.ledger.publishing import plan_files, publish
from crm.models import CatalogueVersion, LedgerFile, Upload
from crm.reasons import REASONS


def complete(lease: Lease) -> dict[str, Any]:
    """The job. Like an import, it leaves only files and rows that nothing shows until its last transaction."""
    started = time.monotonic()
    upload = take_up(lease)
    try:
        first = _first(upload)
        files = _read(upload, first, lease)
        lease.progress("Publishing")
        while not _finish(lease, upload, first, files, started):
            lease.progress("Publishing")
    except JobRefused as refusal:
        note_refusal(lease, refusal)
        raise
    return lease.run.result or {}


def _first(upload: Upload) -> Upload:
    """The file that is completed, which has to be published: its other lines decide what counts twice. One that has
    no other lines, because all were rejected, is published with the first that are right."""
    first = Upload.objects.filter(pk=upload.completes_id).first() if upload.completes_id else None
    if first is None:
        raise JobRefused("no_first", "The file whose lines these are was deleted. Nothing was done.")
    if not can_be_completed(first):
        raise JobRefused(
            "first_not_published",
            f"{first.file_name}, whose lines these are, is not in the figures now. "
            "Publish it or bring it back, and then have this file read again.",
        )
    return first


def _read(upload: Upload, first: Upload, lease: Lease) -> list[LedgerFile]:
    """Restore, clean and write the lines as lines of the first file; sets the upload's figures (not saved)."""
    options = (upload.mapping or {})["options"]
    with local_copy(upload.storage_name) as stored, tempfile.TemporaryDirectory(dir=scratch()) as name:
        folder = Path(name)
        lease.progress("Reading the corrections")
        restored = restored_text(stored, folder, options, first)
        source = source_of(restored.path, restored.dialect, folder)
        columns = cleaning.Columns(
            restored.dialect, (first.mapping or {})["columns"], options, settings.TIME_ZONE, source.facts
        )
        is_normalised = any(item["code"] == "normalised_ids" for item in first.warnings)
        kind = cleaning.spec_of(first.kind, columns, currency=settings.REPORTING_CURRENCY)
        spec = as_lines_of_first(with_faults(kind, restored), restored)
        with workspace(source.path, folder) as connection:
            read(source, lambda sql: cleaning.make_cleaned(connection, columns, spec, sql))
            for field, value in measuring.line_counts(connection, spec).items():
                setattr(upload, field, value)
            upload.rejections = [_in_words(item) for item in measuring.rejections(connection)]
            upload.warnings = measuring.warnings(connection, spec, received_at=upload.received_at)
            upload.rejected_path = write_rejected(connection, len(columns_of(first)), upload, lease, more=PLACES[1:])
            if not upload.accepted:
                return []
            lease.progress("Writing the ledger", 0, upload.lines)
            make_keys(connection, spec, now=timezone.now(), is_normalised=is_normalised)
            return write_accepted(connection, spec, first, lease, correction=upload)


def _in_words(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "sentence": str(REASONS[item["code"]])}


def _finish(lease: Lease, upload: Upload, first: Upload, files: list[LedgerFile], started: float) -> bool:
    """Publish in one transaction; False when the ledger moved on meanwhile and has to be compared again."""
    demo = demo_uploads(first) if is_all_rejected(first) else set()
    mine = with_correction(first, files)
    plan = plan_files(upload=first, files=mine, without=demo) if files else None
    figures = figures_of_file(files)
    with transaction.atomic():
        hold_upload(lease, with_ledger=True)
        Upload.objects.select_for_update().filter(pk=first.pk).first()
        held = _first(upload)
        _refuse_cleared(files)
        if plan:
            if is_all_rejected(held) and demo != demo_uploads(held):
                return False
            plan.figures[first.pk] |= first_figures(held, plan)
            version = publish(plan, reason=CatalogueVersion.Reason.PUBLISH, upload=upload, run=lease.run)
            if version is None:
                return False
            Upload.objects.filter(pk__in=demo).update(state=Upload.State.UNDONE)
        save_outcome(upload, figures, started, is_published=bool(plan))
        facts = {"accepted": upload.accepted, "rejected": upload.rejected, "completes": first.pk}
        record_event(by=upload.uploaded_by, action="upload.completed", obj=upload, key=upload.pk, facts=facts)
        lease.complete({"upload": upload.pk, "state": upload.state, "completes": first.pk})
    return True


def _refuse_cleared(files: list[LedgerFile]) -> None:
    """Nothing clears files of lines that are being taken in; if they are gone all the same, no line may be lost."""
    if LedgerFile.objects.filter(pk__in=[file.pk for file in files]).count() < len(files):
        raise JobRefused("swept", "The corrected lines were cleared meanwhile. Take the corrections in again.")
