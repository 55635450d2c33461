"""The numbers that the papers and their successors print for CDNOW, through our own public functions."""

import numpy as np
import pytest

from analytics import lifetime
from analytics.lifetime import (
    BgNbdParameters,
    Contest,
    FitResult,
    GammaGammaParameters,
    MbgNbdParameters,
    ParetoNbdParameters,
)
from tests.analytics.conftest import Base

ROUNDED = BgNbdParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
PUBLISHED = BgNbdParameters(r=0.2425945, alpha=4.4136019, a=0.7929199, b=2.4258881, unit="week")


@pytest.fixture(scope="module")
def weekly(cdnow_weeks: Base) -> FitResult[BgNbdParameters]:
    fit = lifetime.fit_bg_nbd(cdnow_weeks.frequency, cdnow_weeks.recency, cdnow_weeks.T, unit="week")
    assert isinstance(fit.parameters, BgNbdParameters)
    return fit


@pytest.fixture(scope="module")
def value(cdnow_weeks: Base) -> FitResult[GammaGammaParameters]:
    fit = lifetime.fit_gamma_gamma(cdnow_weeks.frequency, cdnow_weeks.monetary_value)
    assert isinstance(fit.parameters, GammaGammaParameters)
    return fit


def test_bg_nbd_in_weeks(weekly: FitResult[BgNbdParameters]) -> None:
    found = weekly.parameters
    assert (round(found.r, 3), round(found.alpha, 3), round(found.a, 3), round(found.b, 3)) == (
        0.243,
        4.414,
        0.793,
        2.426,
    )
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(
        (PUBLISHED.r, PUBLISHED.alpha, PUBLISHED.a, PUBLISHED.b), rel=1e-5
    )
    assert weekly.log_likelihood == pytest.approx(-9582.429, abs=5e-4)
    assert (weekly.converged, weekly.penalty, weekly.reason, weekly.customers) == (True, 0, "", 2357)


def test_bg_nbd_in_days_is_the_same_model(cdnow_days: Base, weekly: FitResult[BgNbdParameters]) -> None:
    daily = lifetime.fit_bg_nbd(cdnow_days.frequency, cdnow_days.recency, cdnow_days.T, unit="day")
    assert isinstance(daily.parameters, BgNbdParameters)
    assert daily.parameters.alpha == pytest.approx(30.895, abs=5e-4)
    assert daily.log_likelihood == pytest.approx(-14363.53, abs=5e-3)
    assert daily.parameters.r == pytest.approx(weekly.parameters.r, rel=1e-9)
    assert daily.parameters.unit == "day"


def test_gamma_gamma(value: FitResult[GammaGammaParameters]) -> None:
    found = value.parameters
    assert (round(found.p, 2), round(found.q, 2), round(found.v, 2)) == (6.25, 3.74, 15.44)
    assert value.log_likelihood == pytest.approx(-4055.918, abs=5e-4)
    assert value.customers == 946
    newcomer = lifetime.conditional_mean_value(found, 0, 0)
    assert newcomer[0] == pytest.approx(35.17, abs=5e-3)


def test_gamma_gamma_conditional_means_of_the_first_six(
    cdnow_published: Base, value: FitResult[GammaGammaParameters]
) -> None:
    first = slice(6)
    means = lifetime.conditional_mean_value(
        value.parameters, cdnow_published.frequency[first], cdnow_published.monetary_value[first]
    )
    np.testing.assert_allclose(means, [24.66, 18.91, 35.17, 35.17, 35.17, 71.46], atol=0.01)


def test_point_checks_with_rounded_parameters() -> None:
    history = (2, 30.43, 38.86)
    assert lifetime.conditional_expected_purchases(ROUNDED, 39, *history)[0] == pytest.approx(1.226, abs=5e-4)
    assert lifetime.probability_alive(ROUNDED, *history)[0] == pytest.approx(0.7266, abs=5e-5)
    nothing = lifetime.probability_no_purchase(ROUNDED, 39, 0, 0, 0)[0]
    assert nothing == pytest.approx(0.5737864, abs=5e-8)


def test_expected_purchases_of_a_new_customer() -> None:
    expected = lifetime.expected_purchases_new(PUBLISHED, [1, 3, 32, 78])
    np.testing.assert_allclose(expected, [0.0532, 0.1506, 1.0437, 1.8580], atol=5e-5)


def test_mbg_nbd_in_weeks(cdnow_weeks: Base) -> None:
    """Log-likelihood and parameters as recomputed with lifetimes 0.11.3."""
    fit = lifetime.fit_mbg_nbd(cdnow_weeks.frequency, cdnow_weeks.recency, cdnow_weeks.T, unit="week")
    found = fit.parameters
    assert isinstance(found, MbgNbdParameters)
    assert [round(number, 3) for number in (found.r, found.alpha, found.a, found.b)] == [0.525, 6.183, 0.891, 1.614]
    assert fit.log_likelihood == pytest.approx(-9582.136, abs=5e-4)
    assert (fit.converged, fit.penalty, fit.reason) == (True, 0, "")


def test_pareto_nbd_in_weeks(cdnow_weeks: Base) -> None:
    """Fader, Hardie & Lee 2005, table 2."""
    fit = lifetime.fit_pareto_nbd(cdnow_weeks.frequency, cdnow_weeks.recency, cdnow_weeks.T, unit="week")
    found = fit.parameters
    assert isinstance(found, ParetoNbdParameters)
    assert [round(number, 3) for number in (found.r, found.alpha, found.s, found.beta)] == [
        0.553,
        10.578,
        0.606,
        11.669,
    ]
    assert fit.log_likelihood == pytest.approx(-9594.976, abs=5e-4)
    assert (fit.converged, fit.penalty, fit.reason) == (True, 0, "")


def test_pareto_nbd_point_checks() -> None:
    model = ParetoNbdParameters(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="week")
    history = (26, 30.86, 31)
    assert lifetime.conditional_expected_purchases(model, 52, *history)[0] == pytest.approx(25.46, abs=5e-3)
    assert lifetime.probability_alive(model, *history)[0] == pytest.approx(0.9979, abs=5e-5)


HOLDOUT = {
    "bg_nbd": (1653.4, 0.6256),
    "mbg_nbd": (1576.7, 0.6273),
    "pareto_nbd": (1665.5, 0.6302),
    "naive_rate": (2930.1, 0.5839),
}


@pytest.fixture(scope="module")
def contest(cdnow_weeks: Base) -> Contest:
    history = (cdnow_weeks.frequency, cdnow_weeks.recency, cdnow_weeks.T)
    return lifetime.run_contest(*history, cdnow_weeks.frequency_holdout, duration=39, unit="week")


def test_holdout_totals_and_correlations(contest: Contest) -> None:
    assert {score.model for score in contest.scores} == set(HOLDOUT)
    for score in contest.scores:
        total, correlation = HOLDOUT[score.model]
        assert score.total == pytest.approx(total, abs=0.05)
        assert score.correlation == pytest.approx(correlation, abs=5e-5)
        assert score.actual_total == 1882


def test_contest_is_won_by_pareto_nbd_and_every_model_beats_the_naive_rate(contest: Contest) -> None:
    assert contest.champion == "pareto_nbd"
    assert contest.order == ("pareto_nbd", "bg_nbd", "mbg_nbd")
    assert "1666 purchases of 1882" in contest.reasons[0]
    skills = {score.model: score.skill for score in contest.scores}
    assert skills.pop("naive_rate") == 0
    assert all(0.4 < skill < 0.5 for skill in skills.values())


def test_calibration_by_frequency_group(contest: Contest) -> None:
    assert [group.frequency for group in contest.groups] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert contest.groups[0].customers == 1411
    assert sum(group.customers for group in contest.groups) == 2357
    assert sum(group.customers * group.actual for group in contest.groups) == pytest.approx(1882)
    for score in contest.scores:
        pairs = zip(contest.groups, score.by_frequency, strict=True)
        assert sum(group.customers * mean for group, mean in pairs) == pytest.approx(score.total)


@pytest.mark.parametrize(("model", "deviation"), [("bg_nbd", -0.040), ("mbg_nbd", -0.066), ("pareto_nbd", -0.015)])
def test_cumulative_deviation_at_week_78(cdnow_weeks: Base, contest: Contest, model: str, deviation: float) -> None:
    """Week 78 ends with the 546th day, so the day of the first purchase counts whole."""
    observed = cdnow_weeks.frequency.sum() + cdnow_weeks.frequency_holdout.sum()
    ages, counts = np.unique(cdnow_weeks.T + 1 / 7 + 39, return_counts=True)
    expected = counts @ lifetime.expected_purchases_new(contest.fits[model].parameters, ages)
    assert expected / observed - 1 == pytest.approx(deviation, abs=5e-4)


def test_sums_of_the_calibration_and_holdout_periods(cdnow_weeks: Base) -> None:
    assert (cdnow_weeks.frequency.sum(), cdnow_weeks.frequency_holdout.sum()) == (2457, 1882)
    assert (cdnow_weeks.frequency == 0).sum() == 1411


def test_right_unit_gives_the_value_and_the_wrong_one_the_trap(cdnow_published: Base) -> None:
    base = cdnow_published
    history = (base.frequency, base.recency, base.T)
    model = lifetime.fit_bg_nbd(*history, unit="week").parameters
    spend = lifetime.fit_gamma_gamma(base.frequency, base.monetary_value).parameters
    assert isinstance(model, BgNbdParameters)

    def values(parameters: BgNbdParameters, month_days: float) -> np.ndarray:
        return lifetime.customer_lifetime_value(
            parameters,
            spend,
            *history,
            base.monetary_value,
            horizon_days=12 * month_days,
            annual_discount_rate=1.01 ** (365 / month_days) - 1,
        )

    right = values(model, 4.345 * 7)
    assert right.sum() == pytest.approx(71510, abs=0.5)
    np.testing.assert_allclose(right[:6], [36.278, 4.637, 8.344, 8.344, 8.344, 283.524], atol=6e-4)
    mislabelled = BgNbdParameters(model.r, model.alpha, model.a, model.b, unit="day")
    assert values(mislabelled, 30).sum() == pytest.approx(266622, abs=0.5)
