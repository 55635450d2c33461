"""The figures of a grouping, against sklearn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score

from analytics.algorithms import ALGORITHMS, gini, judge, separation
from tests.analytics.algorithms.shapes import blobs


def test_a_clear_grouping_is_judged_as_such() -> None:
    matrix, truth = blobs()
    values = np.array([100.0, 10.0, 1.0])[truth]
    grouping = ALGORITHMS["gaussian_mixture"].group(matrix, k=3, random_state=1)
    found = judge(matrix, grouping.labels, values, grouping=grouping, algorithm=ALGORITHMS["gaussian_mixture"])
    assert found["silhouette"] == pytest.approx(silhouette_score(matrix, truth), abs=1e-3)
    assert found["inertia"] == pytest.approx(
        sum(((matrix[truth == label] - matrix[truth == label].mean(axis=0)) ** 2).sum() for label in range(3)), rel=0.01
    )
    assert found["stability_ari"] > 0.97  # type: ignore[operator]
    assert found["separation"] > 0.97  # type: ignore[operator]
    assert (found["k"], found["sample"], found["aic"], found["bic"]) == (3, 240, grouping.aic, grouping.bic)
    assert found["smallest_share"] == pytest.approx(1 / 3, abs=0.01)


def test_chance_groups_are_neither_stable_nor_apart() -> None:
    matrix, _ = blobs()
    generator = np.random.default_rng(2)
    found = judge(matrix, generator.integers(0, 3, 240), generator.lognormal(0, 1, 240), algorithm=ALGORITHMS["kmeans"])
    assert abs(found["stability_ari"] or 0) < 0.05
    assert found["silhouette"] < 0.05  # type: ignore[operator]
    assert found["separation"] < 0.15  # type: ignore[operator]


def test_one_group_leaves_nothing_to_measure() -> None:
    found = judge(np.ones((12, 2)), np.zeros(12, int), np.ones(12), algorithm=ALGORITHMS["kmeans"])
    assert (found["silhouette"], found["stability_ari"], found["separation"], found["inertia"]) == (None, None, None, 0)


def test_gini_by_hand() -> None:
    assert gini([1, 1, 1, 1]) == pytest.approx(0)
    assert gini([0, 0, 0, 1]) == pytest.approx(0.75)
    assert gini([1, 2, 3]) == pytest.approx(2 / 9)
    assert gini([1, 3], weights=[2, 2]) == pytest.approx(gini([1, 1, 3, 3]))
    assert gini([0, 0]) == 0


def test_separation_by_hand() -> None:
    values = [1, 1, 3, 3]
    assert separation(values, np.array([0, 0, 1, 1])) == 1
    assert separation(values, np.array([0, 1, 0, 1])) == 0
    assert separation([5, 5, 5, 5], np.array([0, 0, 1, 1])) is None


@given(st.lists(st.tuples(st.floats(-100, 1e6), st.integers(0, 3)), min_size=2, max_size=60))
def test_separation_stays_between_nothing_and_everything(rows: list[tuple[float, int]]) -> None:
    labels = np.unique([label for _, label in rows], return_inverse=True)[1]
    found = separation([value for value, _ in rows], labels)
    assert found is None or 0 <= found <= 1
