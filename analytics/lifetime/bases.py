"""Fourteen simulated customer bases: ordinary ones of each model's own kind, and those that break an unguarded fit.

Every model has to give a plausible fit of each, or a fallback by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.parameters import (
    BgNbdParameters,
    FittedPurchaseParameters,
    GammaGammaParameters,
    MbgNbdParameters,
    ParetoNbdParameters,
)
from analytics.lifetime.simulate import simulate_gamma_gamma, simulate_purchases

WEEKS = 80.0
SPEND = GammaGammaParameters(p=6.25, q=3.74, v=15.44)


@dataclass(frozen=True)
class CustomerBase:
    """(n,) columns of a base in weeks; `monetary_value` is 0 for one-time buyers."""

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    monetary_value: FloatArray


@dataclass(frozen=True)
class SimulatedBase:
    """What a base is like, in words, and how it is made."""

    label: str
    make: Callable[[np.random.Generator], CustomerBase]


def simulated_base(name: str, *, seed: int = 7) -> CustomerBase:
    """One of `SIMULATED_BASES` by name, the same for the same seed."""
    return SIMULATED_BASES[name].make(np.random.default_rng(seed))


def _of(
    parameters: FittedPurchaseParameters, customers: int, spend: GammaGammaParameters = SPEND
) -> Callable[[np.random.Generator], CustomerBase]:
    def make(rng: np.random.Generator) -> CustomerBase:
        shop = simulate_purchases(parameters, rng.uniform(WEEKS / 2, WEEKS, customers), rng)
        return _with_spend(shop.frequency, shop.recency, shop.T, rng, spend)

    return make


def _with_spend(
    frequency: FloatArray,
    recency: FloatArray,
    T: FloatArray,
    rng: np.random.Generator,
    spend: GammaGammaParameters = SPEND,
) -> CustomerBase:
    return CustomerBase(frequency, recency, T, simulate_gamma_gamma(spend, frequency, rng))


def _heavy_tailed(q: float) -> GammaGammaParameters:
    """Spend of which few customers make the most: its mean is all but infinite as q comes near 1."""
    return GammaGammaParameters(p=SPEND.p, q=q, v=SPEND.v)


def _heavy_buyers(rng: np.random.Generator) -> CustomerBase:
    """500 ordinary customers, and three tills or resellers with up to a million purchase days."""
    shop = simulate_purchases(_BOOKSHOP, rng.uniform(WEEKS / 2, WEEKS, 500), rng)
    frequency = np.append(shop.frequency, [3e3, 1e5, 1e6])
    return _with_spend(frequency, np.append(shop.recency, [79.0, WEEKS, WEEKS]), np.append(shop.T, [WEEKS] * 3), rng)


def _no_repeaters(rng: np.random.Generator) -> CustomerBase:
    nothing = np.zeros(500)
    return CustomerBase(nothing, nothing, rng.uniform(1, WEEKS, 500), nothing)


def _one_customer(rng: np.random.Generator) -> CustomerBase:
    return _with_spend(np.array([3.0]), np.array([20.0]), np.array([30.0]), rng)


def _one_day(rng: np.random.Generator) -> CustomerBase:
    nothing = np.zeros(200)
    return CustomerBase(nothing, nothing, nothing, nothing)


_BOOKSHOP = BgNbdParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")

SIMULATED_BASES: dict[str, SimulatedBase] = {
    "bookshop": SimulatedBase(
        "Like CDNOW: many buy once, few often, people stop after a purchase", _of(_BOOKSHOP, 2000)
    ),
    "lost_at_once": SimulatedBase(
        "Many stop right after their first purchase", _of(MbgNbdParameters(0.8, 5, 1.2, 1.6, "week"), 2000)
    ),
    "quiet_leavers": SimulatedBase(
        "People stop at any time, unseen", _of(ParetoNbdParameters(0.553, 10.578, 0.606, 11.669, "week"), 2000)
    ),
    "nobody_leaves": SimulatedBase("All stay for good", _of(BgNbdParameters(1.5, 10, 0.001, 100, "week"), 1000)),
    "rare_buyers": SimulatedBase("A purchase every few years", _of(BgNbdParameters(0.05, 40, 0.5, 2, "week"), 3000)),
    "frequent_buyers": SimulatedBase("Several purchases a week", _of(BgNbdParameters(3, 1, 1, 40, "week"), 500)),
    "heavy_buyers": SimulatedBase("Three buyers out of all proportion among ordinary ones", _heavy_buyers),
    "few_spend_most": SimulatedBase("Spend with a heavy tail", _of(_BOOKSHOP, 400, _heavy_tailed(1.1))),
    "few_of_few_spend_most": SimulatedBase("The same in a small shop", _of(_BOOKSHOP, 100, _heavy_tailed(1.2))),
    "some_spend_most": SimulatedBase("Spend with a long tail", _of(_BOOKSHOP, 300, _heavy_tailed(1.5))),
    "tiny": SimulatedBase("Eight customers", _of(_BOOKSHOP, 8)),
    "no_repeaters": SimulatedBase("Nobody has come back yet", _no_repeaters),
    "one_customer": SimulatedBase("A single customer", _one_customer),
    "one_day": SimulatedBase("Everything was bought on one day", _one_day),
}
