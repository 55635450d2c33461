"""Joins, warnings and leaves told to another program, over a real connection."""

import json
from datetime import timedelta

import pytest
from django.conf import LazySettings

from core.models import Run, WebhookDelivery
from crm.models import Customer
from loyalty.selectors.standing import default_programme
from loyalty.services import pin_customer, set_texts
from tests.core.webhook_world import make_endpoint, receiving
from tests.factories import do_run, make_rules, make_user, reviewed
from tests.loyalty.test_review import MAY, ORDERS
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db


def told() -> None:
    """Do what waits: writing the messages down, then delivering them."""
    for kind in ("loyalty.announce", "core.webhook"):
        for run in Run.objects.filter(kind=kind, state=Run.State.PENDING):
            do_run(run)


def test_a_program_is_told_who_joined_was_warned_and_left(settings: LazySettings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    programme = default_programme()
    set_texts(programme=programme, texts={"warned": "Come back by {warned_until}."}, by=make_user("manager"))
    make_rules()
    with receiving(200) as receiver:
        make_endpoint(receiver.url)
        for day, orders in ((MAY, ORDERS), (MAY + timedelta(days=10), {**ORDERS, 1: 2})):
            publish_scores(day, orders)
            reviewed()
            told()
        customer = Customer.objects.get(pk=2)
        pin_customer(
            programme=programme, customer=customer, kind="out", reason="Moved", by=make_user("manager"), is_at_once=True
        )
        told()
    events = [(one.headers["Insiders-Event"], json.loads(one.body)["data"]) for one in receiver.received]
    assert [(name, [entry["customer_id"] for entry in data["customers"]]) for name, data in events] == [
        ("member.joined", ["c1", "c2"]),
        ("member.warned", ["c1"]),
        ("member.left", ["c2"]),
    ]
    warned = events[1][1]["customers"][0]
    assert warned["message"] == "Come back by 9 August 2025."
    assert warned["grace_until"] == "2025-08-09"
    assert (warned["orders_12m"], warned["revenue_12m"]) == (2, "200.00")
    assert events[2][1]["customers"][0]["reason"].startswith("Left on 10 June 2025, pinned out: “Moved”.")


def test_nobody_who_listens_means_no_work() -> None:
    make_endpoint(is_enabled=False)
    make_rules()
    publish_scores(MAY, ORDERS)
    reviewed()
    assert not Run.objects.filter(kind="loyalty.announce").exists()
    assert not WebhookDelivery.objects.exists()
