"""What every space of the registry keeps to, whatever it is given."""

import numpy as np
import pandas as pd
import pytest

from analytics.spaces import SPACES, Space
from tests.analytics.test_segments import THREE, shop

EVERY = pytest.mark.parametrize("name", sorted(SPACES))


@EVERY
def test_groups_that_differ_lie_apart(name: str) -> None:
    table, truth = shop(THREE, size=60)
    laid = SPACES[name].fit(table, random_state=1)
    assert laid.matrix.shape == (180, len(laid.axes))
    means = np.array([laid.matrix[truth == label].mean(axis=0) for label in range(3)])
    inside = np.mean([laid.matrix[truth == label].std(axis=0).mean() for label in range(3)])
    gaps = [np.linalg.norm(means[a] - means[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert min(gaps) > 2 * inside


@EVERY
def test_the_same_seed_lays_customers_out_alike(name: str) -> None:
    table, _ = shop(THREE, size=25)
    first, again = (SPACES[name].fit(table, random_state=3) for _ in range(2))
    np.testing.assert_allclose(first.matrix, again.matrix, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", [name for name in SPACES if name not in {"tsne", "umap"}])
def test_a_newcomer_lies_where_the_same_customer_lay(name: str) -> None:
    table, _ = shop(THREE, size=25)
    laid = SPACES[name].fit(table, random_state=3)
    assert laid.place is not None
    np.testing.assert_allclose(laid.place(table.iloc[5:6]), laid.matrix[5:6], atol=1e-6)


@EVERY
@pytest.mark.parametrize("count", [1, 2, 12])
def test_equals_lie_in_one_place(name: str, count: int) -> None:
    table = pd.concat([shop(THREE)[0].iloc[:1]] * count, ignore_index=True)
    laid = SPACES[name].fit(table, random_state=1)
    assert np.isfinite(laid.matrix).all()
    assert len(laid.matrix) == count
    np.testing.assert_allclose(laid.matrix - laid.matrix[0], 0, atol=1e-6)


@EVERY
def test_missing_and_negative_figures_do_no_harm(name: str) -> None:
    table, _ = shop(THREE, size=25)
    table.loc[0, "average_order_value"] = np.nan
    table.loc[1, "revenue"] = -500.0
    assert np.isfinite(SPACES[name].fit(table, random_state=1).matrix).all()


@EVERY
def test_of_many_customers_a_sample_is_laid_out(name: str) -> None:
    space = SPACES[name]
    bounded = Space(space.name, space.label, 40, space.is_slow, space.lay)
    laid = bounded.fit(shop(THREE, size=30)[0], random_state=1)
    assert len(laid.rows) == len(laid.matrix) == 40
    assert (np.diff(laid.rows) > 0).all()


@EVERY
def test_nobody_and_nothing_are_refused_with_a_sentence(name: str) -> None:
    table, _ = shop(THREE)
    with pytest.raises(ValueError, match="no customers"):
        SPACES[name].fit(table.iloc[:0], random_state=1)
    with pytest.raises(ValueError, match="None of the figures"):
        SPACES[name].fit(table, columns=["shoe_size"], random_state=1)
