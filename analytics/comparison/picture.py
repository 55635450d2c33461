"""What is shown of a way to form segments: a sample, places to draw, typical customers, and whom a group continues.

Source: Pearson 1901 (principal components).
"""

from typing import Any

import numpy as np

from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix
from analytics.segments.identity import match_members

TYPICAL = 3  # customers named for each group


def nested_rows(count: int, most: int, random_state: int) -> Labels:
    """At most `most` of `count` row numbers, ascending; a smaller sample is always part of a larger one."""
    return np.sort(np.random.default_rng(random_state).permutation(count)[:most])


def by_value(labels: Labels, values: Any) -> Labels:
    """The same groups (n,) numbered from the highest mean of `values` (n,) down; equals keep their order."""
    sizes = np.bincount(labels)
    means = np.bincount(labels, weights=np.nan_to_num(np.asarray(values, dtype=float))) / np.maximum(sizes, 1)
    numbers = np.empty(len(sizes), dtype=np.int64)
    numbers[np.lexsort((np.arange(len(sizes)), -means))] = np.arange(len(sizes))
    return numbers[labels]


def drawn(matrix: Matrix) -> Matrix:
    """Two coordinates (n, 2) for each row of `matrix` (n, d): itself when it is a plane, else its two main directions.

    Each direction points to where its largest loading is positive, so that the same data give the same picture.
    """
    if matrix.shape[1] == 2:
        return matrix
    if matrix.shape[1] < 2:
        return np.column_stack([matrix, np.zeros((len(matrix), 2 - matrix.shape[1]))])
    centred = matrix - matrix.mean(axis=0)
    turned = np.linalg.svd(centred.T @ centred)[0][:, :2]
    turned = turned * np.where(turned[np.abs(turned).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    result: Matrix = centred @ turned
    return result


def typical_rows(matrix: Matrix, labels: Labels, most: int = TYPICAL) -> list[list[int]]:
    """For each group of `labels` (n,) the numbers of the rows nearest to its mean, the nearest first."""
    found = []
    for label in range(int(labels.max()) + 1):
        rows = np.flatnonzero(labels == label)
        gaps = ((matrix[rows] - matrix[rows].mean(axis=0)) ** 2).sum(axis=1)
        found.append([int(row) for row in rows[np.lexsort((rows, gaps))[:most]]])
    return found


def continuations(labels: Labels, current: Any) -> dict[int, int]:
    """For each group of `labels` (n,) the value of `current` (n,) that it continues, as a refresh would have it.

    As many customers as possible stay where they are; a group that is too unlike every former one is new.
    """
    names, numbers = np.unique(np.asarray(current), return_inverse=True)
    shared = np.zeros((int(labels.max()) + 1, len(names)), dtype=np.int64)
    np.add.at(shared, (labels, numbers), 1)
    pairs = match_members(shared)
    return {label: int(names[column]) for label, column in pairs.items() if column is not None}
