"""A shop with known oddities, for tests of the scan."""

import random
from collections.abc import Collection
from datetime import date, timedelta

from anomalies.models import Anomaly, Scan
from anomalies.services import request_scan
from core.models import Run
from segmentation.models import Snapshot
from segmentation.services import request_refresh
from tests.analytics.ledger import Line
from tests.factories import do_run, make_ledger, refreshed

FIRST = date(2025, 1, 6)  # a Monday
DAYS = 140
ODD_CUSTOMER = 900
LORRY = date(2025, 2, 5)
PEAK = date(2025, 4, 2)
CLOSED = date(2025, 3, 12)  # a Wednesday, and no holiday in France


def make_odd_lines(*, closed: Collection[date] = (CLOSED,), peak: str = "9000", days: int = DAYS) -> list[Line]:
    """A shop that trades from Monday to Saturday, 200 customers alike; one who orders by the lorry and returns it all,
    one day that takes many times the usual, and days without a sale."""
    generator = random.Random(5)
    lines = []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        if day.weekday() == 6 or day in closed:
            continue
        for place in range(20):
            key = generator.randrange(1, 201)
            lines.append(Line(key, f"{number}-{place}", day, f"{generator.uniform(20, 60):.2f}", country="France"))
    lines += [
        Line(ODD_CUSTOMER, "lorry", LORRY, "4000", quantity="800"),
        Line(ODD_CUSTOMER, "lorry back", LORRY + timedelta(days=1), "-4000", quantity="-800"),
        Line(None, "peak", PEAK, peak),
    ]
    return lines


def make_odd_results(lines: list[Line] | None = None) -> Snapshot:
    """The shop's ledger and its published results; nothing is scanned yet."""
    make_ledger(make_odd_lines() if lines is None else lines)
    run = request_refresh(by=None)
    assert run is not None
    return refreshed(run)


def requested_scan() -> Run:
    run = request_scan(by=None)
    assert run is not None
    return run


def scanned() -> Scan:
    """Scan the current results in this process."""
    run = do_run(requested_scan())
    assert run.state == Run.State.SUCCEEDED, (run.error_code, run.error)
    return Scan.objects.get(pk=(run.result or {})["scan"])


def found(kind: str) -> list[Anomaly]:
    return list(Anomaly.objects.filter(kind=kind, status=Anomaly.Status.OPEN).order_by("-severity", "-pk"))
