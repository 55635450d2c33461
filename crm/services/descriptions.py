"""Asking for what a result page shows of a file."""

from django.db import transaction

from core.models import Run
from core.runs import fingerprint, request_run
from crm.models import Upload


@transaction.atomic
def request_description_after(*, after: Run | None = None) -> Run | None:
    """After an import or a return: the upload's figures, where it is published; None for anything else.

    Corrections, and their undoing, change the figures of the file that they complete.
    """
    asked = Upload.objects.select_related("completes").filter(pk=after.params["upload"]).first() if after else None
    upload = asked and (asked.completes or asked)
    if upload is None or upload.state != Upload.State.PUBLISHED:
        return None
    mark = fingerprint("describe", upload.pk, str(upload.published_at), after and str(after.pk))
    return request_run(kind="crm.describe", params={"upload": upload.pk}, fingerprint=mark, by=None)
