"""Asking for the upkeep of stored files."""

from django.db import transaction
from django.utils import timezone

from core.models import Run
from core.runs import fingerprint, request_run
from crm.models import CataloguePointer


@transaction.atomic
def request_sweep(*, after: Run | None = None) -> Run:
    """Ask for unused files to be cleared; the ledger version in use is kept by its pointer."""
    pointer = CataloguePointer.objects.get(pk=1)
    mark = fingerprint("sweep", timezone.now().date(), pointer.version_id)
    return request_run(kind="crm.sweep", params={}, fingerprint=mark, by=None)


@transaction.atomic
def request_verify(*, after: Run | None = None) -> Run:
    """Ask for every stored file to be read again and compared with what was written."""
    mark = fingerprint("verify", timezone.now().date())
    return request_run(kind="crm.verify", params={}, fingerprint=mark, by=None)
