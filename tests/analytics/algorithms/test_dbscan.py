import numpy as np
from sklearn.metrics import adjusted_rand_score

from analytics.algorithms import ALGORITHMS
from analytics.algorithms.dbscan import reach
from tests.analytics.algorithms.shapes import moons


def test_crescents_are_found_without_being_told_how_many() -> None:
    matrix, truth = moons()
    assert adjusted_rand_score(truth, ALGORITHMS["dbscan"].fit(matrix, random_state=1)) > 0.95


def test_stragglers_count_as_noise_and_still_have_a_group() -> None:
    matrix, _ = moons()
    stragglers = np.array([[4.0, 4.0], [-4.0, 3.0], [5.0, -4.0]])
    grouping = ALGORITHMS["dbscan"].group(np.vstack([matrix, stragglers]), random_state=1)
    assert 3 / 303 <= grouping.noise_share < 0.1
    assert grouping.labels.min() == 0


def test_the_radius_is_that_of_dense_places() -> None:
    matrix, _ = moons()
    assert 0.02 < reach(matrix, 4) < 0.3
