"""What shows at the entry threshold of a past review, from the ledger's lines."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import Groundwork, Programme
from tests.analytics.ledger import Line
from tests.factories import make_ledger, make_rules, make_user, reviewed
from tests.loyalty.proof_world import LATER, START, measured
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db

PEOPLE, THRESHOLD, EFFECT = 800, 30, 40.0


def test_the_jump_of_those_who_just_met_the_rules_is_found_and_its_limits_are_said(client: Client) -> None:
    """Everyone spends along with their orders; whoever met the rules spends 40 more from the review on."""
    rules = [{"feature": "orders_12m", "operator": ">=", "value": THRESHOLD}]
    make_rules(rules, rules)
    orders = {key: 5 + key % 50 for key in range(1, PEOPLE + 1)}
    after = [
        Line(key, f"a{key}", START + timedelta(days=20), f"{50 + count + key % 7 + EFFECT * (count >= THRESHOLD):.2f}")
        for key, count in orders.items()
    ]
    publish_scores(START, orders)
    review = reviewed()
    snapshot = publish_scores(LATER, orders)
    snapshot.catalogue_version = make_ledger(after)
    snapshot.save()
    measured()
    found = Groundwork.objects.get(snapshot=snapshot).content["threshold"]
    assert (found["review"], found["condition"]["value"]) == (review.pk, THRESHOLD)
    assert found["interval"][0] < EFFECT < found["interval"][1]
    assert found["value"] == pytest.approx(EFFECT, abs=3)
    assert not found["is_sorted"]
    client.force_login(make_user("marketer"))
    page = client.get(reverse("loyalty:experiment-list")).content.decode()
    assert "customers who just met “orders in the last 12 months at least 30” brought +" in page
    assert "Since the review of 31 May 2025" in page
    assert "It is weaker than a control group drawn by chance" in page


def test_who_crosses_the_threshold_otherwise_is_told_with_the_share(client: Client) -> None:
    """Some who missed it joined at the next review; of those who met it, the cap left some out."""
    rules = [{"feature": "orders_12m", "operator": ">=", "value": THRESHOLD}]
    make_rules(rules, rules)
    orders = {key: 5 + key % 50 for key in range(1, PEOPLE + 1)}
    met = sum(count >= THRESHOLD for count in orders.values())
    Programme.objects.update(cap_members=met - 40)
    publish_scores(START, orders)
    reviewed()
    Programme.objects.update(cap_members=None)
    grown = {key: count + 4 * (THRESHOLD - 4 <= count < THRESHOLD) for key, count in orders.items()}
    publish_scores(START + timedelta(days=30), grown)
    reviewed()
    snapshot = publish_scores(LATER, grown)
    bought = [Line(key, f"a{key}", LATER, f"{50 + count + key % 7}") for key, count in orders.items()]
    snapshot.catalogue_version = make_ledger(bought)
    snapshot.save()
    measured()
    found = Groundwork.objects.get(snapshot=snapshot).content["threshold"]
    width, near = found["bandwidth"], list(orders.values())
    below = [count for count in near if THRESHOLD - width < count < THRESHOLD]
    above = [count for count in near if THRESHOLD <= count < THRESHOLD + width]
    late = sum(count >= THRESHOLD - 4 for count in below)
    assert found["missed_joined"] == pytest.approx(late / len(below), abs=1e-5)
    assert found["met_stayed_out"] == pytest.approx(40 / len(above), abs=1e-5)
    client.force_login(make_user("marketer"))
    page = client.get(reverse("loyalty:experiment-list")).content.decode()
    assert "of those who just missed it joined all the same" in page
    assert "of those who just met it did not join then" in page
