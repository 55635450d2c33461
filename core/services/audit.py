"""Writing and verifying the audit chain."""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.models import AuditEvent, AuditHead, User


def digest_of(value: object) -> str:
    """SHA-256 of a value's canonical JSON: proves later what was written, without keeping it."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def record_event(
    *,
    by: User | None,
    action: str,
    obj: object,
    key: object,
    facts: dict[str, Any] | None = None,
    changed: object = None,
) -> AuditEvent:
    """Append one event for one service call, inside that call's transaction.

    `facts` are counts, states and keys that may be read for ever; `changed` is what was written, of which only
    the digest is kept.
    """
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().get(pk=1)
        event = AuditEvent(
            sequence=head.sequence + 1,
            at=timezone.now(),
            actor_key=f"user:{by.pk}" if by is not None else "system",
            action=action,
            object_type=obj if isinstance(obj, str) else type(obj).__name__.lower(),
            object_key=str(key),
            facts=facts or {},
            digest=digest_of(changed if changed is not None else facts or {}),
            previous_hash=head.hash,
        )
        event.hash = hash_of(event)
        event.save()
        head.sequence, head.hash = event.sequence, event.hash
        head.save()
    return event


def hash_of(event: AuditEvent) -> str:
    parts = [
        event.sequence,
        event.at.isoformat(),
        event.actor_key,
        event.action,
        event.object_type,
        event.object_key,
        event.facts,
        event.digest,
        event.previous_hash,
    ]
    return digest_of(parts)


def verify_chain() -> tuple[bool, str]:
    """Recompute every link; returns whether all agree, and a sentence."""
    previous, sequence = "", 0
    for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=2000):
        sequence += 1
        if event.sequence != sequence or event.previous_hash != previous or event.hash != hash_of(event):
            return False, f"The audit chain breaks at event {event.sequence}."
        previous = event.hash
    head = AuditHead.objects.get(pk=1)
    if (head.sequence, head.hash) != (sequence, previous):
        return False, f"The audit chain ends at event {sequence}, but its head names {head.sequence}."
    return True, f"{sequence} events, unbroken."
