"""The likelihoods and predictions against finite differences, quadrature and lifetimes."""

import warnings
from importlib import import_module
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln

from analytics import lifetime
from analytics.lifetime import BgNbdParameters, GammaGammaParameters, bg_nbd, gamma_gamma
from analytics.lifetime.arrays import FloatArray

MODEL = BgNbdParameters(r=0.6, alpha=20.0, a=0.7, b=2.5, unit="day")
logs = st.floats(-3, 3)


@pytest.fixture(scope="module")
def lifetimes() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("lifetimes")


def some_rows(seed: int = 1) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    T = rng.integers(1, 50, 40) / 10
    x = np.concatenate([np.zeros(10), rng.integers(1, 40, 29), [1000.0]])
    t_x = np.where(x > 0, T * rng.uniform(0.1, 1, 40), 0)
    return x, t_x, T, rng.integers(1, 5, 40).astype(float)


def numeric_gradient(function: bg_nbd.Likelihood | gamma_gamma.Likelihood, point: FloatArray) -> list[float]:
    steps = np.eye(len(point)) * 1e-5
    return [(function(point + step)[0] - function(point - step)[0]) / 2e-5 for step in steps]


@settings(max_examples=40, deadline=None)
@given(st.lists(logs, min_size=4, max_size=4))
def test_bg_nbd_gradient_is_the_slope(point: list[float]) -> None:
    likelihood = bg_nbd.Likelihood(*some_rows())
    _, gradient = likelihood(np.array(point))
    np.testing.assert_allclose(gradient, numeric_gradient(likelihood, np.array(point)), rtol=1e-4, atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.lists(logs, min_size=3, max_size=3))
def test_gamma_gamma_gradient_is_the_slope(point: list[float]) -> None:
    x, _, value, weights = some_rows()
    likelihood = gamma_gamma.Likelihood(x[10:], value[10:], weights[10:])
    _, gradient = likelihood(np.array(point))
    np.testing.assert_allclose(gradient, numeric_gradient(likelihood, np.array(point)), rtol=1e-4, atol=1e-4)


def test_likelihoods_equal_those_of_lifetimes(lifetimes: ModuleType) -> None:
    x, t_x, T, weights = some_rows()
    point = np.log([0.4, 1.5, 0.9, 2.0])
    theirs = lifetimes.BetaGeoFitter._negative_log_likelihood(point, x, t_x, T, weights, 0.0)
    assert bg_nbd.Likelihood(x, t_x, T, weights)(point)[0] == pytest.approx(theirs, rel=1e-12)
    some = x > 0
    theirs = lifetimes.GammaGammaFitter._negative_log_likelihood(point[:3], x[some], T[some], weights[some], 0.0)
    ours = gamma_gamma.Likelihood(x[some], T[some], weights[some])(point[:3])[0]
    assert ours == pytest.approx(theirs, rel=1e-10)


def mean_by_quadrature(model: BgNbdParameters, t: float, x: float, T: float) -> float:
    """Expected purchases if alive, as the mean over p ~ Beta(a, b + x) on the logit scale."""
    R, A, a, b = model.r + x, model.alpha + T, model.a, model.b + x

    def integrand(logit: float) -> float:
        log_p, log_rest = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
        p = np.exp(log_p)
        return float(-np.expm1(-R * np.log1p(p * t / A)) / p * np.exp(a * log_p + b * log_rest - betaln(a, b)))

    middle, width = np.log(a / b), np.sqrt(1 / a + 1 / b)
    cuts = middle + width * np.array([-45 / min(1, a), -8, -3, 0, 3, 8, 45 / min(1, b)])
    return float(sum(quad(integrand, low, high, epsabs=0, epsrel=1e-11, limit=200)[0] for low, high in pairwise(cuts)))


@pytest.mark.parametrize("x", [0, 1, 7, 300, 10_000, 1_000_000])
@pytest.mark.parametrize(("a", "b"), [(0.7, 2.5), (0.3, 0.7), (0.999999999, 2.0), (1.0, 2.0), (30.0, 4.0)])
def test_expected_purchases_equal_the_integral_over_p(x: float, a: float, b: float) -> None:
    model = BgNbdParameters(r=0.6, alpha=20.0, a=a, b=b, unit="day")
    found = bg_nbd.expected_if_alive(model, 90.0, np.array([x]), np.array([400.0]))[0]
    assert found == pytest.approx(mean_by_quadrature(model, 90.0, x, 400.0), rel=2e-6)


def test_extreme_drop_out_is_left_to_quadrature_and_stays_sane() -> None:
    model = BgNbdParameters(r=2.0, alpha=0.01, a=5000.0, b=1.0, unit="day")
    found = bg_nbd.expected_if_alive(model, 1e4, np.array([0.0, 3.0]), np.array([0.0, 5.0]))
    np.testing.assert_allclose(found, [1.0, 1.0], rtol=2e-3)


def test_predictions_equal_those_of_lifetimes(lifetimes: ModuleType) -> None:
    x, t_x, T, _ = some_rows()
    theirs = lifetimes.BetaGeoFitter()
    theirs.params_ = {"r": 0.6, "alpha": 20.0, "a": 0.7, "b": 2.5}
    theirs._unload_params = lambda *names: [theirs.params_[name] for name in names]
    alive = theirs.conditional_probability_alive(x, t_x, T)
    np.testing.assert_allclose(lifetime.probability_alive(MODEL, x, t_x, T), alive, rtol=1e-12)
    few = x < 100
    expected = theirs.conditional_expected_number_of_purchases_up_to_time(39, x[few], t_x[few], T[few])
    ours = lifetime.conditional_expected_purchases(MODEL, 39, x[few], t_x[few], T[few])
    np.testing.assert_allclose(ours, expected, rtol=1e-9)


def test_who_bought_a_thousand_times_and_fell_silent_is_gone() -> None:
    assert lifetime.probability_alive(MODEL, 1000, 10, 100)[0] == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-4, 4), min_size=4, max_size=4),
    st.sampled_from([0, 1, 2, 50, 3000, 10**6]),
    st.floats(0, 1),
    st.floats(0.01, 5000),
    st.floats(0, 5000),
)
def test_predictions_are_never_impossible(point: list[float], x: int, share: float, T: float, t: float) -> None:
    r, alpha, a, b = np.exp(point)
    model = BgNbdParameters(r=r, alpha=alpha, a=a, b=b, unit="day")
    recency = share * T if x else 0.0
    alive = lifetime.probability_alive(model, x, recency, T)[0]
    expected = lifetime.conditional_expected_purchases(model, t, x, recency, T)[0]
    nothing = lifetime.probability_no_purchase(model, t, x, recency, T)[0]
    assert 0 <= alive <= 1
    assert 0 <= nothing <= 1
    assert 0 <= expected <= alive * (r + x) / (alpha + T) * t * (1 + 1e-9)


def test_conditional_mean_lies_between_the_own_and_the_general_one() -> None:
    model = GammaGammaParameters(p=6.25, q=3.74, v=15.44)
    general = lifetime.conditional_mean_value(model, 0, 0)[0]
    own = np.array([1.0, general, 500.0])
    means = lifetime.conditional_mean_value(model, [3, 3, 3], own)
    assert np.all((means - own) * (means - general) <= 1e-9)


@pytest.mark.parametrize(
    ("history", "sentence"),
    [
        (([1], [5], [3]), "recency is larger than T"),
        (([0], [5], [9]), "must have recency 0"),
        (([1, 2], [1], [3]), "same length"),
        (([-1], [1], [3]), "frequency holds a negative value"),
        (([1], [np.nan], [3]), "recency holds a missing or infinite value"),
    ],
)
def test_contradictory_histories_are_refused(history: tuple[list[float], ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        lifetime.probability_alive(MODEL, *history)


def test_time_can_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        lifetime.conditional_expected_purchases(MODEL, -1, 1, 1, 2)
