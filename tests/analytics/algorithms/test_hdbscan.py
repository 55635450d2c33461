import numpy as np
from sklearn.metrics import adjusted_rand_score

from analytics.algorithms import ALGORITHMS


def test_groups_of_different_density_are_both_found() -> None:
    generator = np.random.default_rng(1)
    dense, wide = generator.normal(0, 0.1, (150, 2)), generator.normal(8, 1.5, (150, 2))
    labels = ALGORITHMS["hdbscan"].fit(np.vstack([dense, wide]), random_state=1)
    assert adjusted_rand_score(np.repeat([0, 1], 150), labels) > 0.95
