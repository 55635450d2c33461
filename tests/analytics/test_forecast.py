"""The revenue ahead: right on average, its interval right as often as it says, cheap for a million."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from analytics import lifetime
from analytics.forecast import DRAWS, MOST_SAMPLED, Histories, expected_revenue, scored
from analytics.lifetime import FitResult, MeanValueParameters, NaiveRateParameters
from analytics.lifetime.parameters import BgNbdParameters, GammaGammaParameters
from analytics.lifetime.worlds import World, simulate_world

pytestmark = pytest.mark.any_world

BUYING = BgNbdParameters(r=0.8, alpha=40.0, a=0.8, b=3.0, unit="day")
SPEND = GammaGammaParameters(p=6.0, q=6.0, v=60.0)
ENDS = (30, 61, 91)
WORLDS = 16


def world(seed: int, customers: int = 300) -> World:
    rng = np.random.default_rng(seed)
    return simulate_world(BUYING, SPEND, rng.uniform(60, 300, customers), [float(end) for end in ENDS], rng)


def histories(of: World) -> Histories:
    return Histories.of(of.frequency, of.recency, of.T, of.monetary_value)


def fits(of: World) -> tuple[FitResult[Any], FitResult[Any]]:
    buying: Any = lifetime.fit_bg_nbd(of.frequency, of.recency, of.T, unit="day")
    spend: Any = lifetime.fit_gamma_gamma(of.frequency, of.monetary_value)
    return buying, spend


def forecast(of: World, groups: list[Any], kept: list[float], seed: int = 1) -> Any:
    return expected_revenue(*fits(of), histories(of), groups, ENDS, kept=kept, random_state=seed)


def test_the_interval_holds_what_comes_in_as_often_as_it_says() -> None:
    held = 0
    for seed in range(WORLDS):
        base = world(seed)
        everybody = forecast(base, [np.ones(300, dtype=bool)], [1.0], seed)[-1]
        low, high = everybody.interval
        held += low <= base.future_spend[-1] <= high
    assert held >= binom.ppf(0.005, WORLDS, 0.95)


def test_the_months_add_up_and_groups_err_together() -> None:
    base = world(3)
    mine = np.arange(300) % 3 == 0
    members, rest, everybody = forecast(base, [mine, ~mine], [1.0, 1.0])
    assert members.months.sum() + rest.months.sum() == pytest.approx(everybody.total)
    assert members.customers + rest.customers == everybody.customers == 300
    for group in (members, rest, everybody):
        assert group.months.sum() == pytest.approx(group.total)
        assert (group.low <= group.months).all()
        assert (group.months <= group.high).all()
        assert group.interval[0] < group.total < group.interval[1]
    # Parameters are common, so the whole is less certain than if the groups were strangers.
    assert everybody.draws.sum(axis=1).std() > 0.99 * np.hypot(*(g.draws.sum(axis=1).std() for g in (members, rest)))


def test_it_expects_what_the_value_model_expects() -> None:
    base = world(5)
    buying, spend = fits(base)
    found = expected_revenue(
        buying, spend, histories(base), [np.ones(300, dtype=bool)], ENDS, kept=[0.8], random_state=1
    )
    lengths = np.diff([0, *ENDS]).astype(float)
    monthly = lifetime.monthly_expected(
        buying.parameters,
        spend.parameters,
        base.frequency,
        base.recency,
        base.T,
        base.monetary_value,
        month_days=lengths.tolist(),
    )
    assert found[0].months == pytest.approx(0.8 * monthly.revenue)


def test_unknown_parameters_widen_the_interval() -> None:
    base = world(7)
    buying, spend = fits(base)
    group = [np.ones(300, dtype=bool)]
    known = FitResult(buying.parameters, 300.0), FitResult(spend.parameters, 300.0)
    wide = expected_revenue(buying, spend, histories(base), group, ENDS, kept=[1.0], random_state=1)[0]
    narrow = expected_revenue(*known, histories(base), group, ENDS, kept=[1.0], random_state=1)[0]
    assert wide.draws.sum(axis=1).std() > 1.05 * narrow.draws.sum(axis=1).std()


def test_simple_rates_and_empty_groups_have_an_interval_too() -> None:
    base = Histories.of([2.0, 0.0], [30.0, 0.0], [90.0, 40.0], [20.0, 0.0])
    rate: Any = FitResult(NaiveRateParameters(prior_purchases=1.0, prior_time=60.0, unit="day"), 2.0)
    mean: Any = FitResult(MeanValueParameters(mean=15.0, prior_purchases=1.0), 2.0)
    nobody = np.zeros(2, dtype=bool)
    empty, both, _ = expected_revenue(rate, mean, base, [nobody, ~nobody], ENDS, kept=[1.0, 1.0], random_state=1)
    assert (empty.total, empty.interval) == (0.0, (0.0, 0.0))
    # (2 + 1) / (90 + 60) and 1 / (40 + 60) purchases a day; (2 * 20 + 15) / 3 and 15 a purchase.
    assert both.total == pytest.approx(91 * (3 / 150 * 55 / 3 + 1 / 100 * 15))
    assert 0 <= both.interval[0] < both.total < both.interval[1]
    assert both.draws.shape == (DRAWS, 3)


def test_a_large_group_moves_with_the_parameters_as_its_sample_does() -> None:
    base = world(11, customers=400)
    buying, spend = fits(base)
    times = MOST_SAMPLED // 400 + 1
    many = Histories(*(np.tile(column, times) for column in vars(histories(base)).values()))
    group = np.ones(len(many), dtype=bool)
    found = expected_revenue(buying, spend, many, [group], ENDS, kept=[1.0], random_state=1)[0]
    small = expected_revenue(buying, spend, histories(base), [group[:400]], ENDS, kept=[1.0], random_state=1)[0]
    assert found.total == pytest.approx(times * small.total)
    # Among so many the scatter averages out and the doubt about the parameters stays.
    assert 0.2 < (found.draws.sum(axis=1).std() / found.total) / (small.draws.sum(axis=1).std() / small.total) < 1


def test_a_forecast_is_scored_by_what_came_in() -> None:
    assert scored([(100.0, 80.0, 120.0, 110.0), (50.0, 45.0, 60.0, 90.0)]) == {
        "months": 2,
        "inside": 1,
        "error": pytest.approx(-0.25),
    }
    assert scored([(10.0, 0.0, 20.0, 0.0)])["error"] is None
