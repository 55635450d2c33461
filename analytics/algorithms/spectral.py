"""Spectral clustering (Ng, Jordan & Weiss 2001; von Luxburg 2007): groups that hang together from neighbour to
neighbour."""

import warnings

import numpy as np
from sklearn.cluster import SpectralClustering

from analytics.algorithms.contract import Algorithm, Found
from analytics.scoring.transform import Matrix

NEIGHBOURS = 15


def find(matrix: Matrix, *, k: int, random_state: int) -> Found:
    """Rows (n, d) by k cuts through the graph of nearest neighbours, where few edges cross. The graph is sparse; its
    eigenvectors take seconds for 5,000 rows."""
    model = SpectralClustering(
        n_clusters=min(k, len(matrix) // 2),
        affinity="nearest_neighbors",
        n_neighbors=min(NEIGHBOURS, len(matrix) - 1),
        assign_labels="cluster_qr",
        random_state=random_state,
    )
    with warnings.catch_warnings():
        # Parts that nothing connects are groups as clear as can be.
        warnings.filterwarnings("ignore", "Graph is not fully connected", UserWarning)
        return Found(np.asarray(model.fit_predict(matrix), dtype=np.int64))


ALGORITHM = Algorithm("spectral", "Spectral", needs_k=True, max_rows=5_000, find=find)
