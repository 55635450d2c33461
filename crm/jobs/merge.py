"""Merge the ledger's small files, so that looking somebody up opens few."""

from typing import Any

from django.db import transaction

from core.runs import Lease
from crm.ledger.merging import publish_merges, write_merges
from crm.selectors import current_version


def merge(lease: Lease) -> dict[str, Any]:
    """The job. What a killed attempt wrote is read by nobody and swept; a second run finds nothing left to merge."""
    lease.progress("Merging small files")
    merges = write_merges(current_version(), least=lease.run.params["least"])
    with transaction.atomic():
        lease.guard()
        if merges:
            publish_merges(merges, run=lease.run)
        lease.complete({"files": sum(merge.merged.files for merge in merges), "merged": len(merges)})
    return lease.run.result or {}
