"""The jump at a threshold: found where it is, not where it is not, refused where there is too little around it."""

import numpy as np
import pytest
from scipy import stats

from analytics.experiments.discontinuity import NoJumpError, bandwidth, jump

pytestmark = pytest.mark.any_world


def shop(generator: np.random.Generator, effect: float, people: int = 1_200) -> tuple[np.ndarray, np.ndarray]:
    figure = generator.gamma(2, 300, people)
    curve = 50 + 0.1 * figure + 0.00005 * figure**2
    return figure, curve + effect * (figure >= 600) + generator.normal(0, 60, people)


@pytest.mark.parametrize("effect", [0.0, 40.0])
def test_the_interval_covers_the_jump(effect: float) -> None:
    generator, trials = np.random.default_rng(31), 300
    found = [jump(*shop(generator, effect), 600) for _ in range(trials)]
    missed = sum(not each.interval[0] <= effect <= each.interval[1] for each in found)
    assert missed <= stats.binom.ppf(0.999, trials, 0.05)
    assert np.mean([each.value for each in found]) == pytest.approx(effect, abs=4)
    if effect == 0:
        assert sum(each.p_value < 0.05 for each in found) <= stats.binom.ppf(0.999, trials, 0.05)
        assert sum(each.is_sorted for each in found) <= stats.binom.ppf(0.999, trials, 0.02)


def test_people_moved_over_the_threshold_are_noticed() -> None:
    figure, outcome = shop(np.random.default_rng(1), 0, 4_000)
    just_below = (figure < 600) & (figure > 560)
    assert jump(np.where(just_below, 600 + (figure - 560), figure), outcome, 600).is_sorted


def test_too_few_people_or_values_are_refused() -> None:
    figure, outcome = shop(np.random.default_rng(1), 0)
    with pytest.raises(NoJumpError) as refusal:
        jump(figure, outcome, 2_500)
    assert refusal.value.code == "few_people"
    with pytest.raises(NoJumpError) as refusal:
        jump(np.round(figure / 100), outcome, 6)
    assert refusal.value.code == "few_values"
    with pytest.raises(NoJumpError) as refusal:
        jump(figure, np.zeros_like(figure), 600)
    assert refusal.value.code == "no_spread"


def test_the_unit_of_the_figure_does_not_matter() -> None:
    figure, outcome = shop(np.random.default_rng(2), 30)
    one, other = jump(figure, outcome, 600), jump(figure * 100, outcome, 60_000)
    assert other.value == pytest.approx(one.value)
    assert other.bandwidth == pytest.approx(100 * one.bandwidth)
    assert bandwidth(figure - 600, outcome * 7) == pytest.approx(one.bandwidth)
