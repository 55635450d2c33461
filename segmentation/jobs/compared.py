"""What a comparison keeps of one combination: figures as JSON for the page, and columns for the file."""

from typing import Any

import numpy as np

from analytics import segment_names
from analytics.comparison import Compared, continuations
from segmentation.jobs.inputs import Columns
from segmentation.wording import PROFILE

DONE, FAILED = "done", "failed"
PROFILE_COLUMNS = tuple(feature.name for feature in PROFILE)
DRAWN = 160  # places along a silhouette plot, for all groups together


def failed(sentence: str) -> dict[str, Any]:
    return {"state": FAILED, "error": sentence}


def columns(number: int, found: Compared) -> Columns:
    """Group, place and silhouette of each customer, in names that carry the combination's number."""
    return {
        f"group_{number}": found.labels,
        f"x_{number}": np.round(found.points[:, 0], 4),
        f"y_{number}": np.round(found.points[:, 1], 4),
        f"silhouette_{number}": np.round(found.silhouettes, 4),
    }


def result(found: Compared, table: Columns) -> dict[str, Any]:
    names = segment_names.name_segments(table, found.labels)
    continued = continuations(found.labels, table["segment_id"])
    own = np.asarray([continued.get(label, -1) for label in range(len(names))])
    moved = own[found.labels] != table["segment_id"]
    return {
        "state": DONE,
        "reason": found.reason,
        "judgement": found.judgement,
        "shared_silhouette": found.shared_silhouette,
        "set_aside": int(found.aside.sum()),
        "tried": found.tried,
        "groups": [
            {"name": names[label], "continues": continued.get(label), **_group(label, found, table)}
            for label in range(len(names))
        ],
        "moved": int(moved.sum()),
        "moves": _moves(found.labels, table["segment_id"], len(names)),
    }


def _group(label: int, found: Compared, table: Columns) -> dict[str, Any]:
    members = found.labels == label
    revenue, whole = float(table["revenue"][members].sum()), float(table["revenue"].sum())
    return {
        "size": int(members.sum()),
        "share": round(float(members.mean()), 6),
        "revenue": round(revenue, 2),
        "revenue_share": round(revenue / whole, 6) if whole else 0.0,
        "profile": {name: _median(table[name][members]) for name in PROFILE_COLUMNS},
        "typical": [int(table["customer_key"][row]) for row in found.typical[label]],
        **_silhouette(found.silhouettes, members),
    }


def _median(values: Any) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(np.median(known)), 6) if len(known) else None


def _silhouette(silhouettes: Any, members: Any) -> dict[str, Any]:
    """The group's values from the best placed customer to the worst, thinned out to what a plot can show."""
    known = np.sort(silhouettes[members & np.isfinite(silhouettes)])[::-1]
    if not len(known):
        return {"silhouette": None, "misplaced": None, "curve": []}
    judged = int(np.isfinite(silhouettes).sum())
    places = max(2, round(DRAWN * len(known) / judged))
    rows = np.linspace(0, len(known) - 1, min(places, len(known))).round().astype(int)
    return {
        "silhouette": round(float(known.mean()), 4),
        "misplaced": round(float((known < 0).mean()), 4),
        "curve": [round(float(value), 4) for value in known[rows]],
    }


def _moves(labels: Any, segments: Any, groups: int) -> list[dict[str, Any]]:
    """For each present segment how many of its customers would stand in each group."""
    return [
        {
            "segment": int(segment),
            "customers": [int(count) for count in np.bincount(labels[segments == segment], minlength=groups)],
        }
        for segment in np.unique(segments)
    ]
