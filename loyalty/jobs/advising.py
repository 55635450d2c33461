"""What customers buy next, and what is advised for each group, on the current results."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from loyalty import affinity_store
from loyalty.jobs.acting.advice import advice_content, affinity_of, keep_affinity
from loyalty.models import Advice, Programme
from loyalty.selectors.actions import advice_mark, is_advice_fresh
from segmentation.selectors import current_snapshot


def advise(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.advise`; params: snapshot."""
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"]:
        raise JobRefused("outdated_snapshot", "Newer results were published meanwhile: advice on them follows next.")
    with transaction.atomic():
        affinity_store.remove_leftovers(lease)
    affinity = affinity_of(lease, snapshot)
    found = {}
    for programme in Programme.objects.filter(is_archived=False).order_by("pk"):
        if not is_advice_fresh(programme, snapshot):
            lease.progress("Looking for actions")
            mark = advice_mark(programme)
            found[programme] = (mark, advice_content(programme, snapshot, affinity))
    with transaction.atomic():
        lease.guard()
        keep_affinity(affinity)
        for programme, (mark, content) in found.items():
            defaults = {"mark": mark, "content": content, "created_at": timezone.now()}
            Advice.objects.update_or_create(programme=programme, snapshot=snapshot, defaults=defaults)
        result = {"snapshot": snapshot.pk, "pairs": affinity.content["pairs"], "programmes": len(found)}
        lease.complete(result)
    return result
