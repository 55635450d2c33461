"""Setting up who is told, and writing down what they are to be told; a job delivers it."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.utils.encoders import JSONEncoder

from core import runs
from core.models import Run, User, WebhookDelivery, WebhookEndpoint
from core.problems import Problem
from core.services.audit import record_event
from core.webhooks import EVENTS, PING, check_reachable, target_of

DELIVER = "core.webhook"
MOST_ENDPOINTS = 20
LONGEST_URL = 500


def create_endpoint(*, url: str, events: Sequence[str], by: User) -> WebhookEndpoint:
    """An endpoint with a secret of its own; raises Problem for an address that can't be sent to."""
    if len(url) > LONGEST_URL:
        raise Problem("url", _("This address is too long."))
    _scheme, host, port, _path = target_of(url)
    check_reachable(host, port)
    wanted = [name for name in EVENTS if name in events]
    if not wanted:
        raise Problem("events", _("Choose at least one event."))
    with transaction.atomic():
        if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
            raise Problem("too_many", _("There are %(most)s endpoints already.") % {"most": MOST_ENDPOINTS})
        endpoint = WebhookEndpoint.objects.create(
            url=url, events=wanted, secret=_new_secret(), created_by=by, created_at=timezone.now()
        )
        facts = {"host": host, "events": wanted}
        record_event(by=by, action="webhook.created", obj=endpoint, key=endpoint.pk, facts=facts, changed=url)
    return endpoint


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def renew_secret(*, endpoint: WebhookEndpoint, by: User) -> WebhookEndpoint:
    """Another secret, at once; messages that wait are signed with it."""
    with transaction.atomic():
        endpoint.secret = _new_secret()
        endpoint.save(update_fields=["secret"])
        record_event(by=by, action="webhook.secret_renewed", obj=endpoint, key=endpoint.pk)
    return endpoint


def enable_endpoint(*, endpoint: WebhookEndpoint, is_enabled: bool, by: User) -> Run | None:
    """Switch it on or off; while it is off nothing new is written down for it, and what waits goes on waiting."""
    with transaction.atomic():
        endpoint.is_enabled = is_enabled
        endpoint.save(update_fields=["is_enabled"])
        facts = {"is_enabled": is_enabled}
        record_event(by=by, action="webhook.enabled", obj=endpoint, key=endpoint.pk, facts=facts)
        return request_delivery(endpoint, by=by) if is_enabled else None


def remove_endpoint(*, endpoint: WebhookEndpoint, by: User) -> None:
    with transaction.atomic():
        record_event(by=by, action="webhook.removed", obj=endpoint, key=endpoint.pk)
        endpoint.delete()


def send_ping(*, endpoint: WebhookEndpoint, by: User) -> Run:
    """A message that says nothing, to try the way."""
    with transaction.atomic():
        write_down(endpoint, PING, f"ping:{secrets.token_hex(8)}", {})
        if (run := request_delivery(endpoint, by=by)) is None:
            raise Problem("disabled", _("This endpoint is switched off: switch it on first."), status=409)
    return run


def send_again(*, delivery: WebhookDelivery, by: User) -> Run | None:
    """Try a message that was given up once more."""
    with transaction.atomic():
        given_up = WebhookDelivery.objects.filter(pk=delivery.pk, state=WebhookDelivery.State.FAILED).exclude(body="")
        now = timezone.now()
        if not given_up.update(state=WebhookDelivery.State.PENDING, attempts=0, due_at=now, finished_at=None):
            raise Problem("not_failed", _("Only a message that was given up can be sent again."), status=409)
        record_event(by=by, action="webhook.sent_again", obj=delivery, key=delivery.pk)
        return request_delivery(delivery.endpoint, by=by)


def wanting(events: Iterable[str]) -> list[WebhookEndpoint]:
    """The endpoints that are on and want any of these events."""
    names = set(events)
    return [endpoint for endpoint in WebhookEndpoint.objects.filter(is_enabled=True) if names & set(endpoint.events)]


def write_down(endpoint: WebhookEndpoint, event: str, key: str, data: dict[str, Any], *, entries: int = 0) -> None:
    """A message for this endpoint, unless the same news was written down for it before. Call in a transaction."""
    now = timezone.now()
    delivery = WebhookDelivery(endpoint=endpoint, key=key, event=event, entries=entries, created_at=now, due_at=now)
    content = {"id": delivery.uuid, "event": event, "created_at": now, "data": data}
    delivery.body = _ENCODER.encode(content)
    WebhookDelivery.objects.bulk_create([delivery], ignore_conflicts=True)


_ENCODER = JSONEncoder(ensure_ascii=False)


def request_delivery(endpoint: WebhookEndpoint, *, by: User | None) -> Run | None:
    """Ask for the delivery of what waits; None when nothing does, or the endpoint is off. Call in a transaction."""
    first = waiting(endpoint).order_by("pk").first()
    if first is None or not endpoint.is_enabled:
        return None
    # One at a time for each endpoint, so that news arrive in order.
    digest = runs.fingerprint(DELIVER, endpoint.pk)
    run = runs.request_run(kind=DELIVER, params={"endpoint": endpoint.pk}, fingerprint=digest, by=by)
    if first.due_at != run.not_before:
        Run.objects.filter(pk=run.pk, state=Run.State.PENDING).update(not_before=first.due_at)
    return run


def request_due_deliveries() -> None:
    """What waits and is nobody's work: written down while a delivery was ending, or after one that was given up."""
    late = WebhookDelivery.objects.filter(state=WebhookDelivery.State.PENDING, due_at__lte=timezone.now())
    for endpoint in WebhookEndpoint.objects.filter(is_enabled=True, pk__in=late.values("endpoint")):
        with transaction.atomic():
            request_delivery(endpoint, by=None)


def waiting(endpoint: WebhookEndpoint) -> "QuerySet[WebhookDelivery]":
    return endpoint.deliveries.filter(state=WebhookDelivery.State.PENDING)
