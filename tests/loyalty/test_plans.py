"""Whom a plan for the programme counts, and who would join by it."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.problems import Problem
from crm.models import Customer
from loyalty.jobs.answers import proof
from loyalty.jobs.report import material_of
from loyalty.models import Affinity, Assignment, Groundwork, Programme
from loyalty.populations import groups_of
from loyalty.selectors.plans import joined_per_week, plan, spread_of_programme
from loyalty.selectors.standing import default_programme, latest_applied
from loyalty.services import approve_review, pin_customer, start_programme_control
from segmentation.selectors import current_snapshot
from tests.factories import make_user, reviewed
from tests.loyalty.action_world import advised
from tests.loyalty.proof_world import LATER, PEOPLE, START, a_shop, measured, publish
from tests.loyalty.test_review import with_approval

pytestmark = pytest.mark.django_db


def test_present_members_are_not_counted_as_people_to_draw() -> None:
    """With nearly everybody in already, only the pace of past reviews brings people to draw from."""
    before = a_shop(few=300)
    reviewed()
    publish(START + timedelta(days=30), PEOPLE, before, few=290)
    reviewed()
    publish(START + timedelta(days=60), PEOPLE, before, few=270)
    measured()
    ground = Groundwork.objects.latest("pk")
    assert joined_per_week(default_programme()) == pytest.approx(7 * 10 / 30)
    spread = spread_of_programme(default_programme(), ground.content["spreads"], 26)
    assert spread is not None
    assert (spread["joiners"], spread["later"]) == (20, round(26 * 70 / 30))
    asked = {"share": 0.1, "weeks": 26, "uplift": 0.1}
    found, at_once = plan(spread, **asked), plan({**spread, "later": 0}, **asked)  # type: ignore[arg-type]
    assert found is not None
    assert at_once is not None
    assert found.mean / at_once.mean == pytest.approx(1 - spread["later"] / spread["people"] / 2)
    assert found.smallest_share > at_once.smallest_share
    assert found.lines[0.1][found.weeks.index(26)] == pytest.approx(found.smallest_share)
    options: dict[str, Any] = {
        "programme": default_programme(),
        "name": "Late",
        "uplift": 0.1,
        "weeks": 4,
        "by": make_user("manager"),
    }
    with pytest.raises(Problem, match="10 % of 29 customers"):
        start_programme_control(control_share=0.1, **options)


def planned() -> dict[str, Any]:
    """The answer to question 8."""
    snapshot, programme = current_snapshot(), default_programme()
    assert snapshot is not None
    base = latest_applied(programme)
    return proof.guarantee(material_of(programme, snapshot, base, Affinity.objects.get()))


def test_the_report_plans_the_experiment_that_the_page_plans(client: Client) -> None:
    """The same people, weeks and smallest effect, from whichever groundwork there is; and none once all are in."""
    a_shop(few=100)
    advised()
    answer = planned()
    client.force_login(make_user("manager"))
    page = html.unescape(client.get(reverse("loyalty:experiment-plan")).content.decode())
    assert answer["value"]["experiment"]["people"] == 300
    told = [text for text in answer["details"] if text.startswith(("Of 300", "The smallest effect", "An effect of"))]
    assert len(told) == 3
    assert all(text in page for text in told)
    Groundwork.objects.all().delete()
    assert planned() == answer
    reviewed()
    late = planned()
    assert late["value"]["experiment"]["people"] == 0
    assert any("present members stay members" in text for text in late["details"])


def group(name: str) -> set[int]:
    snapshot = current_snapshot()
    assert snapshot is not None
    keys, groups = groups_of(default_programme(), snapshot)
    return set(keys[groups[name]].tolist()) if name in groups else set()


def test_who_would_join_is_exactly_whom_the_review_admits() -> None:
    """With a cap, pins either way and a draw that waits for its approval; later, with those whom it kept out."""
    before = a_shop(few=20)
    programme, by = default_programme(), make_user("manager")
    Programme.objects.update(cap_members=200)
    for key, kind in ((5, "in"), (100, "out")):
        customer = Customer.objects.get(pk=key)
        pin_customer(programme=programme, customer=customer, kind=kind, reason="So it is", by=by)
    with_approval()
    options = {"name": "Does it work?", "control_share": 0.25, "uplift": 0.2, "weeks": 13, "by": by}
    experiment = start_programme_control(programme=programme, **options)  # type: ignore[arg-type]
    expected = group("joiners")
    review = reviewed()
    assert expected == set(review.decisions.filter(kind="joined").values_list("customer_id", flat=True))
    assert len(expected) == 200
    assert 5 in expected
    assert 100 not in expected
    approve_review(review=review, by=by)
    publish(LATER, PEOPLE, before)
    Programme.objects.update(cap_members=None)
    arms = experiment.assignments.filter(arm=Assignment.Arm.CONTROL)
    kept = set(arms.values_list("customer_id", flat=True))
    assert len(kept) in {49, 50}
    assert kept.isdisjoint(group("joiners") | group("others") | group("near"))
    assert kept < group("eligible")
    assert kept < group("tier:gold")
