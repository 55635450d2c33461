"""Asking for a look at a stored file."""

from django.db import transaction
from django.utils import timezone

from core.models import Run, User
from core.runs import fingerprint, request_run
from crm.models import Upload


class UploadError(ValueError):
    """What was asked of an upload can't be done in its state; the message says what can."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@transaction.atomic
def request_sniff(*, upload: Upload, by: User | None) -> Run:
    """Ask for a look at the file; used again when the person changes how it is to be read."""
    mark = fingerprint("sniff", upload.sha256, upload.mapping)
    run = request_run(kind="crm.sniff", params={"upload": upload.pk}, fingerprint=mark, by=by)
    upload.latest_run = run
    upload.state = Upload.State.STORED
    upload.error_code = upload.error = ""
    upload.save(update_fields=["latest_run", "state", "error_code", "error"])
    return run


def release_upload(upload: Upload) -> None:
    """Make sure that no work is under way on a locked upload: what waits is dropped, what runs is in the way."""
    if upload.state == Upload.State.PUBLISHED:
        raise UploadError("in_use", "This upload is published; take it back first.")
    runs = Run.objects.filter(pk__in=[upload.latest_run_id])
    waiting = runs.filter(state=Run.State.PENDING)
    waiting.update(state=Run.State.CANCELLED, finished_at=timezone.now(), error_code="superseded")
    if runs.filter(state__in=Run.ACTIVE).exists():
        raise UploadError("in_use", "Work on this upload is under way. Wait until it has ended, or stop it first.")
