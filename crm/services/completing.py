"""Asking for corrected lines to take the place of rejected ones."""

from django.db import transaction
from django.utils import timezone

from core.models import Run, User
from core.runs import fingerprint, request_run
from core.services.audit import record_event
from crm.models import Upload
from crm.services.options import MappingError, problem


@transaction.atomic
def complete_upload(*, upload: Upload, by: User | None) -> Run:
    """Take the corrections in under the first file's mapping, which is what their proposal says."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.sniff is None or not upload.is_open:
        state = upload.get_state_display().lower()
        raise MappingError([problem("upload", f"This upload is {state}; it can't be taken in now.")])
    mapping = upload.sniff["proposal"]
    mark = fingerprint("complete", upload.sha256, mapping, str(timezone.now()))
    run = request_run(kind="crm.complete", params={"upload": upload.pk}, fingerprint=mark, by=by)
    upload.mapping, upload.latest_run, upload.state = mapping, run, Upload.State.IMPORTING
    upload.is_publish_wanted = True
    upload.save(update_fields=["mapping", "latest_run", "state", "is_publish_wanted"])
    facts = {"completes": upload.completes_id}
    record_event(by=by, action="upload.confirmed", obj=upload, key=upload.pk, facts=facts, changed=mapping)
    return run
