"""Centres of k-means on many rows, continued from given ones."""

import numpy as np
from sklearn.cluster import KMeans

from analytics.scoring.transform import Matrix


def fit_centres(matrix: Matrix, k: int, *, random_state: int, init: Matrix) -> Matrix:
    """Centres (k, d) of k-means on `matrix` (n, d), n >= k, from the given ones `init` (k, d)."""
    model = KMeans(n_clusters=k, init=init, n_init=1, max_iter=100, random_state=random_state)
    # Parallel sums differ in their last digits from run to run; rounded centres do not.
    return np.round(np.asarray(model.fit(matrix).cluster_centers_, dtype=float), 9)
