"""Asking for maps of the customers: after results are out, once for each state of the data."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from core import runs
from core.models import Run
from segmentation.models import Embedding, Snapshot
from segmentation.selectors import current_snapshot

KIND = "segmentation.embed"
METHODS = ("pca", "tsne", "umap")
FORMAT_VERSION = 1
MOST_ROWS = 20_000
# What else follows a refresh, such as the search for anomalies, is what people wait for.
PATIENCE = timedelta(seconds=20)


def request_maps_after(after: Run | None = None) -> Run | None:
    """What a refresh asks for; None where maps are switched off, or drawn already."""
    snapshot, rows = current_snapshot(), min(settings.MAP_ROWS, MOST_ROWS)
    if snapshot is None or not rows:
        return None
    fingerprint = map_fingerprint(snapshot, rows)
    if Embedding.objects.filter(fingerprint=fingerprint).exists():
        return None
    with transaction.atomic():
        runs.supersede_pending(KIND)
        params = {"snapshot": snapshot.pk, "fingerprint": fingerprint, "rows": rows, "methods": METHODS}
        run = runs.request_run(kind=KIND, params=params, fingerprint=fingerprint, by=None)
        Run.objects.filter(pk=run.pk, state=Run.State.PENDING).update(not_before=run.created_at + PATIENCE)
        run.refresh_from_db()
    return run


def map_fingerprint(snapshot: Snapshot, rows: int | None = None) -> str:
    """What a map depends on: the purchases, the day, and the sample. Segments only colour it."""
    purchases = snapshot.provenance.get("data") or snapshot.sha256
    wanted = min(settings.MAP_ROWS, MOST_ROWS) if rows is None else rows
    return runs.fingerprint(KIND, purchases, snapshot.as_of, wanted, METHODS, FORMAT_VERSION)
