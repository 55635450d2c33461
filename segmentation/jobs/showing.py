"""Which snapshot pages speak of: making one the current one, or leaving it to a person. For refresh and promotion.

All of these are called within a transaction that holds the pointer's row.
"""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from segmentation.models import ModelArtifact, Segment, SegmentSummary, Snapshot, SnapshotPointer


def show(pointer: SnapshotPointer, snapshot: Snapshot) -> None:
    """Make a snapshot, whose scores stand in its table, the one that pages speak of; what waited is overtaken.

    Only what showing changes is written: others may have written the rest since the caller read the snapshot.
    """
    snapshot.state = Snapshot.State.PUBLISHED
    snapshot.published_at = snapshot.published_at or timezone.now()
    _keep_given_names(snapshot)
    snapshot.save(update_fields=["state", "published_at", "score_table", "segments"])
    _write_segments(snapshot)
    _promote_models(snapshot)
    decline_candidates()
    pointer.snapshot = snapshot
    _release(pointer)


def propose(pointer: SnapshotPointer, snapshot: Snapshot) -> None:
    """Leave a finished snapshot for a person to decide; an older one that waited is overtaken."""
    decline_candidates()
    snapshot.state, snapshot.score_table = Snapshot.State.CANDIDATE, ""
    snapshot.save(update_fields=["state", "score_table"])
    _release(pointer)


def decline_candidates() -> None:
    """Whatever waits is not taken."""
    Snapshot.objects.filter(state=Snapshot.State.CANDIDATE).update(state=Snapshot.State.DECLINED)


def _release(pointer: SnapshotPointer) -> None:
    pointer.loading_run = pointer.loading_token = None
    pointer.save()


def _keep_given_names(snapshot: Snapshot) -> None:
    """What people have called a segment since this was calculated, counts for what is shown from now on."""
    ids = [entry["segment"] for entry in snapshot.segments]
    given = dict(Segment.objects.filter(pk__in=ids, is_renamed=True).values_list("pk", "name"))
    for entry in snapshot.segments:
        entry["name"] = given.get(entry["segment"], entry["name"])
    for segment_id, name in given.items():
        snapshot.segment_summaries.filter(segment_id=segment_id).update(name=name)


def _write_segments(snapshot: Snapshot) -> None:
    """The snapshot's segments live again, all others are retired; what each was is written once."""
    ids = [entry["segment"] for entry in snapshot.segments]
    known = {summary.segment_id: summary.name for summary in snapshot.segment_summaries.all()}
    for entry in snapshot.segments:
        segment_id = entry["segment"]
        Segment.objects.filter(pk=segment_id).update(name=known.get(segment_id, entry["name"]), retired_at=None)
        if segment_id not in known:
            _summarise(snapshot, entry)
    lived = Segment.objects.filter(retired_at__isnull=True, summaries__isnull=False)
    lived.exclude(pk__in=ids).update(retired_at=timezone.now())


def _summarise(snapshot: Snapshot, entry: dict[str, Any]) -> None:
    SegmentSummary.objects.create(
        snapshot=snapshot,
        segment_id=entry["segment"],
        name=entry["name"],
        size=entry["size"],
        revenue=Decimal(entry["revenue"]),
        share=entry["share"],
        profile=snapshot.charts["profiles"][str(entry["segment"])],
    )


def _promote_models(snapshot: Snapshot) -> None:
    current = ModelArtifact.State.CURRENT
    ModelArtifact.objects.filter(state=current).update(state=ModelArtifact.State.RETIRED)
    snapshot.artifacts.update(state=current)
