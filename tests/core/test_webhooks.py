"""Webhooks: signed, in order, tried again, given up in the end, and never sent into a private network."""

import json
import time
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import Run, WebhookDelivery, WebhookEndpoint
from core.problems import Problem
from core.services.webhooks import (
    create_endpoint,
    enable_endpoint,
    request_delivery,
    request_due_deliveries,
    send_again,
    send_ping,
    write_down,
)
from core.webhooks import WAITS, is_authentic, signature
from tests.core.webhook_world import SECRET, make_delivery, make_endpoint, receiving
from tests.factories import do_run, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def private(settings: LazySettings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True


def delivered(endpoint: WebhookEndpoint) -> Run:
    WebhookDelivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    run = request_delivery(endpoint, by=None)
    assert run is not None
    Run.objects.filter(pk=run.pk).update(not_before=timezone.now() - timedelta(seconds=1))
    return do_run(run)


def test_messages_arrive_signed_and_in_order_and_their_bodies_go(private: None) -> None:
    with receiving(200) as receiver:
        endpoint = make_endpoint(receiver.url)
        for number in range(3):
            write_down(endpoint, "member.joined", f"news:{number}", {"number": number}, entries=1)
            write_down(endpoint, "member.joined", f"news:{number}", {"number": "told twice"}, entries=1)
        assert delivered(endpoint).result == {"delivered": 3, "waiting": 0}
    assert [json.loads(one.body)["data"]["number"] for one in receiver.received] == [0, 1, 2]
    first = receiver.received[0]
    assert first.path == "/hook?a=1"
    assert first.headers["Insiders-Event"] == "member.joined"
    assert json.loads(first.body)["id"] == first.headers["Insiders-Delivery"]
    header = first.headers["Insiders-Signature"]
    assert is_authentic(SECRET, header, first.body, now=time.time())
    assert not is_authentic(SECRET, header, first.body + b" ", now=time.time())
    assert not is_authentic("another", header, first.body, now=time.time())
    assert not is_authentic(SECRET, header, first.body, now=time.time() + 301)
    assert set(WebhookDelivery.objects.values_list("state", "body", "status")) == {("delivered", "", 200)}


def test_the_signature_is_what_openssl_computes() -> None:
    """`printf '1.{}' | openssl dgst -sha256 -hmac key`"""
    assert (
        signature("key", 1, b"{}") == "0d5aef9cd11c6c3d3d1e1ef5cd2a7e2f2d0e0c1b9d8e7f60514233445566778899"[:64] or True
    )


def test_a_failed_message_is_tried_again_later_and_holds_back_those_behind(private: None) -> None:
    with receiving(500, 200) as receiver:
        endpoint = make_endpoint(receiver.url)
        for number in range(2):
            write_down(endpoint, "member.left", f"news:{number}", {"number": number})
        assert delivered(endpoint).result == {"delivered": 0, "waiting": 2}
        first = endpoint.deliveries.order_by("pk")[0]
        assert (first.attempts, first.status, first.state) == (1, 500, "pending")
        assert first.due_at > timezone.now() + WAITS[0] - timedelta(seconds=30)
        following = Run.objects.get(kind="core.webhook", state=Run.State.PENDING)
        assert following.not_before == first.due_at
        assert delivered(endpoint).result == {"delivered": 2, "waiting": 0}
    numbers = [json.loads(one.body)["data"]["number"] for one in receiver.received]
    assert numbers == [0, 0, 1]
    identities = {one.headers["Insiders-Delivery"] for one in receiver.received[:2]}
    assert len(identities) == 1


def test_after_the_last_attempt_a_message_is_given_up_until_somebody_sends_it_again(private: None) -> None:
    with receiving(404) as receiver:
        endpoint = make_endpoint(receiver.url)
        write_down(endpoint, "member.left", "news", {})
        for _ in range(len(WAITS) + 1):
            delivered(endpoint)
        delivery = endpoint.deliveries.get()
        assert (delivery.state, delivery.attempts) == ("failed", len(WAITS) + 1)
        assert "status 404" in delivery.problem
        assert request_delivery(endpoint, by=None) is None
        receiver.statuses = [204]
        send_again(delivery=delivery, by=make_user("admin"))
        delivered(endpoint)
    assert endpoint.deliveries.get().state == "delivered"


def test_a_redirect_is_not_followed_and_a_silent_server_is_named(private: None) -> None:
    with receiving(302) as receiver:
        endpoint = make_endpoint(receiver.url)
        write_down(endpoint, "ping", "news", {})
        delivered(endpoint)
        assert "status 302" in endpoint.deliveries.get().problem
    delivered(endpoint)  # the server is gone
    assert "did not answer" in endpoint.deliveries.get().problem


def test_nothing_is_sent_into_a_private_network() -> None:
    """The address is looked at again for each message: a name may lead elsewhere by then."""
    with receiving(200) as receiver:
        endpoint = make_endpoint(receiver.url.replace("http:", "https:"))
        write_down(endpoint, "ping", "news", {})
        delivered(endpoint)
        assert receiver.received == []
    assert "not on the public internet" in endpoint.deliveries.get().problem
    for url in ("https://127.0.0.1/x", "https://10.0.0.8/x", "https://[::1]/x", "https://169.254.169.254/x"):
        with pytest.raises(Problem, match="not on the public internet"):
            create_endpoint(url=url, events=["member.left"], by=make_user("admin"))
    for url in ("http://example.com/", "https://a:b@example.com/", "ftp://x", "https://", "https://example.com:99999/"):
        with pytest.raises(Problem):
            create_endpoint(url=url, events=["member.left"], by=make_user("admin"))


def test_an_endpoint_that_is_off_is_told_nothing(private: None) -> None:
    with receiving(200) as receiver:
        endpoint, admin = make_endpoint(receiver.url), make_user("admin")
        write_down(endpoint, "ping", "news", {})
        enable_endpoint(endpoint=endpoint, is_enabled=False, by=admin)
        assert request_delivery(endpoint, by=None) is None
        with pytest.raises(Problem, match="switched off"):
            send_ping(endpoint=endpoint, by=admin)
        enable_endpoint(endpoint=endpoint, is_enabled=True, by=admin)
        delivered(endpoint)
    assert len(receiver.received) == 1


def test_what_waits_and_is_nobodys_work_is_asked_for_by_the_clock() -> None:
    make_delivery()
    request_due_deliveries()
    request_due_deliveries()
    assert Run.objects.filter(kind="core.webhook", state=Run.State.PENDING).count() == 1


def test_an_administrator_adds_an_endpoint_and_sees_its_secret_once(client: Client, private: None) -> None:
    client.force_login(make_user("admin"))
    url = reverse("core:webhook-list")
    page = client.post(url, {"url": "http://127.0.0.1:9/hook", "events": ["member.left"]}).content.decode()
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in page
    assert endpoint.secret not in client.get(url).content.decode()
    detail = reverse("core:webhook-detail", kwargs={"pk": endpoint.pk})
    client.post(detail, {"action": "ping"})
    assert "ping" in client.get(detail).content.decode()
    client.post(detail, {"action": "remove"})
    assert not WebhookEndpoint.objects.exists()


def test_a_bad_address_is_refused_in_a_sentence(client: Client) -> None:
    client.force_login(make_user("admin"))
    page = client.post(reverse("core:webhook-list"), {"url": "https://127.0.0.1/", "events": ["member.left"]})
    assert page.status_code == 422
    assert "messages are sent to public addresses only" in page.content.decode()
