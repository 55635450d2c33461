"""Looking every week must not find what is not there; and what is there must be found in time."""

import numpy as np
import pytest
from scipy import stats

from analytics.experiments import sequential

pytestmark = pytest.mark.any_world

WEEKS, PEOPLE, CONTROL = 52, 400, 100


def looks(seed: int, trials: int, uplift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Effects and standard errors (trials, weeks) of running totals: people differ, weeks are Poisson."""
    generator = np.random.default_rng(seed)
    habit = generator.gamma(1.5, 0.2, (trials, PEOPLE, 1))
    rate = np.broadcast_to(habit, (trials, PEOPLE, WEEKS)).copy()
    rate[:, CONTROL:] *= 1 + uplift
    totals = generator.poisson(rate).cumsum(axis=2) * 30.0
    control, treated = totals[:, :CONTROL], totals[:, CONTROL:]
    error = np.sqrt(control.var(axis=1, ddof=1) / CONTROL + treated.var(axis=1, ddof=1) / (PEOPLE - CONTROL))
    return treated.mean(axis=1) - control.mean(axis=1), error


def widths(errors: np.ndarray) -> np.ndarray:
    """The mixture comes from the plan alone: the deviation that half a year of such people is expected to have."""
    deviation = 30 * np.sqrt(26 * 0.3 + 26**2 * 1.5 * 0.04)
    planned = PEOPLE**2 * deviation**2 * (1 / CONTROL + 1 / (PEOPLE - CONTROL))
    mixture = sequential.tuning(planned)
    found: np.ndarray = np.vectorize(lambda error: sequential.half_width(float(error), PEOPLE, mixture))(errors)
    return found


def test_weekly_looks_find_nothing_where_nothing_is() -> None:
    effects, errors = looks(21, 400)
    always = (np.abs(effects) > widths(errors)).any(axis=1).sum()
    usual = (np.abs(effects) > 1.96 * errors).any(axis=1).sum()
    assert always <= stats.binom.ppf(0.999, 400, 0.05)
    assert usual > 2 * 0.05 * 400  # what people get who look every week at the usual interval


def test_independent_increments_are_the_hard_case_and_hold_too() -> None:
    """A Brownian motion at its own clock, looked at a thousand times over three orders of magnitude."""
    generator = np.random.default_rng(5)
    clock = np.geomspace(0.01, 10, 1_000)
    steps = generator.normal(0, np.sqrt(np.diff(clock, prepend=0)), (1_500, 1_000))
    bound = np.array([sequential.multiple(v, sequential.tuning(1.0)) * np.sqrt(v) for v in clock])
    crossed = (np.abs(steps.cumsum(axis=1)) > bound).any(axis=1).sum()
    assert crossed <= stats.binom.ppf(0.999, 1_500, 0.05)


def test_an_effect_is_found_and_covered() -> None:
    uplift = 0.4
    effects, errors = looks(22, 200, uplift)
    reach = widths(errors)
    truth = uplift * 0.3 * 30 * np.arange(1, WEEKS + 1)
    assert (np.abs(effects - truth) > reach).any(axis=1).sum() <= stats.binom.ppf(0.999, 200, 0.05)
    assert ((effects - reach)[:, -1] > 0).mean() > 0.5


def test_the_interval_is_tightest_where_it_was_planned() -> None:
    mixture = sequential.tuning(100.0)
    at = {clock: sequential.multiple(clock, mixture) for clock in (1.0, 50.0, 100.0, 200.0, 10_000.0)}
    assert min(at, key=lambda clock: at[clock]) == 100.0
    assert at[100.0] == pytest.approx(sequential.at_plan())
    assert sequential.at_plan() == pytest.approx(3.035, abs=0.001)


def test_the_p_value_is_that_of_the_interval() -> None:
    mixture = sequential.tuning(50.0**2)
    reach = sequential.half_width(0.5, 100, mixture)
    assert sequential.p_value(reach, 0.5, 100, mixture) == pytest.approx(0.05)
    assert sequential.p_value(0, 0.5, 100, mixture) == 1
    assert sequential.half_width(0, 100, mixture) == float("inf")
    assert sequential.p_value(3, 0.0, 0, mixture) == 1
