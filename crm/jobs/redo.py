"""Bring a file back that was taken back: its ledger files are still there, so that nothing is read again."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.services.audit import record_event
from crm.jobs.latest import hold_upload
from crm.ledger.completing import can_be_completed, first_figures, with_correction
from crm.ledger.publishing import Plan, plan_files, plan_publish, publish
from crm.ledger.redoing import conflicts, files_before, has_records
from crm.models import CatalogueVersion, LedgerFile, Upload
from crm.selectors import is_real_data_published


def redo(lease: Lease) -> dict[str, Any]:
    """The job; the upload stays as it is where it can't be done."""
    with transaction.atomic():
        upload = hold_upload(lease)
        upload.latest_run = lease.run
        upload.save(update_fields=["latest_run"])
    lease.progress("Bringing the lines back")
    while not _bring_back(lease, upload):
        lease.progress("Bringing the lines back")
    return lease.run.result or {}


def _bring_back(lease: Lease, upload: Upload) -> bool:
    """Publish the ledger with it; False when another upload was published meanwhile: plan again."""
    if has_records(upload):
        return _show_records(lease)
    files = files_before(upload)
    if not files:
        raise JobRefused("swept", "The lines of this file were cleared meanwhile. Import the file again instead.")
    first = upload.completes
    plan = _plan(upload, first, files)
    with transaction.atomic():
        upload = hold_upload(lease, with_ledger=True)
        _refuse_mixing(upload)
        if LedgerFile.objects.filter(pk__in=[file.pk for file in files]).count() < len(files):
            return False
        owner = Upload.objects.select_for_update().get(pk=first.pk) if first else upload
        plan.figures[owner.pk] |= first_figures(owner, plan)
        if publish(plan, reason=CatalogueVersion.Reason.PUBLISH, upload=upload, run=lease.run) is None:
            return False
        _set_states(upload, files, {} if first else plan.figures[upload.pk])
        record_event(by=lease.run.created_by, action="upload.redone", obj=upload, key=upload.pk)
        lease.complete({"upload": upload.pk, "state": Upload.State.PUBLISHED})
    return True


def _show_records(lease: Lease) -> bool:
    """What a file of customers says counts again; the ledger stays as it is."""
    with transaction.atomic():
        upload = hold_upload(lease, with_ledger=True)
        _refuse_mixing(upload)
        _set_states(upload, [], {})
        record_event(by=lease.run.created_by, action="upload.redone", obj=upload, key=upload.pk)
        lease.complete({"upload": upload.pk, "state": Upload.State.PUBLISHED})
    return True


def _plan(upload: Upload, first: Upload | None, files: list[LedgerFile]) -> Plan:
    """Its files behind all others; those of a correction among their first file's."""
    if first is None:
        return plan_publish(upload=upload, files=files, without=set())
    if not can_be_completed(first):
        raise JobRefused(
            "first_not_published",
            f"{first.file_name}, whose lines these are, is taken back. Bring that file back first.",
        )
    if lines := conflicts(first, files):
        raise JobRefused(
            "corrected_since",
            f"{lines:,} of these lines were corrected by another file since. Take that one back first.",
        )
    return plan_files(upload=first, files=with_correction(first, files))


def _refuse_mixing(upload: Upload) -> None:
    if upload.source == Upload.Source.DEMO and is_real_data_published():
        raise JobRefused("real_data", "There is real data in the ledger; the demo shop does not come back.")


def _set_states(upload: Upload, files: list[LedgerFile], figures: dict[str, Any]) -> None:
    """Published again, with the corrections that were in it when it went."""
    corrections = {file.correction_id for file in files if file.correction_id} - {upload.pk}
    Upload.objects.filter(pk__in=corrections).update(state=Upload.State.PUBLISHED)
    upload.state, upload.published_at = Upload.State.PUBLISHED, timezone.now()
    for name, value in figures.items():
        setattr(upload, name, value)
    upload.save(update_fields=["state", "published_at", *figures])
