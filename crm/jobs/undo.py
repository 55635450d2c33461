"""Take a published upload back: the next ledger version without its file."""

from typing import Any

from django.db import transaction

from core.runs import Lease
from core.services.audit import record_event
from crm.ledger.publishing import plan_undo, publish
from crm.models import CatalogueVersion, Upload


def undo(lease: Lease) -> dict[str, Any]:
    upload = Upload.objects.get(pk=lease.run.params["upload"])
    while upload.state == Upload.State.PUBLISHED:
        lease.progress("Taking the lines back")
        plan = plan_undo(upload=upload)
        with transaction.atomic():
            lease.guard()
            if publish(plan, reason=CatalogueVersion.Reason.UNDO, upload=upload, run=lease.run) is None:
                continue  # another upload was published meanwhile: plan again
            upload.state = Upload.State.UNDONE
            upload.save(update_fields=["state"])
            by = lease.run.created_by
            record_event(by=by, action="upload.undone", obj=upload, key=upload.pk)
            lease.complete({"upload": upload.pk, "state": upload.state})
    return {"upload": upload.pk, "state": upload.state}
