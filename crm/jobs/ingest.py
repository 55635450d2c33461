"""Import a file under its confirmed mapping: clean, write, compare with the ledger, publish."""

import tempfile
import time
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.services.audit import record_event
from crm.intake import cleaning, measuring, merchandise
from crm.intake.dialect import dialect_of
from crm.intake.opening import open_table
from crm.intake.table import make_raw
from crm.jobs.customer_keys import make_keys
from crm.jobs.latest import hold_upload, note_refusal, take_up
from crm.ledger import LINE_COLUMNS, local_copy, scratch, write_atomically, write_under_digest
from crm.ledger.publishing import Plan, plan_publish, publish
from crm.ledger.reading import connect, quoted
from crm.models import CatalogueVersion, LedgerFile, Upload
from crm.reasons import REASONS
from crm.selectors import is_real_data_published
from crm.services.mappings import remember_mapping

# What an import may write of its upload: the rest is other people's.
OUTCOME = [
    *("state", "error_code", "error", "seconds", "published_at", "rejected_path"),
    *("lines", "accepted", "rejected", "duplicates", "gross_revenue", "returned_value"),
    *("customers", "orders", "first_at", "last_at", "rejections", "warnings"),
]


def ingest(lease: Lease) -> dict[str, Any]:
    """The job. Everything before the last transaction leaves only files and rows that nothing shows yet."""
    started = time.monotonic()
    upload = take_up(lease)
    try:
        file = _import(upload, lease)
        lease.progress("Publishing")
        while not _finish(lease, upload, file, started):
            lease.progress("Publishing")
    except JobRefused as refusal:
        note_refusal(lease, refusal)
        raise
    return lease.run.result or {}


def _import(upload: Upload, lease: Lease) -> LedgerFile | None:
    """Read, clean and write; sets the upload's figures (not saved). None when no line was accepted."""
    mapping = upload.mapping or {}
    options = mapping["options"]
    # The text may be the stored file itself, so that its copy has to last as long as the reading.
    with local_copy(upload.storage_name) as source, tempfile.TemporaryDirectory(dir=scratch()) as folder:
        lease.progress("Reading the text")
        text = open_table(source, Path(folder), options=options, progress=lease.progress)
        dialect = dialect_of(text, options)
        columns = cleaning.Columns(dialect, mapping["columns"], options)
        connection = connect()
        try:
            lease.progress("Reading the lines")
            upload.lines = make_raw(connection, text.path, dialect, Path(folder))
            lease.progress("Checking the lines", 0, upload.lines)
            cleaning.make_cleaned(
                connection, columns, shop_zone=settings.TIME_ZONE, currency=settings.REPORTING_CURRENCY
            )
            _measure(connection, columns, upload)
            _write_rejected(connection, columns, upload, lease)
            if not upload.accepted:
                return None
            lease.progress("Finding the customers", upload.lines, upload.lines)
            make_keys(connection, now=timezone.now())
            lease.progress("Writing the ledger", upload.lines, upload.lines)
            return _write_lines(connection, columns, upload, lease)
        finally:
            connection.close()


def _measure(connection: duckdb.DuckDBPyConnection, columns: cleaning.Columns, upload: Upload) -> None:
    for name, value in measuring.counts(connection).items():
        setattr(upload, name, value)
    for name in ("first_at", "last_at"):
        value = getattr(upload, name)
        setattr(upload, name, value.replace(tzinfo=UTC) if value else None)
    upload.rejected = upload.lines - upload.accepted
    upload.rejections = [{**item, "sentence": str(REASONS[item["code"]])} for item in measuring.rejections(connection)]
    upload.warnings = measuring.warnings(connection, columns, received_at=upload.received_at)


def _write_rejected(
    connection: duckdb.DuckDBPyConnection, columns: cleaning.Columns, upload: Upload, lease: Lease
) -> None:
    """The rejected lines with their original fields, for the download."""
    upload.rejected_path = ""
    if not upload.rejected:
        return
    width = columns.dialect.width
    fields = ", ".join(f"raw.c{i} AS c{i}" for i in range(width))
    query = f"""SELECT line_no, reason, {fields} FROM cleaned JOIN raw ON raw.n = cleaned.line_no
        WHERE reason IS NOT NULL ORDER BY line_no"""
    upload.rejected_path = write_under_digest(
        f"rejected/{_stem(upload, lease)}",
        ".parquet",
        lambda target: connection.execute(f"COPY ({query}) TO {quoted(target)} (FORMAT parquet)"),
    )


def _stem(upload: Upload, lease: Lease) -> str:
    """Part of a file's name: of this attempt alone, so that a killed attempt's leavings are never taken for ours."""
    return f"{upload.pk:08d}-{lease.run.pk.hex}-{lease.token}"


def _write_lines(
    connection: duckdb.DuckDBPyConnection, columns: cleaning.Columns, upload: Upload, lease: Lease
) -> LedgerFile:
    expressions = {
        "upload_id": f"{upload.pk}",
        "order_key": cleaning.order_key_sql(),
        "customer_key": "keys.customer_key",
        "is_purchase": cleaning.purchase_sql(columns),
        "is_cancellation": cleaning.cancellation_sql(columns),
        "is_merchandise": f"NOT {merchandise.service_sql()}",
    }
    selected = ", ".join(
        f"CAST({expressions.get(name, f'cleaned.{name}')} AS {kind}) AS {name}" for name, kind in LINE_COLUMNS.items()
    )
    query = f"""SELECT {selected} FROM cleaned LEFT JOIN keys ON keys.external_id = cleaned.customer
        WHERE reason IS NULL ORDER BY customer_key NULLS LAST, ordered_at, line_no"""
    path = f"ledger/{_stem(upload, lease)}.parquet"
    size, digest = write_atomically(
        path,
        lambda target: connection.execute(f"COPY ({query}) TO {quoted(target)} (FORMAT parquet, COMPRESSION zstd)"),
    )
    row = connection.execute("SELECT min(ordered_on), max(ordered_on) FROM cleaned WHERE reason IS NULL").fetchone()
    first_on, last_on = row or (None, None)
    file, _ = LedgerFile.objects.get_or_create(
        path=path,
        defaults={
            "upload": upload,
            "lines": upload.accepted,
            "size": size,
            "sha256": digest,
            "first_on": first_on,
            "last_on": last_on,
            "created_at": timezone.now(),
        },
    )
    return file


def _finish(lease: Lease, upload: Upload, file: LedgerFile | None, started: float) -> bool:
    """Publish in one transaction; False when the ledger moved on meanwhile and has to be compared again."""
    wanted = upload.is_publish_wanted and file is not None
    demo = _demo_uploads(upload) if wanted else set()
    plan = plan_publish(file=file, without=demo) if wanted and file is not None else None
    with transaction.atomic():
        hold_upload(lease, with_ledger=True)
        if plan:
            _refuse_mixing(upload)
        if plan and demo != _demo_uploads(upload):
            return False
        version = publish(plan, reason=CatalogueVersion.Reason.PUBLISH, upload=upload, run=lease.run) if plan else None
        if plan and version is None:
            return False
        _set_outcome(upload, plan, started)
        Upload.objects.filter(pk__in=demo).update(state=Upload.State.UNDONE)
        upload.save(update_fields=OUTCOME)
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


def _refuse_mixing(upload: Upload) -> None:
    if upload.source == Upload.Source.DEMO and is_real_data_published():
        raise JobRefused(
            "real_data", "There is real data in the ledger; the demo shop is not added. Delete this file, or leave it."
        )


def _demo_uploads(upload: Upload) -> set[int]:
    """Demo lines and real lines never mix: the first real file takes the demo's place."""
    if upload.source == Upload.Source.DEMO:
        return set()
    demo = Upload.objects.filter(source=Upload.Source.DEMO, state=Upload.State.PUBLISHED)
    return set(demo.values_list("pk", flat=True))


def _set_outcome(upload: Upload, plan: Plan | None, started: float) -> None:
    upload.error_code = upload.error = ""
    upload.seconds = round(time.monotonic() - started, 3)
    upload.state = Upload.State.IMPORTED
    if plan:
        upload.state = Upload.State.PUBLISHED
        upload.published_at = timezone.now()
        for name, value in (plan.entries[-1].figures or {}).items():
            setattr(upload, name, value)
