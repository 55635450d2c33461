"""The report's claims: right where the truth is known, silent where there is too little to say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from analytics import report
from analytics.report import (
    RATIO,
    SHARE,
    Claim,
    Hypothesis,
    Measure,
    holm,
    hypotheses,
    median_estimate,
    share_estimate,
)


def shop(member_factor: float, members: float = 0.1, size: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    member = np.arange(size) < members * size
    revenue = generator.lognormal(5, 1, size) * np.where(member, member_factor, 1)
    return revenue / 3, revenue, member


def by_id(found: list[Hypothesis]) -> dict[str, Hypothesis]:
    return {hypothesis.id: hypothesis for hypothesis in found}


def test_strong_members_confirm_all_three() -> None:
    quantity, revenue, member = shop(8.0)
    found = by_id(hypotheses(quantity, revenue, member, random_state=1))
    assert set(found) == {"H1", "H2", "H4"}
    assert found["H1"].value == pytest.approx(quantity[member].sum() / quantity.sum())
    assert found["H2"].value == pytest.approx(revenue[member].sum() / revenue.sum())
    assert found["H4"].value == pytest.approx(np.median(revenue[member]) / np.median(revenue))
    for hypothesis in found.values():
        assert hypothesis.holds
        assert hypothesis.p_adjusted == pytest.approx(3 / 1000)
        assert hypothesis.interval is not None
        assert hypothesis.interval[0] < hypothesis.value < hypothesis.interval[1]  # type: ignore[operator]


def test_members_like_everyone_else_confirm_nothing() -> None:
    found = hypotheses(*shop(1.0, members=0.08), random_state=1)
    assert not any(hypothesis.holds for hypothesis in found)
    assert all(hypothesis.p_value > 0.05 for hypothesis in found)


def test_a_claim_just_above_its_line_is_not_called_proven() -> None:
    quantity, revenue, member = shop(1.0, members=0.105)
    found = by_id(hypotheses(quantity, revenue, member, random_state=1))
    assert found["H2"].value is not None
    assert found["H2"].interval is not None
    assert found["H2"].interval[0] < 0.1 < found["H2"].interval[1]
    assert not found["H2"].holds


def test_without_members_there_is_no_value_and_nothing_holds() -> None:
    quantity, revenue, member = shop(1.0)
    for found in hypotheses(quantity, revenue, np.zeros_like(member), random_state=1):
        assert (found.value, found.interval, found.p_value, found.holds) == (None, None, 1.0, False)


def test_without_revenue_nothing_holds() -> None:
    found = hypotheses([1.0, 2.0], [0.0, 0.0], [True, False], random_state=1)
    assert [hypothesis.value for hypothesis in found][1:] == [None, None]
    assert not any(hypothesis.holds for hypothesis in found)


def test_an_empty_base_is_answered_too() -> None:
    assert [hypothesis.value for hypothesis in hypotheses([], [], [], random_state=1)] == [None] * 3


def test_holm_of_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_makes_a_claim_easier(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(after >= before for before, after in zip(p_values, adjusted, strict=True))
    assert all(after <= 1 for after in adjusted)
    ranked = [adjusted[place] for place in np.argsort(p_values, kind="stable")]
    assert ranked == sorted(ranked)


def test_shares_and_medians_carry_an_interval() -> None:
    _, revenue, member = shop(4.0)
    share = share_estimate(revenue, member, random_state=1)
    middle = median_estimate(revenue, random_state=1)
    for estimate in (share, middle):
        assert estimate.interval is not None
        assert estimate.interval[0] < estimate.value < estimate.interval[1]
    assert middle.value == np.median(revenue)


def test_the_same_seed_gives_the_same_interval() -> None:
    _, revenue, member = shop(4.0)
    assert share_estimate(revenue, member, random_state=9) == share_estimate(revenue, member, random_state=9)


@pytest.mark.parametrize(("measure", "threshold"), [(SHARE, 0.1), (RATIO, 1.0)])
def test_what_lies_exactly_at_the_line_is_rarely_called_proven(measure: Measure, threshold: float) -> None:
    """The null at its edge: a tenth of the customers, who are like all others. Bounds from the binomial law."""
    worlds, generator = 120, np.random.default_rng(5)
    is_member = np.arange(400) < 40
    proven = held = 0
    for world in range(worlds):
        claim = Claim("H", "", measure, np.exp(generator.normal(3, 1, 400)), is_member, threshold)
        found = report.tested([claim], random_state=world)[0]
        proven += found.holds
        held += found.interval is not None and found.interval[0] <= threshold <= found.interval[1]
    assert proven <= binom.ppf(0.999, worlds, 0.05)
    assert held >= binom.ppf(0.001, worlds, 0.95)
