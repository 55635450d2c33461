"""A job's right to write its upload: only what was asked for last counts, however late an older run is tried again."""

from django.db import transaction

from core.runs import JobRefused, Lease
from crm.models import CataloguePointer, Upload

# The state that an upload is in while a run of the kind works on it, and those in which its run may be tried again.
WORKING = {
    "crm.sniff": (Upload.State.STORED, Upload.State.FAILED),
    "crm.ingest": (Upload.State.IMPORTING, Upload.State.FAILED),
    "crm.complete": (Upload.State.IMPORTING, Upload.State.FAILED),
    "crm.undo": (Upload.State.PUBLISHED,),
    "crm.redo": (Upload.State.UNDONE,),
}
SUPERSEDED = "superseded"


def take_up(lease: Lease) -> Upload:
    """The upload at the start of its job; the latest run asked for again becomes its latest run in the first's place.

    Raises JobRefused where something else was asked for meanwhile, or the file is gone.
    """
    with transaction.atomic():
        upload = hold_upload(lease)
        upload.latest_run = lease.run
        upload.state = WORKING[lease.run.kind][0]
        upload.error_code = upload.error = ""
        upload.save(update_fields=["latest_run", "state", "error_code", "error"])
    return upload


def hold_upload(lease: Lease, *, with_ledger: bool = False) -> Upload:
    """Inside a transaction: lock the upload and the run until it ends, and make sure that the run still counts.

    Everybody locks in this order (ledger, upload, run), so that nobody waits for somebody who waits for them.
    """
    if with_ledger:
        CataloguePointer.objects.select_for_update().get(pk=1)
    upload = Upload.objects.select_for_update().filter(pk=lease.run.params["upload"]).first()
    lease.guard()
    if upload is None:
        raise JobRefused(SUPERSEDED, "The file was deleted after this was asked for. Nothing was done.")
    if not _is_latest(upload, lease) or upload.state not in WORKING[lease.run.kind]:
        raise JobRefused(
            SUPERSEDED,
            "Something else was asked of this upload since. Nothing was done; open the upload to see how it stands.",
        )
    return upload


def _is_latest(upload: Upload, lease: Lease) -> bool:
    latest = upload.latest_run
    if latest is None or latest.pk == lease.run.pk:
        return latest is not None
    is_same_wish = (latest.kind, latest.fingerprint) == (lease.run.kind, lease.run.fingerprint)
    return is_same_wish and not latest.is_active


def note_refusal(lease: Lease, refusal: JobRefused) -> None:
    """Say at the upload why its file can't be used; a run that no longer counts says nothing there."""
    if refusal.code == SUPERSEDED:
        return
    with transaction.atomic():
        upload = hold_upload(lease)
        upload.state = Upload.State.FAILED
        upload.error_code, upload.error = refusal.code, refusal.message
        upload.save(update_fields=["state", "error_code", "error"])
