"""Worlds of the lab: comparisons and choices to look at, and work to be repeated."""

from itertools import count
from typing import Any

from django.utils import timezone

from core.execution import execute
from core.models import Run
from crm.ledger.storage import listing
from segmentation.lab_store import read_columns
from segmentation.lab_wording import USUAL_FEATURES
from segmentation.models import Comparison, Embedding, SegmentationChoice
from segmentation.services import request_refresh
from segmentation.services.lab import request_comparison
from tests.factories import PROFILE, make_segment_summary, make_shop

_numbers = count(1)


def make_comparison() -> Comparison:
    """A finished comparison of one combination on a snapshot that holds little: for tests of who may look."""
    summary, now = make_segment_summary(), timezone.now()
    group = {"name": "Regulars", "continues": summary.segment_id, "size": 4, "share": 1.0, "revenue": 100.0}
    more = {"revenue_share": 1.0, "profile": PROFILE, "typical": [], "silhouette": None, "misplaced": None, "curve": []}
    judgement = {"k": 1, "silhouette": None, "stability_ari": None, "separation": 0.0, "smallest_share": 1.0}
    result = {
        "state": "done",
        "reason": "All customers have the same figures, so they stand in one segment.",
        "judgement": {**judgement, "noise_share": 0.0},
        "shared_silhouette": None,
        "set_aside": 0,
        "tried": [],
        "groups": [{**group, **more}],
        "moved": 0,
        "moves": [{"segment": summary.segment_id, "customers": [4]}],
    }
    features = ["order_count", "revenue"]
    asked = {"algorithm": "kmeans", "space": "scaled", "features": features, "k": None, "set_aside": 0.0}
    return Comparison.objects.create(
        snapshot=summary.snapshot,
        requested_at=now,
        finished_at=now,
        fingerprint=f"test-{next(_numbers)}",
        combinations=[asked],
        sample_wanted=100,
        sample=4,
        results=[result],
        path="comparisons/test.parquet",
    )


def make_choice() -> SegmentationChoice:
    """A way that somebody chose to form segments by."""
    return SegmentationChoice.objects.create(
        algorithm="kmeans", space="pca", features=["order_count", "revenue"], k=3, chosen_at=timezone.now()
    )


def _results() -> None:
    make_shop()
    run = request_refresh(by=None)
    assert run is not None
    execute(run.pk)


def _runs() -> list[Any]:
    return list(Run.objects.order_by("kind", "state").values_list("kind", "state", "error_code"))


def combinations_to_compare() -> list[str]:
    _results()
    Run.objects.filter(state=Run.State.PENDING).delete()
    usual: dict[str, Any] = {"features": list(USUAL_FEATURES), "k": 3, "set_aside": 0.01}
    asked = [{"algorithm": "kmeans", "space": space, **usual} for space in ("scaled", "pca")]
    entry = request_comparison(combinations=asked, sample=1000, by=None)
    return [str(entry.run_id)]


def the_comparison() -> dict[str, Any]:
    entry = Comparison.objects.get()
    kept = read_columns(entry.path, ["group_0", "group_1"])
    sizes = [[group["size"] for group in result["groups"]] for result in entry.results]
    return {"runs": _runs(), "sizes": sizes, "kept": kept, "files": stored_files("comparisons")}


def results_to_draw() -> list[str]:
    """Maps of few customers by quick methods: how long the slowest takes is no matter of repeating it."""
    _results()
    run = Run.objects.get(kind="segmentation.embed")
    Run.objects.filter(state=Run.State.PENDING).exclude(pk=run.pk).delete()
    params = {**run.params, "methods": ["pca", "tsne"]}
    Run.objects.filter(pk=run.pk).update(not_before=run.created_at, params=params)
    return [str(run.pk)]


def the_map() -> dict[str, Any]:
    drawing = Embedding.objects.get()
    return {"runs": _runs(), "methods": sorted(drawing.methods), "files": stored_files("maps")}


def stored_files(folder: str) -> int:
    return len(list(listing(folder)))
