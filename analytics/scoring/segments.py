"""A fitted segmentation as plain numbers, and the placing of customers into it with numpy alone."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from analytics.scoring.transform import Matrix, Transform, apply_transform

FORMAT_VERSION = 1
NUMBERS_AT_ONCE = 10_000_000  # distances in memory: 80 MB
Labels = NDArray[np.int64]


class SegmentModel(TypedDict):
    """`centres[label]` in scaled units; label 0 is the segment of the highest average value. JSON-able.

    Customers stand in the segment of the nearest centre; where the segments are not round about centres, of the
    nearest of `points`, in the same units, whose labels are `point_labels`.
    """

    format_version: int
    algorithm: str
    transform: Transform
    centres: list[list[float]]
    points: NotRequired[list[list[float]]]
    point_labels: NotRequired[list[int]]


class SegmentModelError(ValueError):
    """The stored model cannot be used; the message says what to do."""


def assign(model: SegmentModel, features: Mapping[str, Any]) -> Labels:
    """The label (0 to k - 1) of each row of `features` (columns of length n, in their own units), shape (n,).

    Raises SegmentModelError for an unknown format, TransformError for a missing column.
    """
    if model["format_version"] != FORMAT_VERSION:
        raise SegmentModelError("These segments were written by another version of the product: refresh the snapshot.")
    scaled = apply_transform(model["transform"], features)
    if "points" not in model:
        return nearest(scaled, np.asarray(model["centres"], dtype=float))
    return np.asarray(model["point_labels"], dtype=np.int64)[nearest(scaled, np.asarray(model["points"], dtype=float))]


def nearest(scaled: Matrix, centres: Matrix) -> Labels:
    """The row of `centres` (k, d) nearest to each row of `scaled` (n, d) by Euclidean distance; ties to the
    lower."""
    labels = np.empty(len(scaled), dtype=np.int64)
    rows = max(1, NUMBERS_AT_ONCE // max(len(centres), 1))
    for start in range(0, len(scaled), rows):
        part = scaled[start : start + rows]
        # |x|^2 is the same for every centre, so it cannot change which one is nearest.
        labels[start : start + len(part)] = np.argmin((centres**2).sum(axis=1) - 2 * part @ centres.T, axis=1)
    return labels
