"""How often people will buy again, and what that is worth: BG/NBD, Gamma-Gamma, and honest fallbacks."""

from analytics.lifetime.choice import Choice, choose
from analytics.lifetime.contest import Contest, FrequencyGroup, Score, run_contest
from analytics.lifetime.fit import PurchaseFit, fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd, fit_purchases, misfit
from analytics.lifetime.fit_spend import fit_gamma_gamma
from analytics.lifetime.parameters import (
    BgNbdParameters,
    FitResult,
    GammaGammaParameters,
    MbgNbdParameters,
    MeanValueParameters,
    NaiveRateParameters,
    ParetoNbdParameters,
    PurchaseParameters,
    ValueParameters,
    read_parameters,
    rescaled,
)
from analytics.lifetime.predict import (
    conditional_expected_purchases,
    conditional_mean_value,
    expected_if_alive,
    expected_purchases_new,
    in_unit,
    probability_alive,
    probability_no_purchase,
    purchase_if_alive,
)
from analytics.lifetime.simulate import simulate_bg_nbd, simulate_gamma_gamma
from analytics.lifetime.value import MonthlyExpected, customer_lifetime_value, monthly_expected

__all__ = [
    "BgNbdParameters",
    "Choice",
    "Contest",
    "FitResult",
    "FrequencyGroup",
    "GammaGammaParameters",
    "MbgNbdParameters",
    "MeanValueParameters",
    "MonthlyExpected",
    "NaiveRateParameters",
    "ParetoNbdParameters",
    "PurchaseFit",
    "PurchaseParameters",
    "Score",
    "ValueParameters",
    "choose",
    "conditional_expected_purchases",
    "conditional_mean_value",
    "customer_lifetime_value",
    "expected_if_alive",
    "expected_purchases_new",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "fit_mbg_nbd",
    "fit_pareto_nbd",
    "fit_purchases",
    "in_unit",
    "misfit",
    "monthly_expected",
    "probability_alive",
    "probability_no_purchase",
    "purchase_if_alive",
    "read_parameters",
    "rescaled",
    "run_contest",
    "simulate_bg_nbd",
    "simulate_gamma_gamma",
]
