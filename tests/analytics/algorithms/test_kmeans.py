import numpy as np

from analytics.algorithms import ALGORITHMS
from tests.analytics.algorithms.shapes import blobs


def test_everybody_stands_with_the_nearest_mean() -> None:
    matrix, _ = blobs()
    labels = ALGORITHMS["kmeans"].fit(matrix, k=3, random_state=1)
    means = np.array([matrix[labels == label].mean(axis=0) for label in range(3)])
    distances = ((matrix[:, None] - means[None]) ** 2).sum(axis=2)
    np.testing.assert_array_equal(labels, distances.argmin(axis=1))
