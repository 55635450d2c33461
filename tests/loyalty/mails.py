"""Mails that are due, for the trial of every job."""

from typing import Any

from core.models import Run
from loyalty.models import ReportDelivery
from loyalty.services.reporting import request_mailing
from tests.loyalty.reports import make_mailing, make_report


def mails_to_send() -> list[str]:
    make_report()
    run = request_mailing(today=make_mailing().starts_on, by=None)
    assert run is not None
    return [str(run.pk)]


def the_mails() -> dict[str, Any]:
    return {
        "runs": [list(row) for row in Run.objects.order_by("kind").values_list("kind", "state", "error_code")],
        "mails": [list(row) for row in ReportDelivery.objects.values_list("due_on", "state", "reason")],
    }
