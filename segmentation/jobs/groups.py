"""Segments with the identity they had before, tiers, and RFM groups: each customer stands in one of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics import groups, segment_names, segments
from analytics.scoring.segments import SegmentModel
from segmentation.jobs.inputs import Columns
from segmentation.models import Snapshot
from segmentation.registry import ModelRefused, load_model

RFM_GROUPS = groups.RFM_GROUPS
TIERS = (*(name for name, _ in groups.TIER_SHARES), groups.LOWEST_TIER)
RANDOM_STATE = 20_101_201
PROFILE_COLUMNS = (
    "days_since_last_purchase",
    "order_count",
    "revenue",
    "average_order_value",
    "frequency",
    "monetary_value",
    "distinct_items",
    "return_rate",
    "p_alive",
    "expected_purchases",
    "clv_12m",
)


@dataclass(frozen=True)
class Segmentation:
    """Segments found in this calculation: label of each customer, display names and profiles by label."""

    fit: segments.SegmentFit
    names: list[str]
    profiles: list[dict[str, float | None]]
    base: dict[str, float | None]

    @property
    def model(self) -> SegmentModel:
        return self.fit.model


def find_segments(customers: Columns, values: Columns) -> Segmentation:
    fit = segments.fit_segments(customers, random_state=RANDOM_STATE)
    figures = {name: (customers | values)[name] for name in PROFILE_COLUMNS}
    return Segmentation(
        fit=fit,
        names=segment_names.name_segments(customers, fit.labels),
        profiles=[_medians(figures, fit.labels == label) for label in range(len(fit.model["centres"]))],
        base=_medians(figures, np.ones(len(fit.labels), dtype=bool)),
    )


def _medians(figures: Columns, members: Any) -> dict[str, float | None]:
    return {name: _median(np.asarray(column, dtype=float)[members]) for name, column in figures.items()}


def _median(values: Any) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(np.median(known)), 6) if len(known) else None


def known_identities(found: Segmentation, current: Snapshot | None) -> list[int | None]:
    """For each label the segment of the current snapshot that it continues, or None for a new one."""
    count = len(found.model["centres"])
    if current is None:
        return [None] * count
    try:
        stored = load_model("segments", snapshot=current)
    except ModelRefused:
        # Identities are a comfort, not a truth: a damaged model costs new ones, not the calculation.
        return [None] * count
    pairs = segments.match_segments(stored["model"], found.model)
    ids: list[int] = stored["segment_ids"]
    return [None if (earlier := pairs[label]) is None else ids[earlier] for label in range(count)]


def rank_groups(customers: Columns, values: Columns) -> Columns:
    """`rfm_group` and `tier` of each customer, in the customers' order."""
    scores = groups.rfm_scores(
        customers["days_since_last_purchase"], customers["order_count"], customers["revenue"], customers["T"]
    )
    return {
        "rfm_group": groups.rfm_groups(scores),
        "tier": groups.tiers(values["clv_12m"], customers["revenue"], customers["customer_key"]),
    }


def quality_report(found: Segmentation) -> dict[str, Any]:
    """How the segments were chosen: the figures of the command, every size that was tried, and why only one, if so."""
    return {
        **found.fit.quality,
        "candidates": [dict(candidate) for candidate in found.fit.candidates],
        "reason": found.fit.reason or "",
        "features": list(segments.SEGMENT_FEATURES),
    }
