import numpy as np
import pandas as pd
from scipy.stats import norm

from analytics.spaces import SPACES


def test_ranks_are_drawn_as_a_bell_whatever_the_tail() -> None:
    table = pd.DataFrame({"revenue": np.random.default_rng(1).pareto(0.8, 2_001)})
    matrix = SPACES["quantile"].fit(table, random_state=0).matrix[:, 0]
    assert abs(np.median(matrix)) < 0.01
    assert abs(np.mean(np.abs(matrix) < 1) - 0.6827) < 0.01
    assert np.abs(matrix).max() < 2.6


def test_equals_stand_at_the_middle_of_their_ranks() -> None:
    table = pd.DataFrame({"order_count": [1.0] * 50 + list(range(2, 52))})
    matrix = SPACES["quantile"].fit(table, random_state=0).matrix[:, 0]
    assert len(set(matrix[:50])) == 1
    assert abs(matrix[0] - norm.ppf(0.25)) < 0.02
