import numpy as np

from analytics.spaces import SPACES
from tests.analytics.test_segments import THREE, shop


def test_customers_of_the_same_leaves_lie_in_one_place() -> None:
    table, _ = shop(THREE, size=60)
    laid = SPACES["tree_leaf"].fit(table, random_state=1)
    assert laid.place is not None
    nearly = table.iloc[:1].assign(revenue=lambda row: row["revenue"] * 1.000001)
    np.testing.assert_allclose(laid.place(nearly), laid.matrix[:1], atol=1e-9)
