"""A person's word on single customers: in or out whatever the rules say, with a reason and an end."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import runs
from core.models import User
from core.problems import Problem
from core.services.audit import record_event
from crm.models import Customer
from loyalty import rules, scores
from loyalty.evaluation import JOINED, LEFT, RENEWED
from loyalty.exceptions import as_json, detail_of_pin, exceptions_of
from loyalty.experiments import standing_controls
from loyalty.models import BulkAction, Membership, Pin, Programme, Review, ReviewDecision, RuleVersion
from loyalty.selectors.standing import active_rules, day_of, latest_applied
from loyalty.services.applying import apply_review
from loyalty.services.requests import request_report
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot
from segmentation.selectors import scores as score_rows

BATCH = 2_000


def pin_customer(
    *,
    programme: Programme,
    customer: Customer,
    kind: str,
    reason: str,
    by: User,
    ends_on: date | None = None,
    is_at_once: bool = False,
) -> Pin:
    """Pin one customer from the next review on, or at once as a decision of its own between two reviews."""
    check_pin(programme=programme, kind=kind, reason=reason, ends_on=ends_on)
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        _check_is_no_control(held, customer, kind)
        _end(held, [customer.pk], by)
        pin = Pin.objects.create(
            programme=held,
            customer=customer,
            kind=kind,
            reason=reason.strip(),
            ends_on=ends_on,
            created_by=by,
            created_at=timezone.now(),
        )
        facts = {"programme": held.pk, "kind": kind, "at_once": is_at_once}
        record_event(by=by, action="member.pinned", obj="customer", key=customer.pk, facts=facts, changed=pin.reason)
        if is_at_once:
            _apply(held, pin, by)
    return pin


def end_pin(*, pin: Pin, by: User) -> None:
    """From the next review on the rules decide again about this customer."""
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=pin.programme_id)
        if not _end(held, [pin.customer_id], by):
            raise Problem("ended", _("This pin was already ended."), status=409)
        record_event(by=by, action="member.unpinned", obj="customer", key=pin.customer_id, facts={"pin": pin.pk})


def pin_many(
    *, programme: Programme, keys: Collection[int], kind: str, reason: str, ends_on: date | None, action: BulkAction
) -> int:
    """Pin these from the next review on, but who is pinned or held back by an experiment. Call in a transaction."""
    held = Programme.objects.select_for_update().get(pk=programme.pk)
    counting = held.pins.counting(day_of(current_snapshot())).filter(customer__in=list(keys))
    taken = set(counting.values_list("customer_id", flat=True))
    taken |= standing_controls(held) if kind == Pin.Kind.IN else frozenset()
    _end(held, sorted(set(keys) - taken), action.created_by)
    rows = [
        Pin(
            programme=held,
            customer_id=key,
            kind=kind,
            reason=reason.strip(),
            ends_on=ends_on,
            created_by=action.created_by,
            created_at=action.created_at,
            action=action,
        )
        for key in sorted(set(keys) - taken)
    ]
    Pin.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def check_pin(*, programme: Programme, kind: str, reason: str, ends_on: date | None) -> None:
    """Raise Problem with what to change."""
    if kind not in Pin.Kind.values:
        raise Problem("kind", _("Choose whether to pin in or out."))
    if not reason.strip():
        raise Problem("reason", _("Say why: everybody who looks at this customer will read it."))
    if len(reason.strip()) > 300:
        raise Problem("reason", _("The reason is too long: use at most 300 characters."))
    snapshot = current_snapshot()
    if ends_on is not None and snapshot is not None and ends_on < snapshot.as_of:
        days = {"end": f"{ends_on:%-d %B %Y}", "day": f"{snapshot.as_of:%-d %B %Y}"}
        raise Problem(
            "ends_on", _("The end (%(end)s) lies before the day of the results (%(day)s): choose a later one.") % days
        )


def _check_is_no_control(programme: Programme, customer: Customer, kind: str) -> None:
    if kind == Pin.Kind.IN and customer.pk in standing_controls(programme):
        message = _(
            "The running experiment keeps this customer out by chance, and a pin would spoil it: end the experiment "
            "first, or pin the customer when it has ended."
        )
        raise Problem("control", message, status=409)


def _end(programme: Programme, keys: list[int], by: User | None) -> int:
    current = programme.pins.filter(ended_at__isnull=True, customer__in=keys)
    return current.update(ended_at=timezone.now(), ended_by=by)


def _apply(programme: Programme, pin: Pin, by: User) -> None:
    """The pin's own small review: recorded, replayed and recomputed like every other."""
    snapshot, version = current_snapshot(), active_rules(programme)
    if snapshot is None or version is None:
        raise Problem(
            "no_rules", _("There are no results or rules yet: let the pin count from the first review on."), status=409
        )
    standing = Membership.objects.filter(programme=programme, customer=pin.customer_id, left_on__isnull=True).first()
    kind = _effect(pin, standing)
    if kind is None:
        return
    review = _review_of(programme, pin, snapshot, version)
    rule = version.entry if kind == JOINED else version.stay
    ReviewDecision.objects.create(
        review=review,
        customer_id=pin.customer_id,
        kind=kind,
        reasons=_reasons(rule, snapshot, pin.customer_id),
        detail={"cause": "pin", **detail_of_pin(pin)},
    )
    apply_review(review=review, by=by)
    programme.reviews.filter(state=Review.State.PROPOSED).update(state=Review.State.OUTDATED)
    request_report(snapshot=snapshot, by=by, programme=programme)


def _effect(pin: Pin, standing: Membership | None) -> str | None:
    """What changes at once; None where the list already is as the pin wants it."""
    if pin.kind == Pin.Kind.OUT:
        return LEFT if standing else None
    if standing is None:
        return JOINED
    return RENEWED if standing.grace_until else None


def _review_of(programme: Programme, pin: Pin, snapshot: Snapshot, version: RuleVersion) -> Review:
    if not pin.counts_on(snapshot.as_of):
        raise Problem("ends_on", _("A pin that ended before the day of the results can't count at once."))
    return Review.objects.create(
        programme=programme,
        kind=Review.Kind.PIN,
        rule_version=version,
        snapshot=snapshot,
        previous=latest_applied(programme),
        grace_days=programme.grace_days,
        exceptions=as_json(exceptions_of(programme, snapshot.as_of)),
        model_version=scores.model_version(snapshot),
        fingerprint=runs.fingerprint("pin", pin.pk),
        state=Review.State.PREPARING,
        eligible=getattr(latest_applied(programme), "eligible", 0),
        created_at=timezone.now(),
    )


def _reasons(rule: Any, snapshot: Snapshot, key: int) -> list[dict[str, Any]]:
    score = score_rows(snapshot).filter(pk=key).first()
    if score is None:
        return []
    return rules.reasons(scores.frozen(rule, snapshot), {name: getattr(score, name) for name in rules.columns(rule)})
