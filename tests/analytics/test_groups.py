"""Ranks into groups: everyone in exactly one, ties fair, sizes exact."""

import itertools
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.groups import (
    RFM_GROUPS,
    RFM_RULES,
    quintile,
    rfm_boundaries,
    rfm_groups,
    rfm_scores,
    tiers,
    value_bands,
)

bases = arrays(float, st.integers(1, 60), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, 7.5, 100.0]))


def test_ten_different_values_fall_two_to_a_fifth() -> None:
    assert quintile(range(10)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert quintile(range(10), high_is_good=False).tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]


def test_one_customer_or_equals_stand_in_the_middle() -> None:
    assert quintile([42.0]).tolist() == [3]
    assert quintile([7.0] * 6).tolist() == [3] * 6


def test_five_customers_take_the_five_scores() -> None:
    assert quintile([50, 10, 40, 20, 30]).tolist() == [5, 1, 4, 2, 3]


def test_a_missing_value_scores_lowest() -> None:
    assert quintile([np.nan, 1.0, 2.0]).tolist() == [1, 2, 4]


@given(values=bases)
def test_equal_values_score_equally_and_order_is_kept(values: np.ndarray) -> None:
    scores = pd.Series(quintile(values))
    assert scores.groupby(values).nunique().max() == 1
    assert scores.groupby(values).first().is_monotonic_increasing
    assert scores.between(1, 5).all()


def every_score() -> pd.DataFrame:
    grid = np.array(np.meshgrid(range(1, 6), range(1, 6), range(1, 6))).reshape(3, -1)
    return pd.DataFrame({"r": grid[0], "f": grid[1], "newness": grid[2]})


def test_every_combination_of_scores_has_one_group_and_every_group_occurs() -> None:
    assert set(rfm_groups(every_score())) == set(RFM_GROUPS) == set(RFM_RULES)


@pytest.mark.parametrize(
    ("r", "f", "newness", "group"),
    [
        (5, 5, 1, "loyal"),
        (5, 5, 5, "loyal"),
        (3, 4, 2, "loyal"),
        (5, 1, 5, "new"),
        (4, 2, 3, "potential_loyal"),
        (3, 3, 2, "potential_loyal"),
        (3, 1, 2, "dormant"),
        (2, 3, 2, "dormant"),
        (1, 5, 1, "at_risk"),
        (2, 4, 1, "at_risk"),
        (1, 3, 1, "lost"),
    ],
)
def test_the_rules_in_words_hold(r: int, f: int, newness: int, group: str) -> None:
    assert rfm_groups(pd.DataFrame({"r": [r], "f": [f], "newness": [newness]})).tolist() == [group]


@given(size=st.integers(1, 80), seed=st.integers(0, 5))
def test_everyone_of_any_base_has_one_known_group(size: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    last = generator.integers(0, 400, size)
    scores = rfm_scores(
        last,
        generator.integers(1, 5, size),
        generator.normal(100, 80, size),
        last + generator.integers(0, 300, size),
    )
    assert len(scores) == size
    assert set(rfm_groups(scores)) <= set(RFM_GROUPS)


@given(values=bases)
def test_tier_sizes_are_exact(values: np.ndarray) -> None:
    names = tiers(values, values, np.arange(len(values)))
    expected = [
        int((Decimal(share) * len(values)).quantize(Decimal(1), rounding=ROUND_HALF_UP)) for share in ("0.1", "0.3")
    ]
    assert [(names == "platinum").sum(), (names != "silver").sum()] == expected


@given(values=bases)
def test_nobody_in_a_lower_tier_is_worth_more(values: np.ndarray) -> None:
    names = tiers(values, values, np.arange(len(values)))
    lowest = [values[names == tier].min(initial=np.inf) for tier in ("platinum", "gold", "silver")]
    highest = [values[names == tier].max(initial=-np.inf) for tier in ("gold", "silver")]
    assert lowest[0] >= highest[0]
    assert min(lowest[:2]) >= highest[1]


@given(values=bases, seed=st.integers(0, 3))
def test_tiers_do_not_depend_on_the_order_of_rows(values: np.ndarray, seed: int) -> None:
    key = np.arange(len(values))
    order = np.random.default_rng(seed).permutation(len(values))
    names = tiers(values, np.zeros(len(values)), key)
    np.testing.assert_array_equal(tiers(values[order], np.zeros(len(values)), key[order]), names[order])


def test_ties_go_by_revenue_then_by_the_smaller_key() -> None:
    names = tiers([5.0] * 10, [1, 1, 9, 1, 1, 1, 1, 1, 1, 1], [20, 19, 18, 17, 16, 15, 14, 13, 12, 11])
    assert names[2] == "platinum"
    assert np.flatnonzero(names == "gold").tolist() == [8, 9]


def test_other_tiers_can_be_named() -> None:
    names = tiers([3, 2, 1, 0], [0] * 4, range(4), shares=[("first", "0.5")], lowest="other")
    assert names.tolist() == ["first", "first", "other", "other"]


def test_shares_beyond_the_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="100 %"):
        tiers([1.0], [1.0], [1], shares=[("a", "0.7"), ("b", "0.4")])


def test_value_bands_are_cut_at_1_5_10_25_and_50_percent() -> None:
    bands = pd.Series(value_bands(np.arange(200), np.zeros(200), np.arange(200))).value_counts()
    assert bands.to_dict() == {"rest": 100, "top_50": 50, "top_25": 30, "top_10": 10, "top_5": 8, "top_1": 2}


def test_the_figures_of_each_score_are_told_and_never_overlap() -> None:
    figures: dict[str, list[float]] = {
        "r": [1, 5, 9, 40, 80, 200, 210, 220, 300, 350],
        "f": [9, 8, 7, 5, 5, 3, 2, 1, 1, 1],
        "m": [float(value) for value in range(10, 0, -1)],
        "newness": [300] * 10,
    }
    scores = rfm_scores(*figures.values())
    found = rfm_boundaries(scores, figures)
    assert found["r"] == [[300, 350], [210, 220], [80, 200], [9, 40], [1, 5]]
    assert found["f"][4] == [8, 9]
    assert found["newness"] == [None, None, [300, 300], None, None]
    for name, ranges in found.items():
        known = [each for each in ranges if each]
        ordered = sorted(known)
        assert all(left[1] < right[0] for left, right in itertools.pairwise(ordered)), name
