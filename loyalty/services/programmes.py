"""Programmes themselves: made, named, archived, and their settings."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import User
from core.money import plain
from core.permissions import may
from core.problems import Problem
from core.services.audit import record_event
from loyalty.models import Programme, Review

LONGEST_GRACE_DAYS = 3650
LONGEST_PERIOD_MONTHS = 60
LONGEST_PERIOD_DAYS = 1830
MOST_MEMBERS = 2_000_000_000
MOST_MONEY = Decimal(10) ** 12
LONGEST_NAME = 80

# A setting that is a whole number, its limits, and what to say beyond them.
LIMITS = {
    "grace_days": (
        0,
        LONGEST_GRACE_DAYS,
        gettext_lazy("The grace period must be between %(least)s and %(most)s days."),
    ),
    "review_period_months": (
        1,
        LONGEST_PERIOD_MONTHS,
        gettext_lazy("Reviews must be %(least)s to %(most)s months apart."),
    ),
    "review_period_days": (1, LONGEST_PERIOD_DAYS, gettext_lazy("Reviews must be %(least)s to %(most)s days apart.")),
    "review_on_day": (1, 31, gettext_lazy("The day of the month must be between %(least)s and %(most)s.")),
    "cap_members": (1, MOST_MEMBERS, gettext_lazy("The most members must be between %(least)s and %(most)s.")),
}
MONEY = {
    "cap_budget": gettext_lazy("The budget must be above 0 and at most %(most)s."),
    "cost_per_member": gettext_lazy("The cost of a member must be above 0 and at most %(most)s."),
}


class Settings(TypedDict, total=False):
    """What may be changed of a programme; what is left out stays."""

    grace_days: int
    review_schedule: str
    review_period_months: int
    review_period_days: int
    review_on_day: int | None
    is_approval_required: bool
    needs_second_person: bool
    cap_members: int | None
    cap_budget: Decimal | None
    cost_per_member: Decimal | None
    starts_on: date | None


def create_programme(*, name: str, by: User) -> Programme:
    """Another programme, beside those that there are; its first rules are a person's or the first review's."""
    with transaction.atomic():
        programme = Programme(name=_checked_name(name), created_at=timezone.now())
        programme.save()
        record_event(by=by, action="programme.created", obj=programme, key=programme.pk, facts={"name": programme.name})
    return programme


def rename_programme(*, programme: Programme, name: str, by: User) -> Programme:
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        facts = {"before": held.name}
        held.name = _checked_name(name, held)
        held.save()
        record_event(by=by, action="programme.renamed", obj=held, key=held.pk, facts={**facts, "name": held.name})
    return held


def _checked_name(name: str, own: Programme | None = None) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Problem("name", _("Give the programme a name of 1 to %(most)s letters.") % {"most": LONGEST_NAME})
    others = Programme.objects.exclude(pk=own.pk) if own else Programme.objects.all()
    if others.filter(name__iexact=name).exists():
        raise Problem("name_taken", _("There is a programme “%(name)s” already: choose another name.") % {"name": name})
    return name


def archive_programme(*, programme: Programme, by: User) -> Programme:
    """Put it away: its list and book stay to be read, nothing reviews it any more. The last one can't be."""
    with transaction.atomic():
        programmes = {held.pk: held for held in Programme.objects.select_for_update().order_by("pk")}
        held = programmes[programme.pk]
        if not held.is_archived and sum(not each.is_archived for each in programmes.values()) == 1:
            raise Problem(
                "last_programme",
                _("This is the only programme: make another one first, then archive this one."),
                status=409,
            )
        held.is_archived = True
        held.save()
        held.reviews.filter(state=Review.State.PROPOSED).update(state=Review.State.OUTDATED)
        record_event(by=by, action="programme.archived", obj=held, key=held.pk)
    return held


def restore_programme(*, programme: Programme, by: User) -> Programme:
    """Take an archived programme up again, with its list as it was left."""
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        held.is_archived = False
        held.save()
        record_event(by=by, action="programme.restored", obj=held, key=held.pk)
    return held


def set_programme(*, programme: Programme, by: User, **changes: Unpack[Settings]) -> Programme:
    """Grace, schedule, cap, start, and who has to agree; raises Problem with what to change."""
    _check_values(changes)
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        _check_second_person(held, changes, by)
        for name, value in changes.items():
            setattr(held, name, value)
        if held.cap_budget is not None and held.cost_per_member is None:
            raise Problem("cost_missing", _("A budget needs the cost of one member: give both, or neither."))
        held.save()
        facts = {name: _fact(value) for name, value in changes.items()}
        record_event(by=by, action="programme.changed", obj=held, key=held.pk, facts=facts)
    return held


def _check_values(changes: Mapping[str, Any]) -> None:
    for name, (least, most, message) in LIMITS.items():
        value = changes.get(name)
        if value is not None and not least <= value <= most:
            raise Problem(name, message % {"least": least, "most": f"{most:,}"})
    for name, message in MONEY.items():
        value = changes.get(name)
        if value is not None and not (value.is_finite() and 0 < value <= MOST_MONEY):
            raise Problem(name, message % {"most": f"{MOST_MONEY:,f}"})
    schedule = changes.get("review_schedule", Programme.Schedule.MONTHS)
    if schedule not in Programme.Schedule.values:
        raise Problem("review_schedule", _("This is no schedule: choose months, days or on request."))


def _check_second_person(held: Programme, changes: Settings, by: User) -> None:
    """Who has to wait for a second person can't do without one by switching the question off."""
    is_switched_off = held.needs_second_person and changes.get("needs_second_person") is False
    if is_switched_off and not may(by, "team.manage"):
        message = _("Rules wait for a second person here, and only an administrator can switch that off.")
        raise Problem("second_person", message, status=409)


def _fact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value
