"""Import a file under its confirmed mapping: clean, write, compare with the ledger, publish."""

import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.services.audit import record_event
from crm.corrections import columns_of
from crm.intake import cleaning, measuring
from crm.intake.dialect import dialect_of
from crm.intake.kinds import Spec
from crm.intake.opening import open_table
from crm.intake.restoring import Restored
from crm.intake.table import Source, read, refuse_unclosed_quote, source_of
from crm.intake.watching import run_watched
from crm.jobs.corrected import corrected_first
from crm.jobs.customer_keys import make_keys
from crm.jobs.customer_records import keep_records
from crm.jobs.latest import hold_upload, note_refusal, take_up
from crm.jobs.outcome import demo_uploads, save_outcome
from crm.jobs.restored import restored_text, with_faults
from crm.jobs.written import workspace, write_accepted, write_rejected
from crm.ledger import local_copy, scratch
from crm.ledger.publishing import Plan, figures_of, plan_publish, publish
from crm.models import CatalogueVersion, LedgerFile, Upload
from crm.reasons import REASONS
from crm.selectors import is_real_data_published
from crm.services.mappings import remember_mapping

CUSTOMERS = "customers"


def ingest(lease: Lease) -> dict[str, Any]:
    """The job. Everything before the last transaction leaves only files and rows that nothing shows yet."""
    started = time.monotonic()
    upload = take_up(lease)
    try:
        files = _import(upload, lease)
        lease.progress("Publishing")
        while not _finish(lease, upload, files, started):
            lease.progress("Publishing")
    except JobRefused as refusal:
        note_refusal(lease, refusal)
        raise
    return lease.run.result or {}


def _import(upload: Upload, lease: Lease) -> list[LedgerFile]:
    """Read, clean and write; sets the upload's figures (not saved). No file when no line was accepted."""
    mapping = upload.mapping or {}
    options = mapping["options"]
    # The text may be the stored file itself, so that its copy has to last as long as the reading.
    with local_copy(upload.storage_name) as stored, tempfile.TemporaryDirectory(dir=scratch()) as folder:
        lease.progress("Reading the text")
        first = corrected_first(upload)
        restored = restored_text(stored, Path(folder), options, first) if first else None
        source = _restored_source(restored, Path(folder)) if restored else _source(stored, Path(folder), options, lease)
        columns = cleaning.Columns(source.dialect, mapping["columns"], options, settings.TIME_ZONE, source.facts)
        upload.kind = mapping["kind"]
        spec = cleaning.spec_of(mapping["kind"], columns, currency=settings.REPORTING_CURRENCY)
        spec = with_faults(spec, restored) if restored else spec
        width = len(columns_of(first)) if first else source.dialect.width
        with workspace(source.path, Path(folder)) as connection:
            _clean(connection, source, columns, spec, lease)
            _measure(connection, spec, upload)
            upload.rejected_path = write_rejected(connection, width, upload, lease)
            if not upload.accepted:
                return []
            lease.progress("Finding the customers", upload.lines, upload.lines)
            make_keys(connection, spec, now=timezone.now())
            if upload.kind == CUSTOMERS:
                keep_records(connection, upload, lease)
            return write_accepted(connection, spec, upload, lease)


def _source(stored: Path, folder: Path, options: dict[str, Any], lease: Lease) -> Source:
    text = open_table(stored, folder, options=options, progress=lease.progress)
    return source_of(text.path, dialect_of(text, options), folder)


def _restored_source(restored: Restored, folder: Path) -> Source:
    return source_of(restored.path, restored.dialect, folder)


def _clean(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: cleaning.Columns, spec: Spec, lease: Lease
) -> None:
    """The table `cleaned`; while it grows, how far the reading is, in lines as many as the file seems to have."""
    lines = source.estimated_lines()

    def show(share: float) -> None:
        lease.progress("Reading and checking the lines", round(share * lines), lines)

    def clean(sql: str) -> None:
        run_watched(connection, lambda: cleaning.make_cleaned(connection, columns, spec, sql), show)

    show(0.0)
    read(source, clean)
    refuse_unclosed_quote(connection, source, "SELECT has_break FROM cleaned ORDER BY rowid DESC LIMIT 1")


def _measure(connection: duckdb.DuckDBPyConnection, spec: Spec, upload: Upload) -> None:
    for name, value in measuring.line_counts(connection, spec).items():
        setattr(upload, name, value)
    upload.rejections = [{**item, "sentence": str(REASONS[item["code"]])} for item in measuring.rejections(connection)]
    upload.warnings = measuring.warnings(connection, spec, received_at=upload.received_at)


def _finish(lease: Lease, upload: Upload, files: list[LedgerFile], started: float) -> bool:
    """Publish in one transaction; False when the ledger moved on meanwhile and has to be compared again."""
    wanted = upload.is_publish_wanted and upload.accepted > 0
    demo = demo_uploads(upload) if wanted else set()
    # A file of customers changes nothing in the ledger, unless it takes the demo's place.
    plan = plan_publish(upload=upload, files=files, without=demo) if wanted and (files or demo) else None
    figures = _figures(upload, files, plan)
    with transaction.atomic():
        hold_upload(lease, with_ledger=True)
        if wanted:
            _refuse_mixing(upload)
        if wanted and demo != demo_uploads(upload):
            return False
        version = publish(plan, reason=CatalogueVersion.Reason.PUBLISH, upload=upload, run=lease.run) if plan else None
        if plan and version is None:
            return False
        save_outcome(upload, figures, started, is_published=wanted)
        Upload.objects.filter(pk__in=demo).update(state=Upload.State.UNDONE)
        if corrected_first(upload) is None:
            remember_mapping(upload=upload, by=lease.run.created_by)
        result = {"upload": upload.pk, "state": upload.state}
        record_event(
            by=upload.uploaded_by,
            action=f"upload.{upload.state}",
            obj=upload,
            key=upload.pk,
            facts={"accepted": upload.accepted, "rejected": upload.rejected, "duplicates": upload.duplicates},
            changed=[upload.sha256, upload.mapping],
        )
        lease.complete(result)
    return True


def _figures(upload: Upload, files: list[LedgerFile], plan: Plan | None) -> dict[str, Any]:
    """What the upload's rows that count come to; those of customers all do, and were counted as they were written."""
    if upload.kind == CUSTOMERS:
        return {"duplicates": 0, "gross_revenue": 0, "returned_value": 0, "orders": 0}
    return plan.figures[upload.pk] if plan else figures_of(files)


def _refuse_mixing(upload: Upload) -> None:
    if upload.source == Upload.Source.DEMO and is_real_data_published():
        raise JobRefused(
            "real_data", "There is real data in the ledger; the demo shop is not added. Delete this file, or leave it."
        )
