"""What customers buy next, and what is advised for each group, on the current results."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from analytics import recommending
from core.money import plain
from core.runs import JobRefused, Lease
from loyalty import affinity_store
from loyalty.jobs.acting.affinity import make_affinity
from loyalty.jobs.acting.audiences import Crowd, read_crowd
from loyalty.models import Advice, Affinity, Programme
from loyalty.selectors.actions import advice_mark, is_advice_fresh, measured_worth
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot


def advise(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.advise`; params: snapshot."""
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"]:
        raise JobRefused("outdated_snapshot", "Newer results were published meanwhile: advice on them follows next.")
    with transaction.atomic():
        affinity_store.remove_leftovers(lease)
    affinity = Affinity.objects.filter(snapshot=snapshot).first() or make_affinity(lease, snapshot)
    found = {}
    for programme in Programme.objects.filter(is_archived=False).order_by("pk"):
        if not is_advice_fresh(programme, snapshot):
            lease.progress("Looking for actions")
            mark = advice_mark(programme)
            found[programme] = (mark, _content(programme, snapshot, affinity))
    with transaction.atomic():
        lease.guard()
        if affinity._state.adding:
            affinity.save()
        for programme, (mark, content) in found.items():
            defaults = {"mark": mark, "content": content, "created_at": timezone.now()}
            Advice.objects.update_or_create(programme=programme, snapshot=snapshot, defaults=defaults)
        result = {"snapshot": snapshot.pk, "pairs": affinity.content["pairs"], "programmes": len(found)}
        lease.complete(result)
    return result


def _content(programme: Programme, snapshot: Snapshot, affinity: Affinity) -> dict[str, Any]:
    crowd = read_crowd(programme, snapshot, affinity)
    rows = [row for group in crowd.groups for row in _advised(programme, crowd, group)]
    return {
        "groups": {name: int(mask.sum()) for name, mask in crowd.groups.items()},
        "actions": rows,
        "has_discounts": crowd.has_discounts,
        "has_items": bool(affinity.content["items"]),
    }


def _advised(programme: Programme, crowd: Crowd, group: str) -> list[dict[str, Any]]:
    """The actions that have an audience in this group, of the highest worth first."""
    rows = []
    for kind in recommending.AUDIENCES:
        audience = recommending.audience(kind, crowd.people, crowd.groups[group])
        if not audience.size:
            continue
        worth, basis = measured_worth(programme, kind, audience.size)
        rows.append(
            {
                "group": group,
                "kind": kind,
                "audience": audience.size,
                "worth": plain(worth) if worth is not None else f"{audience.expected:.2f}",
                "measured_by": basis,
            }
        )
    return sorted(rows, key=lambda row: -float(row["worth"]))
