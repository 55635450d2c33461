"""What is advised for each group: one answer for the page of actions and for the report."""

from typing import Any

from analytics import recommending
from core.money import plain
from core.runs import Lease
from loyalty.jobs.acting.affinity import make_affinity
from loyalty.jobs.acting.audiences import Crowd, read_crowd
from loyalty.models import Advice, Affinity, Programme
from loyalty.selectors.actions import is_advice_fresh, measured_worth
from segmentation.models import Snapshot


def affinity_of(lease: Lease, snapshot: Snapshot) -> Affinity:
    """What customers of these results buy next: as it was counted, else counted now and not saved yet."""
    return Affinity.objects.filter(snapshot=snapshot).first() or make_affinity(lease, snapshot)


def keep_affinity(affinity: Affinity) -> None:
    """Save it, unless another job was first; its files are removed by the next one then."""
    if affinity._state.adding:
        names = ("pairs_path", "pairs_sha256", "next_path", "next_sha256", "content", "created_at")
        kept = {name: getattr(affinity, name) for name in names}
        Affinity.objects.get_or_create(snapshot=affinity.snapshot, defaults=kept)


def advice_content(programme: Programme, snapshot: Snapshot, affinity: Affinity) -> dict[str, Any]:
    """As the page of actions shows it; read where it was worked out already and nothing has changed since."""
    if is_advice_fresh(programme, snapshot):
        kept: dict[str, Any] = Advice.objects.get(programme=programme, snapshot=snapshot).content
        return kept
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
        audience = crowd.audience(kind, group)
        if not audience.size:
            continue
        measured = measured_worth(programme, kind, audience.size)
        rows.append(
            {
                "group": group,
                "kind": kind,
                "audience": audience.size,
                "worth": plain(measured.worth) if measured else f"{audience.expected:.2f}",
                "interval": [plain(measured.low), plain(measured.high)] if measured else None,
                "measured_by": measured and measured.action,
            }
        )
    return sorted(rows, key=lambda row: -float(row["worth"]))
