"""Segments with the identity they had before, tiers, and RFM groups: each customer stands in one of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from analytics import explanation, groups, segment_names, segments
from analytics.scoring.segments import SegmentModel
from core.runs import JobRefused
from segmentation.jobs.inputs import Columns
from segmentation.selectors import current_choice, group_settings

RFM_GROUPS = groups.RFM_GROUPS
TIERS = (*(name for name, _ in groups.TIER_SHARES), groups.LOWEST_TIER)
RANDOM_STATE = 20_101_201
# What people know of a customer without a model, and what the score tables hold.
EXPLAINING = (
    "days_since_last_purchase",
    "order_count",
    "revenue",
    "average_order_value",
    "distinct_items",
    "return_rate",
)
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
    keys: Any
    names: list[str]
    profiles: list[dict[str, float | None]]
    base: dict[str, float | None]

    @property
    def model(self) -> SegmentModel:
        return self.fit.model


def find_segments(customers: Columns, values: Columns, recipe: segments.Recipe) -> Segmentation:
    fit = segments.fit_segments(customers | values, recipe=recipe, random_state=RANDOM_STATE)
    figures = {name: (customers | values)[name] for name in PROFILE_COLUMNS}
    return Segmentation(
        fit=fit,
        keys=customers["customer_key"],
        names=segment_names.name_segments(customers, fit.labels),
        profiles=[_medians(figures, fit.labels == label) for label in range(len(fit.model["centres"]))],
        base=_medians(figures, np.ones(len(fit.labels), dtype=bool)),
    )


def _medians(figures: Columns, members: Any) -> dict[str, float | None]:
    return {name: _median(np.asarray(column, dtype=float)[members]) for name, column in figures.items()}


def _median(values: Any) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(np.median(known)), 6) if len(known) else None


def wanted_recipe() -> segments.Recipe:
    """How segments are to be formed: as chosen in the lab, else the built-in way with the set share of extremes."""
    choice = current_choice()
    try:
        if choice is None:
            return segments.Recipe(set_aside=float(group_settings().set_aside))
        return segments.Recipe.of(choice.combination)
    except ValueError as error:
        message = f"The chosen way to form segments can't be used: {error} Choose another one in the lab."
        raise JobRefused("unknown_way", message) from error


@dataclass(frozen=True)
class Ranked:
    """`rfm_group` and `tier` of each customer, and the figures between which each RFM score lies."""

    columns: Columns
    boundaries: dict[str, list[list[float] | None]]


def rank_groups(customers: Columns, values: Columns, shares: Sequence[tuple[str, str]]) -> Ranked:
    """The groups that follow from ranks, in the customers' order."""
    figures = [customers[name] for name in groups.RFM_MEASURES.values()]
    scores = groups.rfm_scores(*figures)
    columns = {
        "rfm_group": groups.rfm_groups(scores),
        "tier": groups.tiers(values["clv_12m"], customers["revenue"], customers["customer_key"], shares=shares),
    }
    return Ranked(columns, groups.rfm_boundaries(scores, dict(zip(groups.RFM_MEASURES, figures, strict=True))))


def with_wanted_shares(entries: list[dict[str, Any]], shares: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """The tiers with the share of customers that each was to hold; the lowest has what remains."""
    wanted = {name: Decimal(share) for name, share in shares}
    rest = 1 - sum(wanted.values(), Decimal(0))
    return [{**entry, "wanted_share": f"{wanted.get(entry['name'], rest).normalize():f}"} for entry in entries]


def explain_groups(found: Segmentation, customers: Columns, tiers: Any) -> dict[str, Any]:
    """Small trees that say in conditions who stands in which segment, and in which tier."""
    columns = [name for name in EXPLAINING if name in customers]
    places = {name: place for place, name in enumerate(TIERS)}
    labels = {
        "segment": found.fit.labels,
        "tier": np.array([places[tier] for tier in tiers], dtype=np.int64),
    }
    return {
        name: explanation.fit_surrogate(customers, each, columns, random_state=RANDOM_STATE)
        for name, each in labels.items()
    }


def quality_report(found: Segmentation) -> dict[str, Any]:
    """How the segments were chosen: the figures of the command, every size that was tried, and why only one, if so."""
    return {
        **found.fit.quality,
        "candidates": [dict(candidate) for candidate in found.fit.candidates],
        "reason": found.fit.reason or "",
        "features": [column["name"] for column in found.model["transform"]["columns"]],
    }
