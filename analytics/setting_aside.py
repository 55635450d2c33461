"""Who is too unlike everybody to be in a fit: the most isolated share of customers (Liu, Ting & Zhou 2008)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from analytics.scaling import fit_transform_plan
from analytics.scoring.transform import apply_transform

TREES = 100
ROWS_A_TREE = 256


def extremes(
    features: Mapping[str, Any], columns: Sequence[str], *, share: float, random_state: int
) -> NDArray[np.bool_]:
    """Flags (n,) of the `share` (0 to below 1, rounded down to whole customers) most isolated rows of `columns`."""
    present = [name for name in columns if name in features]
    matrix = apply_transform(fit_transform_plan(features, present), features)
    flags = np.zeros(len(matrix), dtype=np.bool_)
    if (most := int(share * len(matrix))) > 0:
        forest = IsolationForest(
            n_estimators=TREES, max_samples=min(ROWS_A_TREE, len(matrix)), random_state=random_state
        ).fit(matrix)
        flags[np.argsort(forest.score_samples(matrix), kind="stable")[:most]] = True
    return flags
