"""Pinning customers in or out: reviews heed it, at once or next time, and the book stays replayable."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent, User
from core.problems import Problem
from crm.models import Customer
from loyalty.models import MembershipEvent, Pin, Programme, Review
from loyalty.selectors.members import event_texts
from loyalty.selectors.standing import default_programme, latest_applied, latest_review, next_review_on
from loyalty.services import approve_review, end_pin, pin_customer
from tests.factories import make_rules, make_user, reviewed
from tests.loyalty.test_review import JULY, MAY, ORDERS, assert_book_is_right, members, with_approval
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return make_user("manager")


@pytest.fixture
def list_of_two() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    reviewed()


def pinned(key: int, kind: str, by: User, **options: object) -> Pin:
    return pin_customer(
        programme=default_programme(),
        customer=Customer.objects.get(pk=key),
        kind=kind,
        reason="A friend of the house",
        by=by,
        **options,  # type: ignore[arg-type]
    )


def test_who_is_pinned_in_joins_at_the_next_review_and_is_never_warned(list_of_two: None, manager: User) -> None:
    pinned(4, "in", manager)
    assert members() == {1, 2}
    assert reviewed().joined == 1
    event = MembershipEvent.objects.get(customer=4)
    assert event.detail["reason"] == "A friend of the house"
    assert event_texts([event])[0] == (
        "Joined on 31 May 2025, pinned in: “A friend of the house”. "
        "The figures of that day: 1 order in the last 12 months (6 needed)."
    )
    publish_scores(JULY, {1: 9, 2: 9, 4: 0})
    assert reviewed().warned == 0
    assert members() == {1, 2, 4}
    assert_book_is_right()


def test_who_is_pinned_out_leaves_without_grace_and_never_joins(list_of_two: None, manager: User) -> None:
    pinned(1, "out", manager)
    assert reviewed().left == 1
    publish_scores(JULY, ORDERS)
    reviewed()
    assert members() == {2}
    assert_book_is_right()


def test_a_pin_ends_with_its_last_day(list_of_two: None, manager: User) -> None:
    pinned(4, "in", manager, ends_on=MAY + timedelta(days=10))
    reviewed()
    publish_scores(MAY + timedelta(days=10), ORDERS)
    reviewed()
    assert members() == {1, 2, 4}
    publish_scores(MAY + timedelta(days=11), ORDERS)
    assert reviewed().warned == 1
    assert_book_is_right()


def test_a_pin_that_is_ended_leaves_the_rules_to_decide(list_of_two: None, manager: User) -> None:
    pin = pinned(4, "in", manager)
    reviewed()
    end_pin(pin=pin, by=manager)
    assert reviewed().warned == 1
    with pytest.raises(Problem, match="already ended"):
        end_pin(pin=pin, by=manager)
    assert_book_is_right()


def test_a_pin_at_once_is_a_review_of_its_own_and_moves_no_date(
    client: Client, list_of_two: None, manager: User
) -> None:
    due = next_review_on(default_programme())
    pinned(3, "in", manager, is_at_once=True)
    assert members() == {1, 2, 3}
    pinned(1, "out", manager, is_at_once=True)
    assert members() == {2, 3}
    newest, regular = latest_applied(default_programme()), latest_review(default_programme())
    assert newest is not None
    assert regular is not None
    client.force_login(manager)
    assert "Pinned at once" in client.get(reverse("loyalty:review-list")).content.decode()
    assert (newest.kind, newest.left, newest.members, regular.kind) == ("pin", 1, 2, "regular")
    assert next_review_on(default_programme()) == due
    assert_book_is_right()
    reviewed()
    assert members() == {2, 3}
    assert_book_is_right()


def test_a_pin_at_once_where_nothing_changes_writes_no_event(list_of_two: None, manager: User) -> None:
    pinned(1, "in", manager, is_at_once=True)
    assert Review.objects.count() == 1
    assert AuditEvent.objects.filter(action="member.pinned").count() == 1


def test_without_results_a_pin_waits_for_the_first_review(manager: User) -> None:
    make_rules()
    Customer.objects.create(pk=4, external_id="c4", search_key="c4", created_at="2025-01-01T00:00Z")
    with pytest.raises(Problem, match="from the first review on"):
        pinned(4, "in", manager, is_at_once=True)
    assert not Pin.objects.exists()


def test_a_pin_needs_a_reason_and_an_end_that_lies_ahead(list_of_two: None, manager: User) -> None:
    with pytest.raises(Problem, match="before the day of the results"):
        pinned(4, "in", manager, ends_on=MAY - timedelta(days=1))
    customer = Customer.objects.get(pk=4)
    with pytest.raises(Problem, match="Say why"):
        pin_customer(programme=default_programme(), customer=customer, kind="in", reason=" ", by=manager)


def test_a_review_that_waits_is_outdated_by_a_pin(manager: User) -> None:
    with_approval()
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    pinned(1, "out", manager)
    with pytest.raises(Problem, match="pinned in or out since"):
        approve_review(review=review, by=manager)
    newer = reviewed()
    approve_review(review=newer, by=manager)
    assert members() == {2}
    assert_book_is_right()


def test_the_rest_of_a_review_approved_in_part_is_asked_about_again(manager: User) -> None:
    with_approval()
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    approve_review(review=review, by=manager, decisions=[review.decisions.get(customer=2).pk])
    rest = reviewed()
    assert (rest.pk == review.pk, rest.state, rest.joined) == (False, "proposed", 1)
    approve_review(review=rest, by=manager)
    assert members() == {1, 2}
    assert_book_is_right()


def test_a_customer_erased_while_a_review_waits_is_in_no_event_and_no_figure(manager: User) -> None:
    with_approval()
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    Customer.objects.get(pk=1).delete()
    done = approve_review(review=review, by=manager)
    assert (done.joined, done.members, members()) == (1, 1, {2})
    assert_book_is_right()


def test_a_programme_with_a_cap_takes_the_best_and_a_new_cap_outdates_what_waits(client: Client, manager: User) -> None:
    with_approval()
    Programme.objects.update(cap_members=1)
    make_rules()
    publish_scores(MAY, ORDERS)
    review = reviewed()
    assert (review.joined, review.without_place, review.eligible, review.most_members) == (1, 1, 2, 1)
    client.force_login(manager)
    page = client.get(reverse("loyalty:review-detail", kwargs={"pk": review.pk})).content.decode()
    assert "but the cap is 1 members" in page
    Programme.objects.update(cap_members=2)
    with pytest.raises(Problem, match="cap on members has changed"):
        approve_review(review=review, by=manager)
    approve_review(review=reviewed(), by=manager)
    Programme.objects.update(cap_members=1)
    publish_scores(JULY, ORDERS)
    approve_review(review=reviewed(), by=manager)
    warned = MembershipEvent.objects.get(kind="warned")
    assert (warned.customer_id, warned.detail) == (2, {"cause": "cap", "place": 2, "places": 1})
    assert "place 2 by revenue in the last 12 months, and the programme has 1 places" in event_texts([warned])[0]
    assert_book_is_right()
