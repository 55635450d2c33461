"""Every model on every simulated base: a fit that passes the gate, or a fallback by name with its reason."""

import numpy as np
import pytest

from analytics import lifetime
from analytics.lifetime import PurchaseFit, bases
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


def test_there_are_eleven_bases() -> None:
    assert len(SIMULATED_BASES) == 11
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
