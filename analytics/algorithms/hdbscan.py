"""HDBSCAN (Campello, Moulavi & Sander 2013): dense groups of any shape, each at the density that suits it."""

import numpy as np
from sklearn.cluster import HDBSCAN

from analytics.algorithms.contract import Algorithm, Found
from analytics.scoring.transform import Matrix

SMALLEST_SHARE = 0.02
FEWEST = 5


def find(matrix: Matrix, *, k: int, random_state: int) -> Found:
    """Rows (n, d) in the groups that persist longest while density falls; k is ignored. A group holds at least
    SMALLEST_SHARE of the sample. Time grows with n squared, so it is bounded by the sample."""
    smallest = max(FEWEST, round(SMALLEST_SHARE * len(matrix)))
    model = HDBSCAN(min_cluster_size=smallest, min_samples=min(smallest, 10), copy=True)
    return Found(np.asarray(model.fit_predict(matrix), dtype=np.int64))


ALGORITHM = Algorithm("hdbscan", "HDBSCAN", needs_k=False, max_rows=5_000, find=find)
