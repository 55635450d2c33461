"""Random-forest clustering: customers are alike when trees send them to the same leaves.

Sources: Breiman 2001 (proximities, synthetic second class); Shi & Horvath 2006 (clustering on them); Geurts,
Ernst & Wehenkel 2006 (trees with random thresholds); Ng, Jordan & Weiss 2001 (the cut of the graph of proximities).
"""

import warnings
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import SpectralClustering
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from analytics.algorithms.contract import Algorithm, Found
from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix

SMALLEST_LEAF_SHARE = 0.02


class RandomForestClustering(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Groups by the proximity of leaves in a forest that tells real rows from shuffled ones.

    The second class holds every column shuffled by itself: the trees can tell the two apart only by how features go
    together, so leaves collect rows in which they go together alike. Two rows are as near as the share of
    trees that send both to one leaf; groups are what few such ties cross. (Medoids, as in Shi & Horvath, were tried
    and found less: most pairs of one group share no leaf, so no row is central. Thresholds drawn at random find
    groups that the best ones cut through, because one column alone tells nothing of the shuffled rows.) The unit of a
    column does not matter. Memory grows with n squared: give at most a few thousand rows.

    After `fit`: `labels_` (n,), `forest_`.
    """

    def __init__(self, n_clusters: int = 3, *, n_trees: int = 200, random_state: Any = None) -> None:
        self.n_clusters = n_clusters
        self.n_trees = n_trees
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Group the rows of X (n, d), n >= n_clusters. Raises ValueError for fewer rows."""
        matrix: Matrix = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        if not 1 <= self.n_clusters <= len(matrix):
            raise ValueError(f"n_samples={len(matrix)} should be >= n_clusters={self.n_clusters}, which must be >= 1.")
        generator = check_random_state(self.random_state)
        self.forest_ = _forest(matrix, self.n_trees, generator)
        self._leaves = self.forest_.apply(matrix)
        self.labels_ = _cut(proximities(self._leaves, self._leaves), self.n_clusters, generator)
        return self

    def predict(self, X: Any) -> Labels:
        """The group (m,) whose members share most leaves on average with each row of X (m, d); ties to the lower."""
        check_is_fitted(self)
        matrix = validate_data(self, X, dtype=np.float64, reset=False)
        leaves = self.forest_.apply(matrix)
        highest = int(max(leaves.max(), self._leaves.max())) + 1
        members = np.eye(int(self.labels_.max()) + 1)[self.labels_]
        homes = _indicators(self._leaves, highest).T @ (members / np.maximum(members.sum(axis=0), 1))
        return np.asarray((_indicators(leaves, highest) @ homes).argmax(axis=1), dtype=np.int64)


def _forest(matrix: Matrix, trees: int, generator: Any) -> Any:
    shuffled = np.column_stack([generator.permutation(column) for column in matrix.T])
    forest = ExtraTreesClassifier(
        trees,
        min_samples_leaf=max(1, round(SMALLEST_LEAF_SHARE * len(matrix))),
        max_features=None if matrix.shape[1] < 3 else "sqrt",
        random_state=generator.randint(2**31 - 1),
        n_jobs=1,
    )
    return forest.fit(np.vstack([matrix, shuffled]), np.repeat([1, 0], len(matrix)))


def _cut(ties: Matrix, k: int, generator: Any) -> Labels:
    if k == 1 or len(ties) <= k:
        return np.arange(len(ties)) % k
    model = SpectralClustering(k, affinity="precomputed", assign_labels="cluster_qr", random_state=generator)
    with warnings.catch_warnings():
        # Parts that nothing connects are groups as clear as can be.
        warnings.filterwarnings("ignore", "Graph is not fully connected", UserWarning)
        return np.asarray(model.fit_predict(ties), dtype=np.int64)


def proximities(left: Labels, right: Labels) -> Matrix:
    """The share of trees in which two rows stand in one leaf, (n, m), from leaf numbers (n, trees) and (m, trees)."""
    highest = int(max(left.max(), right.max())) + 1
    shared = _indicators(left, highest) @ _indicators(right, highest).T
    result: Matrix = np.asarray(shared.todense(), dtype=np.float32) / left.shape[1]
    return result


def _indicators(leaves: Labels, highest: int) -> Any:
    rows, trees = leaves.shape
    columns = (leaves + highest * np.arange(trees)).ravel()
    starts = np.arange(0, rows * trees + 1, trees)
    return csr_matrix((np.ones(rows * trees, dtype=np.float32), columns, starts), shape=(rows, trees * highest))


def find(matrix: Matrix, *, k: int, random_state: int) -> Found:
    """Rows (n, d) by k groups of leaf proximities; see RandomForestClustering."""
    model = RandomForestClustering(min(k, len(matrix) // 2), random_state=random_state).fit(matrix)
    return Found(model.labels_, place=model.predict)


ALGORITHM = Algorithm("random_forest", "Random forest", needs_k=True, max_rows=3_000, find=find)
