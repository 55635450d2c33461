"""The review: from results to a list, once, whatever happens around it."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connections

from core.execution import execute
from core.models import AuditEvent, Run
from core.problems import Problem
from core.runs import JobRefused
from loyalty import invariants
from loyalty.models import Membership, MembershipEvent, Programme, Review, ReviewDecision, RuleVersion
from loyalty.selectors.standing import default_programme
from loyalty.services import approve_review, reject_review, request_review, set_programme
from segmentation.models import Snapshot
from tests.factories import do_run, make_rules, make_user, reviewed
from tests.loyalty.world import publish_scores, refused

pytestmark = pytest.mark.django_db

MAY, JULY = date(2025, 5, 31), date(2025, 7, 31)
ORDERS = {1: 9, 2: 6, 3: 5, 4: 1}


def with_approval(required: bool = True) -> Programme:
    return set_programme(
        programme=default_programme(),
        grace_days=60,
        review_period_months=1,
        is_approval_required=required,
        by=make_user("manager"),
    )


def members() -> set[int]:
    return set(Membership.objects.filter(left_on__isnull=True).values_list("customer_id", flat=True))


def assert_book_is_right() -> None:
    for check in (invariants.list_equals_book, invariants.decisions_recompute):
        holds, detail = check()
        assert holds, detail


def test_those_who_meet_the_entry_rules_join_with_their_reasons() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    assert (review.state, review.joined, review.members, review.eligible) == ("applied", 2, 2, 2)
    assert members() == {1, 2}
    event = MembershipEvent.objects.get(customer=1)
    assert (event.effective_on, event.snapshot_id) == (MAY, review.snapshot_id)
    assert event.reasons == [
        {"feature": "orders_12m", "operator": ">=", "value": 6, "actual": 9, "margin": 3.0, "holds": True}
    ]
    assert_book_is_right()


def test_a_lapsed_member_is_warned_then_renewed_or_leaves_after_the_grace() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    reviewed()
    publish_scores(MAY + timedelta(days=10), {**ORDERS, 1: 2, 2: 3})
    warned = reviewed()
    assert (warned.warned, warned.left, warned.members) == (2, 0, 2)
    assert warned.revenue_at_stake == 500
    publish_scores(MAY + timedelta(days=40), {**ORDERS, 1: 2, 2: 4})
    renewed = reviewed()
    assert (renewed.kept, renewed.warned, renewed.left) == (1, 1, 0)
    publish_scores(MAY + timedelta(days=71), {**ORDERS, 1: 3, 2: 4})
    ended = reviewed()
    assert (ended.left, ended.members) == (1, 1)
    assert Membership.objects.get(customer=1).left_on == MAY + timedelta(days=71)
    assert members() == {2}
    assert_book_is_right()


def test_the_same_review_again_is_unchanged() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    first = reviewed()
    again = do_run(request_review(by=None))
    assert again.result is not None
    assert (again.result["review"], again.result["unchanged"]) == (first.pk, True)
    assert MembershipEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_reviews_at_once_write_one_set_of_events(real_children: None) -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    manager = make_user("manager")
    runs = [request_review(by=None), request_review(by=manager, approver=manager)]

    def work(run: Run) -> None:
        execute(run.pk)
        connections.close_all()

    threads = [threading.Thread(target=work, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    states = {(run.kind, run.state) for run in Run.objects.filter(kind="loyalty.review")}
    assert states == {("loyalty.review", Run.State.SUCCEEDED)}
    assert MembershipEvent.objects.count() == 2
    assert Review.objects.filter(state=Review.State.APPLIED).count() == 1
    assert_book_is_right()


def test_a_review_of_results_that_are_no_longer_current_is_refused() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    run = request_review(by=None)
    publish_scores(JULY, ORDERS)
    ended = refused(run)
    assert ended.error_code == "outdated_snapshot"
    assert "review those instead" in ended.error
    assert not Review.objects.exists()


def test_results_of_an_earlier_day_need_a_manager() -> None:
    make_rules()
    publish_scores(JULY, ORDERS)
    reviewed()
    publish_scores(MAY, {**ORDERS, 1: 2})
    ended = refused(request_review(by=None))
    assert ended.error_code == "outdated_snapshot"
    assert "--approve-as" in ended.error
    assert reviewed(approver=make_user("manager")).warned == 1
    assert_book_is_right()


def test_results_of_another_shop_start_the_list_anew() -> None:
    make_rules()
    publish_scores(JULY, ORDERS)
    reviewed()
    publish_scores(MAY, {11: 7, 12: 1})
    review = reviewed()
    assert (review.joined, review.left, review.members) == (1, 2, 1)
    assert members() == {11}
    assert_book_is_right()


def test_without_results_a_review_says_what_to_do() -> None:
    with pytest.raises(JobRefused, match="upload purchases"):
        request_review(by=None)


def test_a_marketer_may_not_approve() -> None:
    publish_scores(MAY, ORDERS)
    with pytest.raises(JobRefused, match="name a manager"):
        request_review(by=None, approver=make_user("marketer"))


def test_with_approval_nothing_changes_until_a_manager_says_so() -> None:
    with_approval()
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    assert review.state == "proposed"
    assert members() == set()
    manager = make_user("manager")
    approve_review(review=review, by=manager)
    assert members() == {1, 2}
    assert MembershipEvent.objects.filter(by=manager).count() == 2
    with pytest.raises(Problem):
        approve_review(review=review, by=manager)
    assert MembershipEvent.objects.count() == 2
    assert_book_is_right()


def test_a_review_approved_in_part_does_that_part() -> None:
    with_approval()
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    chosen = review.decisions.get(customer=2)
    done = approve_review(review=review, by=make_user("manager"), decisions=[chosen.pk])
    assert members() == {2}
    assert (done.joined, done.members) == (1, 1)
    assert_book_is_right()


def test_a_rejected_review_leaves_the_list_and_is_not_proposed_again() -> None:
    with_approval()
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    reject_review(review=review, by=make_user("manager"))
    assert reviewed().pk == review.pk
    assert members() == set()


def test_a_proposed_review_is_outdated_by_newer_results() -> None:
    with_approval()
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    publish_scores(JULY, ORDERS)
    with pytest.raises(Problem, match="newer results"):
        approve_review(review=review, by=make_user("manager"))
    newer = reviewed()
    review.refresh_from_db()
    assert (review.state, newer.state) == ("outdated", "proposed")


def test_other_rules_outdate_what_waits_for_approval() -> None:
    with_approval()
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    make_rules(stay=[{"feature": "orders_12m", "operator": ">=", "value": 2}])
    review.refresh_from_db()
    assert review.state == "outdated"
    with pytest.raises(Problem):
        approve_review(review=review, by=make_user("manager"))


def test_a_broken_attempt_leaves_nothing_that_the_next_one_keeps() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    snapshot = Snapshot.objects.get()
    left = Review.objects.create(
        programme=default_programme(),
        rule_version=RuleVersion.objects.get(),
        snapshot=snapshot,
        fingerprint="left behind",
        state=Review.State.PREPARING,
        created_at=snapshot.created_at,
    )
    ReviewDecision.objects.create(review=left, customer_id=4, kind="joined", reasons=[])
    reviewed()
    assert not Review.objects.filter(pk=left.pk).exists()
    assert members() == {1, 2}


def test_the_first_review_proposes_rules_that_a_tiny_shop_can_use() -> None:
    publish_scores(MAY, {1: 3})
    review = reviewed()
    assert review.joined == 1
    assert review.rule_version.source["kind"] == "top_share"
    assert review.rule_version.state == RuleVersion.State.ACTIVE


def test_every_review_leaves_one_event_in_the_audit_trail() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    event = AuditEvent.objects.get(action="review.applied")
    assert event.object_key == str(review.pk)
    assert event.facts["joined"] == 2
