"""Reads of scores and segments."""

from typing import Any

from django.db.models import QuerySet

from segmentation.models import (
    SCORE_TABLES,
    GroupSettings,
    Score,
    ScoreA,
    SegmentationChoice,
    SegmentSummary,
    Snapshot,
    SnapshotPointer,
    ValuationChoice,
)

# What the refresh command prints of the value models; a model that could not be fitted is null, `reasons` say why.
MODELS = ("bg_nbd", "mbg_nbd", "pareto_nbd", "gamma_gamma", "champion", "reasons")
DEFAULT_HORIZON_DAYS = 365
DEFAULT_DISCOUNT_RATE = 0.10


def current_snapshot() -> Snapshot | None:
    """The published snapshot that every page speaks of."""
    pointer = SnapshotPointer.objects.select_related("snapshot").filter(pk=1).first()
    return pointer.snapshot if pointer else None


def current_choice() -> SegmentationChoice | None:
    """How segments are to be formed; None for the built-in way."""
    newest = SegmentationChoice.objects.order_by("-pk").first()
    return newest if newest is not None and newest.algorithm else None


def combination_of(snapshot: Snapshot) -> dict[str, Any]:
    """How the segments of these results were formed: the way that was chosen when they were begun."""
    before = SegmentationChoice.objects.filter(chosen_at__lte=snapshot.created_at).order_by("-pk").first()
    return (before or SegmentationChoice()).combination


def is_choice_shown(snapshot: Snapshot | None) -> bool:
    """Whether these results have their segments formed in the way that is chosen now."""
    wanted = (current_choice() or SegmentationChoice()).combination
    return snapshot is None or combination_of(snapshot) == wanted


def current_valuation() -> ValuationChoice:
    """How far ahead values look and what later money counts; the defaults (a year, 10 %) until somebody chose."""
    newest = ValuationChoice.objects.select_related("chosen_by").order_by("-pk").first()
    return newest or ValuationChoice(horizon_days=DEFAULT_HORIZON_DAYS, annual_discount_rate=DEFAULT_DISCOUNT_RATE)


def candidate_snapshot() -> Snapshot | None:
    """The newest results that wait for somebody to promote them."""
    return Snapshot.objects.filter(state=Snapshot.State.CANDIDATE).order_by("-pk").first()


def declined_snapshot() -> Snapshot | None:
    """The results that somebody turned down last, or that newer ones overtook."""
    return Snapshot.objects.filter(state=Snapshot.State.DECLINED).order_by("-pk").first()


def publishing_policy() -> SnapshotPointer:
    """How new results come to be shown: by themselves, after a question, or not while the present ones are pinned."""
    return SnapshotPointer.objects.get(pk=1)


def group_settings() -> GroupSettings:
    """The shares of the tiers and of extreme customers that the next refresh uses; unsaved defaults at first."""
    return GroupSettings.objects.order_by("-pk").first() or GroupSettings()


def scores(snapshot: Snapshot | None) -> QuerySet[Score]:
    """The score rows of a snapshot: those of the current one, nothing for an older one whose table was reused."""
    if snapshot is None or not snapshot.score_table:
        return ScoreA.objects.none()
    table = SCORE_TABLES[snapshot.score_table]
    return table._default_manager.filter(snapshot_id=snapshot.pk)


def published_snapshots() -> QuerySet[Snapshot]:
    """Every snapshot that was ever shown, newest first."""
    return Snapshot.objects.filter(state=Snapshot.State.PUBLISHED).order_by("-pk")


def earlier_snapshot(snapshot: Snapshot) -> Snapshot | None:
    """The published results before these; None for the first."""
    return published_snapshots().filter(pk__lt=snapshot.pk).first()


def versions(*, is_deciding: bool) -> QuerySet[Snapshot]:
    """What was shown, newest first; for those who decide what is shown, also what waits and what was turned down."""
    if not is_deciding:
        return published_snapshots()
    states = [Snapshot.State.PUBLISHED, Snapshot.State.CANDIDATE, Snapshot.State.DECLINED]
    return Snapshot.objects.filter(state__in=states).order_by("-pk")


def quality_history(*, latest: int = 24) -> list[Snapshot]:
    """The published results with what their quality is judged by, oldest first; at most the latest ones."""
    fields = ("as_of", "published_at", "unit", "fits", "holdout", "quality", "customers")
    return list(published_snapshots().only(*fields)[:latest])[::-1]


def segment_summaries(snapshot: Snapshot) -> list[SegmentSummary]:
    """The segments of a snapshot, the most valuable first."""
    return list(snapshot.segment_summaries.order_by("pk"))


def segment_history(segment_id: int, *, latest: int = 24) -> list[SegmentSummary]:
    """What a segment was in the published snapshots, oldest first; at most the latest ones.

    Later results than those shown (after a roll back) are left out, unless the segment was found in no others.
    """
    found = SegmentSummary.objects.filter(segment_id=segment_id, snapshot__state=Snapshot.State.PUBLISHED)
    current = current_snapshot()
    if current is not None and (known := found.filter(snapshot_id__lte=current.pk)).exists():
        found = known
    return list(found.select_related("snapshot").order_by("-snapshot_id")[:latest])[::-1]


def refresh_result(snapshot: Snapshot, *, unchanged: bool) -> dict[str, Any]:
    """What the command prints and the run keeps."""
    fits = snapshot.fits
    quality = ("algorithm", "k", "space", "sample", "silhouette", "stability_ari", "separation", "set_aside")
    return {
        "snapshot": snapshot.pk,
        "as_of": snapshot.as_of.isoformat(),
        "unit": snapshot.unit,
        "customers": snapshot.customers,
        "seconds": snapshot.seconds,
        "unchanged": unchanged,
        "published": snapshot.state == Snapshot.State.PUBLISHED,
        "horizon_days": snapshot.horizon_days,
        "models": {name: fits.get(name) for name in MODELS},
        "holdout": snapshot.holdout,
        "holdout_reason": snapshot.holdout_reason,
        "segments": snapshot.segments,
        "tiers": snapshot.tiers,
        "rfm_groups": snapshot.rfm_groups,
        "quality": {name: snapshot.quality.get(name) for name in quality},
    }
