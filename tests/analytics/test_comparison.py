"""One combination looked at from every side: planted groups are found, and every figure has its meaning."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from analytics.comparison import (
    Combination,
    Compared,
    by_value,
    compare,
    continuations,
    drawn,
    most_rows,
    nested_rows,
    step_count,
    typical_rows,
    yardstick,
)
from analytics.segments.fitting import SIZES

COLUMNS = ("days_since_last_purchase", "order_count", "revenue")
PLANTED = np.repeat([0, 1, 2], 60)


@pytest.fixture(scope="module")
def customers() -> dict[str, Any]:
    """Three kinds of customers, well apart: good, middling, gone."""
    generator = np.random.default_rng(7)
    centres = np.array([[5, 40, 4000.0], [40, 8, 500], [300, 1, 30]])
    rows = centres[PLANTED] * generator.lognormal(0, 0.12, size=(len(PLANTED), 3))
    return {name: rows[:, place] for place, name in enumerate(COLUMNS)}


def compared(customers: dict[str, Any], step: Any = lambda: None, **more: Any) -> Compared:
    wanted = Combination(**{"algorithm": "kmeans", "space": "scaled", "columns": COLUMNS, **more})
    common = yardstick(customers, COLUMNS, random_state=1)
    return compare(customers, wanted, values=customers["revenue"], common=common, random_state=1, step=step)


@pytest.mark.parametrize("algorithm", ["kmeans", "gaussian_mixture"])
@pytest.mark.parametrize("space", ["scaled", "pca"])
def test_planted_groups_are_found_and_ordered_by_value(customers: dict[str, Any], algorithm: str, space: str) -> None:
    found = compared(customers, algorithm=algorithm, space=space)
    assert adjusted_rand_score(found.labels, PLANTED) == 1
    assert list(found.labels[[0, 60, 120]]) == [0, 1, 2]
    assert found.judgement["k"] == 3
    assert found.shared_silhouette is not None
    assert found.shared_silhouette > 0.7
    assert (found.judgement["stability_ari"] or 0) > 0.95
    assert [each["k"] for each in found.tried] == list(SIZES)


def test_silhouettes_of_customers_are_those_of_the_space_and_average_to_the_whole(customers: dict[str, Any]) -> None:
    found = compared(customers, k=3)
    matrix = yardstick(customers, COLUMNS, random_state=1)
    np.testing.assert_allclose(found.silhouettes, silhouette_samples(matrix, found.labels), atol=1e-9)
    assert found.judgement["silhouette"] == pytest.approx(found.silhouettes.mean(), abs=1e-4)


def test_a_given_number_of_groups_is_kept_and_steps_are_counted(customers: dict[str, Any]) -> None:
    steps: list[int] = []
    found = compared(customers, step=lambda: steps.append(1), k=5)
    assert found.judgement["k"] == 5
    assert len(steps) == step_count(Combination("kmeans", "scaled", COLUMNS))


def test_extremes_are_set_aside_and_stand_in_a_group_all_the_same(customers: dict[str, Any]) -> None:
    whale = {name: np.append(column, column.max() * 1000) for name, column in customers.items()}
    found = compared(whale, k=3, set_aside=0.01)
    assert list(np.flatnonzero(found.aside)) == [180]
    assert found.labels[180] == 0
    assert adjusted_rand_score(found.labels[:180], PLANTED) == 1
    assert not compared(whale, k=3, set_aside=0.0).aside.any()


def test_customers_who_are_all_alike_are_one_group_with_a_reason() -> None:
    alike = {name: np.full(30, 2.0) for name in COLUMNS}
    found = compared(alike)
    assert not found.labels.any()
    assert "same figures" in found.reason
    assert found.shared_silhouette is None
    assert np.isnan(found.silhouettes).all()


def test_names_that_mean_nothing_are_refused_with_what_to_choose(customers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="There is no algorithm “magic”: choose from kmeans"):
        compared(customers, algorithm="magic")
    with pytest.raises(ValueError, match="There is no space “nowhere”"):
        compared(customers, space="nowhere")
    with pytest.raises(ValueError, match="There is no space"):
        most_rows(Combination("kmeans", "nowhere", COLUMNS))


def test_a_step_that_raises_stops_the_work(customers: dict[str, Any]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compared(customers, step=stop)


def test_a_smaller_sample_is_part_of_a_larger_one() -> None:
    small, large = nested_rows(1000, 50, 3), nested_rows(1000, 400, 3)
    assert set(small) < set(large)
    assert len(set(small)) == 50
    assert list(nested_rows(5, 50, 3)) == [0, 1, 2, 3, 4]


def test_groups_are_numbered_by_mean_value() -> None:
    assert list(by_value(np.array([0, 0, 1, 1, 2]), [1.0, 3, 9, float("nan"), 3])) == [2, 2, 0, 0, 1]


def test_a_plane_is_drawn_as_it_is_and_more_axes_by_their_two_main_directions() -> None:
    plane = np.array([[1.0, 2], [3, 4]])
    assert drawn(plane) is plane
    assert drawn(np.array([[1.0], [2]])).tolist() == [[1, 0], [2, 0]]
    generator = np.random.default_rng(1)
    wide = generator.normal(size=(500, 4)) * [1, 9, 0.1, 3]
    across, up = drawn(wide).T
    assert abs(np.corrcoef(across, wide[:, 1])[0, 1]) > 0.99
    assert abs(np.corrcoef(up, wide[:, 3])[0, 1]) > 0.99


def test_typical_rows_are_those_nearest_to_the_middle() -> None:
    matrix = np.array([[0.0], [1], [2], [10], [30]])
    assert typical_rows(matrix, np.array([0, 0, 0, 1, 1]), most=2) == [[1, 0], [3, 4]]


def test_as_many_customers_as_possible_keep_their_segment() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 2])
    assert continuations(labels, [7, 7, 7, 9, 9, 9, 7, 9]) == {0: 7, 1: 9}
    assert continuations(np.zeros(3, dtype=np.int64), [4, 5, 5]) == {0: 5}
    crowd = np.repeat([0, 1], [2, 98])
    assert continuations(crowd, np.full(100, 6)) == {1: 6}, "two of a hundred continue nothing"
