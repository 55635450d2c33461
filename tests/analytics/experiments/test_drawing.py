"""The draw: anybody finds the same groups again, every stratum gives its share, nobody is favoured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.experiments.drawing import draw, fraction, strata_of

pytestmark = pytest.mark.any_world


@given(st.integers(1, 400), st.sampled_from([0.05, 0.1, 0.3, 0.5]), st.text(min_size=1, max_size=20))
def test_the_share_holds_to_one_person_in_all_and_in_each_stratum(people: int, share: float, seed: str) -> None:
    keys = list(range(1, people + 1))
    strata = strata_of([key % 17 for key in keys], keys)
    control = draw(keys, strata, share=share, seed=seed)
    assert abs(control.sum() - share * people) < 1
    for stratum in np.unique(strata):
        within = strata == stratum
        assert abs(control[within].sum() - share * within.sum()) <= 1


def test_seed_and_keys_decide_whatever_the_order() -> None:
    keys = np.arange(1, 501)
    strata = strata_of(keys % 100, keys)
    first = set(keys[draw(keys.tolist(), strata, share=0.1, seed="a")].tolist())
    mixed = np.random.default_rng(1).permutation(500)
    again = set(keys[mixed][draw(keys[mixed].tolist(), strata[mixed], share=0.1, seed="a")].tolist())
    assert first == again
    assert first != set(keys[draw(keys.tolist(), strata, share=0.1, seed="b")].tolist())
    assert fraction("a", 1) == fraction("a", 1) != fraction("a", 2)


def test_everyone_has_the_same_chance_over_seeds() -> None:
    keys = list(range(1, 61))
    strata = strata_of(keys, keys)
    times = sum(draw(keys, strata, share=0.1, seed=str(seed)).astype(int) for seed in range(3_000))
    # Sixty bounds at once: six standard deviations of a binomial with 3,000 draws.
    assert np.abs(np.asarray(times) - 300).max() < 6 * np.sqrt(3_000 * 0.1 * 0.9)


def test_strata_are_of_one_size_and_ordered_by_value() -> None:
    values = np.random.default_rng(0).gamma(1, 100, 1_000)
    strata = strata_of(values, np.arange(1_000))
    assert np.bincount(strata).tolist() == [100] * 10
    assert values[strata == 0].max() <= values[strata == 1].min()
    assert strata_of([1.0, np.nan, 3.0], [1, 2, 3]).tolist() == [0, 0, 0]
    assert strata_of([], []).tolist() == []


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_leaves_an_arm_empty_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        draw([1, 2], [0, 0], share=share, seed="x")
