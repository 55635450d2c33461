"""Reports that tests stand on."""

from datetime import date
from typing import Any

from django.utils import timezone

from core.models import User
from loyalty.models import Hypothesis, Report, ReportMailing
from loyalty.selectors.report import QUESTIONS
from loyalty.selectors.standing import default_programme
from loyalty.services import request_report_after
from loyalty.services.reporting import add_hypothesis, add_mailing
from tests.analytics.ledger import Line
from tests.factories import do_run, make_ledger, make_user
from tests.loyalty.world import publish_scores

AS_OF = date(2025, 12, 31)
VALUES = {"q2": 2, "q4": 0.9, "q5": "900.00"}


def written() -> Report:
    """The report of the current results and list, by the job itself."""
    run = request_report_after()
    assert run is not None
    return Report.objects.get(pk=(do_run(run).result or {})["report"])


def make_report() -> Report:
    """A row that says little: for tests of who may read it and of how it is sent, not of what it says."""
    snapshot = publish_scores(AS_OF, {1: 9, 2: 6, 3: 1})
    snapshot.catalogue_version = make_ledger([Line(1, "a", AS_OF, "20")])
    snapshot.save()
    hypothesis = {"id": "H1", "statement": "So.", "value": 0.5, "interval": None, "p_adjusted": 0.01, "holds": True}
    return Report.objects.create(
        programme=default_programme(),
        snapshot=snapshot,
        content={
            "snapshot": snapshot.pk,
            "as_of": AS_OF.isoformat(),
            "currency": "GBP",
            **{name: _answer(name) for name in QUESTIONS},
            "hypotheses": [{**hypothesis, "note": "", "basis": "Counted.", "level": 0.95}],
        },
        keys={"eligible": [1, 2], "members": [1]},
        created_at=timezone.now(),
    )


def _answer(name: str) -> dict[str, Any]:
    told = {"question": f"{name}?", "answer": "So it is.", "value": VALUES.get(name), "interval": None, "level": None}
    why = {"basis": "Counted.", "confidence": "High: counted.", "what_would_change_it": "Nothing."}
    return {**told, **why, "evidence": [], "count": 2}


def make_hypothesis(threshold: float = 0.3) -> Hypothesis:
    """Customers of tier gold have more than 30 % of all revenue, unless told otherwise."""
    said = {"measure": "share", "figure": "revenue", "group": "tier", "group_value": "gold"}
    return add_hypothesis(programme=default_programme(), threshold=threshold, by=None, **said)


def make_mailing(*recipients: User, every: str = "day", today: date = date(2026, 1, 5)) -> ReportMailing:
    """To a manager with an address, unless told otherwise; the day is a Monday."""
    people = recipients or (make_user("manager", email="manager@example.org"),)
    return add_mailing(programme=default_programme(), every=every, recipients=people, today=today, by=None)
