"""Reports that tests stand on."""

from datetime import date

from loyalty.models import Report
from loyalty.services import request_report_after
from tests.factories import do_run
from tests.loyalty.world import publish_scores


def written() -> Report:
    """The report of the current results and list, by the job itself."""
    run = request_report_after()
    assert run is not None
    return Report.objects.get(pk=(do_run(run).result or {})["report"])


def make_report() -> Report:
    """A report of a few customers: for tests of who may read it."""
    publish_scores(date(2025, 12, 31), {1: 9, 2: 6, 3: 1})
    return written()
