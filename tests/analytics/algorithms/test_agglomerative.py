import numpy as np

from analytics.algorithms import ALGORITHMS
from tests.analytics.algorithms.shapes import blobs


def test_more_groups_divide_the_fewer_ones_further() -> None:
    matrix, _ = blobs()
    few, many = (ALGORITHMS["agglomerative"].fit(matrix, k=k, random_state=1) for k in (3, 6))
    assert all(len(np.unique(few[many == label])) == 1 for label in range(6))
