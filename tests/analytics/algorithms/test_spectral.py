from sklearn.metrics import adjusted_rand_score

from analytics.algorithms import ALGORITHMS
from tests.analytics.algorithms.shapes import moons


def test_crescents_are_cut_where_they_hang_together_least() -> None:
    matrix, truth = moons()
    assert adjusted_rand_score(truth, ALGORITHMS["spectral"].fit(matrix, k=2, random_state=1)) > 0.95
