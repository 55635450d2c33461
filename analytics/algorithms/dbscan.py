"""DBSCAN (Ester, Kriegel, Sander & Xu 1996): groups of any shape where customers stand densely."""

import numpy as np
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors

from analytics.algorithms.contract import Algorithm, Found
from analytics.scoring.transform import Matrix

FEWEST_NEIGHBOURS = 4
DENSE_SHARE = 0.98


def find(matrix: Matrix, *, k: int, random_state: int) -> Found:
    """Rows (n, d) that reach each other through dense places; k is ignored. Memory grows with the neighbours within
    reach, n squared at worst, so it is bounded by the sample."""
    neighbours = max(FEWEST_NEIGHBOURS, min(2 * matrix.shape[1], len(matrix) // 5))
    model = DBSCAN(eps=reach(matrix, neighbours), min_samples=neighbours + 1)
    return Found(np.asarray(model.fit_predict(matrix), dtype=np.int64))


def reach(matrix: Matrix, neighbours: int) -> float:
    """The radius within which DENSE_SHARE of the rows (n, d) have their `neighbours`-th neighbour.

    The elbow of the sorted distances, as the paper has it, is found by eye; by rule it comes out so small on evenly
    dense groups that they fall to pieces.
    """
    model = NearestNeighbors(n_neighbors=min(neighbours + 1, len(matrix))).fit(matrix)
    # Where most are copies of each other this distance is 0, which is no radius.
    return max(float(np.quantile(model.kneighbors(matrix)[0][:, -1], DENSE_SHARE)), 1e-6)


ALGORITHM = Algorithm("dbscan", "DBSCAN", needs_k=False, max_rows=5_000, find=find)
