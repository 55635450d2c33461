"""Fit and predict: BG/NBD for a million customers against plain lifetimes, and for 100,000 against pymc-marketing.

    python -m benchmarks.fit [--customers 1000000] [--pymc PYTHON]

A simulated base in days; each side fits, then gives everybody's probability of being alive and expected purchases in
180 days. Log-likelihoods are worked out for both sides by the same code. `--pymc` names the interpreter of an
environment that has pymc-marketing (its MAP fit, with its own default priors). MBG/NBD and Pareto/NBD are timed without
a peer.

Aims: ten times as fast as lifetimes, log-likelihood equal or better to a millionth.
"""

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analytics import lifetime
from analytics.lifetime import BgNbdParameters, bg_nbd
from analytics.lifetime.arrays import FloatArray
from benchmarks.measuring import machine

TRUTH = BgNbdParameters(r=0.243, alpha=30.9, a=0.793, b=2.426, unit="day")
DAYS = 180.0
MODE_CUSTOMERS = 100_000
PEER = Path(__file__).parent / "pymc_peer.py"
History = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class Side:
    name: str
    seconds: float
    processor: float
    log_likelihood: float
    expected: float

    def print(self) -> None:
        print(
            f"{self.name}: {self.seconds:.2f} s, {self.processor:.2f} s of the processor, "
            f"log-likelihood {self.log_likelihood:.3f}, expects {self.expected:,.0f} purchases"
        )


def simulated(customers: int) -> History:
    rng = np.random.default_rng(2010)
    shop = lifetime.simulate_bg_nbd(TRUTH, rng.integers(1, 731, customers).astype(float), rng)
    return shop.frequency, np.ceil(shop.recency), shop.T


def timed(work: Callable[[], tuple[list[float], float]]) -> tuple[float, float, list[float], float]:
    started, processor = time.monotonic(), time.process_time()
    parameters, expected = work()
    return time.monotonic() - started, time.process_time() - processor, parameters, expected


def log_likelihood(parameters: list[float], history: History) -> float:
    customers = len(history[0])
    return -customers * bg_nbd.Likelihood(*history, np.ones(customers))(np.log(parameters))[0]


def ours(history: History, model: str = BgNbdParameters.model) -> Side:
    def work() -> tuple[list[float], float]:
        fit = lifetime.fit_purchases(model, *history, unit="day")
        lifetime.probability_alive(fit.parameters, *history)
        expected = lifetime.conditional_expected_purchases(fit.parameters, DAYS, *history)
        found.append(fit.log_likelihood or float("nan"))
        return [value for name, value in vars(fit.parameters).items() if name != "unit"], float(expected.sum())

    found: list[float] = []
    seconds, processor, parameters, expected = timed(work)
    if model == BgNbdParameters.model:
        found.append(log_likelihood(parameters, history))
    return Side(f"ours, {model}", seconds, processor, found[-1], expected)


def plain_lifetimes(history: History) -> Side:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter

        def work() -> tuple[list[float], float]:
            model: Any = BetaGeoFitter().fit(*history)
            model.conditional_probability_alive(*history)
            expected = model.conditional_expected_number_of_purchases_up_to_time(DAYS, *history)
            return [model.params_[name] for name in ("r", "alpha", "a", "b")], float(np.sum(expected))

        seconds, processor, parameters, expected = timed(work)
    return Side("lifetimes", seconds, processor, log_likelihood(parameters, history), expected)


def mode_of_pymc(python: str, history: History) -> Side:
    names = ("frequency", "recency", "T")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "histories.npz"
        np.savez(path, days=np.array(DAYS), **dict(zip(names, history, strict=True)))
        done = subprocess.run([python, str(PEER), str(path)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    parameters = [found["parameters"][name] for name in ("r", "alpha", "a", "b")]
    model = BgNbdParameters(*parameters, unit="day")
    expected = lifetime.conditional_expected_purchases(model, DAYS, *history)
    seconds = found["seconds"]
    likelihood = log_likelihood(parameters, history)
    return Side("pymc-marketing, MAP", seconds["all"], seconds["processor"], likelihood, float(expected.sum()))


def compare(own: Side, peer: Side) -> None:
    own.print()
    peer.print()
    better = (own.log_likelihood - peer.log_likelihood) / abs(peer.log_likelihood)
    print(
        f"{peer.name} / ours: {peer.seconds / own.seconds:.1f} by the clock, "
        f"{peer.processor / own.processor:.1f} by processor time; our log-likelihood is {better:+.1e} relative"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--pymc", help="interpreter of an environment with pymc-marketing")
    asked = parser.parse_args()
    print(machine())
    history = simulated(asked.customers)
    rows = len(np.unique(np.column_stack(history), axis=0))
    print(f"{asked.customers:,} customers, {rows:,} distinct histories")
    compare(ours(history), plain_lifetimes(history))
    for model in ("mbg_nbd", "pareto_nbd"):
        ours(history, model).print()
    if asked.pymc:
        part = simulated(min(MODE_CUSTOMERS, asked.customers))
        print(f"{len(part[0]):,} customers")
        compare(ours(part), mode_of_pymc(asked.pymc, part))


if __name__ == "__main__":
    main()
