"""Which segments of today are which of yesterday: by their members, and by what they are like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

from analytics.scoring.segments import Labels, SegmentModel
from analytics.scoring.transform import Matrix, Transform, apply_transform, column_names, invert_transform

MATCH_LIMIT = 1.0  # root mean square over the features, in standard deviations of the base
MEMBERS_LIMIT = 0.3  # of all who stand in either segment, so many have to stand in both
BRANCH_SHARE = 0.3  # a branch has to be this much of the segment that it came from, or of the one it went into

Kind = Literal["same", "new", "split", "merged"]


@dataclass(frozen=True)
class Continuation:
    """Where the segment `label` comes from: `previous` is the label whose identity it continues, or None.

    `origins` are (previous label, share of the previous segment's remaining members that stand here now, share of
    this segment's known members that came from there), the largest first; nothing below BRANCH_SHARE in both.
    """

    label: int
    previous: int | None
    kind: Kind
    origins: tuple[tuple[int, float, float], ...] = ()


def trace_identity(
    model: SegmentModel,
    labels: Labels,
    keys: ArrayLike,
    previous_model: SegmentModel,
    previous_labels: Labels,
    previous_keys: ArrayLike,
) -> list[Continuation]:
    """What became of the previous segments, one entry for each label of `model`, in order.

    `labels` (n,) are those of the customers `keys` (n,), likewise for the previous ones. Those who stand in both
    decide: pairs are made so that as many of them as possible keep their segment (optimal assignment, Kuhn 1955).
    Segments that no member could match, are matched by what they are like. So a group that all moved together keeps
    its identity although it changed, and one whose members all left, but which others form now, does too.
    """
    counts = crossings(
        labels, keys, previous_labels, previous_keys, len(model["centres"]), len(previous_model["centres"])
    )
    pairs = match_members(counts)
    alike = match_segments(previous_model, model)
    taken = {previous for previous in pairs.values() if previous is not None}
    for label, previous in alike.items():
        if (
            pairs[label] is None
            and previous is not None
            and previous not in taken
            and _is_free(counts, label, previous)
        ):
            pairs[label] = previous
            taken.add(previous)
    return [_continuation(label, pairs, counts) for label in range(len(counts))]


def crossings(
    labels: Labels, keys: ArrayLike, previous_labels: Labels, previous_keys: ArrayLike, now: int, before: int
) -> Labels:
    """How many customers stand in each label now and stood in each before, (now, before); only those in both."""
    _, here, there = np.intersect1d(keys, previous_keys, return_indices=True)
    flat = np.bincount(labels[here] * before + previous_labels[there], minlength=now * before)
    return flat.reshape(now, before)


def _is_free(counts: Labels, label: int, previous: int) -> bool:
    """Likeness speaks only where members say nothing: of this segment's members few were known, or none of its own."""
    return bool(counts[label].sum() == 0 or counts[:, previous].sum() == 0)


def match_members(counts: Labels) -> dict[int, int | None]:
    """For each new label the previous one that most of its members share, or None, from `counts` (now, before).

    Two segments may be paired when those in both are at least MEMBERS_LIMIT of those in either (Jaccard 1901); as
    many customers as possible keep their segment.
    """
    either = counts.sum(axis=1)[:, None] + counts.sum(axis=0)[None, :] - counts
    likeness = counts / np.maximum(either, 1)
    gains = np.where(likeness >= MEMBERS_LIMIT, counts, 0)
    pairs: dict[int, int | None] = dict.fromkeys(range(len(counts)))
    for row, column in zip(*linear_sum_assignment(gains, maximize=True), strict=True):
        if gains[row, column] > 0:
            pairs[int(row)] = int(column)
    return pairs


def _continuation(label: int, pairs: Mapping[int, int | None], counts: Labels) -> Continuation:
    origins = _origins(label, counts)
    return Continuation(label, pairs[label], _kind(label, pairs, origins, counts), origins)


def _origins(label: int, counts: Labels) -> tuple[tuple[int, float, float], ...]:
    """Every previous segment of which a large part stands here now, or which is a large part of this one."""
    went = counts[label] / np.maximum(counts.sum(axis=0), 1)
    came = counts[label] / max(counts[label].sum(), 1)
    large = np.flatnonzero((went >= BRANCH_SHARE) | (came >= BRANCH_SHARE))
    ordered = sorted(large, key=lambda previous: (-counts[label, previous], previous))
    return tuple((int(each), round(float(went[each]), 4), round(float(came[each]), 4)) for each in ordered)


def _kind(
    label: int, pairs: Mapping[int, int | None], origins: Sequence[tuple[int, float, float]], counts: Labels
) -> Kind:
    """Merged: most of two or more previous segments stand here. Split: it shares with another segment a previous one,
    whose members went to both. A split or a merge may still continue the identity of the larger part."""
    halves = [previous for previous, went, came in origins if went >= 0.5 and came >= BRANCH_SHARE / 2]
    if len(halves) > 1:
        return "merged"
    for previous, went, came in origins:
        if came >= 0.5 and went >= BRANCH_SHARE and _branches(counts, previous) > 1:
            return "split"
    return "same" if pairs[label] is not None else "new"


def _branches(counts: Labels, previous: int) -> int:
    """Into how many segments a previous one went, that consist mostly of it."""
    went = counts[:, previous] / max(counts[:, previous].sum(), 1)
    came = counts[:, previous] / np.maximum(counts.sum(axis=1), 1)
    return int(((went >= BRANCH_SHARE) & (came >= 0.5)).sum())


def match_segments(previous: SegmentModel, new: SegmentModel, *, limit: float = MATCH_LIMIT) -> dict[int, int | None]:
    """For each new label the previous label whose identity it continues, or None when it is a new kind of
    segment.

    Centres are compared in the new model's scale over the features that both know; the distance is the root
    mean square over those features. Pairs further apart than `limit` are never made; as many pairs as
    possible are made within it, the closest together (Kuhn 1955, `linear_sum_assignment`).
    """
    shared = [name for name in column_names(new["transform"]) if name in column_names(previous["transform"])]
    pairs: dict[int, int | None] = dict.fromkeys(range(len(new["centres"])))
    if not shared:
        return pairs
    distances = _distances(_common(new, new, shared), _common(previous, new, shared))
    costs = np.where(distances <= limit, distances, 1e6)
    for row, column in zip(*linear_sum_assignment(costs), strict=True):
        if distances[row, column] <= limit:
            pairs[int(row)] = int(column)
    return pairs


def _common(model: SegmentModel, scale: SegmentModel, shared: Sequence[str]) -> Matrix:
    values: dict[str, Any] = invert_transform(model["transform"], np.asarray(model["centres"], dtype=float))
    columns = [column for column in scale["transform"]["columns"] if column["name"] in shared]
    return apply_transform(Transform(format_version=scale["transform"]["format_version"], columns=columns), values)


def _distances(left: Matrix, right: Matrix) -> Matrix:
    gaps = left[:, None, :] - right[None, :, :]
    result: Matrix = np.sqrt((gaps**2).mean(axis=2))
    return result
