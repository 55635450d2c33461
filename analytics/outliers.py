"""Fitting the isolation forest over customer features (Liu, Ting & Zhou 2008), and keeping it as numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import IsolationForest

from analytics.scaling import fit_transform_plan
from analytics.scoring.forest import Forest, Integers, average_path
from analytics.scoring.outliers import OutlierModel
from analytics.scoring.transform import Matrix, apply_transform

OUTLIER_FEATURES = (
    "days_since_last_purchase",
    "order_count",
    "gross_revenue",
    "average_order_value",
    "items",
    "distinct_items",
    "return_rate",
)
CONTAMINATION = 0.01
TREES = 100
ROWS_A_TREE = 256
CHECKED_ROWS = 512


def fit_outliers(
    features: Mapping[str, Any],
    *,
    columns: Sequence[str] = OUTLIER_FEATURES,
    contamination: float = CONTAMINATION,
    random_state: int,
) -> OutlierModel:
    """An isolation forest over the scaled `columns` (each of length n >= 1).

    `contamination` (0 to 0.5) sets the threshold: at most that share of this base, rounded down, scores above
    it, and none of a base of equals. The arrays are checked against sklearn's own scores before they are
    returned. Raises ValueError for no rows or a contamination outside its range.
    """
    if not 0 <= contamination <= 0.5:
        raise ValueError("The expected share of anomalies must lie between 0 and 50 %.")
    transform = fit_transform_plan(features, columns, spread="robust")
    matrix = apply_transform(transform, features)
    if not len(matrix):
        raise ValueError("There are no customers to compare: publish an upload with purchases first.")
    forest = fit_forest(matrix, random_state=random_state)
    return OutlierModel(transform, forest, _threshold(forest.score(matrix), contamination), contamination)


def _threshold(scores: Matrix, contamination: float) -> float:
    allowed = int(contamination * len(scores))
    return float(np.sort(scores)[::-1][min(allowed, len(scores) - 1)])


def fit_forest(matrix: Matrix, *, trees: int = TREES, random_state: int) -> Forest:
    """TREES trees on ROWS_A_TREE rows each of `matrix` (n, d), as arrays. Raises ArithmeticError if they
    disagree with sklearn's scores on up to CHECKED_ROWS rows."""
    rows = min(ROWS_A_TREE, len(matrix))
    model = IsolationForest(n_estimators=trees, max_samples=rows, random_state=random_state).fit(matrix)
    forest = _as_arrays(model, rows)
    checked = matrix[:CHECKED_ROWS]
    if rows > 1 and not np.allclose(forest.score(checked), -model.score_samples(checked), atol=1e-9):
        raise ArithmeticError(
            "The stored forest disagrees with the fitted one: the installed sklearn is not supported."
        )
    return forest


def _as_arrays(model: Any, rows: int) -> Forest:
    trees = [estimator.tree_ for estimator in model.estimators_]
    depths = [_node_depths(tree.children_left, tree.children_right) for tree in trees]
    starts = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
    return Forest(
        roots=starts.astype(np.int64),
        feature=np.concatenate([np.maximum(tree.feature, 0) for tree in trees]).astype(np.int64),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        left=_children([tree.children_left for tree in trees], starts),
        right=_children([tree.children_right for tree in trees], starts),
        depth=np.concatenate(
            [depth + average_path(tree.n_node_samples.astype(float)) for tree, depth in zip(trees, depths, strict=True)]
        ),
        levels=int(max(depth.max() for depth in depths)),
        normal=float(average_path(np.array([float(rows)]))[0]),
    )


def _children(sides: Sequence[Integers], starts: Integers) -> Integers:
    """Child numbers in the common numbering; a leaf (-1) points to itself."""
    parts = [np.where(side < 0, np.arange(len(side)), side) + start for side, start in zip(sides, starts, strict=True)]
    return np.concatenate(parts).astype(np.int64)


def _node_depths(left: Integers, right: Integers) -> Matrix:
    depths = np.zeros(len(left))
    for node in range(len(left)):  # sklearn numbers parents before their children
        if left[node] >= 0:
            depths[[left[node], right[node]]] = depths[node] + 1
    return depths
