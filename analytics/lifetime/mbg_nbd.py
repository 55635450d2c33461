"""MBG/NBD: people may also stop right after their first purchase.

Batislam, Denizel & Filiztekin 2007, International Journal of Research in Marketing 24, 201-209; as CBG/NBD in
Hoppe & Wagner 2007, Marketing ZFP 29, 75-90. Assumptions are those of BG/NBD but one:

3. After each purchase, the first one included, a customer stops for good with probability p.

So one-time buyers fade like everybody else. Who is known to be active has had one chance more to stop than under
BG/NBD: what follows for them is BG/NBD's with b + 1.
"""

import numpy as np
from scipy.special import expit

from analytics.features import Unit
from analytics.lifetime import bg_nbd
from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.parameters import BgNbdParameters, MbgNbdParameters


class Likelihood(bg_nbd.Likelihood):
    """Mean negative log-likelihood of weighted rows, with its gradient, as a function of log(r, alpha, a, b)."""

    extra = 1


def starts(repeats_per_customer: float) -> list[FloatArray]:
    """Those of BG/NBD: the two differ little in their parameters."""
    return bg_nbd.starts(repeats_per_customer)


def build(point: FloatArray, scale: float, unit: Unit) -> MbgNbdParameters:
    """Parameters from their logs, which speak of times divided by `scale`."""
    r, alpha, a, b = (float(number) for number in np.exp(point))
    return MbgNbdParameters(r=r, alpha=alpha * scale, a=a, b=b, unit=unit)


def probability_alive(
    parameters: MbgNbdParameters, frequency: FloatArray, recency: FloatArray, T: FloatArray
) -> FloatArray:
    """P(alive at T) of (n,) histories, 0 to 1."""
    silence = (parameters.r + frequency) * (np.log(parameters.alpha + T) - np.log(parameters.alpha + recency))
    return np.asarray(expit(np.log(parameters.b + frequency) - np.log(parameters.a) - silence), dtype=np.float64)


def purchase_if_alive(
    parameters: MbgNbdParameters, t: float | FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """P(a purchase in (T, T + t]) of (n,) customers known to be alive at T."""
    return bg_nbd.purchase_if_alive(_active(parameters), t, frequency, T)


def expected_if_alive(
    parameters: MbgNbdParameters, t: float | FloatArray, frequency: FloatArray, T: FloatArray
) -> FloatArray:
    """Expected purchases in (T, T + t] of (n,) customers known to be alive at T."""
    return bg_nbd.expected_if_alive(_active(parameters), t, frequency, T)


def _active(parameters: MbgNbdParameters) -> BgNbdParameters:
    """The BG/NBD that an active customer follows from now on."""
    return BgNbdParameters(parameters.r, parameters.alpha, parameters.a, parameters.b + 1, parameters.unit)
