"""Any algorithm of the registry as an estimator whose cost is bounded by a sample."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from analytics.algorithms import ALGORITHMS
from analytics.algorithms.contract import neighbours, sample_rows
from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix


class SampledClustering(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Divides at most `max_rows` random rows by `algorithm`, and gives all others the group of their nearest
    neighbour among those.

    So a method that compares everybody with everybody serves a base of any size: time and memory for n rows are those
    of `max_rows`, plus a search for each row. After `fit`: `labels_` (n,), `sample_rows_` (m,), `noise_share_`.
    """

    def __init__(
        self, algorithm: str = "kmeans", n_clusters: int = 3, *, max_rows: int = 5_000, random_state: Any = None
    ) -> None:
        self.algorithm = algorithm
        self.n_clusters = n_clusters
        self.max_rows = max_rows
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Group the rows of X (n, d). Raises ValueError for an unknown algorithm."""
        matrix: Matrix = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        if self.algorithm not in ALGORITHMS:
            raise ValueError(f"There is no algorithm {self.algorithm}: choose from {', '.join(ALGORITHMS)}.")
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.sample_rows_ = sample_rows(len(matrix), self.max_rows, seed)
        self._points = matrix[self.sample_rows_]
        bounded = replace(ALGORITHMS[self.algorithm], max_rows=self.max_rows)
        grouping = bounded.group(self._points, k=self.n_clusters, random_state=seed)
        self._point_labels, self.noise_share_ = grouping.labels, grouping.noise_share
        self.labels_ = self.predict(matrix) if len(self._points) < len(matrix) else grouping.labels
        return self

    def predict(self, X: Any) -> Labels:
        """The group (m,) of the nearest row of the sample for each row of X (m, d)."""
        check_is_fitted(self, "sample_rows_")
        matrix = validate_data(self, X, dtype=np.float64, reset=False)
        return neighbours(self._points, self._point_labels, matrix)
