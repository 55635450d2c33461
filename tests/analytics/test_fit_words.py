"""Reasons of fits in words."""

import numpy as np

from analytics import lifetime


def test_one_customer_is_told_in_the_singular() -> None:
    fit = lifetime.fit_purchases("bg_nbd", np.array([2.0]), np.array([20.0]), np.array([30.0]), np.ones(1), unit="day")
    assert fit.reason.startswith("Only 1 customer, 1 of them a repeat buyer:")
