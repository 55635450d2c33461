"""Delivering webhooks: what waits for an endpoint, in order, until it is all there or an attempt fails.

A message may arrive twice, for a kill after the answer can't be told from one before it; its id is the same then.
"""

import time
from contextlib import closing
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.models import WebhookDelivery, WebhookEndpoint
from core.outgoing import PinnedConnection, PlainPinnedConnection
from core.problems import Problem
from core.runs import Lease
from core.services.webhooks import request_delivery, waiting
from core.webhooks import WAITS, check_reachable, signature, target_of

KEPT = timedelta(days=30)
LONGEST_PROBLEM = 300


def deliver(lease: Lease) -> dict[str, Any]:
    """Kind `core.webhook`; params: endpoint."""
    endpoint = WebhookEndpoint.objects.filter(pk=lease.run.params["endpoint"]).first()
    sent = 0
    total = waiting(endpoint).count() if endpoint else 0
    while endpoint is not None and endpoint.is_enabled and (delivery := _next(endpoint)) is not None:
        lease.progress("Delivering messages", sent, total)
        problem, status = _attempt(endpoint, delivery)
        with transaction.atomic():
            lease.guard()
            _note(delivery, problem, status)
        if problem:
            break
        sent += 1
        endpoint.refresh_from_db()
    with transaction.atomic():
        lease.guard()
        left = 0 if endpoint is None else waiting(endpoint).count()
        result = {"delivered": sent, "waiting": left}
        lease.complete(result)
        if endpoint is not None:
            _clear(endpoint)
            request_delivery(endpoint, by=None)
    return result


def _next(endpoint: WebhookEndpoint) -> WebhookDelivery | None:
    """The oldest that waits, if its time has come: later ones wait behind it, so that news arrive in order."""
    first = waiting(endpoint).order_by("pk").first()
    return first if first is not None and first.due_at <= timezone.now() else None


def _attempt(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> tuple[str, int | None]:
    """What went wrong, in a sentence ("" for nothing), and the status of the answer."""
    body, moment = delivery.body.encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Insiders-Webhook/1",
        "Insiders-Event": delivery.event,
        "Insiders-Delivery": str(delivery.uuid),
        "Insiders-Signature": f"t={moment},v1={signature(endpoint.secret, moment, body)}",
    }
    try:
        scheme, host, port, path = target_of(endpoint.url)
        address = check_reachable(host, port)
        kind = PinnedConnection if scheme == "https" else PlainPinnedConnection
        with closing(kind(host, port, address)) as connection:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
    except Problem as problem:
        return problem.message, None
    except (OSError, ValueError) as error:
        return f"{endpoint.url} did not answer: {getattr(error, 'strerror', '') or error or 'it took too long'}.", None
    except Exception as error:
        return f"The answer could not be read: {type(error).__name__}.", None
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return "", status
    return f"The server answered with status {status}; only 200 to 299 count as received.", status


def _note(delivery: WebhookDelivery, problem: str, status: int | None) -> None:
    """What came of the attempt. A body that has arrived is not kept."""
    now = timezone.now()
    delivery.attempts += 1
    delivery.status, delivery.problem = status, problem[:LONGEST_PROBLEM]
    if not problem:
        delivery.state, delivery.finished_at, delivery.body = WebhookDelivery.State.DELIVERED, now, ""
    elif delivery.attempts > len(WAITS):
        delivery.state, delivery.finished_at = WebhookDelivery.State.FAILED, now
    else:
        delivery.due_at = now + WAITS[delivery.attempts - 1]
    delivery.save()


def _clear(endpoint: WebhookEndpoint) -> None:
    """The log goes back so far; what waits stays whatever its age."""
    old = endpoint.deliveries.exclude(state=WebhookDelivery.State.PENDING)
    old.filter(finished_at__lt=timezone.now() - KEPT).delete()
