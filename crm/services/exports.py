"""Asking for lines as a file, and letting go of such files again."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from core.models import User
from core.runs import fingerprint, request_run
from core.services.audit import record_event
from crm.ledger import LineFilter
from crm.models import LineExport
from crm.selectors import current_version

KEPT = timedelta(days=1)


class ExportError(ValueError):
    """Why there is nothing to export; the message is for a person."""


@transaction.atomic
def request_export(*, chosen: LineFilter, file_format: str, by: User | None) -> LineExport:
    """One file of all lines that fit, as the ledger is now; kept for a day."""
    version = current_version()
    if version is None:
        raise ExportError("There are no lines to export yet.")
    export = LineExport.objects.create(
        format=LineExport.Format(file_format),
        filters=chosen.as_json(),
        version=version,
        requested_by=by,
        requested_at=timezone.now(),
    )
    mark = fingerprint("export", export.pk)
    export.run = request_run(kind="crm.export", params={"export": export.pk}, fingerprint=mark, by=by)
    export.save(update_fields=["run"])
    facts = {"format": export.format, "filters": sorted(export.filters)}
    record_event(by=by, action="lines.exported", obj=export, key=export.pk, facts=facts, changed=export.filters)
    return export


def expire_exports(*, now: datetime) -> int:
    """Forget exports of yesterday; the sweep clears what they wrote."""
    return LineExport.objects.filter(requested_at__lt=now - KEPT).delete()[0]
