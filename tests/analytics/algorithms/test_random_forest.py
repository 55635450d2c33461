import numpy as np
from sklearn.metrics import adjusted_rand_score

from analytics.algorithms import ALGORITHMS
from analytics.algorithms.random_forest import RandomForestClustering, proximities
from tests.analytics.algorithms.shapes import blobs


def test_proximity_is_the_share_of_trees_with_a_common_leaf() -> None:
    leaves = np.array([[1, 5, 2], [1, 5, 3], [4, 6, 2]])
    np.testing.assert_allclose(
        proximities(leaves, leaves), [[1, 2 / 3, 1 / 3], [2 / 3, 1, 0], [1 / 3, 0, 1]], rtol=1e-6
    )


def test_the_unit_of_a_figure_does_not_matter() -> None:
    matrix, _ = blobs()
    cents = matrix * [100.0, 1.0] + [5.0, 0.0]
    plain, other = (ALGORITHMS["random_forest"].fit(each, k=3, random_state=1) for each in (matrix, cents))
    assert adjusted_rand_score(plain, other) > 0.95


def test_members_of_the_fit_are_placed_where_they_stood() -> None:
    matrix, _ = blobs()
    model = RandomForestClustering(3, random_state=1).fit(matrix)
    assert np.mean(model.predict(matrix) == model.labels_) > 0.98
