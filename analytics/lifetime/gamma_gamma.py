"""Gamma-Gamma: what a purchase is worth (Fader, Hardie & Lee 2005, J. Marketing Research 42; note 025).

1. A customer's spend varies around an own mean as Gamma(p, nu).
2. nu differs between customers as Gamma(q, v).
3. How much a customer spends doesn't depend on how often: the fit checks this before it is believed.
"""

import numpy as np
from scipy.special import betaln, psi

from analytics.lifetime.arrays import FloatArray, dot
from analytics.lifetime.parameters import GammaGammaParameters


class Likelihood:
    """Mean negative log-likelihood of weighted rows, with its gradient, as a function of log(p, q, v).

    Rows are repeat buyers (`frequency > 0`) with a positive mean spend; their density is that of the mean
    spend.
    """

    def __init__(self, frequency: FloatArray, monetary_value: FloatArray, weights: FloatArray) -> None:
        self.x, self.ix = np.unique(frequency, return_inverse=True)
        self.frequency = frequency
        self.monetary_value = monetary_value
        self.weights = weights / weights.sum()
        self.weight_by_x = np.bincount(self.ix, weights=self.weights).astype(np.float64)
        log_spend = np.log(frequency) + np.log(monetary_value)
        self.mean_x_log_spend = dot(self.weights, frequency * log_spend)
        self.mean_log_value = dot(self.weights, np.log(monetary_value))

    def __call__(self, log_parameters: FloatArray) -> tuple[float, FloatArray]:
        p, q, v = np.exp(log_parameters)
        total = self.frequency * self.monetary_value + v
        log_total = np.log(total)
        shape = p * self.x
        value = (
            -dot(self.weight_by_x, betaln(shape, q))
            + q * np.log(v)
            + p * self.mean_x_log_spend
            - self.mean_log_value
            - dot(self.weights, (p * self.frequency + q) * log_total)
        )
        by_x = self.weight_by_x
        gradient = np.array(
            [
                dot(by_x, self.x * (psi(shape + q) - psi(shape)))
                + self.mean_x_log_spend
                - dot(self.weights, self.frequency * log_total),
                dot(by_x, psi(shape + q)) - psi(q) + np.log(v) - dot(self.weights, log_total),
                q / v - dot(self.weights, (p * self.frequency + q) / total),
            ]
        )
        return -float(value), -gradient * np.array([p, q, v])


def conditional_mean(parameters: GammaGammaParameters, frequency: FloatArray, monetary_value: FloatArray) -> FloatArray:
    """Expected spend per purchase of (n,) customers, equation (5); the population mean if new."""
    p, q, v = parameters.p, parameters.q, parameters.v
    return p * (v + frequency * monetary_value) / (p * frequency + q - 1)


def population_mean(parameters: GammaGammaParameters) -> float:
    """Expected spend per purchase of a customer about whom nothing is known; infinite where q <= 1."""
    return parameters.p * parameters.v / (parameters.q - 1) if parameters.q > 1 else float("inf")
