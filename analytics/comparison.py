"""One way of forming segments, tried on a sample of customers and looked at from every side.

Several of them are compared on the same rows. A silhouette measured in one space says nothing about one measured in
another, so each is also measured on a common yardstick.
Sources: Rousseeuw 1987 (silhouette); Kuhn 1955 (assignment); Pearson 1901 (principal components, for drawing).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import silhouette_samples

from analytics.algorithms import ALGORITHMS, Algorithm, Grouping, Judgement, inertia, judge, stability
from analytics.algorithms.contract import distinct_rows, neighbours, sample_rows
from analytics.algorithms.judging import JUDGED_ROWS
from analytics.algorithms.silhouette import silhouettes
from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix
from analytics.setting_aside import extremes
from analytics.spaces import SPACES, Space

SIZES = range(2, 9)
SMALLEST_SHARE = 0.01
NEAR_BEST = 0.9
STABLE_ARI = 0.8
TYPICAL = 3  # customers named for each group

Step = Callable[[], None]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Combination:
    """What is combined: names from the two registries, the features looked at, `k` (None: found from the data), and
    the share of extreme customers (0 to below 1) that the fit does not see."""

    algorithm: str
    space: str
    columns: tuple[str, ...]
    k: int | None = None
    set_aside: float = 0.0


class Tried(TypedDict):
    """One number of groups: `silhouette` -1 to 1, `inertia` in squared units of the space; None where there is no
    such figure, or where one group leaves nothing to measure."""

    k: int
    silhouette: float | None
    inertia: float
    aic: float | None
    bic: float | None
    smallest_share: float


@dataclass(frozen=True)
class Compared:
    """What came of a combination on n customers.

    `labels` (n,) from 0, the group with the highest mean value first; `silhouettes` (n,) NaN for rows that were not
    judged; `points` (n, 2) to draw; `aside` (n,) who was set aside and then assigned; `typical[label]` the rows nearest
    to the middle of their group; `shared_silhouette` on the yardstick; `reason` why there is one group only, or "".
    """

    labels: Labels
    silhouettes: Matrix
    points: Matrix
    aside: Flags
    typical: list[list[int]]
    judgement: Judgement
    shared_silhouette: float | None
    tried: list[Tried]
    reason: str


def nested_rows(count: int, most: int, random_state: int) -> Labels:
    """At most `most` of `count` row numbers, ascending; a smaller sample is always part of a larger one."""
    return np.sort(np.random.default_rng(random_state).permutation(count)[:most])


def step_count(combination: Combination) -> int:
    """How often `compare` calls `step`."""
    return 3 + (len(SIZES) if ALGORITHMS[combination.algorithm].needs_k else 0)


def most_rows(combination: Combination) -> int:
    """The largest sample on which the combination can be compared; raises ValueError for unknown names."""
    algorithm, space = _ways(combination)
    return min(algorithm.max_rows, space.max_rows)


def _ways(combination: Combination) -> tuple[Algorithm, Space]:
    if combination.algorithm not in ALGORITHMS:
        raise ValueError(f"There is no algorithm “{combination.algorithm}”: choose from {', '.join(ALGORITHMS)}.")
    if combination.space not in SPACES:
        raise ValueError(f"There is no space “{combination.space}”: choose from {', '.join(SPACES)}.")
    return ALGORITHMS[combination.algorithm], SPACES[combination.space]


def yardstick(features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Matrix:
    """The scaled figures (n, columns) in which all combinations are measured beside their own space."""
    return SPACES["scaled"].fit(features, columns=columns, random_state=random_state).matrix


def compare(
    features: Mapping[str, Any],
    combination: Combination,
    *,
    values: Any,
    common: Matrix,
    random_state: int,
    step: Step = lambda: None,
) -> Compared:
    """Try `combination` on customers with `features` (columns of length n, at most `most_rows`) and `values` (n,).

    `common` (n, c) is the yardstick; `step` is called after each part of the work, and may raise to stop it. Raises
    ValueError with a sentence when the combination can't be tried on these customers.
    """
    algorithm, space = _ways(combination)
    matrix = space.fit(features, columns=combination.columns, random_state=random_state).matrix
    if len(matrix) != len(common):
        raise ValueError(f"{space.label} takes at most {space.max_rows} customers: compare on fewer.")
    step()
    aside = extremes(features, combination.columns, share=combination.set_aside, random_state=random_state)
    kept = matrix[~aside]
    groupings = _groupings(kept, algorithm, random_state, step)
    tried = _tried(kept, groupings, random_state)
    grouping = _chosen(kept, algorithm, combination.k, groupings, tried, random_state)
    labels = by_value(_everybody(matrix, grouping.labels, aside), values)
    step()
    judgement = judge(matrix, labels, values, grouping=grouping, algorithm=algorithm, random_state=random_state)
    step()
    return Compared(
        labels=labels,
        silhouettes=_silhouette_of_each(matrix, labels, random_state),
        points=drawn(matrix),
        aside=aside,
        typical=typical_rows(matrix, labels),
        judgement=judgement,
        shared_silhouette=_shared(common, labels, random_state),
        tried=tried,
        reason=grouping.reason,
    )


def _groupings(matrix: Matrix, algorithm: Algorithm, random_state: int, step: Step) -> dict[int, Grouping]:
    """The grouping for each number of groups that is possible; empty where the algorithm finds the number itself."""
    found: dict[int, Grouping] = {}
    if not algorithm.needs_k or not len(matrix):
        return found
    most = min(distinct_rows(matrix), len(matrix) // 2)
    for k in SIZES:
        if k <= most:
            found[k] = algorithm.group(matrix, k=k, random_state=random_state)
        step()
    return found


def _tried(matrix: Matrix, groupings: dict[int, Grouping], random_state: int) -> list[Tried]:
    """Figures of each size; distances are computed once for all of them."""
    if not groupings:
        return []
    rows = sample_rows(len(matrix), JUDGED_ROWS, random_state)
    labellings = [grouping.labels[rows] for grouping in groupings.values()]
    return [
        Tried(
            k=k,
            silhouette=round(score, 4) if grouping.k > 1 else None,
            inertia=inertia(matrix, grouping.labels),
            aic=grouping.aic,
            bic=grouping.bic,
            smallest_share=float(np.bincount(grouping.labels).min() / len(grouping.labels)),
        )
        for (k, grouping), score in zip(groupings.items(), silhouettes(matrix[rows], labellings), strict=True)
    ]


def _chosen(
    matrix: Matrix,
    algorithm: Algorithm,
    k: int | None,
    groupings: dict[int, Grouping],
    tried: list[Tried],
    random_state: int,
) -> Grouping:
    if k is None and algorithm.needs_k:
        k = _best_k(matrix, algorithm, groupings, tried, random_state)
    known = groupings.get(k or 0)
    return known or algorithm.group(matrix, k=k, random_state=random_state)


def _best_k(
    matrix: Matrix, algorithm: Algorithm, groupings: dict[int, Grouping], tried: list[Tried], random_state: int
) -> int:
    """The most groups among those nearly as well apart as the best number that are stable too; else the best."""
    measured = [(each["silhouette"], each) for each in tried]
    known = [(score, each) for score, each in measured if score is not None]
    if not known:
        return 2
    usable = [entry for entry in known if entry[1]["smallest_share"] >= SMALLEST_SHARE] or known
    top, best = max(usable, key=lambda entry: (entry[0], -entry[1]["k"]))
    rows = sample_rows(len(matrix), JUDGED_ROWS, random_state)
    for score, each in sorted(usable, key=lambda entry: -entry[1]["k"]):
        if each["k"] <= best["k"] or score < NEAR_BEST * abs(top):
            continue
        labels = groupings[each["k"]].labels[rows]
        if (stability(matrix[rows], labels, algorithm, random_state=random_state) or 0) >= STABLE_ARI:
            return each["k"]
    return best["k"]


def _everybody(matrix: Matrix, labels: Labels, aside: Flags) -> Labels:
    """Those who were set aside join the group of their nearest neighbour."""
    if not aside.any():
        return labels
    result = np.empty(len(matrix), dtype=np.int64)
    result[~aside] = labels
    result[aside] = neighbours(matrix[~aside], labels, matrix[aside])
    return result


def by_value(labels: Labels, values: Any) -> Labels:
    """The same groups (n,) numbered from the highest mean of `values` (n,) down; equals keep their order."""
    sizes = np.bincount(labels)
    means = np.bincount(labels, weights=np.nan_to_num(np.asarray(values, dtype=float))) / np.maximum(sizes, 1)
    numbers = np.empty(len(sizes), dtype=np.int64)
    numbers[np.lexsort((np.arange(len(sizes)), -means))] = np.arange(len(sizes))
    return numbers[labels]


def _silhouette_of_each(matrix: Matrix, labels: Labels, random_state: int) -> Matrix:
    """The silhouette of every judged row, NaN for the others; all NaN with one group."""
    result: Matrix = np.full(len(matrix), np.nan)
    rows = sample_rows(len(matrix), JUDGED_ROWS, random_state)
    if 1 < len(np.unique(labels[rows])) < len(rows):
        result[rows] = silhouette_samples(matrix[rows], labels[rows])
    return result


def _shared(common: Matrix, labels: Labels, random_state: int) -> float | None:
    if not labels.any():
        return None
    rows = sample_rows(len(common), JUDGED_ROWS, random_state)
    return round(silhouettes(common[rows], [labels[rows]])[0], 4)


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
    """For each group of `labels` (n,) the value of `current` (n,) that it continues: as many customers as possible
    stay where they are, each value is continued once, and a group that shares nobody with what is left is new.
    """
    names, numbers = np.unique(np.asarray(current), return_inverse=True)
    shared = np.zeros((int(labels.max()) + 1, len(names)))
    np.add.at(shared, (labels, numbers), 1)
    pairs = zip(*linear_sum_assignment(-shared), strict=True)
    return {int(label): int(names[column]) for label, column in pairs if shared[label, column] > 0}
