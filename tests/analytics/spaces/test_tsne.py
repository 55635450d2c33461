import numpy as np

from analytics.spaces import SPACES
from tests.analytics.test_segments import THREE, shop


def test_neighbours_on_the_map_are_of_one_group() -> None:
    table, truth = shop(THREE, size=60)
    laid = SPACES["tsne"].fit(table, random_state=1)
    distances = np.linalg.norm(laid.matrix[:, None] - laid.matrix[None], axis=2) + np.eye(180) * 1e9
    assert np.mean(truth[distances.argmin(axis=1)] == truth) > 0.98
    assert laid.place is None
