"""Money: discounting, months, a million customers; and who wins a contest."""

import json
import time

import numpy as np
import pytest

from analytics import lifetime
from analytics.lifetime import BgNbdParameters, GammaGammaParameters, NaiveRateParameters
from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.simulate import simulate_bg_nbd

DAYS = BgNbdParameters(r=0.6, alpha=140.0, a=0.7, b=2.5, unit="day")
WEEKS = BgNbdParameters(r=0.6, alpha=20.0, a=0.7, b=2.5, unit="week")
SPEND = GammaGammaParameters(p=6.25, q=3.74, v=15.44)

Columns = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


def some_customers() -> Columns:
    x = np.array([0.0, 1, 4, 30])
    return x, np.array([0.0, 70, 140, 210]), np.array([7.0, 140, 210, 217]), np.array([0, 10.0, 25, 70])


def worth(model: BgNbdParameters, columns: Columns, *, rate: float = 0.1, days: float = 365) -> FloatArray:
    return lifetime.customer_lifetime_value(model, SPEND, *columns, horizon_days=days, annual_discount_rate=rate)


def test_the_unit_travels_with_the_model() -> None:
    x, t_x, T, value = some_customers()
    np.testing.assert_allclose(worth(DAYS, (x, t_x, T, value)), worth(WEEKS, (x, t_x / 7, T / 7, value)))


def test_without_discount_it_is_purchases_times_spend() -> None:
    x, t_x, T, value = some_customers()
    purchases = lifetime.conditional_expected_purchases(DAYS, 90, x, t_x, T)
    expected = purchases * lifetime.conditional_mean_value(SPEND, x, value)
    np.testing.assert_allclose(worth(DAYS, (x, t_x, T, value), rate=0, days=90), expected, rtol=1e-9)


def test_discount_lies_between_that_of_the_first_and_of_the_last_month() -> None:
    columns = some_customers()
    ratio = worth(DAYS, columns, rate=0.2) / worth(DAYS, columns, rate=0)
    assert np.all((ratio > 1 / 1.2) & (ratio < 1.2 ** (-1 / 12)))


def test_months_add_up_to_the_year() -> None:
    columns = some_customers()
    months = lifetime.monthly_expected(DAYS, SPEND, *columns)
    assert len(months.revenue) == 12
    assert months.revenue.sum() == pytest.approx(worth(DAYS, columns, rate=0).sum(), rel=1e-12)
    purchases = lifetime.conditional_expected_purchases(DAYS, 365, *columns[:3])
    assert months.purchases.sum() == pytest.approx(purchases.sum(), rel=1e-12)
    assert np.all(np.diff(months.purchases) < 0)


def test_months_may_have_the_calendars_lengths() -> None:
    months = lifetime.monthly_expected(DAYS, SPEND, *some_customers(), month_days=(31, 28))
    assert months.days.tolist() == [31, 28]
    assert months.purchases[0] / 31 > months.purchases[1] / 28


def test_nobody_is_worth_nothing() -> None:
    nobody = (np.zeros(0),) * 4
    assert worth(DAYS, nobody).shape == (0,)
    assert lifetime.monthly_expected(DAYS, SPEND, *nobody).revenue.tolist() == [0] * 12


@pytest.mark.parametrize(("days", "rate", "sentence"), [(0, 0.1, "longer than 0"), (30, -1, "above -100 %")])
def test_impossible_horizons_and_rates_are_refused(days: float, rate: float, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        worth(DAYS, some_customers(), days=days, rate=rate)


def test_a_million_customers_take_seconds() -> None:
    rng = np.random.default_rng(5)
    sample = simulate_bg_nbd(DAYS, rng.integers(1, 730, 20_000).astype(float), rng)
    x, t_x, T = (np.tile(column, 50) for column in (sample.frequency, np.floor(sample.recency), sample.T))
    value = np.where(x > 0, rng.gamma(4, 10, len(x)).round(2), 0)
    started = time.process_time()
    model = lifetime.fit_bg_nbd(x, t_x, T, unit="day").parameters
    spend = lifetime.fit_gamma_gamma(x, value).parameters
    total = lifetime.customer_lifetime_value(model, spend, x, t_x, T, value, horizon_days=365, annual_discount_rate=0.1)
    assert time.process_time() - started < 20
    assert len(total) == 1_000_000
    assert np.all(np.isfinite(total) & (total >= 0))


def test_contest_is_lost_by_a_model_that_knows_less_than_the_naive_rate() -> None:
    """Clockwork customers who never stop: their own rate is exactly right."""
    rng = np.random.default_rng(2)
    rate = rng.choice([0.02, 0.05, 0.2, 0.5], 400)
    T = np.full(400, 200.0)
    x = np.round(rate * T)
    contest = lifetime.run_contest(x, T, T, np.round(rate * 100), duration=100, unit="day")
    assert contest.champion == "naive_rate"
    assert "it loses on" in contest.reasons[1]


def test_contest_without_enough_customers_is_won_by_the_naive_rate() -> None:
    contest = lifetime.run_contest([0, 1], [0, 5], [9, 9], [0, 0], duration=9, unit="day")
    assert contest.champion == "naive_rate"
    assert [score.model for score in contest.scores] == ["naive_rate"]
    assert contest.scores[0].correlation is None
    assert "was not fitted. Only 2 customers" in contest.reasons[1]
    assert json.loads(json.dumps(contest.as_dict(), allow_nan=False))["champion"] == "naive_rate"


def test_contest_needs_a_holdout_for_each_customer() -> None:
    with pytest.raises(ValueError, match="a holdout count for each"):
        lifetime.run_contest([1], [1], [2], [], duration=9, unit="day")


def test_naive_rate_goes_on_as_before() -> None:
    own = NaiveRateParameters(prior_purchases=0, prior_time=0, unit="day")
    expected = lifetime.conditional_expected_purchases(own, 30, [3, 0, 0], [50, 0, 0], [90, 90, 0])
    assert expected.tolist() == pytest.approx([1, 0, 0])
    assert lifetime.probability_alive(own, [3], [50], [90]).tolist() == [1]
    assert lifetime.probability_no_purchase(own, 30, [3], [50], [90])[0] == pytest.approx(np.exp(-1))
