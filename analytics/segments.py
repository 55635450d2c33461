"""Customer segments: fitted on scaled features, ordered by value, and matched to the segments of the last
snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from analytics.algorithms.silhouette import silhouettes
from analytics.clustering import Candidate, choose_k, fit_centres
from analytics.scaling import fit_transform_plan
from analytics.scoring.segments import FORMAT_VERSION, Labels, SegmentModel, nearest
from analytics.scoring.transform import Matrix, Transform, apply_transform, column_names, invert_transform

SEGMENT_FEATURES = ("days_since_last_purchase", "order_count", "revenue", "average_order_value")
SIZES = tuple(range(2, 9))
SAMPLE_ROWS = 10_000
REFINE_ROWS = 200_000
FEWEST_CUSTOMERS = 10
MATCH_LIMIT = 1.0  # root mean square over the features, in standard deviations of the base

__all__ = [
    "SEGMENT_FEATURES",
    "SegmentFit",
    "SegmentQuality",
    "fit_segments",
    "match_segments",
    "profile_segments",
]


class SegmentQuality(TypedDict):
    """How the segments were found and how good they are; None where a single segment leaves nothing to
    measure."""

    algorithm: str
    k: int
    space: str
    sample: int
    silhouette: float | None
    stability_ari: float | None


@dataclass(frozen=True)
class SegmentFit:
    """The model, the label of each row (n,), quality, all candidates, and why there is only one segment, if
    so."""

    model: SegmentModel
    labels: Labels
    quality: SegmentQuality
    candidates: list[Candidate]
    reason: str | None


def fit_segments(
    features: Mapping[str, Any],
    *,
    columns: Sequence[str] = SEGMENT_FEATURES,
    value: str = "revenue",
    sizes: Sequence[int] = SIZES,
    random_state: int,
) -> SegmentFit:
    """KMeans on the scaled `columns` (each of length n >= 1), k by silhouette, labels from the highest mean
    `value` down.

    k and stability are judged on a sample of at most SAMPLE_ROWS rows; the centres are then refined on at
    most REFINE_ROWS. A base that cannot be divided gives one segment and a reason. Raises ValueError for no
    rows.
    """
    transform = fit_transform_plan(features, columns, spread="standard")
    matrix = apply_transform(transform, features)
    if not len(matrix):
        raise ValueError("There are no customers to divide: publish an upload with purchases first.")
    generator = np.random.default_rng(random_state)
    sample = _sample(matrix, SAMPLE_ROWS, generator)
    reason, possible = _divisible(sample, sizes)
    if reason is not None:
        return _single(transform, matrix, reason)
    centres, stability, candidates = choose_k(sample, possible, random_state=random_state)
    if len(sample) < len(matrix):
        rows = _sample(matrix, REFINE_ROWS, generator)
        centres = fit_centres(rows, len(centres), random_state=random_state, init=centres)
    centres = _ordered_by_value(centres, nearest(matrix, centres), np.asarray(features[value], dtype=float))
    return _finish(transform, matrix, sample, centres, stability, candidates)


def _sample(matrix: Matrix, rows: int, generator: np.random.Generator) -> Matrix:
    if len(matrix) <= rows:
        return matrix
    return matrix[np.sort(generator.choice(len(matrix), size=rows, replace=False))]


def _divisible(sample: Matrix, sizes: Sequence[int]) -> tuple[str | None, list[int]]:
    if len(sample) < FEWEST_CUSTOMERS:
        return f"Fewer than {FEWEST_CUSTOMERS} customers: too few to divide, so all stand in one segment.", []
    distinct = len(np.unique(np.round(sample, 9), axis=0))
    possible = [k for k in sizes if k <= min(distinct, len(sample) // 2)]
    if distinct == 1:
        return "All customers have the same figures, so they stand in one segment.", []
    if not possible:
        return "The customers differ too little to be divided, so all stand in one segment.", []
    return None, possible


def _single(transform: Transform, matrix: Matrix, reason: str) -> SegmentFit:
    model = SegmentModel(
        format_version=FORMAT_VERSION,
        algorithm="single",
        transform=transform,
        centres=[matrix.mean(axis=0).round(9).tolist()],
    )
    quality = SegmentQuality(
        algorithm="single",
        k=1,
        space="scaled_features",
        sample=min(len(matrix), SAMPLE_ROWS),
        silhouette=None,
        stability_ari=None,
    )
    return SegmentFit(model, np.zeros(len(matrix), dtype=np.int64), quality, [], reason)


def _finish(
    transform: Transform,
    matrix: Matrix,
    sample: Matrix,
    centres: Matrix,
    stability: float,
    candidates: list[Candidate],
) -> SegmentFit:
    model = SegmentModel(
        format_version=FORMAT_VERSION, algorithm="kmeans", transform=transform, centres=centres.tolist()
    )
    quality = SegmentQuality(
        algorithm="kmeans",
        k=len(centres),
        space="scaled_features",
        sample=len(sample),
        silhouette=round(silhouettes(sample, [nearest(sample, centres)])[0], 4),
        stability_ari=stability,
    )
    return SegmentFit(model, nearest(matrix, centres), quality, candidates, None)


def _ordered_by_value(centres: Matrix, labels: Labels, worth: Matrix) -> Matrix:
    known = np.nan_to_num(worth)
    sizes = np.bincount(labels, minlength=len(centres))
    means = np.bincount(labels, weights=known, minlength=len(centres)) / np.maximum(sizes, 1)
    return centres[np.lexsort((np.arange(len(centres)), -means))]


def profile_segments(features: Mapping[str, Any], labels: Labels, columns: Sequence[str]) -> pd.DataFrame:
    """One row per label: `size`, `share` of customers, and the median of each of `columns`; index `label`."""
    table = pd.DataFrame({name: np.asarray(features[name], dtype=float) for name in columns})
    grouped = table.groupby(labels)
    profile = grouped.median()
    profile.insert(0, "size", grouped.size())
    profile.insert(1, "share", profile["size"] / len(table))
    return profile.rename_axis("label")


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
    values = invert_transform(model["transform"], np.asarray(model["centres"], dtype=float))
    columns = [column for column in scale["transform"]["columns"] if column["name"] in shared]
    return apply_transform(Transform(format_version=scale["transform"]["format_version"], columns=columns), values)


def _distances(left: Matrix, right: Matrix) -> Matrix:
    gaps = left[:, None, :] - right[None, :, :]
    result: Matrix = np.sqrt((gaps**2).mean(axis=2))
    return result
