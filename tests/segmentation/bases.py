"""Bases that tests of values stand on: people who buy as the models assume, and shops where nothing is as usual."""

from datetime import date, timedelta

import numpy as np

from analytics.lifetime import BgNbdParameters
from analytics.lifetime.simulate import purchase_times
from segmentation.models import Snapshot
from segmentation.services import request_refresh
from tests.analytics.ledger import Line
from tests.factories import make_ledger, refreshed

HABITS = BgNbdParameters(r=0.6, alpha=40.0, a=0.8, b=2.4, unit="day")
LAST = date(2025, 12, 31)


def simulated_lines(customers: int = 150, *, seed: int = 1, q: float = 4.0) -> list[Line]:
    """A shop of two years whose customers buy and leave as BG/NBD says, and spend as Gamma-Gamma says.

    The nearer `q` comes to 1, the more of the money do few of them spend.
    """
    rng = np.random.default_rng(seed)
    age = rng.integers(60, 700, customers).astype(float)
    times, _ = purchase_times(HABITS, age, rng)
    lines = [Line(1, "latest", LAST, "20.00")]
    for key, own in enumerate(times, start=1):
        first = LAST - timedelta(days=int(age[key - 1]))
        rate = rng.gamma(q, 1 / 30.0)
        for number, day in enumerate(sorted({0, *(int(time) for time in own)})):
            amount = f"{max(rng.gamma(5.0, 1 / rate), 0.01):.2f}"
            lines.append(Line(key, f"{key}-{number}", first + timedelta(days=day), amount))
    return lines


def clockwork_lines() -> list[Line]:
    """Everybody buys each week and nobody stops: a simple rate predicts that best."""
    first = date(2025, 1, 1)
    return [
        Line(key, f"{key}-{week}", first + timedelta(days=7 * week + key % 5), "10")
        for key in range(1, 31)
        for week in range(30)
    ]


def snapshot_of(lines: list[Line]) -> Snapshot:
    """Published results of exactly these lines."""
    make_ledger(lines)
    run = request_refresh(by=None)
    assert run is not None
    return refreshed(run)
