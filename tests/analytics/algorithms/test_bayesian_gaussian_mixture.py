from sklearn.metrics import adjusted_rand_score

from analytics.algorithms import ALGORITHMS
from tests.analytics.algorithms.shapes import blobs


def test_needless_groups_wither() -> None:
    matrix, truth = blobs()
    labels = ALGORITHMS["bayesian_gaussian_mixture"].fit(matrix, k=8, random_state=1)
    assert labels.max() + 1 == 3
    assert adjusted_rand_score(truth, labels) > 0.95
