"""Telling other programs whom a review let in, warned or put out: messages written down, to be delivered after."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction

from core.models import WebhookEndpoint
from core.money import plain
from core.runs import Lease
from core.services.webhooks import request_delivery, wanting, write_down
from loyalty.messages import message_for, texts_of
from loyalty.models import DecisionKind, Membership, MembershipEvent, Review
from loyalty.selectors.members import Filters, Member, event_texts, finished
from loyalty.services.announcing import EVENT_NAMES

# Of customers in one message: a first review lets thousands in, and each message is a request.
BATCH = 100


def announce(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.announce`; params: review. The same news is written down once, however often this runs."""
    review = Review.objects.select_related("programme", "snapshot", "rule_version").get(pk=lease.run.params["review"])
    endpoints = wanting(EVENT_NAMES.values())
    done, total = 0, review.events.count()
    for kind, name in EVENT_NAMES.items():
        listening = [endpoint for endpoint in endpoints if name in endpoint.events]
        for events in _batches(review, kind) if listening else ():
            with transaction.atomic():
                lease.guard()
                _write(review, name, events, listening)
            done += len(events)
            lease.progress("Writing messages", done, total)
    with transaction.atomic():
        lease.guard()
        result = {"review": review.pk, "events": done}
        lease.complete(result)
        for endpoint in endpoints:
            request_delivery(endpoint, by=None)
    return result


def _batches(review: Review, kind: str) -> Iterator[list[MembershipEvent]]:
    latest, events = 0, review.events.filter(kind=kind).order_by("pk")
    while batch := list(events.filter(pk__gt=latest)[:BATCH]):
        yield batch
        latest = batch[-1].pk


def _write(review: Review, name: str, events: list[MembershipEvent], listening: list[WebhookEndpoint]) -> None:
    data = {
        "programme": review.programme.name,
        "review": review.pk,
        "snapshot": review.snapshot_id,
        "as_of": review.snapshot.as_of,
        "currency": settings.REPORTING_CURRENCY,
        "customers": _entries(review, events),
    }
    for endpoint in listening:
        write_down(endpoint, name, f"{name}:{review.pk}:{events[0].pk}", data, entries=len(events))


def _entries(review: Review, events: list[MembershipEvent]) -> list[dict[str, Any]]:
    programme, keys = review.programme, [event.customer_id for event in events]
    texts = texts_of(programme)
    # The newest membership of each, ended ones too: who left is told of as well.
    rows = {
        row.customer_id: row for row in Membership.objects.filter(programme=programme, customer__in=keys).order_by("pk")
    }
    members = {row.customer_id: row for row in finished(programme, review.snapshot, Filters(), list(rows.values()))}
    found = [(event, members[event.customer_id]) for event in events if event.customer_id in members]
    told = event_texts([event for event, _member in found])
    return [
        _entry(event, member, reason, message_for(texts, programme, member, _kind(event)))
        for (event, member), reason in zip(found, told, strict=True)
    ]


def _kind(event: MembershipEvent) -> str:
    return str(DecisionKind(event.kind))


def _entry(event: MembershipEvent, member: Member, reason: str, message: str) -> dict[str, Any]:
    revenue = member.figures.get("revenue_12m")
    return {
        "event": event.pk,
        "customer_id": member.external_id,
        "effective_on": event.effective_on,
        "member_since": member.entered_on,
        "grace_until": event.grace_until,
        "reason": reason,
        "message": message,
        "revenue_12m": None if revenue is None else plain(revenue),
        "orders_12m": member.figures.get("orders_12m"),
    }
