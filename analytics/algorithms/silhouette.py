"""The silhouette of several groupings of one matrix at once (Rousseeuw 1987)."""

from collections.abc import Sequence

import numpy as np

from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix

BLOCK_ROWS = 512


def silhouettes(matrix: Matrix, labellings: Sequence[Labels]) -> list[float]:
    """Mean silhouette of each labelling (n,) of the same `matrix` (n, d), distances computed once for all of
    them.

    Memory is BLOCK_ROWS times n; time grows with n squared, so give a sample of at most about 10,000 rows. A
    labelling with a single label scores 0; a row alone in its group counts 0, as in Rousseeuw 1987.
    """
    members = [np.eye(int(labels.max()) + 1)[labels] for labels in labellings]
    totals = [0.0] * len(labellings)
    squares = (matrix**2).sum(axis=1)
    for start in range(0, len(matrix), BLOCK_ROWS):
        rows = np.arange(start, min(start + BLOCK_ROWS, len(matrix)))
        distances = _distances(matrix, squares, rows)
        for place, labels in enumerate(labellings):
            totals[place] += _silhouette_sum(distances @ members[place], labels[rows], members[place].sum(axis=0))
    return [total / len(matrix) for total in totals]


def _distances(matrix: Matrix, squares: Matrix, rows: Labels) -> Matrix:
    gaps = squares[rows, None] + squares[None, :] - 2 * matrix[rows] @ matrix.T
    distances: Matrix = np.sqrt(np.maximum(gaps, 0))
    distances[np.arange(len(rows)), rows] = 0
    return distances


def _silhouette_sum(distance_sums: Matrix, own: Labels, sizes: Matrix) -> float:
    if len(sizes) < 2:
        return 0.0
    place = np.arange(len(own))
    alone = sizes[own] == 1
    inner = distance_sums[place, own] / np.maximum(sizes[own] - 1, 1)
    outer = distance_sums / np.maximum(sizes, 1)
    outer[:, sizes == 0] = np.inf
    outer[place, own] = np.inf
    nearest_other = outer.min(axis=1)
    widest = np.maximum(inner, nearest_other)
    scores = np.where(alone | (widest == 0), 0.0, (nearest_other - inner) / np.where(widest == 0, 1, widest))
    return float(scores.sum())
