"""Who decides on a review, and two people who decide at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.problems import Problem
from loyalty.models import MembershipEvent, Programme, Review
from loyalty.services import approve_review, reject_review, request_review
from tests.factories import make_rules, make_user, reviewed
from tests.loyalty.test_review import MAY, ORDERS, with_approval
from tests.loyalty.world import publish_scores, refused

pytestmark = pytest.mark.django_db


def test_who_lost_the_right_to_approve_meanwhile_approves_nothing() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    with_approval()
    manager = make_user("manager")
    run = request_review(by=manager, approver=manager)
    manager.role = "analyst"
    manager.save()
    ended = refused(run)
    assert ended.error_code == "not_an_approver"
    assert not MembershipEvent.objects.exists()


def test_rejecting_waits_for_who_holds_the_programme_and_then_reads_the_review() -> None:
    """Applying holds the programme's row: rejecting takes the same one first, so that the later sees the earlier."""
    make_rules()
    publish_scores(MAY, ORDERS)
    with_approval()
    review = reviewed()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        reject_review(review=review, by=make_user("manager"))
    reads = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    tables = [sql.split(" FROM ")[1].split()[0].strip('"') for sql in reads]
    assert tables[:2] == [Programme._meta.db_table, Review._meta.db_table]


def test_a_review_that_was_applied_meanwhile_is_not_rejected() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    with_approval()
    review, manager = reviewed(), make_user("manager")
    approve_review(review=Review.objects.get(pk=review.pk), by=manager)
    with pytest.raises(Problem, match="already decided"):
        reject_review(review=review, by=manager)
    assert Review.objects.get(pk=review.pk).state == Review.State.APPLIED
