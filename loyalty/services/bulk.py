"""One thing done to many members at once, and taken back at once."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import User
from core.permissions import may
from core.problems import Problem
from core.services.audit import record_event
from loyalty.models import BulkAction, MemberNote, Pin, Programme
from loyalty.services.noting import check_note
from loyalty.services.pinning import check_pin, pin_many

MOST = 20_000
BATCH = 2_000


def act_on_many(
    *,
    programme: Programme,
    keys: Sequence[int],
    kind: str,
    text: str,
    by: User,
    ends_on: date | None = None,
) -> BulkAction:
    """Note on, or pin in or out, these customers; pins count from the next review on, so that undoing is exact."""
    if not keys:
        raise Problem("nothing_chosen", _("Tick at least one member, or choose everybody whom the filters leave."))
    if len(keys) > MOST:
        most = {"most": f"{MOST:,}"}
        raise Problem("too_many", _("That is more than %(most)s members at once: filter the list first.") % most)
    _check(programme, kind, text, by, ends_on)
    with transaction.atomic():
        action = BulkAction.objects.create(
            programme=programme, kind=kind, customers=0, created_by=by, created_at=timezone.now()
        )
        action.customers = _do(action, keys, text, ends_on)
        action.save(update_fields=["customers"])
        facts = {"programme": programme.pk, "kind": kind, "customers": action.customers}
        changed = {"keys": sorted(keys), "text": text}
        record_event(by=by, action="members.bulk", obj=action, key=action.pk, facts=facts, changed=changed)
    return action


def _check(programme: Programme, kind: str, text: str, by: User, ends_on: date | None) -> None:
    if kind == BulkAction.Kind.NOTE:
        check_note(text)
    elif kind in {BulkAction.Kind.PIN_IN, BulkAction.Kind.PIN_OUT}:
        if not may(by, "programme.approve"):
            raise Problem(
                "not_allowed", _("Only managers and administrators pin members: ask one of them."), status=403
            )
        check_pin(programme=programme, kind=_direction(kind), reason=text, ends_on=ends_on)
    else:
        raise Problem("kind", _("Choose what to do with them."))


def _direction(kind: str) -> str:
    return Pin.Kind.IN if kind == BulkAction.Kind.PIN_IN else Pin.Kind.OUT


def _do(action: BulkAction, keys: Sequence[int], text: str, ends_on: date | None) -> int:
    if action.kind != BulkAction.Kind.NOTE:
        kind = _direction(action.kind)
        return pin_many(programme=action.programme, keys=keys, kind=kind, reason=text, ends_on=ends_on, action=action)
    rows = [
        MemberNote(
            programme=action.programme,
            customer_id=key,
            text=text.strip(),
            created_by=action.created_by,
            created_at=action.created_at,
            action=action,
        )
        for key in sorted(set(keys))
    ]
    MemberNote.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def undo_bulk(*, action: BulkAction, by: User) -> BulkAction:
    """Take back what is left of it: its notes go, its pins end. What a review decided meanwhile stays in the book."""
    with transaction.atomic():
        held = BulkAction.objects.select_for_update().get(pk=action.pk)
        if held.undone_at is not None:
            raise Problem("undone", _("This was already undone."), status=409)
        if held.kind != BulkAction.Kind.NOTE and not may(by, "programme.approve"):
            message = _("Only managers and administrators end pins: ask one of them.")
            raise Problem("not_allowed", message, status=403)
        now = timezone.now()
        held.notes.all().delete()
        held.pins.filter(ended_at__isnull=True).update(ended_at=now, ended_by=by)
        held.undone_by, held.undone_at = by, now
        held.save(update_fields=["undone_by", "undone_at"])
        record_event(by=by, action="members.bulk_undone", obj=held, key=held.pk, facts={"kind": held.kind})
    return held
