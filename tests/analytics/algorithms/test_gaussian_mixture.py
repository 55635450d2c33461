from sklearn.metrics import adjusted_rand_score

from analytics.algorithms import ALGORITHMS
from tests.analytics.algorithms.shapes import blobs, stretched


def test_long_groups_that_k_means_would_cut_are_found() -> None:
    matrix, truth = stretched()
    scores = {
        name: adjusted_rand_score(truth, ALGORITHMS[name].fit(matrix, k=2, random_state=1))
        for name in ("kmeans", "gaussian_mixture")
    }
    assert scores["gaussian_mixture"] > 0.95 > 0.2 > scores["kmeans"]


def test_bic_is_lowest_at_the_true_number() -> None:
    matrix, _ = blobs()
    bic = {k: ALGORITHMS["gaussian_mixture"].group(matrix, k=k, random_state=1).bic for k in (2, 3, 4, 5)}
    assert min(bic, key=lambda k: bic[k] or 0) == 3
