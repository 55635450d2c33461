"""Silence, the next order, intervals of odd fits, and the course of P(alive)."""

from typing import Any

import numpy as np
import pytest

from analytics import lifetime
from analytics.lifetime import horizons, totals, uncertainty
from analytics.lifetime.base import Base
from analytics.scoring import alive

BG = lifetime.BgNbdParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
MBG: Any = lifetime.MbgNbdParameters(r=0.525, alpha=6.183, a=0.891, b=1.614, unit="week")
PARETO: Any = lifetime.ParetoNbdParameters(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="week")
NAIVE = lifetime.NaiveRateParameters(prior_purchases=0.0, prior_time=0.0, unit="day")
X, T_X, T = np.array([2.0, 0.0, 26.0, 1.0]), np.array([30.43, 0.0, 30.86, 2.0]), np.array([38.86, 38.86, 31.0, 38.0])
TIGHT = tuple(tuple(1e-4 if row == column else 0.0 for column in range(4)) for row in range(4))


def base() -> Base:
    return Base.of(X, T_X, T)


def quiet(model: Any, days: float, chances: Any) -> Any:
    return base().spread(horizons.no_purchase(model, base(), chances, days))


def fitted(model: Any, **fields: Any) -> Any:
    return lifetime.FitResult(model, 4.0, log_covariance=TIGHT, **fields)


def test_silence_is_that_of_the_published_point() -> None:
    """P(X(39) = 0) = .5737864 for somebody who has just bought for the first time, in weeks."""
    new = Base.of([0.0], [0.0], [0.0])
    assert horizons.no_purchase(BG, new, new.alive(BG), 39 * 7)[0] == pytest.approx(0.5737864, abs=5e-8)


def test_silence_equals_the_models_own() -> None:
    for model in (BG, MBG, PARETO, NAIVE):
        own = lifetime.probability_no_purchase(model, lifetime.in_unit(90, model.unit), X, T_X, T)
        np.testing.assert_allclose(quiet(model, 90, base().alive(model)), own, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("model", [BG, MBG, PARETO])
def test_silence_only_becomes_less_likely(model: Any) -> None:
    times = np.array([0.01, 1, 10, 100, 1000])
    found = horizons.quiet_if_alive(model, times, X, T)
    assert np.all(np.diff(found, axis=0) < 0)
    assert np.all((found >= 0) & (found < 1))


def test_silence_under_pareto_is_what_simulation_gives() -> None:
    rng, n, t = np.random.default_rng(4), 400_000, 20.0
    rate = rng.gamma(PARETO.r + 2, 1 / (PARETO.alpha + 38.86), n)
    leaving = rng.gamma(PARETO.s, 1 / (PARETO.beta + 38.86), n)
    simulated = np.mean(rng.exponential(1 / rate) > np.minimum(t, rng.exponential(1 / leaving)))
    found = horizons.quiet_if_alive(PARETO, np.array([t]), np.array([2.0]), np.array([38.86]))[0, 0]
    assert found == pytest.approx(simulated, abs=0.003)


@pytest.mark.parametrize("model", [BG, PARETO])
def test_next_order_is_as_likely_as_not_by_its_day(model: Any) -> None:
    chances = np.array([0.7266, 1.0, 0.9979, 0.4])
    ordered = base()
    by_row = np.empty(4)
    by_row[ordered.rows.inverse] = chances
    days = ordered.spread(horizons.days_to_next_order(model, ordered, by_row))
    assert np.isnan(days[3])
    for place in np.flatnonzero(np.isfinite(days)):
        assert quiet(model, days[place], by_row)[place] == pytest.approx(0.5, abs=0.002)
    assert days[2] < 14


def test_next_order_of_somebody_who_never_came_back_in_years_is_no_date() -> None:
    lonely = Base.of([0.0], [0.0], [5000.0])
    assert np.isnan(horizons.days_to_next_order(BG, lonely, np.ones(1)))[0]
    assert np.isnan(horizons.days_to_next_order(NAIVE, lonely, np.ones(1)))[0]


def test_next_order_at_a_steady_rate_is_the_median_of_its_wait() -> None:
    steady = Base.of([9.0], [90.0], [90.0])
    assert horizons.days_to_next_order(NAIVE, steady, np.ones(1))[0] == pytest.approx(10 * np.log(2))


def test_one_time_buyers_have_no_interval_of_p_alive_under_bg_nbd() -> None:
    found = uncertainty.p_alive_interval(fitted(BG), base())
    assert np.isnan(found.low[1])
    assert np.isnan(found.high[1])
    alive_now = lifetime.probability_alive(BG, X, T_X, T)
    others = [0, 2, 3]
    assert np.all((found.low < alive_now)[others] & (alive_now < found.high)[others])


def test_intervals_of_a_fallback_are_missing_with_its_reason() -> None:
    rate: Any = lifetime.FitResult(NAIVE, 4.0, reason_code="too_few_customers")
    found = uncertainty.expected_purchases_interval(rate, base(), np.ones(4), horizon_days=90)
    assert np.isnan(found.low).all()
    assert found.reason == "too_few_customers"
    spend: Any = lifetime.FitResult(lifetime.MeanValueParameters(10.0, 1.0), 4.0, reason_code="no_repeat_buyers")
    money = uncertainty.clv_interval(
        fitted(BG), spend, base(), X, X * 10, np.ones(4), horizon_days=90, annual_discount_rate=0.1
    )
    assert money.reason == "no_repeat_buyers"


def test_intervals_without_a_covariance_are_missing() -> None:
    plain: Any = lifetime.FitResult(BG, 4.0)
    assert uncertainty.p_alive_interval(plain, base()).reason == uncertainty.NO_COVARIANCE


def test_totals_of_a_fallback_have_no_interval_but_a_reason() -> None:
    rate: Any = lifetime.FitResult(NAIVE, 4.0, reason_code="too_few_customers")
    spend: Any = lifetime.FitResult(lifetime.MeanValueParameters(10.0, 1.0), 4.0, reason_code="no_repeat_buyers")
    found = totals.predictive_totals(rate, spend, base(), np.full(4, 10.0), random_state=1)
    assert [each.days for each in found] == list(horizons.HORIZONS)
    assert found[-1].purchases > 0
    assert found[-1].gross_revenue > 0
    assert (found[0].purchases_low, found[0].purchases_reason) == (None, "too_few_customers")
    assert found[0].gross_revenue_reason == "too_few_customers"


def test_totals_are_the_same_again_with_the_same_seed() -> None:
    spend: Any = lifetime.FitResult(
        lifetime.GammaGammaParameters(6.25, 3.74, 15.44), 4.0, log_covariance=tuple(row[:3] for row in TIGHT[:3])
    )
    first, again = (
        totals.predictive_totals(fitted(BG), spend, base(), np.full(4, 30.0), random_state=1) for _ in range(2)
    )
    assert first == again
    assert first[-1].purchases == pytest.approx(
        lifetime.conditional_expected_purchases(BG, 365 / 7, X, T_X, T).sum(), rel=1e-12
    )


def as_mapping(model: Any) -> dict[str, Any]:
    return {"model": model.model, **vars(model)}


@pytest.mark.parametrize("model", [BG, MBG, PARETO])
def test_light_p_alive_equals_the_models_own(model: Any) -> None:
    rng = np.random.default_rng(8)
    x = rng.integers(0, 60, 300).astype(float)
    age = rng.uniform(1, 200, 300)
    t_x = np.where(x > 0, age * rng.uniform(0, 1, 300), 0)
    np.testing.assert_allclose(
        alive.probability_alive(as_mapping(model), x, t_x, age),
        lifetime.probability_alive(model, x, t_x, age),
        rtol=1e-9,
    )


def test_light_p_alive_under_pareto_is_the_published_one() -> None:
    """P(alive) = .9979 for 26 repeat purchases by week 30.86 of 31."""
    found = alive.probability_alive(as_mapping(PARETO), np.array([26.0]), np.array([30.86]), np.array([31.0]))
    assert found[0] == pytest.approx(0.9979, abs=5e-5)


@pytest.mark.parametrize("model", [BG, MBG, PARETO])
def test_light_p_alive_stays_finite_for_a_till(model: Any) -> None:
    x = np.array([1e3, 1e6, 1e6])
    found = alive.probability_alive(as_mapping(model), x, np.array([10.0, 10.0, 100.0]), np.full(3, 100.0))
    np.testing.assert_allclose(found, [0, 0, 1], atol=1e-4)


def test_alive_path_falls_in_silence_and_jumps_with_a_purchase() -> None:
    days = np.arange(0, 400, 7.0)
    path = alive.alive_path(as_mapping(BG), [0, 70, 140], days.tolist(), days_per_unit=7)
    assert path[0] == 1
    assert path[days == 133][0] < path[days == 140][0]
    assert np.all(np.diff(path[days >= 140]) < 0)
    now = lifetime.probability_alive(BG, [2.0], [20.0], [days[-1] / 7])
    assert path[-1] == pytest.approx(now[0], rel=1e-12)


def test_alive_path_before_the_first_purchase_is_missing() -> None:
    assert np.isnan(alive.alive_path(as_mapping(MBG), [0], [-1.0, 0.0], days_per_unit=1)).tolist() == [True, False]


@pytest.mark.parametrize("bought", [[], [3, 5], [0, 5, 5]])
def test_alive_path_refuses_days_that_are_no_history(bought: list[float]) -> None:
    with pytest.raises(ValueError, match="ascending"):
        alive.alive_path(as_mapping(BG), bought, [9.0], days_per_unit=1)


def test_alive_path_of_a_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="who has left"):
        alive.alive_path(as_mapping(NAIVE), [0], [9.0], days_per_unit=1)
