"""Take a published upload back: the next ledger version without its file."""

from typing import Any

from django.db import transaction

from core.runs import Lease
from core.services.audit import record_event
from crm.jobs.latest import hold_upload, take_up
from crm.ledger.completing import first_figures, without_correction
from crm.ledger.publishing import plan_files, plan_undo, publish
from crm.models import CatalogueVersion, Upload


def undo(lease: Lease) -> dict[str, Any]:
    upload = take_up(lease)
    lease.progress("Taking the lines back")
    while not _take_back(lease, upload):
        lease.progress("Taking the lines back")
    return lease.run.result or {}


def _take_back(lease: Lease, upload: Upload) -> bool:
    """Publish the ledger without it; False when another upload was published meanwhile: plan again."""
    first = upload.completes
    plan = plan_files(upload=first, files=without_correction(first, upload)) if first else plan_undo(upload=upload)
    with transaction.atomic():
        upload = hold_upload(lease, with_ledger=True)
        if first is not None:
            plan.figures[first.pk] |= first_figures(Upload.objects.select_for_update().get(pk=first.pk), plan)
        is_changed = not plan.is_same
        if is_changed and publish(plan, reason=CatalogueVersion.Reason.UNDO, upload=upload, run=lease.run) is None:
            return False
        upload.state = Upload.State.UNDONE
        upload.save(update_fields=["state"])
        # Corrected lines are lines of the first file, and go with it.
        upload.corrections.filter(state=Upload.State.PUBLISHED).update(state=Upload.State.UNDONE)
        record_event(by=lease.run.created_by, action="upload.undone", obj=upload, key=upload.pk)
        lease.complete({"upload": upload.pk, "state": upload.state})
    return True
