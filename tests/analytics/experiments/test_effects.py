"""Effects: the published figures of a public test, the libraries' own numbers, and error rates under no effect."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from analytics.experiments.effects import (
    Arm,
    cuped,
    difference_of_means,
    difference_of_shares,
    sample_ratio,
)
from analytics.experiments.four_groups import four_groups

pytestmark = pytest.mark.any_world


def most_of(trials: int, chance: float = 0.05) -> int:
    """More rejections than this happen to one honest method in a thousand."""
    return int(stats.binom.ppf(0.999, trials, chance))


@pytest.fixture(scope="module")
def cookie_cats(test_data: Path) -> dict[str, np.ndarray]:
    with (test_data / "ab" / "cookie_cats.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([row[name] == "TRUE" for row in rows]) for name in ("retention_1", "retention_7")}
    return {"first": np.array([row["version"] == "gate_30" for row in rows]), **columns}


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("column", "shares", "p_value"), [("retention_1", (44.82, 44.23), 0.074), ("retention_7", (19.02, 18.20), 0.0016)]
)
def test_the_published_figures_of_cookie_cats(
    cookie_cats: dict[str, np.ndarray], column: str, shares: tuple[float, float], p_value: float
) -> None:
    first, kept = cookie_cats["first"], cookie_cats[column]
    one, other = int(kept[first].sum()), int(kept[~first].sum())
    found = difference_of_shares(one, 44_700, other, 45_489)
    assert (round(100 * one / 44_700, 2), round(100 * other / 45_489, 2)) == shares
    assert found.p_value == pytest.approx(p_value, abs=0.5 * 10 ** -len(str(p_value).split(".")[1]))
    assert found.interval is not None
    assert (found.interval[0] > 0) == (p_value < 0.05)


@pytest.mark.realdata
def test_the_arms_of_cookie_cats_are_flagged(cookie_cats: dict[str, np.ndarray]) -> None:
    sizes = [int(cookie_cats["first"].sum()), int((~cookie_cats["first"]).sum())]
    assert sizes == [44_700, 45_489]
    found = sample_ratio(sizes, [0.5, 0.5])
    assert found.p_value == pytest.approx(0.0087, abs=0.00005)
    assert found.is_mismatch


def test_a_sample_ratio_follows_the_shares_asked_for() -> None:
    assert not sample_ratio([900, 100], [0.9, 0.1]).is_mismatch
    assert sample_ratio([900, 100], [0.5, 0.5]).is_mismatch
    assert sample_ratio([330, 340, 330], [1, 1, 1]).p_value == pytest.approx(stats.chisquare([330, 340, 330]).pvalue)
    assert sample_ratio([0, 0], [1, 1]).p_value == 1


def test_sample_ratios_of_honest_draws_are_seldom_flagged() -> None:
    controls = np.random.default_rng(3).binomial(500, 0.1, 2_000)
    flagged = sum(sample_ratio([500 - int(count), int(count)], [0.9, 0.1]).is_mismatch for count in controls)
    assert flagged <= most_of(2_000, 0.01)
    cheated = np.random.default_rng(3).binomial(500, 0.2, 50)
    assert all(sample_ratio([500 - int(count), int(count)], [0.9, 0.1]).is_mismatch for count in cheated)


def test_means_agree_with_scipy() -> None:
    generator = np.random.default_rng(8)
    one, other = generator.gamma(2, 40, 300), generator.gamma(2, 50, 70)
    found, theirs = difference_of_means(Arm.of(one), Arm.of(other)), stats.ttest_ind(one, other, equal_var=False)
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found.interval == pytest.approx(tuple(theirs.confidence_interval()))
    assert found.relative == pytest.approx(one.mean() / other.mean() - 1)


@pytest.mark.parametrize("people", [0, 1])
def test_without_people_there_is_no_interval(people: int) -> None:
    found = difference_of_means(Arm.of([5.0] * people), Arm.of([1.0, 2.0, 3.0]))
    assert (found.interval, found.p_value) == (None, 1.0)


def test_nobody_or_everybody_is_no_evidence() -> None:
    assert difference_of_shares(0, 10, 0, 10).interval is None
    assert difference_of_shares(10, 10, 10, 10).p_value == 1
    with pytest.raises(ValueError, match="people"):
        difference_of_shares(0, 0, 1, 10)


def skewed(generator: np.random.Generator, people: int, uplift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """What people spent before and after: habits that differ from person to person, orders by chance."""
    habit = generator.gamma(1.5, 1, people)
    before = generator.poisson(6 * habit) * 30.0
    return before, generator.poisson(6 * habit * (1 + uplift)) * 30.0


def test_no_effect_is_seldom_found_and_intervals_cover() -> None:
    generator, trials = np.random.default_rng(11), 1_500
    found = {"means": 0, "cuped": 0, "shares": 0, "aiming": 0}
    for _ in range(trials):
        before, after = skewed(generator, 600)
        treated = generator.permutation(600) >= 180
        adjusted = cuped(after, before, treated).outcome
        effects = {
            "means": difference_of_means(Arm.of(after[treated]), Arm.of(after[~treated])),
            "cuped": difference_of_means(Arm.of(adjusted[treated]), Arm.of(adjusted[~treated])),
            "shares": difference_of_shares(
                int((after[treated] > 200).sum()), 420, int((after[~treated] > 200).sum()), 180
            ),
            "aiming": four_groups(after, before > 200, treated).aiming,
        }
        for name, effect in effects.items():
            assert effect.interval is not None
            found[name] += not effect.interval[0] <= 0 <= effect.interval[1]
    assert max(found.values()) <= most_of(trials), found
    assert min(found.values()) >= int(stats.binom.ppf(0.001, trials, 0.05)), found  # neither too wide


def test_intervals_cover_a_true_effect_and_cuped_narrows_them() -> None:
    generator, trials, truth = np.random.default_rng(12), 600, 0.2 * 1.5 * 6 * 30
    missed, widths = [0, 0], [0.0, 0.0]
    for _ in range(trials):
        before, plain = skewed(generator, 600)
        treated = generator.permutation(600) >= 180
        after = plain + treated * truth
        for place, outcome in enumerate((after, cuped(after, before, treated).outcome)):
            low, high = difference_of_means(Arm.of(outcome[treated]), Arm.of(outcome[~treated])).interval or (0, 0)
            missed[place] += not low <= truth <= high
            widths[place] += high - low
    assert max(missed) <= most_of(trials)
    assert widths[1] < 0.65 * widths[0]


def test_cuped_keeps_the_effect_and_says_what_it_explained() -> None:
    generator = np.random.default_rng(4)
    before, after = skewed(generator, 4_000, uplift=0.1)
    treated = generator.random(4_000) < 0.9
    found = cuped(after, np.column_stack([before, np.ones(4_000)]), treated)
    assert found.explained == pytest.approx(np.corrcoef(before, after)[0, 1] ** 2, abs=0.03)
    assert found.outcome.mean() == pytest.approx(after.mean())
    assert cuped(after, np.ones(4_000), treated).outcome == pytest.approx(after)
    assert cuped([], [], []).explained == 0


def test_four_groups_keep_the_score_apart_from_the_action() -> None:
    """The score tells who spends; the action adds 10 for everybody: aiming by the score gains nothing."""
    generator = np.random.default_rng(6)
    high, treated = generator.random(8_000) < 0.3, generator.random(8_000) < 0.5
    found = four_groups(100 + 60 * high + 10 * treated + generator.normal(0, 20, 8_000), high, treated)
    assert found.score.value == pytest.approx(60, abs=3)
    assert found.effect_high.value == pytest.approx(10, abs=3)
    assert found.effect_low.value == pytest.approx(10, abs=2)
    assert found.aiming.interval is not None
    assert found.aiming.interval[0] < 0 < found.aiming.interval[1]
    assert found.high_treated.people + found.high_control.people == high.sum()
    only_high = four_groups(100 + 10 * (treated & high) + generator.normal(0, 20, 8_000), high, treated)
    assert only_high.aiming.p_value < 0.001
