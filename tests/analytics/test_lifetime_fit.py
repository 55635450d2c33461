"""Fits on bases with a known truth, and on bases that would embarrass an unguarded one."""

import json
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from analytics import lifetime
from analytics.lifetime import BgNbdParameters, FitResult, GammaGammaParameters, MeanValueParameters, arrays, guard
from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.simulate import SimulatedPurchases, simulate_bg_nbd, simulate_gamma_gamma

TRUTH = BgNbdParameters(r=0.6, alpha=20.0, a=0.7, b=2.5, unit="week")
SPEND = GammaGammaParameters(p=6.25, q=3.74, v=15.44)


def simulated(model: BgNbdParameters, customers: int, *, weeks: float = 80, seed: int = 7) -> SimulatedPurchases:
    rng = np.random.default_rng(seed)
    return simulate_bg_nbd(model, rng.uniform(weeks / 2, weeks, customers), rng, future=26)


def model(r: float, alpha: float, a: float, b: float) -> BgNbdParameters:
    return BgNbdParameters(r=r, alpha=alpha, a=a, b=b, unit="week")


def column(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float64)


def base(x: FloatArray, t_x: FloatArray, T: FloatArray) -> SimulatedPurchases:
    return SimulatedPurchases(x, t_x, T, np.ones(len(x), dtype=bool), np.zeros(len(x)))


def heavy_buyers() -> SimulatedPurchases:
    shop = simulated(TRUTH, 500)
    x = np.append(shop.frequency, [3000, 100_000, 10**6])
    return base(x, np.append(shop.recency, [79, 80, 80]), np.append(shop.T, [80, 80, 80]))


BASES: dict[str, tuple[Callable[[], SimulatedPurchases], str]] = {
    "like a book shop": (lambda: simulated(model(0.243, 4.414, 0.793, 2.426), 2000), "bg_nbd"),
    "nobody ever leaves": (lambda: simulated(model(1.5, 10, 0.001, 100), 1000), "bg_nbd"),
    "most leave at once": (lambda: simulated(model(1.5, 3, 3, 0.5), 1000), "bg_nbd"),
    "all customers alike": (lambda: simulated(model(500, 5000, 50, 250), 1000), "bg_nbd"),
    "rare buyers": (lambda: simulated(model(0.05, 40, 0.5, 2), 3000), "bg_nbd"),
    "frequent buyers": (lambda: simulated(model(3, 1, 1, 40), 500), "bg_nbd"),
    "heavy buyers among them": (heavy_buyers, "bg_nbd"),
    "a small base": (lambda: simulated(TRUTH, 40), "bg_nbd"),
    "a tiny base": (lambda: simulated(TRUTH, 8), "too_few_customers"),
    "no repeat buyers": (
        lambda: base(np.zeros(500), np.zeros(500), np.linspace(1, 80, 500)),
        "no_repeat_buyers",
    ),
    "one customer": (lambda: base(column(3), column(20), column(30)), "too_few_customers"),
    "all on one day": (lambda: base(np.zeros(50), np.zeros(50), np.zeros(50)), "no_time_observed"),
    "no customer": (lambda: base(column(), column(), column()), "no_time_observed"),
}


@pytest.mark.parametrize("name", BASES)
def test_every_base_gives_a_plausible_fit_or_a_named_fallback(name: str) -> None:
    make, expected = BASES[name]
    shop = make()
    result = lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week")
    assert (result.reason_code if result.is_fallback else result.model) == expected
    assert bool(result.reason) == bool(result.reason_code)
    assert result.converged != result.is_fallback
    predicted = lifetime.conditional_expected_purchases(result.parameters, 26, shop.frequency, shop.recency, shop.T)
    assert np.all(np.isfinite(predicted) & (predicted >= 0))


@pytest.mark.parametrize("name", ["like a book shop", "frequent buyers"])
def test_total_of_the_time_after_is_foreseen(name: str) -> None:
    shop = BASES[name][0]()
    parameters = lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week").parameters
    predicted = lifetime.conditional_expected_purchases(parameters, 26, shop.frequency, shop.recency, shop.T)
    assert predicted.sum() == pytest.approx(shop.future.sum(), rel=0.15)


def test_simulated_parameters_are_recovered_within_their_errors() -> None:
    shop = simulated(TRUTH, 20_000)
    found = lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week")
    assert found.standard_errors is not None
    for name, error in found.standard_errors.items():
        assert abs(getattr(found.parameters, name) - getattr(TRUTH, name)) < 3.5 * error
        assert error < 0.15 * getattr(TRUTH, name)


def test_covariance_of_the_logs_belongs_to_the_standard_errors_and_shrinks_with_the_base() -> None:
    small, large = (
        lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week")
        for shop in (simulated(TRUTH, 2000), simulated(TRUTH, 20_000))
    )
    assert small.standard_errors is not None
    covariance, larger = np.array(small.log_covariance), np.array(large.log_covariance)
    errors = [small.standard_errors[name] / getattr(small.parameters, name) for name in ("r", "alpha", "a", "b")]
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), errors, rtol=1e-12)
    np.testing.assert_array_equal(covariance, covariance.T)
    assert np.all(np.linalg.eigvalsh(covariance) > 0)
    assert 0.05 < np.trace(larger) / np.trace(covariance) < 0.2


def test_fallback_has_no_covariance() -> None:
    assert lifetime.fit_bg_nbd([], [], [], unit="day").log_covariance == ()


def test_simulated_survivors_are_as_many_as_p_alive_says() -> None:
    shop = simulated(TRUTH, 20_000)
    p_alive = lifetime.probability_alive(TRUTH, shop.frequency, shop.recency, shop.T)
    spread = np.sqrt((p_alive * (1 - p_alive)).sum())
    assert abs(p_alive.sum() - shop.is_alive.sum()) < 4 * spread


def test_simulated_spend_is_recovered_within_its_errors() -> None:
    frequency = simulated(TRUTH, 20_000).frequency
    value = simulate_gamma_gamma(SPEND, frequency, np.random.default_rng(3))
    found = lifetime.fit_gamma_gamma(frequency, value)
    assert found.standard_errors is not None
    for name, error in found.standard_errors.items():
        assert abs(getattr(found.parameters, name) - getattr(SPEND, name)) < 3.5 * error


def test_simulators_repeat_themselves_by_seed() -> None:
    first, second, other = (simulated(TRUTH, 50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.recency, second.recency)
    assert not np.array_equal(first.recency, other.recency)


def test_weighted_rows_equal_the_customers_they_stand_for() -> None:
    shop = simulated(TRUTH, 300)
    rows = np.column_stack([shop.frequency, np.round(shop.recency), np.ceil(shop.T)])
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    one_each = lifetime.fit_bg_nbd(rows[:, 0], rows[:, 1], rows[:, 2], unit="week")
    weighted = lifetime.fit_bg_nbd(distinct[:, 0], distinct[:, 1], distinct[:, 2], counts, unit="week")
    assert weighted.log_likelihood == pytest.approx(one_each.log_likelihood, rel=1e-12)
    assert weighted.customers == 300


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_never_below_the_likelihood_that_lifetimes_reaches(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter

        shop = simulated(TRUTH, 800, seed=seed)
        theirs = BetaGeoFitter().fit(shop.frequency, shop.recency, shop.T)
    ours = lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week")
    point = np.log([theirs.params_[name] for name in ("r", "alpha", "a", "b")])
    arguments = (shop.frequency, shop.recency, shop.T, np.ones(800), 0.0)
    reached = -800 * BetaGeoFitter._negative_log_likelihood(point, *arguments)
    assert ours.log_likelihood is not None
    assert ours.log_likelihood >= reached - 1e-6 * abs(reached)
    assert isinstance(ours.parameters, BgNbdParameters)
    assert ours.parameters.r == pytest.approx(theirs.params_["r"], rel=1e-2)


def test_a_large_base_ranks_its_starts_on_a_sample_and_ends_at_the_same_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = simulated(TRUTH, 5000)
    whole = lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week")
    monkeypatch.setattr(arrays, "ROUGH_ROWS", 500)
    sketched = lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week")
    assert sketched.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-12)
    assert sketched.converged


def test_penalty_is_told_with_its_reason() -> None:
    shop = BASES["nobody ever leaves"][0]()
    result = lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week")
    assert result.reason_code == "penalised"
    assert result.penalty > 0
    assert "plain fit was set aside because" in result.reason


def test_a_few_impossible_buyers_do_not_spoil_the_model_of_the_others() -> None:
    shop = heavy_buyers()
    with_them = lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week")
    without = lifetime.fit_bg_nbd(shop.frequency[:500], shop.recency[:500], shop.T[:500], unit="week")
    assert with_them.reason_code == "heavy_buyers_left_out"
    assert with_them.reason.startswith("3 customers with more than")
    assert with_them.parameters == without.parameters


def test_short_history_is_not_taken_for_a_daily_habit() -> None:
    """Without a model, two purchases in two days mustn't become 365 in a year."""
    x, T = column(0, 0, 1), column(100, 200, 1)
    result = lifetime.fit_bg_nbd(x, column(0, 0, 1), T, unit="day")
    expected = lifetime.conditional_expected_purchases(result.parameters, 365, x, column(0, 0, 1), T)
    assert result.is_fallback
    assert expected[2] < 10


VALUES: dict[str, tuple[FloatArray, FloatArray, str]] = {
    "nobody came back": (np.zeros(50), np.zeros(50), "no_repeat_buyers"),
    "repeat purchases of nothing": (np.ones(50), np.zeros(50), "no_repeat_buyers"),
    "three repeat buyers": (column(1, 2, 3), column(5, 6, 7), "too_few_customers"),
    "rare buyers spend much": (
        np.arange(1.0, 101),
        1000 / np.arange(1.0, 101),
        "value_depends_on_frequency",
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_value_model_that_can_not_hold_is_replaced_by_name(name: str) -> None:
    frequency, value, code = VALUES[name]
    result = lifetime.fit_gamma_gamma(frequency, value)
    assert result.reason_code == code
    assert result.reason.endswith("drawn towards everybody's.")
    means = lifetime.conditional_mean_value(result.parameters, frequency, value)
    assert np.all(np.isfinite(means) & (means >= 0))


def test_general_mean_serves_where_nobody_came_back() -> None:
    result = lifetime.fit_gamma_gamma(np.zeros(5), np.zeros(5), general_mean=12.5)
    assert result.parameters == MeanValueParameters(mean=12.5, prior_purchases=1.0)
    assert lifetime.conditional_mean_value(result.parameters, 0, 0)[0] == 12.5


def test_one_till_does_not_set_what_everybody_is_expected_to_spend() -> None:
    frequency = np.append(1 + np.arange(60) % 9, 348.0)
    value = np.append(14 + np.arange(60) % 9 / 4, 2_873.0)
    result = lifetime.fit_gamma_gamma(frequency, value)
    assert result.reason_code == "value_depends_on_frequency"
    assert 14 < lifetime.conditional_mean_value(result.parameters, 0, 0)[0] < 17


def test_fit_that_no_penalty_steadies_gives_way_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept only what reproduces the data exactly, which no model does."""
    monkeypatch.setattr(guard, "MAX_RATIO", 1.0)
    shop = heavy_buyers()
    rate = lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week")
    value = simulate_gamma_gamma(SPEND, shop.frequency[:500], np.random.default_rng(3))
    mean = lifetime.fit_gamma_gamma(shop.frequency[:500], value)
    assert (rate.model, mean.model) == ("naive_rate", "mean_value")
    for result in (rate, mean):
        assert result.reason_code == "no_plausible_fit"
        assert result.reason.startswith("No plausible model was found: it implies")


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0]])
def test_weights_must_fit_the_rows(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        lifetime.fit_bg_nbd([1, 0], [2, 0], [3, 3], weights, unit="day")
    with pytest.raises(ValueError, match="weights"):
        lifetime.fit_gamma_gamma([1, 0], [2, 0], weights)


def test_frequency_and_value_must_pair_up() -> None:
    with pytest.raises(ValueError, match="same length"):
        lifetime.fit_gamma_gamma([1, 0], [2])
    with pytest.raises(ValueError, match="same length"):
        lifetime.conditional_mean_value(SPEND, [1, 0], [2])


def test_general_mean_must_be_money() -> None:
    with pytest.raises(ValueError, match="general_mean holds a negative value"):
        lifetime.fit_gamma_gamma([], [], general_mean=-1)


def test_everybody_spending_the_same_still_gives_that_sum() -> None:
    frequency = np.tile(np.arange(1.0, 6), 20)
    result = lifetime.fit_gamma_gamma(frequency, np.full(100, 20.0))
    assert lifetime.conditional_mean_value(result.parameters, 0, 0)[0] == pytest.approx(20, rel=0.1)


def test_stored_fit_comes_back_through_json() -> None:
    shop = simulated(TRUTH, 300)
    value = simulate_gamma_gamma(SPEND, shop.frequency, np.random.default_rng(3))
    for result in (
        lifetime.fit_bg_nbd(shop.frequency, shop.recency, shop.T, unit="week"),
        lifetime.fit_bg_nbd([], [], [], unit="day"),
        lifetime.fit_gamma_gamma(shop.frequency, value),
        lifetime.fit_gamma_gamma([], []),
    ):
        stored = json.loads(json.dumps(result.as_dict(), allow_nan=False))
        assert stored["format_version"] == 1
        assert FitResult.from_dict(stored) == result


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format_version": 99}, "of format 99"),
        ({"model": "oracle"}, "'oracle'"),
        ({"parameters": {"r": 1.0}}, "incomplete"),
        ({"parameters": {"r": float("nan"), "alpha": 1, "a": 1, "b": 1, "unit": "day"}}, "no usable r"),
        ({"parameters": {"r": 1, "alpha": 1, "a": 1, "b": 1, "unit": "year"}}, "unknown unit 'year'"),
    ],
)
def test_stored_fit_that_can_not_be_trusted_is_refused(change: dict[str, object], sentence: str) -> None:
    stored = FitResult(TRUTH, customers=10).as_dict() | change
    with pytest.raises(ValueError, match=sentence):
        FitResult.from_dict(stored)
