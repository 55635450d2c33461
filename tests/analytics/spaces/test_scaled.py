import numpy as np
import pandas as pd

from analytics.spaces import SPACES


def test_a_heavy_tail_is_taken_in_logarithms_and_the_median_stands_at_zero() -> None:
    table = pd.DataFrame({"revenue": np.random.default_rng(1).lognormal(4, 1.5, 501)})
    laid = SPACES["scaled"].fit(table, random_state=0)
    assert laid.axes == ("revenue",)
    assert abs(np.median(laid.matrix)) < 1e-9
    assert np.abs(laid.matrix).max() < 5
