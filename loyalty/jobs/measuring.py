"""What experiments show on the current results, and what planning the next ones rests on."""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.services.audit import record_event
from loyalty.jobs.proof import reading, threshold, variation
from loyalty.models import Experiment, ExperimentReading, Groundwork, Programme
from loyalty.selectors.experiments import is_ground_fresh, standing_mark, unread
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot


def measure(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.measure`; params: snapshot."""
    snapshot = _current(lease)
    grounds = {}
    for programme in Programme.objects.order_by("pk"):
        if not is_ground_fresh(programme, snapshot):
            lease.progress("Counting how much spending varies")
            grounds[programme] = (standing_mark(programme), _ground(programme, snapshot))
    found = {}
    for experiment in unread(snapshot):
        lease.progress("Comparing the groups")
        content = reading.read(experiment, snapshot)
        if content is not None:
            found[experiment] = content
    return _publish(lease, snapshot, grounds, found)


def _current(lease: Lease) -> Snapshot:
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"]:
        raise JobRefused(
            "outdated_snapshot", "Newer results were published meanwhile: their experiments are read next."
        )
    return snapshot


def _ground(programme: Programme, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "spreads": variation.spreads(programme, snapshot),
        "threshold": threshold.at_threshold(programme, snapshot),
    }


def _publish(
    lease: Lease,
    snapshot: Snapshot,
    grounds: dict[Programme, tuple[Any, dict[str, Any]]],
    found: dict[Experiment, dict[str, Any]],
) -> dict[str, Any]:
    with transaction.atomic():
        lease.guard()
        for programme, (mark, content) in grounds.items():
            defaults = {"content": {**content, "mark": mark}, "created_at": timezone.now()}
            Groundwork.objects.update_or_create(programme=programme, snapshot=snapshot, defaults=defaults)
        for experiment, content in found.items():
            _freeze(experiment, snapshot, content)
        result = {"snapshot": snapshot.pk, "groundwork": len(grounds), "readings": len(found)}
        lease.complete(result)
    return result


def _freeze(experiment: Experiment, snapshot: Snapshot, content: dict[str, Any]) -> None:
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    row, is_new = ExperimentReading.objects.get_or_create(
        experiment=experiment,
        snapshot=snapshot,
        defaults={
            "as_of": snapshot.as_of,
            "content": content,
            "checksum": hashlib.sha256(text.encode()).hexdigest(),
            "created_at": timezone.now(),
        },
    )
    if is_new:
        facts = {"reading": row.pk, "verdict": content["verdict"]["word"]}
        record_event(by=None, action="experiment.read", obj=experiment, key=experiment.pk, facts=facts)
