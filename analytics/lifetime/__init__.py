"""How often people will buy again, and what that is worth: BG/NBD, Gamma-Gamma, and honest fallbacks."""

from analytics.lifetime.contest import Contest, Score, run_contest
from analytics.lifetime.fit import fit_bg_nbd, fit_gamma_gamma
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
)
from analytics.lifetime.predict import (
    conditional_expected_purchases,
    conditional_mean_value,
    expected_purchases_new,
    in_unit,
    probability_alive,
    probability_no_purchase,
)
from analytics.lifetime.simulate import simulate_bg_nbd, simulate_gamma_gamma
from analytics.lifetime.value import MonthlyExpected, customer_lifetime_value, monthly_expected

__all__ = [
    "BgNbdParameters",
    "Contest",
    "FitResult",
    "GammaGammaParameters",
    "MbgNbdParameters",
    "MeanValueParameters",
    "MonthlyExpected",
    "NaiveRateParameters",
    "ParetoNbdParameters",
    "PurchaseParameters",
    "Score",
    "ValueParameters",
    "conditional_expected_purchases",
    "conditional_mean_value",
    "customer_lifetime_value",
    "expected_purchases_new",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "in_unit",
    "monthly_expected",
    "probability_alive",
    "probability_no_purchase",
    "run_contest",
    "simulate_bg_nbd",
    "simulate_gamma_gamma",
]
