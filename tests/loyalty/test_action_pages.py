"""Pages, file and API of actions: from the list to the read-out, as a marketer walks them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent
from crm.models import Customer
from loyalty.models import Action
from tests.factories import do_run, make_token, make_user
from tests.loyalty.action_world import (
    READ_OUT,
    START,
    a_shop_with_advice,
    a_taken_action,
    advised,
    later,
    purchases,
    read_out,
)
from tests.loyalty.lists import make_action
from tests.loyalty.proof_world import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user("marketer", username="mara"))
    return client


def text(client: Client, name: str, data: dict[str, str] | None = None, **kwargs: Any) -> str:
    return " ".join(client.get(reverse(name, kwargs=kwargs), data or {}).content.decode().split())


def test_the_list_says_what_to_do_before_there_is_anything(marketer: Client) -> None:
    assert "Upload purchases first" in text(marketer, "loyalty:actions")


def test_an_action_is_taken_done_and_read_out(marketer: Client) -> None:
    a_shop_with_advice()
    page = text(marketer, "loyalty:actions", {"group": "tier:gold"})
    assert "Cross-sell" in page
    assert "72 of 120 who bought TEA, and not POT before, bought POT within 90 days." in page
    assert "The files say nothing of discounts" in page
    url = reverse("loyalty:action-take") + "?kind=cross_sell&group=tier:gold"
    form = " ".join(marketer.get(url).content.decode().split())
    assert 'value="0.5" selected' in form
    owner = make_user("manager")
    given = {
        "name": "Teapots",
        "text": "A letter",
        "owner": str(owner.pk),
        "due_on": (START + timedelta(days=7)).isoformat(),
        "reads_out_on": READ_OUT.isoformat(),
        "control_share": "0.05",
    }
    assert "fewer than 20 people" in marketer.post(url, given).content.decode()
    marketer.post(url, {**given, "control_share": "0.5"})
    action = Action.objects.get()
    assert action.run is not None
    do_run(action.run)
    detail = text(marketer, "loyalty:action-detail", pk=action.pk)
    assert "would show in four cases of five" in detail
    assert "Read out on 30 August 2025, by itself." in detail or "the results reach only to 31 May 2025" in detail
    assert "Teapots" in text(marketer, "loyalty:actions")
    marketer.post(reverse("loyalty:action-done", kwargs={"pk": action.pk}))
    later(action, uplift=1.5)
    read_out()
    assert "It works" in text(marketer, "loyalty:action-detail", pk=action.pk)


def test_the_audience_goes_to_a_file_and_into_the_audit_book(marketer: Client) -> None:
    a_shop_with_advice()
    action = a_taken_action()
    address = reverse("loyalty:action-audience", kwargs={"pk": action.pk})
    files = [marketer.get(address, given) for given in ({}, {"who": "both"})]
    treated, both = (b"".join(file.streaming_content).decode().splitlines() for file in files)  # type: ignore[attr-defined]
    assert treated[0] == both[0] == "customer_id,group,item_id,item,because"
    assert len(treated) == action.audience - action.controls + 1
    assert not any(",control," in line for line in treated)
    assert len(both) == action.audience + 1
    assert sum(",control," in line for line in both) == action.controls
    told = AuditEvent.objects.filter(action="action.exported").order_by("pk").values_list("facts", flat=True)
    assert [facts["who"] for facts in told] == ["treated", "both"]


def test_a_group_that_is_gone_is_said_to_be(marketer: Client) -> None:
    a_shop_with_advice()
    assert "This group is gone." in text(marketer, "loyalty:actions", {"group": "segment:999"})
    answer = marketer.get(reverse("loyalty:action-take"), {"kind": "visit", "group": "segment:999"}, follow=True)
    assert "the group is gone" in answer.content.decode()
    assert "This group is gone." in text(marketer, "loyalty:actions", {"cursor": "x", "group": "a\0b"})


def test_files_without_items_give_other_advice_and_say_why(marketer: Client) -> None:
    publish(START, 60, [replace(line, item_id=None) for line in purchases(60)])
    advised()
    page = text(marketer, "loyalty:actions")
    assert "No item was bought by five customers or more" in page
    assert "Personal visit" in page
    assert "Cross-sell" not in page


def test_calling_off_and_doing_twice_are_explained(marketer: Client) -> None:
    action = make_action()
    marketer.post(reverse("loyalty:action-call-off", kwargs={"pk": action.pk}))
    assert "Called off" in text(marketer, "loyalty:action-detail", pk=action.pk)
    done = marketer.post(reverse("loyalty:action-done", kwargs={"pk": action.pk}), follow=True)
    assert "Only an action that runs" in done.content.decode()


def test_a_customer_page_and_the_api_suggest_with_the_reason(marketer: Client) -> None:
    a_shop_with_advice()
    action = a_taken_action()
    number = Customer.objects.get(pk=7).external_id
    assert "72 of 120 who bought TEA" in text(marketer, "crm:customer-detail", customer_id=number)
    header = {"Authorization": f"Token {make_token(make_user('analyst'))}"}
    customer = marketer.get(f"/api/v1/customers/{number}/", headers=header).json()
    found = [each for each in customer["suggestions"] if each["item_id"] == "POT"]
    assert [(each["bought"], each["of"], each["because_of"]["item_id"]) for each in found] == [(72, 120, "TEA")]
    [row] = marketer.get("/api/v1/actions/", headers=header).json()["results"]
    assert (row["name"], row["audience"]) == (action.name, action.audience)
    advice = marketer.get("/api/v1/actions/advised/", {"group": "tier:gold"}, headers=header).json()
    assert "cross_sell" in {each["kind"] for each in advice["actions"]}
    assert marketer.get("/api/v1/actions/advised/", {"group": "x"}, headers=header).status_code == 409
