"""Do 80 % intervals hold the truth four times in five? For each purchase model, base size and figure.

    python -m benchmarks.coverage [--worlds 200] [--sizes 300 1000]

Each world is a shop with known parameters, simulated, fitted as a refresh fits it, and held against the truth. The
plain error of a share over so many worlds stands beside it. Nothing is timed here; benchmarks/results.md quotes it.
"""

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics import lifetime
from analytics.lifetime import totals, uncertainty
from analytics.lifetime.base import Base
from analytics.lifetime.horizons import HORIZONS
from analytics.lifetime.worlds import BuyingParameters, World, simulate_world

TRUTHS: tuple[BuyingParameters, ...] = (
    lifetime.BgNbdParameters(r=0.55, alpha=60.0, a=0.8, b=2.4, unit="day"),
    lifetime.MbgNbdParameters(r=0.7, alpha=60.0, a=0.8, b=2.4, unit="day"),
    lifetime.ParetoNbdParameters(r=0.6, alpha=60.0, s=0.7, beta=120.0, unit="day"),
)
SPEND = lifetime.GammaGammaParameters(p=4.0, q=3.7, v=30.0)
MONEY = {"horizon_days": 365, "annual_discount_rate": 0.10}
DAYS = 180


@dataclass(frozen=True)
class Fitted:
    """A world and what was fitted to it."""

    world: World
    base: Base
    purchases: Any
    spend: Any

    @property
    def history(self) -> tuple[Any, Any, Any]:
        return self.world.frequency, self.world.recency, self.world.T


def fitted(truth: BuyingParameters, customers: int, rng: np.random.Generator) -> Fitted | None:
    """None where the fit fell back: then there is no interval to judge."""
    observed = rng.integers(30, 500, customers).astype(np.float64)
    world = simulate_world(truth, SPEND, observed, HORIZONS, rng)
    history = (world.frequency, world.recency, world.T)
    purchases: Any = lifetime.fit_purchases(truth.model, *history, unit="day")
    spend: Any = lifetime.fit_gamma_gamma(world.frequency, world.monetary_value)
    if purchases.is_fallback or spend.is_fallback:
        return None
    return Fitted(world, Base.of(*history), purchases, spend)


def shares(truth: BuyingParameters, found: Fitted) -> dict[str, float]:
    """Of one world: the share of customers, or 0 or 1 for a total, whose interval holds the truth."""
    expected = lifetime.conditional_expected_purchases(found.purchases.parameters, DAYS, *found.history)
    value = found.world.monetary_value
    clv = lifetime.customer_lifetime_value(
        found.purchases.parameters, found.spend.parameters, *found.history, value, **MONEY
    )
    alive = uncertainty.p_alive_interval(found.purchases, found.base)
    purchases = uncertainty.expected_purchases_interval(found.purchases, found.base, expected, horizon_days=DAYS)
    money = uncertainty.clv_interval(
        found.purchases, found.spend, found.base, found.world.frequency, value, clv, **MONEY
    )
    return {
        "P(alive)": _held(alive, lifetime.probability_alive(truth, *found.history)),
        f"purchases in {DAYS} days": _held(
            purchases, lifetime.conditional_expected_purchases(truth, DAYS, *found.history)
        ),
        "value in a year": _held(money, lifetime.customer_lifetime_value(truth, SPEND, *found.history, value, **MONEY)),
        **_totals_held(found),
    }


def _held(interval: uncertainty.Interval, truth: Any) -> float:
    known = ~np.isnan(interval.low)
    return float(np.mean((interval.low <= truth)[known] & (truth <= interval.high)[known]))


def _totals_held(found: Fitted) -> dict[str, float]:
    predicted = totals.predictive_totals(
        found.purchases, found.spend, found.base, found.world.monetary_value, random_state=1
    )
    held: dict[str, float] = {}
    for place, total in enumerate(predicted):
        purchases, spend = found.world.future_purchases[place], found.world.future_spend[place]
        held[f"all purchases in {total.days} days"] = float(
            (total.purchases_low or 0) <= purchases <= (total.purchases_high or 0)
        )
        held[f"all revenue in {total.days} days"] = float(
            (total.gross_revenue_low or 0) <= spend <= (total.gross_revenue_high or 0)
        )
    return held


def report(truth: BuyingParameters, customers: int, worlds: int) -> None:
    rng = np.random.default_rng(20_111_209)
    trials = [each for _ in range(worlds) if (each := fitted(truth, customers, rng)) is not None]
    rows = [shares(truth, each) for each in trials]
    print(f"\n{truth.model}, {customers} customers, {len(rows)} of {worlds} worlds fitted")
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        error = values.std() / np.sqrt(len(values))
        print(f"  {name:30s} {values.mean() * 100:5.1f} %  (plain error {error * 100:.1f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=[300, 1000])
    asked = parser.parse_args()
    for truth in TRUTHS:
        for customers in asked.sizes:
            report(truth, customers, asked.worlds)


if __name__ == "__main__":
    main()
