"""Principal components (Pearson 1901, Hotelling 1933) of the scaled features: fewer axes, none of them repeated."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from analytics.scaling import fit_transform_plan
from analytics.scoring.transform import Matrix, apply_transform
from analytics.spaces.contract import Laid, Space

VARIANCE_KEPT = 0.9


def lay(features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Laid:
    """As many components as keep VARIANCE_KEPT of the variance, two at least where there are two features."""
    plan = fit_transform_plan(features, columns, spread="standard")
    matrix = apply_transform(plan, features)
    mean, turn = _components(matrix)

    def place(others: Mapping[str, Any]) -> Matrix:
        result: Matrix = (apply_transform(plan, others) - mean) @ turn
        return result

    return Laid(place(features), tuple(f"component {number + 1}" for number in range(turn.shape[1])), place)


def _components(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """The mean (d,) and the axes (d, c); a base of equals keeps its features as they are."""
    mean = matrix.mean(axis=0)
    if np.allclose(matrix, mean):
        return mean, np.eye(matrix.shape[1])
    model = PCA(svd_solver="full").fit(matrix)
    explained = np.cumsum(model.explained_variance_ratio_)
    enough = int(np.searchsorted(explained, VARIANCE_KEPT - 1e-12)) + 1
    axes = model.components_[: max(enough, min(2, len(explained)))]
    # Last digits depend on the number of threads; rounded axes do not.
    return mean, np.round(axes.T, 9)


SPACE = Space("pca", "Principal components", max_rows=1_000_000, is_slow=False, lay=lay)
