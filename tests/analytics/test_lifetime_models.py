"""MBG/NBD and Pareto/NBD: gradients, integrals and predictions against quadrature, simulation and lifetimes."""

import warnings
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyp2f1

from analytics import lifetime
from analytics.lifetime import MbgNbdParameters, ParetoNbdParameters, mbg_nbd, pareto_integral, pareto_nbd
from analytics.lifetime.hypergeometric import log_gauss_1
from analytics.lifetime.simulate import simulate_mbg_nbd, simulate_pareto_nbd
from tests.analytics.conftest import Base
from tests.analytics.test_lifetime_likelihood import numeric_gradient, some_rows

MBG = MbgNbdParameters(r=0.525, alpha=6.183, a=0.891, b=1.614, unit="week")
PARETO = ParetoNbdParameters(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="week")
MODELS = (MBG, PARETO)
logs = st.lists(st.floats(-3, 3), min_size=4, max_size=4)


@pytest.fixture(scope="module")
def lifetimes() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("lifetimes")


@settings(max_examples=40, deadline=None)
@given(logs)
def test_gradients_are_the_slopes(point: list[float]) -> None:
    for module in (mbg_nbd, pareto_nbd):
        likelihood = module.Likelihood(*some_rows())
        _, gradient = likelihood(np.array(point))
        expected = numeric_gradient(likelihood, np.array(point))
        np.testing.assert_allclose(gradient, expected, rtol=2e-4, atol=2e-4)


def test_likelihoods_equal_those_of_lifetimes(lifetimes: ModuleType, cdnow_weeks: Base) -> None:
    rows = (cdnow_weeks.frequency, cdnow_weeks.recency, cdnow_weeks.T)
    ones = np.ones(len(rows[0]))
    for start in ([0.5, 10.0, 0.6, 12.0], [0.6, 12.0, 0.7, 9.0], [0.9, 9.0, 0.5, 12.0]):
        theirs = lifetimes.ModifiedBetaGeoFitter._negative_log_likelihood(np.log(start), *rows, ones, 0.0)
        assert mbg_nbd.Likelihood(*rows, ones)(np.log(start))[0] == pytest.approx(theirs, rel=1e-9)
        # For this model the parameters themselves are asked for, and the sum is given.
        theirs = lifetimes.ParetoNBDFitter._negative_log_likelihood(np.array(start), *rows, ones, 0.0)
        assert pareto_nbd.Likelihood(*rows, ones)(np.log(start))[0] == pytest.approx(theirs / len(ones), rel=1e-9)


@pytest.mark.parametrize("name", ["ModifiedBetaGeoFitter", "ParetoNBDFitter"])
def test_predictions_equal_those_of_lifetimes(lifetimes: ModuleType, cdnow_weeks: Base, name: str) -> None:
    ours: Any = MBG if name.startswith("Mod") else PARETO
    theirs = getattr(lifetimes, name)()
    theirs.params_ = {field: value for field, value in vars(ours).items() if field != "unit"}
    theirs._unload_params = lambda *fields: [theirs.params_[field] for field in fields]
    history = [column[:300] for column in (cdnow_weeks.frequency, cdnow_weeks.recency, cdnow_weeks.T)]
    alive = theirs.conditional_probability_alive(*history)
    np.testing.assert_allclose(lifetime.probability_alive(ours, *history), alive, rtol=1e-9)
    expected = theirs.conditional_expected_number_of_purchases_up_to_time(39, *history)
    np.testing.assert_allclose(lifetime.conditional_expected_purchases(ours, 39, *history), expected, rtol=1e-9)


@pytest.mark.parametrize("b", [0.01, 0.5, 3.0, 90.0])
@pytest.mark.parametrize("z", [0.0, 1e-9, 0.05, 0.5, 0.95])
def test_fraction_is_gauss_function_with_its_slopes(b: float, z: float) -> None:
    c = b + 1.4
    found = [float(each[0]) for each in log_gauss_1(np.array([b]), np.array([c]), np.array([z]))]
    assert found[0] == pytest.approx(np.log(hyp2f1(1, b, c, z)), rel=1e-9, abs=1e-14)
    step = 1e-6
    for place, shift in enumerate(np.eye(3)[:2] * step, start=1):
        above, below = (np.log(hyp2f1(1, b + sign * shift[0], c + sign * shift[1], z)) for sign in (1, -1))
        assert found[place] == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-8)
    assert found[3] == pytest.approx((np.log(hyp2f1(1, b, c, z + step)) - found[0]) / step, rel=1e-3)


@settings(max_examples=60, deadline=None)
@given(logs, st.sampled_from([0.0, 1.0, 4.0, 60.0]), st.floats(0, 1.9))
def test_both_ways_of_integration_agree(point: list[float], x: float, y: float) -> None:
    """One ends at infinity and the other at 2, so their differences between two times are compared."""
    numbers = np.exp(np.array(point) * [1, 0.3, 1, 0.3])
    rows = np.array([x, x]), np.array([y, 1.95])
    by_fraction, _ = pareto_integral._by_fraction(numbers, *rows)
    by_quadrature, _ = pareto_integral._by_quadrature(numbers, *rows, 2.0)
    first, second = (value[0] + np.log1p(-np.exp(value[1] - value[0])) for value in (by_fraction, by_quadrature))
    # What both share cancels: the difference keeps the digits that the later weight leaves.
    later = np.exp(by_fraction[1] - by_fraction[0])
    if later < 0.999:
        assert first == pytest.approx(second, abs=1e-8 / (1 - later))


def pareto_alive_by_quadrature(x: float, t_x: float, T: float) -> float:
    r, alpha, s, beta = (getattr(PARETO, name) for name in ("r", "alpha", "s", "beta"))
    alive = (alpha + T) ** -(r + x) * (beta + T) ** -s
    dead = quad(lambda u: s * (alpha + u) ** -(r + x) * (beta + u) ** -(s + 1), t_x, T, epsabs=0, epsrel=1e-11)[0]
    return float(alive / (alive + dead))


@pytest.mark.parametrize("history", [(0, 0, 10), (2, 30.43, 38.86), (1, 2, 30), (7, 1, 12), (26, 30.86, 31)])
def test_pareto_nbd_alive_is_the_integral_of_its_definition(history: tuple[float, float, float]) -> None:
    found = lifetime.probability_alive(PARETO, *history)[0]
    assert found == pytest.approx(pareto_alive_by_quadrature(*history), rel=1e-9)


@pytest.mark.parametrize("beta", [0.05, 5000.0])
def test_pareto_nbd_with_scales_far_apart_is_the_same_integral(beta: float) -> None:
    """Here quadrature takes over from the continued fraction."""
    model = ParetoNbdParameters(r=0.553, alpha=10.0, s=0.606, beta=beta, unit="week")
    history = (1.0, 2.0, 30.0)
    alive = (10 + 30) ** -1.553 * (beta + 30) ** -0.606
    dead = quad(lambda u: 0.606 * (10 + u) ** -1.553 * (beta + u) ** -1.606, 2, 30, epsabs=0, epsrel=1e-11)[0]
    assert lifetime.probability_alive(model, *history)[0] == pytest.approx(alive / (alive + dead), rel=1e-9)


def test_pareto_nbd_has_no_pole_where_s_is_one() -> None:
    near, at = (
        lifetime.expected_purchases_new(ParetoNbdParameters(0.5, 10, s, 12, "week"), [39])[0] for s in (1 + 1e-7, 1.0)
    )
    assert at == pytest.approx(near, rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_predictions_agree_with_what_simulated_people_did(model: Any) -> None:
    rng = np.random.default_rng(11)
    simulate: Any = simulate_mbg_nbd if model is MBG else simulate_pareto_nbd
    shop = simulate(model, rng.uniform(10, 80, 40_000), rng, future=26)
    history = (shop.frequency, shop.recency, shop.T)
    alive = lifetime.probability_alive(model, *history)
    assert abs(alive.sum() - shop.is_alive.sum()) < 4 * np.sqrt((alive * (1 - alive)).sum())
    expected = lifetime.conditional_expected_purchases(model, 26, *history)
    assert abs(expected.sum() - shop.future.sum()) < 4 * np.sqrt((shop.future**2).sum())
    silent = lifetime.probability_no_purchase(model, 26, *history)
    assert abs(silent.sum() - (shop.future == 0).sum()) < 4 * np.sqrt((silent * (1 - silent)).sum())
    new = lifetime.expected_purchases_new(model, shop.T)
    assert abs(new.sum() - shop.frequency.sum()) < 4 * np.sqrt((shop.frequency**2).sum())


@pytest.mark.parametrize("model", MODELS)
def test_simulated_parameters_are_recovered_within_their_errors(model: Any) -> None:
    rng = np.random.default_rng(3)
    simulate: Any = simulate_mbg_nbd if model is MBG else simulate_pareto_nbd
    shop = simulate(model, rng.uniform(30, 120, 20_000), rng)
    found = lifetime.fit_purchases(model.model, shop.frequency, shop.recency, shop.T, unit="week")
    assert found.standard_errors is not None
    for name, error in found.standard_errors.items():
        assert abs(getattr(found.parameters, name) - getattr(model, name)) < 3.5 * error


@pytest.mark.parametrize("model", MODELS)
def test_one_time_buyers_fade(model: Any) -> None:
    alive = lifetime.probability_alive(model, [0, 0, 0], [0, 0, 0], [1, 30, 300])
    assert 1 > alive[0] > alive[1] > alive[2] > 0


@pytest.mark.parametrize("model", MODELS)
def test_a_million_purchases_stay_finite_and_silence_after_many_is_certain_death(model: Any) -> None:
    x = np.array([1000, 1_000_000, 1_000_000, 1_000_000.0])
    recency, T = np.array([10, 10, 99.999999, 100.0]), np.full(4, 100.0)
    alive = lifetime.probability_alive(model, x, recency, T)
    assert alive[:2].tolist() == [0, 0]
    assert alive[3] > 0.99
    for t in (0.0, 1.0, 1e4):
        assert np.all(np.isfinite(lifetime.conditional_expected_purchases(model, t, x, recency, T)))
        silent = lifetime.probability_no_purchase(model, t, x, recency, T)
        assert np.all((silent >= 0) & (silent <= 1))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-4, 4), min_size=4, max_size=4),
    st.sampled_from([0, 1, 2, 50, 3000, 10**6]),
    st.floats(0, 1),
    st.floats(0.01, 5000),
    st.floats(0, 5000),
)
def test_predictions_are_never_impossible(point: list[float], x: int, share: float, T: float, t: float) -> None:
    first, second, third, fourth = np.exp(point)
    recency = share * T if x else 0.0
    for model in (
        MbgNbdParameters(first, second, third, fourth, "day"),
        ParetoNbdParameters(first, second, third, fourth, "day"),
    ):
        alive = lifetime.probability_alive(model, x, recency, T)[0]
        expected = lifetime.conditional_expected_purchases(model, t, x, recency, T)[0]
        nothing = lifetime.probability_no_purchase(model, t, x, recency, T)[0]
        assert 0 <= alive <= 1
        assert 0 <= nothing <= 1
        assert 0 <= expected <= alive * (first + x) / (second + T) * t * (1 + 1e-9)
