"""What every algorithm of the registry keeps to, whatever it is given."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from analytics.algorithms import ALGORITHMS, Algorithm
from analytics.algorithms.contract import Found, largest_first
from tests.analytics.algorithms.shapes import NOT_TO_BE_DIVIDED, Matrix, blobs

EVERY = pytest.mark.parametrize("name", sorted(ALGORITHMS))


@EVERY
def test_three_clear_groups_are_found(name: str) -> None:
    matrix, truth = blobs()
    assert adjusted_rand_score(truth, ALGORITHMS[name].fit(matrix, k=3, random_state=1)) > 0.95


@EVERY
def test_the_same_seed_gives_the_same_groups(name: str) -> None:
    matrix, _ = blobs(40)
    first, again = (ALGORITHMS[name].group(matrix, k=3, random_state=5) for _ in range(2))
    np.testing.assert_array_equal(first.labels, again.labels)
    assert (first.aic, first.bic, first.noise_share) == (again.aic, again.bic, again.noise_share)


@EVERY
@pytest.mark.parametrize("case", NOT_TO_BE_DIVIDED)
def test_a_base_that_cannot_be_divided_is_one_group_with_a_reason(name: str, case: str) -> None:
    matrix, sentence = NOT_TO_BE_DIVIDED[case]
    grouping = ALGORITHMS[name].group(matrix, k=3, random_state=1)
    assert set(grouping.labels) == {0}
    assert len(grouping.labels) == len(matrix)
    assert sentence in grouping.reason


@EVERY
@settings(max_examples=8, deadline=None)
@given(size=st.integers(10, 40), kinds=st.integers(2, 4), k=st.integers(2, 12), seed=st.integers(0, 10_000))
def test_repeated_customers_and_any_k_leave_no_gaps(name: str, size: int, kinds: int, k: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(kinds, 2))[generator.integers(0, kinds, size)]
    labels = ALGORITHMS[name].fit(matrix, k=k, random_state=seed)
    assert labels.shape == (size,)
    assert sorted(set(labels)) == list(range(labels.max() + 1))
    assert (np.diff(np.bincount(labels)) <= 0).all()


@EVERY
def test_a_table_beyond_the_limit_is_divided_on_a_sample(name: str) -> None:
    algorithm = ALGORITHMS[name]
    bounded = Algorithm(algorithm.name, algorithm.label, algorithm.needs_k, 120, algorithm.find)
    matrix, truth = blobs(200)
    grouping = bounded.group(matrix, k=3, random_state=2)
    assert grouping.sample_rows == 120
    assert adjusted_rand_score(truth, grouping.labels) > 0.95


@EVERY
def test_figures_that_are_not_finite_are_refused(name: str) -> None:
    matrix, _ = blobs(10)
    matrix[3, 1] = np.nan
    with pytest.raises(ValueError, match="finite"):
        ALGORITHMS[name].fit(matrix, k=3, random_state=1)
    with pytest.raises(ValueError, match="no customers"):
        ALGORITHMS[name].fit(matrix[:0], k=3, random_state=1)


@pytest.mark.parametrize("name", [name for name, algorithm in ALGORITHMS.items() if algorithm.needs_k])
def test_an_algorithm_that_needs_the_number_of_groups_says_so(name: str) -> None:
    with pytest.raises(ValueError, match="number of groups"):
        ALGORITHMS[name].fit(blobs(10)[0], random_state=1)


def test_noise_joins_the_nearest_group_and_is_counted() -> None:
    def find(matrix: Matrix, *, k: int, random_state: int) -> Found:
        return Found(np.r_[np.zeros(6, int), -1, np.ones(3, int)])

    matrix = np.array([[0.0]] * 6 + [[0.4]] + [[1.0]] * 3)
    grouping = Algorithm("noisy", "Noisy", False, 100, find).group(matrix, random_state=0)
    assert grouping.labels.tolist() == [0] * 7 + [1] * 3
    assert grouping.noise_share == 0.1


def test_nothing_but_noise_is_one_group_with_a_reason() -> None:
    def find(matrix: Matrix, *, k: int, random_state: int) -> Found:
        return Found(np.full(len(matrix), -1))

    grouping = Algorithm("noisy", "Noisy", False, 100, find).group(blobs(10)[0], random_state=0)
    assert set(grouping.labels) == {0}
    assert "no dense group" in grouping.reason


def test_groups_are_numbered_by_size() -> None:
    assert largest_first(np.array([7, 2, 2, 5, 5, 2])).tolist() == [2, 0, 0, 1, 1, 0]
