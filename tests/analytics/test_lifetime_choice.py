"""Who wins the contest, and which fit is used when the winner, or everybody, fails."""

from dataclasses import replace

import numpy as np
import pytest

from analytics import lifetime
from analytics.lifetime import BgNbdParameters, Contest, FitResult, NaiveRateParameters, ParetoNbdParameters, contest
from analytics.lifetime.simulate import simulate_purchases

BG = FitResult(BgNbdParameters(0.2, 4.0, 0.8, 2.4, "week"), 100.0, log_likelihood=-50.0, converged=True)
PARETO = FitResult(ParetoNbdParameters(0.5, 10.0, 0.6, 11.0, "week"), 100.0, log_likelihood=-51.0, converged=True)
NONE = FitResult(NaiveRateParameters(1, 10, "week"), 5.0, reason_code="too_few_customers", reason="Only 5.")
SCORE = contest.Score("bg_nbd", 10, 10, 0.1, 0.2, 0.5, (0.1,), 0.01, skill=0.3)


def judged(*order: str, scores: int = 2) -> Contest:
    return Contest((SCORE,) * scores, order[0] if order else "naive_rate", (), order, (), {})


def test_the_winner_is_used() -> None:
    choice = lifetime.choose({"bg_nbd": BG, "pareto_nbd": PARETO}, judged("pareto_nbd", "bg_nbd"), None)
    assert (choice.fit, choice.kind) == (PARETO, "winner")


def test_the_next_best_stands_in_for_a_winner_that_can_not_be_fitted_to_everything() -> None:
    choice = lifetime.choose({"bg_nbd": BG, "pareto_nbd": NONE}, judged("pareto_nbd", "bg_nbd"), None)
    assert (choice.fit, choice.kind) == (BG, "runner_up")


def test_without_a_contest_the_likeliest_plain_fit_is_used() -> None:
    assert lifetime.choose({"pareto_nbd": PARETO, "bg_nbd": BG}, None, None).fit == BG
    steadied = replace(BG, reason_code="penalised", reason="Steadied.")
    choice = lifetime.choose({"bg_nbd": steadied, "pareto_nbd": PARETO}, None, None)
    assert (choice.fit, choice.kind) == (PARETO, "not_judged")


def test_models_that_lost_to_the_naive_rate_are_not_used_even_if_an_earlier_one_is_there() -> None:
    assert lifetime.choose({"bg_nbd": BG}, judged(), PARETO).kind == "lost"


def test_models_that_could_not_be_judged_did_not_lose() -> None:
    assert lifetime.choose({"bg_nbd": BG}, judged(scores=1), None).kind == "not_judged"


def test_an_earlier_model_stands_in_when_nothing_can_be_fitted() -> None:
    assert lifetime.choose({"bg_nbd": NONE}, judged("bg_nbd"), PARETO) == lifetime.Choice(PARETO, "earlier")
    assert lifetime.choose({"bg_nbd": NONE}, None, None) == lifetime.Choice(NONE, "fallback")


def test_an_earlier_model_is_held_against_present_purchases() -> None:
    rng = np.random.default_rng(4)
    shop = simulate_purchases(BG.parameters, rng.uniform(30, 60, 500), rng)
    history = (shop.frequency, shop.recency, shop.T)
    assert lifetime.misfit(BG.parameters, *history) == ""
    assert "it implies" in lifetime.misfit(replace(BG.parameters, alpha=0.01), *history)
    assert lifetime.misfit(BG.parameters, [0], [0], [9]) == "nobody has bought on a second day"


def test_parameters_in_another_unit_are_the_same_model() -> None:
    days = lifetime.rescaled(PARETO.parameters, "day")
    assert (days.alpha, days.beta, days.unit) == (70.0, 77.0, "day")
    in_weeks = lifetime.conditional_expected_purchases(PARETO.parameters, 10, 3, 20, 40)
    in_days = lifetime.conditional_expected_purchases(days, 70, 3, 140, 280)
    assert in_days == pytest.approx(in_weeks)
    assert lifetime.rescaled(days, "week") == PARETO.parameters


def test_skill_is_the_share_of_the_naive_error_that_is_removed() -> None:
    naive = contest.Score("naive_rate", 20, 10, 0.4, 0.8, 0.0, (0.2,), 0.1)
    half = contest.Score("bg_nbd", 15, 10, 0.2, 0.4, 0.5, (0.1,), 0.05)
    assert contest._skill(half, naive, 100) == pytest.approx(0.5)
    assert contest._measures_lost(half, naive, 100) == []
    assert contest._measures_lost(naive, half, 100) == ["total", "MAE", "RMSE", "correlation", "calibration"]


def test_a_hit_by_luck_is_worth_no_more_than_a_near_one() -> None:
    naive = contest.Score("naive_rate", 2000, 1000, 0.4, 0.8, 0.0, (0.2,), 0.1)
    exact, near = (replace(naive, model="bg_nbd", total=total) for total in (1000, 1009))
    assert contest._skill(exact, naive, 1000) == contest._skill(near, naive, 1000)


def test_a_model_that_is_better_nowhere_but_in_the_total_is_not_used() -> None:
    """Clockwork customers whose rates change places: the sum is right, nobody's figure is."""
    rng = np.random.default_rng(5)
    rate = rng.choice([0.02, 0.05, 0.2, 0.5], 400)
    T = np.full(400, 200.0)
    x = np.round(rate * T)
    found = lifetime.run_contest(x, T, T, np.round(rate * 100), duration=100, unit="day")
    assert (found.champion, found.order) == ("naive_rate", ())
    lost = [reason for reason in found.reasons if "is not used" in reason]
    assert len(lost) == 3
