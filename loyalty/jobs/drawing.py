"""Drawing the groups of an action's test among a group of customers, and starting it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.services.audit import record_event
from loyalty.experiments import draw_among, record_draw, values_of
from loyalty.models import Experiment
from loyalty.populations import groups_of
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

FEWEST_CONTROL = 20


def draw(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.draw`; params: experiment, snapshot."""
    experiment = Experiment.objects.select_related("programme").filter(pk=lease.run.params["experiment"]).first()
    if experiment is None:
        raise JobRefused("removed", "This test was removed meanwhile: nothing is left to draw.")
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"]:
        raise JobRefused(
            "outdated_snapshot", "Newer results were published meanwhile: remove this test and plan it on them."
        )
    lease.progress("Drawing the groups")
    keys = _keys(experiment, snapshot)
    drawn = draw_among(experiment, keys, values_of(snapshot, keys.tolist()), str(snapshot.pk))
    if drawn.is_control.sum() < FEWEST_CONTROL:
        raise JobRefused(
            "control_too_small",
            f"Chance would keep {int(drawn.is_control.sum())} of {len(keys):,} customers as control, and nothing can "
            "be learned from fewer than 20: remove this test and plan one with a larger share or group.",
        )
    with transaction.atomic():
        lease.guard()
        held = Experiment.objects.select_for_update().get(pk=experiment.pk)
        if held.state == Experiment.State.DRAFT:
            record_draw(drawn, snapshot=snapshot)
            held.state, held.started_on, held.started_at = Experiment.State.RUNNING, snapshot.as_of, timezone.now()
            held.save()
            facts = {"people": len(keys), "controls": int(drawn.is_control.sum()), "seed": drawn.seed}
            controls = sorted(drawn.controls)
            record_event(by=None, action="experiment.drawn", obj=held, key=held.pk, facts=facts, changed=controls)
        result = {"experiment": held.pk, "people": len(keys), "controls": int(drawn.is_control.sum())}
        lease.complete(result)
    return result


def _keys(experiment: Experiment, snapshot: Snapshot) -> Any:
    keys, groups = groups_of(experiment.programme, snapshot)
    mask = groups.get(experiment.population)
    if mask is None:
        raise JobRefused("nobody", "There is nobody in this group any more: remove this test and choose another group.")
    return keys[mask]
