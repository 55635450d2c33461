"""Take a published upload back: the next ledger version without its file."""

from typing import Any

from django.db import transaction

from core.runs import Lease
from core.services.audit import record_event
from crm.jobs.latest import hold_upload, take_up
from crm.ledger.publishing import plan_undo, publish
from crm.models import CatalogueVersion, Upload


def undo(lease: Lease) -> dict[str, Any]:
    upload = take_up(lease)
    lease.progress("Taking the lines back")
    while not _take_back(lease, upload):
        lease.progress("Taking the lines back")
    return lease.run.result or {}


def _take_back(lease: Lease, upload: Upload) -> bool:
    """Publish the ledger without it; False when another upload was published meanwhile: plan again."""
    plan = plan_undo(upload=upload)
    with transaction.atomic():
        upload = hold_upload(lease, with_ledger=True)
        is_changed = not plan.is_same
        if is_changed and publish(plan, reason=CatalogueVersion.Reason.UNDO, upload=upload, run=lease.run) is None:
            return False
        upload.state = Upload.State.UNDONE
        upload.save(update_fields=["state"])
        record_event(by=lease.run.created_by, action="upload.undone", obj=upload, key=upload.pk)
        lease.complete({"upload": upload.pk, "state": upload.state})
    return True
