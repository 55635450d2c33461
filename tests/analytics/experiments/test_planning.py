"""Planning: the library's numbers, and shares, weeks and people that fit together."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from analytics.experiments.planning import (
    Growth,
    Intake,
    Spread,
    growth,
    people_needed,
    power_of,
    smallest_effect,
    weeks_needed,
)
from analytics.experiments.sequential import at_plan
from analytics.experiments.verdict import judge

pytestmark = pytest.mark.any_world


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3, 0.5])
def test_unequal_arms_agree_with_statsmodels(share: float) -> None:
    people = 4_000
    theirs = float(
        np.asarray(
            TTestIndPower().solve_power(nobs1=people * (1 - share), alpha=0.05, power=0.8, ratio=share / (1 - share))
        ).item()
    )
    ours = smallest_effect(people, 1.0, share, is_always_valid=False)
    assert ours == pytest.approx(theirs, rel=0.01)
    power = NormalIndPower().power(ours, people * (1 - share), 0.05, ratio=share / (1 - share))
    assert power_of(ours, people, 1.0, share, is_always_valid=False) == pytest.approx(float(power), rel=1e-4)


def test_sizes_effects_and_power_fit_together() -> None:
    effect = smallest_effect(2_000, 300.0, 0.1)
    assert people_needed(effect, 300.0, 0.1) in {2_000, 2_001}
    assert power_of(effect, 2_000, 300.0, 0.1) == pytest.approx(0.8)
    assert people_needed(0, 300.0, 0.1) is None
    assert power_of(0, 2_000, 0.0, 0.1) == 0


def test_planned_power_is_what_a_simulation_finds() -> None:
    """With the interval that people may look at whenever they like, read on the planned day."""
    generator, people, share = np.random.default_rng(2), 800, 0.25
    effect = smallest_effect(people, 50.0, share)
    control, treated = generator.normal(0, 50, (1_500, 200)), generator.normal(effect, 50, (1_500, 600))
    error = np.sqrt(control.var(axis=1, ddof=1) / 200 + treated.var(axis=1, ddof=1) / 600)
    shown = ((treated.mean(axis=1) - control.mean(axis=1)) > at_plan() * error).mean()
    assert shown == pytest.approx(0.8, abs=3.3 * np.sqrt(0.16 / 1_500))


def test_who_comes_later_is_counted_for_the_weeks_that_are_left() -> None:
    """The smallest effect of a plan, found again by simulated people who arrive day by day."""
    curve, intake, weeks, share = Growth(20.0, 60.0, 0.5), Intake(200, 100), 26, 0.5
    assert (intake.people(weeks), intake.late(weeks)) == pytest.approx((2_800, 2_600 / 2_800))
    smallest = smallest_effect(intake.people(weeks), intake.residual(curve, weeks), share)
    uplift = smallest / intake.mean(curve, weeks)
    at_once = smallest_effect(2_800, curve.residual(weeks), share) / curve.mean(weeks)
    assert uplift / at_once == pytest.approx(1.36, abs=0.01)
    generator = np.random.default_rng(4)
    watched = np.r_[np.full(200, float(weeks)), np.linspace(0, weeks, 2_600)]
    is_treated = generator.permutation(2_800) < 1_400
    noise = generator.normal(0, 60, (1_000, 2_800)) * np.sqrt(watched)
    values = noise + 20 * uplift * watched * is_treated  # what time alone brings is known, and taken out
    treated, control = values[:, is_treated], values[:, ~is_treated]
    error = np.sqrt(control.var(axis=1, ddof=1) / 1_400 + treated.var(axis=1, ddof=1) / 1_400)
    shown = ((treated.mean(axis=1) - control.mean(axis=1)) > at_plan() * error).mean()
    assert shown == pytest.approx(0.8, abs=3.3 * np.sqrt(0.16 / 1_000))


def test_a_curve_goes_through_the_windows() -> None:
    windows = [Spread(weeks, 20.0 * weeks, 90.0 * weeks**0.7, 0.6) for weeks in (4, 13, 26, 52)]
    curve = growth(windows)
    assert curve is not None
    assert (curve.mean_per_week, curve.exponent) == pytest.approx((20.0, 0.7))
    assert curve.residual(8) == pytest.approx(90 * 0.8 * 8**0.7)
    assert curve.scaled(4, 500).residual(4) == pytest.approx(500)
    assert growth([Spread(4, 0, 0)]) is None


def test_weeks_grow_with_the_wish_and_end_somewhere() -> None:
    curve = growth([Spread(weeks, 20.0 * weeks, 90.0 * weeks**0.6, 0.5) for weeks in (4, 13, 26, 52)])
    assert curve is not None
    large, small = weeks_needed(curve, 0.3, Intake(5_000), 0.1), weeks_needed(curve, 0.15, Intake(5_000), 0.1)
    assert large is not None
    assert small is not None
    assert large < small
    assert weeks_needed(curve, 0.001, Intake(100), 0.1) is None


def test_the_verdict_says_no_more_than_the_interval() -> None:
    curve = growth([Spread(weeks, 20.0 * weeks, 90.0 * weeks**0.6, 0.5) for weeks in (4, 13, 26, 52)])
    usual = {
        "wanted": 30.0,
        "treated": 4_500,
        "control": 500,
        "weeks": 10.0,
        "curve": curve,
        "uplift": 0.15,
        "is_mismatch": False,
    }

    def word(interval: tuple[float, float] | None, **changes: object) -> str:
        return judge(interval=interval, **{**usual, **changes}).word  # type: ignore[arg-type]

    assert word((5, 40)) == "better"
    assert word((-40, -5)) == "worse"
    assert word((-20, 25)) == "small"
    assert word((-20, 45)) == "not_yet"
    assert word((5, 40), is_mismatch=True) == "mismatch"
    assert word((5, 40), control=10) == "too_small"
    assert word((5, 40), control=0) == "waiting"
    assert curve is not None
    more = judge(interval=(-20, 45), **usual).more_weeks  # type: ignore[arg-type]
    assert more is not None
    assert more + 10 == weeks_needed(curve, 0.15, Intake(5_000), 0.1)
