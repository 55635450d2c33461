"""Setting extreme customers aside while groups are found, so that a handful does not bend them (Liu, Ting & Zhou
2008)."""

import numpy as np
from numpy.typing import NDArray

from analytics.algorithms.contract import neighbours
from analytics.outliers import fit_forest
from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix


def extreme_rows(matrix: Matrix, share: float, *, random_state: int) -> NDArray[np.bool_]:
    """Which rows of `matrix` (n, d) are the `share` that an isolation forest tells apart most easily, shape (n,).

    `share` of n is rounded down, and rows that score like the last one that stays are not taken either: of equals
    none is extreme.
    """
    allowed = int(share * len(matrix))
    if not allowed:
        return np.zeros(len(matrix), dtype=bool)
    scores = np.round(fit_forest(matrix, random_state=random_state).score(matrix), 9)
    threshold = np.sort(scores)[::-1][allowed]
    extreme: NDArray[np.bool_] = scores > threshold
    return extreme


def nearest_kept(matrix: Matrix, kept: Labels) -> Labels:
    """For each row of `matrix` (n, d) the place in `kept` (m,) of the nearest kept row, shape (n,); its own for those
    that were kept. So groups of the kept rows reach everybody."""
    places = np.arange(len(kept))
    near = neighbours(matrix[kept], places, matrix)
    near[kept] = places
    return near
