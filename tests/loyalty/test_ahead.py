"""What the figures will be on a later day if nothing more is bought: the same as computing them on that day."""

from datetime import date

import pytest

from crm.models import Customer
from loyalty.selectors.ahead import figures_on
from loyalty.selectors.profile import membership_of
from segmentation.selectors import current_snapshot, scores
from segmentation.services import request_refresh
from tests.factories import make_rules, make_snapshot, refreshed, reviewed

pytestmark = pytest.mark.django_db


def test_figures_ahead_are_those_that_a_refresh_of_that_day_computes() -> None:
    now, later = make_snapshot(holdout_days=0), date(2026, 4, 30)
    foretold = {score.pk: figures_on(score, now, later) for score in scores(now)}
    run = request_refresh(by=None, as_of=later, holdout_days=0)
    assert run is not None
    refreshed(run)
    computed = {score.pk: score for score in scores(current_snapshot())}
    assert len(computed) == len(foretold) == 60
    for key, figures in foretold.items():
        assert {name: getattr(computed[key], name) for name in figures} == figures
    assert sum(len(figures) for figures in foretold.values()) == 3 * 60


def test_a_member_learns_what_keeps_the_membership_at_the_next_review() -> None:
    """Sixteen orders in 2025, some of which leave the 12 months until the next review a month later."""
    needed = [{"feature": "orders_12m", "operator": ">=", "value": 16}]
    make_rules(needed, needed)
    snapshot = make_snapshot(holdout_days=0)
    reviewed()
    gone = {}
    for score in scores(snapshot).filter(orders_12m=16):
        gone[score.pk] = 16 - int(figures_on(score, snapshot, date(2026, 1, 31))["orders_12m"])
    key = next(key for key, count in gone.items() if count == 2)
    outlook = membership_of(Customer.objects.get(pk=key)).outlook
    assert outlook == "Two more orders by 31 January 2026 keep the membership."
    key = next(key for key, count in gone.items() if count == 1)
    outlook = membership_of(Customer.objects.get(pk=key)).outlook
    assert outlook == "One more order by 31 January 2026 keeps the membership."
