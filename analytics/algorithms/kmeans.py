"""K-means (Lloyd 1982; starts by Arthur & Vassilvitskii 2007): round groups about centres."""

import numpy as np
from sklearn.cluster import KMeans

from analytics.algorithms.contract import Algorithm, Found
from analytics.scoring.segments import nearest
from analytics.scoring.transform import Matrix

STARTS = 4


def find(matrix: Matrix, *, k: int, random_state: int) -> Found:
    """Rows (n, d) by their nearest of k centres. Cost: n times k for each step; 200,000 rows take a few seconds."""
    model = KMeans(n_clusters=k, n_init=STARTS, max_iter=100, random_state=random_state).fit(matrix)
    # Parallel sums differ in their last digits from run to run; rounded centres do not.
    centres = np.round(np.asarray(model.cluster_centers_, dtype=float), 9)
    return Found(nearest(matrix, centres), place=lambda rows: nearest(rows, centres))


ALGORITHM = Algorithm("kmeans", "K-means", needs_k=True, max_rows=200_000, find=find)
