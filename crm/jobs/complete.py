"""Corrected lines take the place of the rejected ones: the first file is as if it had been right."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.services.audit import record_event
from crm.corrections import columns_of, word_of
from crm.intake import cleaning, measuring
from crm.intake.dialect import dialect_of
from crm.intake.kinds import Spec
from crm.intake.opening import open_table
from crm.intake.restoring import FAULTS, PLACES, First, Restored, restore
from crm.intake.table import read, source_of
from crm.jobs.customer_keys import make_keys
from crm.jobs.latest import hold_upload, note_refusal, take_up
from crm.jobs.written import workspace, write_accepted, write_rejected
from crm.ledger import local_copy, scratch
from crm.ledger.completing import corrected_paths, figures_of_file, first_figures, with_correction
from crm.ledger.publishing import plan_files, publish
from crm.ledger.reading import connect
from crm.models import CatalogueVersion, LedgerFile, Upload
from crm.reasons import REASONS

OUTCOME = [
    *("state", "error_code", "error", "seconds", "published_at", "rejected_path"),
    *("lines", "accepted", "rejected", "duplicates", "gross_revenue", "returned_value"),
    *("customers", "orders", "first_at", "last_at", "rejections", "warnings"),
]


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
    """The file that is completed, which has to be published: its other lines decide what counts twice."""
    first = Upload.objects.filter(pk=upload.completes_id).first() if upload.completes_id else None
    if first is None:
        raise JobRefused("no_first", "The file whose lines these are was deleted. Nothing was done.")
    if first.state != Upload.State.PUBLISHED or not first.rejected_path:
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
        restored = _restored(stored, folder, options, first)
        source = source_of(restored.path, restored.dialect, folder)
        columns = cleaning.Columns(
            restored.dialect, (first.mapping or {})["columns"], options, settings.TIME_ZONE, source.facts
        )
        is_normalised = any(item["code"] == "normalised_ids" for item in first.warnings)
        kind = cleaning.spec_of(first.kind, columns, currency=settings.REPORTING_CURRENCY)
        spec = _spec(kind, restored)
        with workspace(source.path, folder) as connection:
            read(source, lambda sql: cleaning.make_cleaned(connection, columns, spec, sql))
            for field, value in measuring.line_counts(connection, spec).items():
                setattr(upload, field, value)
            upload.rejections = [_in_words(item) for item in measuring.rejections(connection)]
            upload.warnings = measuring.warnings(connection, spec, received_at=upload.received_at)
            upload.rejected_path = write_rejected(
                connection, len(columns_of(first)), upload, lease, more=PLACES[1:]
            )
            if not upload.accepted:
                return []
            lease.progress("Writing the ledger", 0, upload.lines)
            make_keys(connection, spec, now=timezone.now(), is_normalised=is_normalised)
            files = write_accepted(connection, spec, first, lease, correction=upload)
    return files


def _restored(stored: Path, folder: Path, options: dict[str, Any], first: Upload) -> Restored:
    text = open_table(stored, folder, options=options)
    came = source_of(text.path, dialect_of(text, options), folder)
    origin = First(columns_of(first), word_of(first), first.rejected_path, corrected_paths(first))
    connection = connect()
    try:
        return restore(connection, came, origin, folder)
    finally:
        connection.close()


def _spec(spec: Spec, restored: Restored) -> Spec:
    """The first file's specification; rows know their number there, and have faults of their own."""
    faults = [(code, f"{restored.fault} = '{code}'") for code in (*FAULTS, *(REASONS.keys() - set(FAULTS)))]
    destinations = tuple(
        replace(each, expressions={**each.expressions, "line_no": "first_line"}) for each in spec.destinations
    )
    number = f"TRY_CAST(regexp_extract(trim({restored.line}), '^([0-9]+)', 1) AS BIGINT)"
    typed = {**spec.typed, "first_line": number}
    return replace(spec, typed=typed, reasons=[*faults, *spec.reasons], destinations=destinations)


def _in_words(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "sentence": str(REASONS[item["code"]])}


def _finish(lease: Lease, upload: Upload, first: Upload, files: list[LedgerFile], started: float) -> bool:
    """Publish in one transaction; False when the ledger moved on meanwhile and has to be compared again."""
    plan = plan_files(upload=first, files=with_correction(first, files)) if files else None
    figures = figures_of_file(files)
    with transaction.atomic():
        hold_upload(lease, with_ledger=True)
        held = Upload.objects.select_for_update().get(pk=first.pk)
        if held.state != Upload.State.PUBLISHED:
            return bool(_first(upload)) and False
        if plan:
            plan.figures[first.pk] |= first_figures(held, plan)
            version = publish(plan, reason=CatalogueVersion.Reason.PUBLISH, upload=upload, run=lease.run)
            if version is None:
                return False
        _set_outcome(upload, figures, started, is_published=bool(plan))
        upload.save(update_fields=OUTCOME)
        facts = {"accepted": upload.accepted, "rejected": upload.rejected, "completes": first.pk}
        record_event(by=upload.uploaded_by, action="upload.completed", obj=upload, key=upload.pk, facts=facts)
        lease.complete({"upload": upload.pk, "state": upload.state, "completes": first.pk})
    return True


def _set_outcome(upload: Upload, figures: dict[str, Any], started: float, *, is_published: bool) -> None:
    upload.error_code = upload.error = ""
    upload.seconds = round(time.monotonic() - started, 3)
    upload.state = Upload.State.PUBLISHED if is_published else Upload.State.IMPORTED
    if is_published:
        upload.published_at = timezone.now()
    for name, value in figures.items():
        setattr(upload, name, value)
