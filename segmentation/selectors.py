"""Reads of scores and segments."""

from segmentation.models import Snapshot, SnapshotPointer


def current_snapshot() -> Snapshot | None:
    """The published snapshot that every page speaks of."""
    pointer = SnapshotPointer.objects.select_related("snapshot").filter(pk=1).first()
    return pointer.snapshot if pointer else None
