import numpy as np
import pandas as pd

from analytics.spaces import SPACES


def test_a_feature_told_twice_makes_no_axis_of_its_own() -> None:
    generator = np.random.default_rng(1)
    one, other = generator.normal(size=(2, 300))
    table = pd.DataFrame({"revenue": one, "items": 2 * one + 1, "order_count": -one, "T": other})
    laid = SPACES["pca"].fit(table, random_state=0)
    assert laid.matrix.shape == (300, 2)
    assert abs(np.cov(laid.matrix[:, 0], laid.matrix[:, 1])[0, 1]) < 1e-6
