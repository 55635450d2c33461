"""Folding of equal rows, on which every fit and prediction stands."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.lifetime.arrays import every_kth, fold

numbers = st.sampled_from([0.0, 1.0, 2.5, 1 / 7, 1e6])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=30))
def test_folded_rows_are_distinct_ascending_and_give_everything_back(rows: list[tuple[float, float, float]]) -> None:
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
    folded = fold(*table.T)
    distinct = list(zip(*(column.tolist() for column in folded.columns), strict=True))
    assert distinct == sorted(set(rows))
    for column, folded_column in zip(table.T, folded.columns, strict=True):
        np.testing.assert_array_equal(folded_column[folded.inverse], column)
    weights = np.arange(1.0, len(rows) + 1)
    assert folded.sums(weights).tolist() == [
        sum(weight for row, weight in zip(rows, weights, strict=True) if row == each) for each in distinct
    ]


def test_a_sample_is_spread_over_all_rows_and_few_rows_are_not_sampled() -> None:
    many = np.arange(50_000.0)
    (sample,) = every_kth(many)
    assert len(sample) <= 20_000
    assert sample[-1] > 49_990
    few = (np.arange(5.0), np.arange(5.0))
    assert all(kept is column for kept, column in zip(every_kth(*few), few, strict=True))
