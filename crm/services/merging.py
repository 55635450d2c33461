"""Asking for the ledger's small files to be merged."""

from django.db import transaction

from core.models import Run
from core.runs import fingerprint, request_run
from crm.ledger.merging import WAITING, is_merge_due
from crm.selectors import current_version


@transaction.atomic
def request_merge(*, after: Run | None = None, least: int = WAITING) -> Run | None:
    """A run where `least` small files wait, else None."""
    version = current_version()
    if version is None or not is_merge_due(version, least=least):
        return None
    mark = fingerprint("merge", version.pk)
    return request_run(kind="crm.merge", params={"least": least}, fingerprint=mark, by=None)
