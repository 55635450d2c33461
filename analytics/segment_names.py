"""Plain words for segments, by rule from their profile, so that the same kind of customers keeps the same
name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix

TIER_NAMES = frozenset({"platinum", "gold", "silver"})


@dataclass(frozen=True)
class _Standing:
    """Where a segment's median stands among all customers: 0 lowest, 1 highest."""

    one_time: bool
    frequency: float
    spend: float
    order_value: float
    quiet: float


def name_segments(features: Mapping[str, Any], labels: Labels, *, reserved: Collection[str] = TIER_NAMES) -> list[str]:
    """A display name for each label 0 to k - 1, unique among them and never one of `reserved` (the tiers'
    names).

    Reads `days_since_last_purchase`, `order_count`, `revenue` and `average_order_value` (each of length n).
    The words follow from where the segment's median stands among all customers; where two segments would
    share a name, the size of their orders and then their order by value tells them apart.
    """
    count = int(labels.max()) + 1 if len(labels) else 0
    if count == 1:
        return ["All customers"]
    standings = [_standing(features, labels == label) for label in range(count)]
    names = [_base_name(standing) for standing in standings]
    names = _tell_apart(names, [_order_size(standing) for standing in standings])
    names = _tell_apart(names, [_order_of_value(names, place) for place in range(count)])
    taken = {name.casefold() for name in reserved}
    return [f"{name} customers" if name.casefold() in taken else name for name in names]


def _standing(features: Mapping[str, Any], members: Any) -> _Standing:
    orders = np.asarray(features["order_count"], dtype=float)
    return _Standing(
        one_time=bool(np.median(orders[members]) <= 1) if members.any() else False,
        frequency=_place(orders, members),
        spend=_place(np.asarray(features["revenue"], dtype=float), members),
        order_value=_place(np.asarray(features["average_order_value"], dtype=float), members),
        quiet=_place(np.asarray(features["days_since_last_purchase"], dtype=float), members),
    )


def _place(values: Matrix, members: Any) -> float:
    """The share of all customers below the members' median, those equal to it counted half."""
    if not members.any():
        return 0.5
    median = np.nanmedian(values[members])
    return float((np.mean(values < median) + np.mean(values <= median)) / 2)


def _base_name(standing: _Standing) -> str:
    if standing.one_time:
        return f"One-time, {_when(standing.quiet)}"
    often = "Frequent" if standing.frequency >= 0.75 else "Regular" if standing.frequency >= 0.5 else "Occasional"
    spend = "big spenders" if standing.spend >= 0.75 else "small spenders" if standing.spend < 0.4 else "buyers"
    away = (
        ", now quiet"
        if standing.quiet >= 0.6
        else ", bought lately"
        if standing.quiet < 0.3 and spend == "buyers"
        else ""
    )
    return f"{often} {spend}{away}"


def _when(quiet: float) -> str:
    if quiet < 0.35:
        return "recent"
    return "a while ago" if quiet < 0.65 else "long ago"


def _order_size(standing: _Standing) -> str:
    if standing.order_value >= 0.6:
        return "large orders"
    return "small orders" if standing.order_value < 0.4 else "middling orders"


def _order_of_value(names: list[str], place: int) -> str:
    twins = [other for other, name in enumerate(names) if name == names[place]]
    return f"by value number {twins.index(place) + 1}"


def _tell_apart(names: list[str], details: list[str]) -> list[str]:
    return [f"{name}, {detail}" if names.count(name) > 1 else name for name, detail in zip(names, details, strict=True)]
