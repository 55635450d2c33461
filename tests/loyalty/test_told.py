"""What a person is told of somebody's standing: what the customer had, and what keeps out one who meets the rules."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from core.models import User
from core.problems import Problem
from crm.models import Customer
from loyalty import sentences
from loyalty.models import BulkAction, DecisionKind, MembershipEvent, Pin, Review
from loyalty.selectors.members import Filters, event_texts, filtered, member_batches
from loyalty.selectors.profile import membership_of
from loyalty.selectors.standing import default_programme
from loyalty.services import act_on_many, approve_review, pin_customer, set_programme
from segmentation.models import Segment
from segmentation.selectors import current_snapshot
from tests.factories import make_rules, make_user, reviewed
from tests.loyalty.proof_world import a_running_control, a_shop
from tests.loyalty.test_review import JULY, MAY, ORDERS, members, with_approval
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


def listed(name: str, actual: Any, *values: Any) -> dict[str, Any]:
    return {
        "feature": name,
        "operator": "in",
        "value": list(values),
        "actual": actual,
        "margin": None,
        "holds": actual in values,
    }


def test_a_condition_of_a_list_says_what_the_customer_was() -> None:
    assert sentences.clause(listed("tier", "gold", "platinum")) == "tier is gold (platinum needed)"
    assert sentences.clause(listed("tier", "platinum", "platinum", "gold")) == "tier is platinum"
    assert sentences.clause(listed("rfm_group", None, "loyal")) == "RFM group is not known (loyal needed)"
    left = sentences.event_sentence("left", MAY, None, [listed("country", "Spain", "France", "Italy")])
    assert left == "Left on 31 May 2025: country is Spain (France or Italy needed)."


def test_names_of_segments_are_read_once_for_all_who_are_told_of(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    publish_scores(MAY, ORDERS)
    segment = Segment.objects.get()
    rule = [{"feature": "segment_id", "operator": "in", "value": [segment.pk]}]
    make_rules(rule, rule)
    reviewed()
    events = list(MembershipEvent.objects.all())
    assert len(events) == len(ORDERS)
    with django_assert_num_queries(1):
        texts = event_texts(events)
    assert texts == ["Joined on 31 May 2025: segment is “Everyone”."] * len(ORDERS)


def test_who_meets_the_rules_and_is_pinned_out_is_promised_nothing(list_of_two: None, manager: User) -> None:
    customer = Customer.objects.get(pk=1)
    pin_customer(programme=default_programme(), customer=customer, kind="out", reason="Owes us", by=manager)
    reviewed()
    told = membership_of(customer).outlook
    met = "Meets every entry condition (9 orders in the last 12 months (6 needed)), "
    assert told == f"{met}but pinned out by a person: “Owes us”."


def test_a_control_is_promised_nothing_while_the_experiment_runs() -> None:
    a_shop(90)
    experiment = a_running_control(90)
    control = experiment.assignments.filter(arm="control").first()
    assert control
    told = membership_of(Customer.objects.get(pk=control.customer_id)).outlook
    assert "held back by chance as a control of the experiment “Does it work?”, until that ends" in told


def test_where_every_place_is_taken_the_cap_is_named(list_of_two: None, manager: User) -> None:
    set_programme(programme=default_programme(), cap_members=2, by=manager)
    publish_scores(MAY + timedelta(days=1), {**ORDERS, 4: 7})
    assert "the programme has 2 places" in membership_of(Customer.objects.get(pk=4)).outlook


def test_a_pin_past_its_end_is_shown_nowhere_and_blocks_no_new_one(
    client: Client, list_of_two: None, manager: User
) -> None:
    programme, customer = default_programme(), Customer.objects.get(pk=4)
    pin_customer(programme=programme, customer=customer, kind="in", reason="A friend", by=manager, ends_on=MAY)
    reviewed()
    client.force_login(manager)
    page = reverse("loyalty:member-detail", args=[4])
    assert "the rules do not decide" in client.get(page).content.decode()
    publish_scores(JULY, ORDERS)
    assert "the rules do not decide" not in client.get(page).content.decode()
    assert not filtered(programme, current_snapshot(), Filters(status="pinned")).exists()
    done = act_on_many(programme=programme, keys=[4], kind=BulkAction.Kind.PIN_IN, text="Still a friend", by=manager)
    assert done.customers == 1
    assert Pin.objects.filter(ended_at__isnull=True).get().reason == "Still a friend"


@pytest.mark.parametrize(
    ("part", "chosen"),
    [("ticked", {1}), ("others", {2, 3}), ("kind", {2, 3})],
)
def test_a_part_of_a_review_is_approved_by_ticks_by_the_others_or_by_kind(
    client: Client, manager: User, part: str, chosen: set[int]
) -> None:
    make_rules()
    publish_scores(MAY, {1: 9, 4: 1})
    reviewed()
    publish_scores(JULY, {1: 2, 2: 9, 3: 8})
    with_approval()
    review = reviewed()
    ticked = review.decisions.get(customer=1)
    assert ticked.kind == DecisionKind.WARNED
    client.force_login(manager)
    sent = {"part": part, "decision": ticked.pk if part != "kind" else "", "kind": "joined" if part == "kind" else ""}
    client.post(reverse("loyalty:review-approve", args=[review.pk]), sent)
    told = MembershipEvent.objects.filter(review=review)
    assert set(told.values_list("customer_id", flat=True)) == chosen
    assert Review.objects.get(pk=review.pk).is_partial


def test_ticking_nobody_is_not_taken_for_everybody(client: Client, manager: User) -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    with_approval()
    review = reviewed()
    client.force_login(manager)
    for part in ("ticked", "others", "kind", "anything"):
        answer = client.post(reverse("loyalty:review-approve", args=[review.pk]), {"part": part}, follow=True)
        assert "Choose at least one decision" in answer.content.decode()
    assert members() == set()
    with pytest.raises(Problem, match="at least one"):
        approve_review(review=review, by=manager, kind=DecisionKind.LEFT)


def test_a_list_being_written_keeps_its_figures_when_newer_results_come(list_of_two: None) -> None:
    snapshot = current_snapshot()
    publish_scores(JULY, ORDERS)
    batches = list(member_batches(default_programme(), snapshot, Filters()))
    assert [row.figures["orders_12m"] for row in batches[0]] == [9, 6]
