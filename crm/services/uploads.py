"""What is done with a stored file: looked at, looked at anew, taken back, deleted."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.models import Run, User
from core.runs import fingerprint, request_run
from core.services.audit import record_event
from crm.ledger.redoing import can_come_back
from crm.ledger.storage import delete
from crm.models import Upload
from crm.services.looking import UploadError, release_upload, request_sniff
from crm.services.options import READING, MappingError, option_problems, tidy_options


def size_problem(size: int) -> str:
    """Why a file of so many bytes is not taken over the network; empty when it is."""
    if size <= settings.UPLOAD_MAX_MB * 1_000_000:
        return ""
    limit = f"{settings.UPLOAD_MAX_MB:,}"
    return f"The file is larger than {limit} MB. Split it, compress it as .gz, or ingest it on the server."


@transaction.atomic
def reread_upload(*, upload: Upload, options: dict[str, Any], by: User | None) -> Run:
    """Look at the file anew, perhaps under another separator, encoding or header."""
    tidy = tidy_options(options)
    problems = list(option_problems({name: tidy[name] for name in READING if name in tidy}, []))
    if problems:
        raise MappingError(problems)
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    release_upload(upload)
    upload.mapping = {"options": {name: tidy[name] for name in READING if name in tidy}}
    upload.sniff = None
    upload.save(update_fields=["mapping", "sniff"])
    record_event(by=by, action="upload.reread", obj=upload, key=upload.pk, changed=options)
    return request_sniff(upload=upload, by=by)


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
def redo_upload(*, upload: Upload, by: User | None) -> Run:
    """Ask for a file that was taken back to count again, without reading it anew."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.state != Upload.State.UNDONE or upload.is_busy:
        state = upload.get_state_display().lower()
        raise UploadError("not_undone", f"Only a file that was taken back can be brought back; this one is {state}.")
    if not can_come_back(upload):
        raise UploadError("swept", "The lines of this file were cleared. Import the file again instead.")
    mark = fingerprint("redo", upload.pk, str(timezone.now()))
    run = request_run(kind="crm.redo", params={"upload": upload.pk}, fingerprint=mark, by=by)
    upload.latest_run = run
    upload.save(update_fields=["latest_run"])
    record_event(by=by, action="upload.redo_requested", obj=upload, key=upload.pk)
    return run


@transaction.atomic
def discard_upload(*, upload: Upload, by: User) -> None:
    """Forget a file that was never published; its bytes go with the row."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.published_at is not None:
        raise UploadError("in_use", "This upload was published; take it back instead of deleting it.")
    release_upload(upload)
    record_event(by=by, action="upload.discarded", obj=upload, key=upload.pk, changed=upload.sha256)
    name = upload.storage_name
    upload.delete()
    transaction.on_commit(lambda: delete(name), robust=True)  # what stays is swept
