"""Every model on every simulated base: a fit that passes the gate, or a fallback by name with its reason."""

from typing import Any

import numpy as np
import pytest

from analytics import lifetime
from analytics.lifetime import PurchaseFit, bases, totals, uncertainty
from analytics.lifetime.base import Base
from analytics.lifetime.bases import SIMULATED_BASES, CustomerBase
from analytics.lifetime.guard import MAX_RATIO
from analytics.lifetime.purchase_models import FITTABLE

FALLBACKS = {
    "tiny": "too_few_customers",
    "no_repeaters": "no_repeat_buyers",
    "one_customer": "too_few_customers",
    "one_day": "no_time_observed",
}
STEADIED = {"", "penalised", "heavy_buyers_left_out"}
HORIZONS = (0.0, 1.0, 26.0, 520.0)


def test_there_are_fourteen_bases() -> None:
    assert len(SIMULATED_BASES) == 14
    assert set(FALLBACKS) < set(SIMULATED_BASES)


@pytest.fixture(scope="module", params=SIMULATED_BASES)
def named_base(request: pytest.FixtureRequest) -> tuple[str, CustomerBase]:
    return request.param, bases.simulated_base(request.param)


@pytest.mark.parametrize("model", FITTABLE)
def test_base_gives_a_plausible_fit_or_a_named_fallback(named_base: tuple[str, CustomerBase], model: str) -> None:
    name, base = named_base
    fit = lifetime.fit_purchases(model, base.frequency, base.recency, base.T, unit="week")
    if name in FALLBACKS:
        assert (fit.is_fallback, fit.reason_code) == (True, FALLBACKS[name])
        assert fit.reason.endswith("how often people bought so far.")
    else:
        assert_plausible(fit, base, model)
    assert bool(fit.reason) == bool(fit.reason_code)
    assert_sane_predictions(fit, base)


def assert_plausible(fit: PurchaseFit, base: CustomerBase, model: str) -> None:
    assert (fit.model, fit.converged) == (model, True)
    assert fit.reason_code in STEADIED
    numbers = [value for name, value in vars(fit.parameters).items() if name != "unit"]
    assert np.all(np.isfinite(numbers))
    assert min(numbers) > 0
    assert fit.standard_errors is not None
    assert np.all(np.isfinite(list(fit.standard_errors.values())))
    assert np.all(np.linalg.eigvalsh(np.array(fit.log_covariance)) > 0)
    fitted = base.frequency <= 1000
    implied = lifetime.expected_purchases_new(fit.parameters, base.T[fitted]).sum()
    assert 1 / MAX_RATIO <= implied / base.frequency[fitted].sum() <= MAX_RATIO


def assert_sane_predictions(fit: PurchaseFit, base: CustomerBase) -> None:
    history = (base.frequency, base.recency, base.T)
    alive = lifetime.probability_alive(fit.parameters, *history)
    assert np.all((alive >= 0) & (alive <= 1))
    for t in HORIZONS:
        expected = lifetime.conditional_expected_purchases(fit.parameters, t, *history)
        silent = lifetime.probability_no_purchase(fit.parameters, t, *history)
        assert np.all(np.isfinite(expected) & (expected >= 0))
        assert np.all((silent >= 0) & (silent <= 1))
    spend = lifetime.fit_gamma_gamma(base.frequency, base.monetary_value, general_mean=20.0)
    value = lifetime.customer_lifetime_value(
        fit.parameters, spend.parameters, *history, base.monetary_value, horizon_days=365, annual_discount_rate=0.1
    )
    assert np.all(np.isfinite(value) & (value >= 0))


@pytest.mark.parametrize("model", FITTABLE)
def test_base_gives_intervals_that_say_something_or_a_reason(named_base: tuple[str, CustomerBase], model: str) -> None:
    _, base = named_base
    history = (base.frequency, base.recency, base.T)
    fit: Any = lifetime.fit_purchases(model, *history, unit="week")
    spend: Any = lifetime.fit_gamma_gamma(base.frequency, base.monetary_value, general_mean=20.0)
    folded, money = Base.of(*history), {"horizon_days": 365, "annual_discount_rate": 0.1}
    expected = lifetime.conditional_expected_purchases(fit.parameters, 365 / 7, *history)
    clv = lifetime.customer_lifetime_value(fit.parameters, spend.parameters, *history, base.monetary_value, **money)
    of_purchases = uncertainty.expected_purchases_interval(fit, folded, expected, horizon_days=365)
    of_clv = uncertainty.clv_interval(fit, spend, folded, base.frequency, base.monetary_value, clv, **money)
    value = lifetime.conditional_mean_value(spend.parameters, base.frequency, base.monetary_value)
    assert_says_something(of_purchases, expected, 0.1)
    assert_says_something(of_clv, clv, 0.1 * value)
    alive = uncertainty.p_alive_interval(fit, folded)
    assert np.all(np.isnan(alive.low) | ((alive.low >= 0) & (alive.low <= alive.high) & (alive.high <= 1)))
    assert_totals_say_something(totals.predictive_totals(fit, spend, folded, base.monetary_value, random_state=1))


def assert_says_something(interval: uncertainty.Interval, expected: Any, next_to_nothing: Any) -> None:
    low, high = interval.low, interval.high
    has_ends = np.isfinite(low) & np.isfinite(high)
    assert np.array_equal(has_ends, ~np.isnan(low))
    assert np.array_equal(has_ends, ~np.isnan(high))
    assert np.all(has_ends) or interval.reason
    assert np.all((low >= 0) & (low <= expected * 1.000001) & (expected <= high * 1.000001) | ~has_ends)
    assert np.all((high <= expected * 100.0001) | (high <= next_to_nothing) | ~has_ends)


def assert_totals_say_something(found: list[totals.Total]) -> None:
    for total in found:
        ends = [
            (total.purchases, total.purchases_low, total.purchases_high, total.purchases_reason),
            (total.gross_revenue, total.gross_revenue_low, total.gross_revenue_high, total.gross_revenue_reason),
        ]
        for expected, low, high, reason in ends:
            assert np.isfinite(expected)
            assert expected >= 0
            assert (low is None, high is None) == (bool(reason), bool(reason))
            if low is not None and high is not None:
                assert 0 <= low <= high <= 1000 * max(expected, 1)


@pytest.mark.parametrize("name", ["few_spend_most", "few_of_few_spend_most", "some_spend_most"])
def test_spend_with_a_heavy_tail_has_intervals_for_nearly_all(name: str) -> None:
    """The parameters one standard error away keep a mean, though q itself may not be told from 1."""
    base = bases.simulated_base(name)
    spend: Any = lifetime.fit_gamma_gamma(base.frequency, base.monetary_value)
    assert spend.model == "gamma_gamma"
    assert all(side.q > 1 for pair in uncertainty.sides(spend) for side in pair)
    fit: Any = lifetime.fit_bg_nbd(base.frequency, base.recency, base.T, unit="week")
    folded = Base.of(base.frequency, base.recency, base.T)
    ones = np.ones(len(base.frequency))
    found = uncertainty.clv_interval(
        fit, spend, folded, base.frequency, base.monetary_value, ones, horizon_days=365, annual_discount_rate=0.1
    )
    assert np.mean(~np.isnan(found.low)) > 0.9


def heavy_tailed(frequency: Any, q: float, deviation: float) -> Any:
    """A stored fit whose q is `deviation` unsure on the scale of logs."""
    spend = lifetime.GammaGammaParameters(p=6.0, q=q, v=15.0)
    covariance = ((0.01, 0.0, 0.0), (0.0, deviation**2, 0.0), (0.0, 0.0, 0.01))
    return lifetime.FitResult(spend, float(len(frequency)), log_covariance=covariance)


@pytest.mark.parametrize("q", [1.0001, 1.001, 1.01])
def test_where_q_could_be_1_nothing_is_said_of_those_who_never_came_back(q: float) -> None:
    """A mean of 1 / (q - 1) that could be anything: no interval, a reason, and totals that don't overflow."""
    base = bases.simulated_base("bookshop")
    spend = heavy_tailed(base.frequency, q, 0.2)
    fit: Any = lifetime.fit_bg_nbd(base.frequency, base.recency, base.T, unit="week")
    folded, money = Base.of(base.frequency, base.recency, base.T), {"horizon_days": 365, "annual_discount_rate": 0.1}
    ones = np.ones(len(base.frequency))
    found = uncertainty.clv_interval(fit, spend, folded, base.frequency, base.monetary_value, ones, **money)
    newcomers = base.frequency == 0
    assert np.isnan(found.high[newcomers]).all()
    assert np.isfinite(found.high[~newcomers]).all()
    assert found.reason == uncertainty.TOO_WIDE
    ahead = totals.predictive_totals(fit, spend, folded, base.monetary_value, random_state=1)
    assert_totals_say_something(ahead)
    assert {total.gross_revenue_reason for total in ahead} == {uncertainty.TOO_WIDE}
    assert {total.purchases_reason for total in ahead} == {""}


def test_a_stored_fit_without_a_mean_has_no_intervals() -> None:
    spend = heavy_tailed(np.ones(3), 0.9, 0.2)
    assert uncertainty.missing_reason(spend) == uncertainty.NO_COVARIANCE


@pytest.mark.parametrize("model", FITTABLE)
def test_a_few_heavy_buyers_leave_the_model_of_the_others_as_it_is(model: str) -> None:
    base = bases.simulated_base("heavy_buyers")
    few = base.frequency < 1000
    all_of_them = lifetime.fit_purchases(model, base.frequency, base.recency, base.T, unit="week")
    others = lifetime.fit_purchases(model, base.frequency[few], base.recency[few], base.T[few], unit="week")
    assert all_of_them.reason_code == "heavy_buyers_left_out"
    assert all_of_them.reason.startswith("3 customers with more than")
    assert all_of_them.parameters == others.parameters


@pytest.mark.parametrize(
    ("name", "model"), [("bookshop", "bg_nbd"), ("lost_at_once", "mbg_nbd"), ("quiet_leavers", "pareto_nbd")]
)
def test_likelihood_knows_the_kind_of_world_a_base_comes_from(name: str, model: str) -> None:
    base = bases.simulated_base(name)
    history = (base.frequency, base.recency, base.T)
    found = {each: lifetime.fit_purchases(each, *history, unit="week").log_likelihood or 0.0 for each in FITTABLE}
    assert max(found, key=lambda each: found[each]) == model
