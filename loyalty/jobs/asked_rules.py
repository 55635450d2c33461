"""Conditions for a segment that somebody chose; what they come to fills a form and changes nothing."""

from typing import Any

from django.db import transaction

from core.runs import Lease
from loyalty.jobs.proposing import first_rules
from segmentation.models import Snapshot


def propose_run(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.propose`; params: snapshot, segment (null: the best one). Its result is the draft of a form."""
    snapshot = Snapshot.objects.get(pk=lease.run.params["snapshot"])
    lease.progress("Looking for conditions that people can read")
    entry, stay, source = first_rules(snapshot, lease.run.params["segment"])
    result = {"snapshot": snapshot.pk, "entry": entry, "stay": stay, "source": source}
    with transaction.atomic():
        lease.guard()
        lease.complete(result)
    return result
