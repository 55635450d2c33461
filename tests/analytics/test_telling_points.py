"""What is stored of segments that are not round about centres: few numbers that still say the same."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KDTree

from analytics.scoring.segments import assign
from analytics.segments import Recipe, fit_segments
from analytics.segments.points import MOST_POINTS, telling_points


def labelled(count: int, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping crescents, which no centres could tell apart."""
    generator = np.random.default_rng(7)
    labels = np.arange(count) % groups
    angle = generator.uniform(0, np.pi, count)
    circle = np.column_stack([np.cos(angle) + labels, np.sin(angle) * (-1.0) ** labels])
    return circle + generator.normal(0, 0.05, circle.shape), labels


def told(kept: tuple[np.ndarray, np.ndarray], points: np.ndarray) -> np.ndarray:
    labels: np.ndarray = kept[1][KDTree(kept[0]).query(points, k=1, return_distance=False)[:, 0]]
    return labels


def test_a_few_points_tell_the_group_of_the_whole_sample() -> None:
    points, labels = labelled(5_000, 3)
    kept = telling_points(points, labels)
    assert len(kept[0]) <= MOST_POINTS
    np.testing.assert_array_equal(told(kept, points), labels)


def test_groups_without_any_boundary_stay_within_the_bound_and_all_remain() -> None:
    generator = np.random.default_rng(1)
    points, labels = generator.normal(size=(5_000, 4)), generator.integers(0, 6, 5_000)
    labels[17] = 6  # one of its kind
    kept = telling_points(points, labels)
    assert len(kept[0]) == MOST_POINTS
    assert set(kept[1]) == set(range(7))


def test_small_bases_are_kept_whole_to_six_digits() -> None:
    points = np.array([[1234567.0, -0.0], [0.123456789, 2.0], [0.123456789, 2.0]])
    kept, labels = telling_points(points, np.array([1, 0, 0]))
    assert kept.tolist() == [[0.123457, 2.0], [1234570.0, 0.0]]
    assert labels.tolist() == [0, 1]


def test_digits_that_tell_two_groups_apart_are_not_rounded_away() -> None:
    points = np.array([[1.0000001], [1.0000002]])
    kept, labels = telling_points(points, np.array([0, 1]))
    assert (kept.tolist(), labels.tolist()) == (points.tolist(), [0, 1])


@pytest.mark.parametrize(("algorithm", "space"), [("gaussian_mixture", "scaled"), ("kmeans", "pca")])
def test_a_large_base_is_stored_in_little_room_and_loading_gives_the_same_groups(algorithm: str, space: str) -> None:
    generator = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "days_since_last_purchase": generator.gamma(1.2, 90, 8_000),
            "order_count": generator.geometric(0.3, 8_000),
            "revenue": generator.lognormal(4, 1, 8_000),
        }
    )
    fit = fit_segments(table, recipe=Recipe((algorithm,), space, tuple(table.columns), k=4), random_state=1)
    text = json.dumps(fit.model)
    assert len(fit.model["points"]) <= MOST_POINTS
    assert len(text) < 60_000
    np.testing.assert_array_equal(assign(json.loads(text), table), fit.labels)
