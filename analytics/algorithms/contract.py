"""What every way of dividing customers promises, and how a bounded sample stands for everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KDTree

from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix

FEWEST_ROWS = 10
NOISE = -1


@dataclass(frozen=True)
class Found:
    """What an algorithm found among the rows it was given, which is all of them or a sample.

    `labels` (n,) may hold NOISE. `aic` and `bic` (lower is better) exist where the algorithm has a likelihood.
    `place` labels rows (m, d) that were not in the sample, where the algorithm has a rule of its own; without one
    they join the group of their nearest neighbour.
    """

    labels: Labels
    aic: float | None = None
    bic: float | None = None
    place: Callable[[Matrix], Labels] | None = None


@dataclass(frozen=True)
class Grouping:
    """Everybody's group: `labels` (n,) from 0, the largest group first; never NOISE.

    `noise_share` of the sample belonged to no group and was given to the nearest. `reason` says in a sentence why
    there is one group only; "" otherwise.
    """

    labels: Labels
    noise_share: float = 0.0
    sample_rows: int = 0
    aic: float | None = None
    bic: float | None = None
    reason: str = ""

    @property
    def k(self) -> int:
        """How many groups were found."""
        return int(self.labels.max()) + 1


class Find(Protocol):
    """`matrix` (n, d) with n >= FEWEST_ROWS and at least two different rows; `k` is between 2 and their number."""

    def __call__(self, matrix: Matrix, *, k: int, random_state: int) -> Found: ...


@dataclass(frozen=True)
class Algorithm:
    """One way of dividing customers. `max_rows` bounds its cost: of more rows a random sample is divided, and the
    rest assigned. With `needs_k` false it finds the number of groups itself, and `k` is ignored."""

    name: str
    label: str
    needs_k: bool
    max_rows: int
    find: Find

    def fit(self, matrix: Matrix, *, k: int | None = None, random_state: int) -> Labels:
        """The group of each row of `matrix` (n, d), shape (n,), from 0; see `group`."""
        return self.group(matrix, k=k, random_state=random_state).labels

    def group(self, matrix: Matrix, *, k: int | None = None, random_state: int) -> Grouping:
        """Groups of all rows of `matrix` (n >= 1, d), with what is known of how they were found.

        A base that cannot be divided is one group with a reason. Raises ValueError for no rows, values that are not
        finite, or a missing `k` where one is needed.
        """
        _check(matrix, k, self)
        if reason := why_single(matrix):
            return _single(matrix, reason, len(matrix))
        rows = sample_rows(len(matrix), self.max_rows, random_state)
        sample = matrix[rows]
        if reason := why_single(sample):
            return _single(matrix, reason, len(sample))
        return self._group(matrix, sample, rows, k or 2, random_state)

    def _group(self, matrix: Matrix, sample: Matrix, rows: Labels, k: int, random_state: int) -> Grouping:
        found = self.find(sample, k=max(2, min(k, distinct_rows(sample))), random_state=random_state)
        if (noise_share := float(np.mean(found.labels == NOISE))) == 1:
            reason = f"{self.label} found no dense group among these customers, so all stand in one."
            return _single(matrix, reason, len(sample))
        known = without_noise(sample, found.labels)
        labels = known if len(rows) == len(matrix) else _everybody(matrix, sample, rows, known, found)
        labels = largest_first(labels)
        reason = "" if labels.any() else f"{self.label} found no boundary between these customers."
        return Grouping(labels, noise_share, len(sample), found.aic, found.bic, reason)


def _check(matrix: Matrix, k: int | None, algorithm: Algorithm) -> None:
    if not len(matrix):
        raise ValueError("There are no customers to divide: publish an upload with purchases first.")
    if not np.isfinite(matrix).all():
        raise ValueError("The figures to divide by must be finite numbers: scale them with one of the spaces first.")
    if algorithm.needs_k and (k is None or k < 1):
        raise ValueError(f"{algorithm.label} needs the number of groups: name at least one.")


def _single(matrix: Matrix, reason: str, sample: int) -> Grouping:
    return Grouping(np.zeros(len(matrix), dtype=np.int64), sample_rows=sample, reason=reason)


def why_single(matrix: Matrix) -> str:
    """Why `matrix` (n, d) cannot be divided at all, as a sentence; "" when it can."""
    if len(matrix) < FEWEST_ROWS:
        return f"Fewer than {FEWEST_ROWS} customers: too few to divide, so all stand in one segment."
    if np.allclose(matrix, matrix[0], rtol=0, atol=1e-9):
        return "All customers have the same figures, so they stand in one segment."
    return ""


def distinct_rows(matrix: Matrix) -> int:
    """How many different rows `matrix` (n, d) has, to nine decimals."""
    return len(np.unique(np.round(matrix, 9), axis=0))


def sample_rows(count: int, most: int, random_state: int) -> Labels:
    """At most `most` of `count` row numbers, ascending, drawn without replacement."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(random_state).choice(count, size=most, replace=False))


def neighbours(points: Matrix, labels: Labels, matrix: Matrix) -> Labels:
    """The label of the nearest of `points` (m, d) for each row of `matrix` (n, d), shape (n,)."""
    nearest: Labels = KDTree(points).query(matrix, k=1, return_distance=False)[:, 0]
    return labels[nearest]


def without_noise(matrix: Matrix, labels: Labels) -> Labels:
    """`labels` (n,) where rows of NOISE have taken the group of the nearest row that has one."""
    noise = labels == NOISE
    if not noise.any():
        return labels
    filled = labels.copy()
    filled[noise] = neighbours(matrix[~noise], labels[~noise], matrix[noise])
    return filled


def _everybody(matrix: Matrix, sample: Matrix, rows: Labels, labels: Labels, found: Found) -> Labels:
    result = found.place(matrix) if found.place else neighbours(sample, labels, matrix)
    result = result.astype(np.int64)
    result[rows] = labels
    return result


def largest_first(labels: Labels) -> Labels:
    """The same groups numbered from 0 by size, equals by the first row that stands in them."""
    _, first, inverse, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    numbers: NDArray[np.int64] = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.arange(len(order))
    return numbers[inverse]
