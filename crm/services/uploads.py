"""What is done with a stored file: looked at, looked at anew, taken back, deleted."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.models import Run, User
from core.runs import fingerprint, request_run
from core.services.audit import record_event
from crm.ledger.storage import delete
from crm.models import Upload
from crm.services.options import READING, MappingError, option_problems, tidy_options


class UploadError(ValueError):
    """What was asked of an upload can't be done in its state; the message says what can."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def size_problem(size: int) -> str:
    """Why a file of so many bytes is not taken over the network; empty when it is."""
    if size <= settings.UPLOAD_MAX_MB * 1_000_000:
        return ""
    limit = f"{settings.UPLOAD_MAX_MB:,}"
    return f"The file is larger than {limit} MB. Split it, compress it as .gz, or ingest it on the server."


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


@transaction.atomic
def reread_upload(*, upload: Upload, options: dict[str, Any], by: User | None) -> Run:
    """Look at the file anew, perhaps under another separator, encoding or header."""
    tidy = tidy_options(options)
    problems = list(option_problems({name: tidy[name] for name in READING if name in tidy}, []))
    if problems:
        raise MappingError(problems)
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    _release(upload)
    upload.mapping = {"options": {name: tidy[name] for name in READING if name in tidy}}
    upload.sniff = None
    upload.save(update_fields=["mapping", "sniff"])
    record_event(by=by, action="upload.reread", obj=upload, key=upload.pk, changed=options)
    return request_sniff(upload=upload, by=by)


def _release(upload: Upload) -> None:
    """Make sure that no work is under way on a locked upload: what waits is dropped, what runs is in the way."""
    if upload.state == Upload.State.PUBLISHED:
        raise UploadError("in_use", "This upload is published; take it back first.")
    runs = Run.objects.filter(pk__in=[upload.latest_run_id])
    waiting = runs.filter(state=Run.State.PENDING)
    waiting.update(state=Run.State.CANCELLED, finished_at=timezone.now(), error_code="superseded")
    if runs.filter(state__in=Run.ACTIVE).exists():
        raise UploadError("in_use", "Work on this upload is under way. Wait until it has ended, or stop it first.")


@transaction.atomic
def undo_upload(*, upload: Upload, by: User | None) -> Run:
    """Ask for a published upload to be taken back."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.state != Upload.State.PUBLISHED:
        raise UploadError(
            "not_published",
            f"Only a published upload can be taken back; this one is {upload.get_state_display().lower()}.",
        )
    mark = fingerprint("undo", upload.pk, str(upload.published_at))
    run = request_run(kind="crm.undo", params={"upload": upload.pk}, fingerprint=mark, by=by)
    upload.latest_run = run
    upload.save(update_fields=["latest_run"])
    record_event(by=by, action="upload.undo_requested", obj=upload, key=upload.pk)
    return run


@transaction.atomic
def discard_upload(*, upload: Upload, by: User) -> None:
    """Forget a file that was never published; its bytes go with the row."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.published_at is not None:
        raise UploadError("in_use", "This upload was published; take it back instead of deleting it.")
    _release(upload)
    record_event(by=by, action="upload.discarded", obj=upload, key=upload.pk, changed=upload.sha256)
    name = upload.storage_name
    upload.delete()
    transaction.on_commit(lambda: delete(name), robust=True)  # what stays is swept
