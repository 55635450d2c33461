"""Who decides on a review, and two people who decide at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.models import User
from core.problems import Problem
from loyalty.models import Membership, MembershipEvent, Programme, Review
from loyalty.services import approve_review, reject_review, request_review
from tests.factories import make_rules, make_user, reviewed
from tests.loyalty.test_review import MAY, ORDERS, assert_book_is_right, with_approval
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


@pytest.mark.django_db(transaction=True)
def test_two_people_who_approve_at_once_apply_the_review_once() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    with_approval()
    review, people = reviewed(), [make_user("manager"), make_user("manager")]
    start, ended = threading.Barrier(2), []

    def approve(person: User) -> None:
        start.wait(timeout=30)
        try:
            approve_review(review=Review.objects.get(pk=review.pk), by=person)
            ended.append("applied")
        except Problem as problem:
            ended.append(problem.problem_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=approve, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    # Whoever comes second learns that the list has moved on, or that it was decided.
    assert sorted(ended)[0] in {"already_decided", "applied"}
    assert ended.count("applied") == 1
    assert MembershipEvent.objects.count() == 2
    assert_book_is_right()


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.sampled_from(sorted(ORDERS)), min_size=1),
    st.dictionaries(st.integers(1, 6), st.integers(0, 8), min_size=1),
)
def test_an_approval_writes_exactly_what_was_chosen(chosen: set[int], later: dict[int, int]) -> None:
    Membership.objects.all().delete()
    MembershipEvent.objects.all().delete()
    Review.objects.update(previous=None)
    Review.objects.all().delete()
    make_rules()
    with_approval()
    manager = make_user("manager")
    for number, orders in enumerate((ORDERS, later)):
        publish_scores(MAY + timedelta(days=90 * number), orders)
        review = reviewed()
        wanted = review.decisions.filter(customer__in=chosen)
        told = set(wanted.values_list("customer_id", "kind"))
        if not told:
            with pytest.raises(Problem, match="Choose at least one"):
                approve_review(review=review, by=manager, decisions=[0])
            continue
        approve_review(review=review, by=manager, decisions=list(wanted.values_list("pk", flat=True)))
        assert set(review.events.values_list("customer_id", "kind")) == told
        assert_book_is_right()
