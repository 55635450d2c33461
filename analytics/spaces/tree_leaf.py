"""Leaves of random trees (Geurts, Ernst & Wehenkel 2006; Moosmann, Triggs & Jurie 2006), condensed: customers who fall
into the same leaves lie together."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomTreesEmbedding

from analytics.scaling import fit_transform_plan
from analytics.scoring.transform import Matrix, apply_transform
from analytics.spaces.contract import Laid, Space

TREES = 100
DEPTH = 5
AXES = 6
FEWEST = 3


def lay(features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Laid:
    """At most AXES axes: the directions in which leaves differ most (truncated singular values, Halko et al. 2011)."""
    plan = fit_transform_plan(features, columns, spread="standard")
    matrix = apply_transform(plan, features)
    trees = RandomTreesEmbedding(TREES, max_depth=DEPTH, random_state=random_state, n_jobs=1)
    leaves = trees.fit_transform(matrix)
    axes, mean = _axes(leaves, min(AXES, len(matrix) - 1), random_state)

    def place(others: Mapping[str, Any]) -> Matrix:
        result: Matrix = (np.asarray(trees.transform(apply_transform(plan, others)) @ axes) - mean) / np.sqrt(TREES)
        return result

    return Laid(place(features), tuple(f"leaves {number + 1}" for number in range(axes.shape[1])), place)


def _axes(leaves: Any, count: int, random_state: int) -> tuple[Matrix, Matrix]:
    """Directions (leaves, axes), and the mean place (axes,). A base of equals, or of two, has one."""
    if len(np.unique(leaves.indices)) == TREES or leaves.shape[0] < FEWEST:
        first = np.zeros((leaves.shape[1], 1))
        first[0] = 1
        return first, np.asarray(leaves @ first).mean(axis=0)
    model = TruncatedSVD(min(count, leaves.shape[1] - 1), random_state=random_state).fit(leaves)
    directions = np.round(model.components_.T, 9)
    return directions, np.asarray(leaves @ directions).mean(axis=0)


SPACE = Space("tree_leaf", "Leaves of random trees", max_rows=100_000, is_slow=False, lay=lay)
