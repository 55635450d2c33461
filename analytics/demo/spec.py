"""What is chosen about the demo shop: its laws, its sizes and its named streams of random numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

GUEST = -1


@dataclass(frozen=True)
class BgNbd:
    """Purchases at rate lambda ~ Gamma(r, rate alpha) a day; after each repeat purchase the customer leaves
    with probability p ~ Beta(a, b). Fader, Hardie & Lee (2005), assumptions (i) to (v)."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class GammaGamma:
    """Spend of a purchase ~ Gamma(p, rate nu), nu ~ Gamma(q, rate gamma), independent of the purchase rate.
    Fader & Hardie (2013); the population mean is p * gamma / (q - 1)."""

    p: float
    q: float
    gamma: float

    @property
    def mean(self) -> float:
        return self.p * self.gamma / (self.q - 1)


@dataclass(frozen=True)
class Size:
    """How large a shop is: named customers (the odd ones included), wished lines an order, site visits a day."""

    name: str
    customers: int
    lines_per_order: float
    sessions_per_day: int


BG_NBD = BgNbd(r=0.9, alpha=45.0, a=0.8, b=3.2)
GAMMA_GAMMA = GammaGamma(p=5.0, q=4.0, gamma=24.0)

# A basket mostly ends with a line or so less than wished, because cheap baskets cannot be split further.
SIZES = {
    "small": Size("small", customers=2_500, lines_per_order=4.4, sessions_per_day=6),
    "large": Size("large", customers=1_000_000, lines_per_order=1.95, sessions_per_day=60),
}

GUEST_SHARE = 0.12
"""Orders without a customer, as a share of the customers' orders."""

STREAMS = ("purchases", "spend", "guests", "people", "hours", "baskets", "returns", "sessions", "planted")


def stream(seed: int, name: str, day: int = 0) -> np.random.Generator:
    """A PCG64 generator of its own for each purpose and day, so that no draw moves another one's numbers."""
    key = (STREAMS.index(name), day)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
