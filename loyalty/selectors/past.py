"""The members list of any day: what the book told at the end of it. The table tells the same, which a check proves."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet

from loyalty.models import DecisionKind, Membership, MembershipEvent, Programme
from loyalty.replay import Standing, standings_on
from segmentation.models import Snapshot
from segmentation.selectors import published_snapshots


def replayed_on(programme: Programme, day: date) -> dict[int, Standing]:
    """Everybody on the list at the end of this day, straight from the book: for jobs, for it reads every event."""
    return standings_on(programme.events.order_by("pk").iterator(chunk_size=5_000), day)


def members_on(programme: Programme, day: date | None = None) -> QuerySet[Membership]:
    """The same as rows, a page of which costs little; None is today's list."""
    found = Membership.objects.filter(programme=programme)
    if day is None:
        return found.filter(left_on__isnull=True)
    return found.filter(Q(left_on__isnull=True) | Q(left_on__gt=day), entered_on__lte=day)


def graces_on(programme: Programme, day: date, keys: Collection[int]) -> dict[int, date]:
    """Until when the grace of those who were warned on this day ran; others are left out."""
    events = MembershipEvent.objects.filter(programme=programme, customer__in=keys, effective_on__lte=day)
    latest: dict[int, date | None] = {}
    for key, kind, until in events.order_by("pk").values_list("customer_id", "kind", "grace_until"):
        latest[key] = until if kind == DecisionKind.WARNED else None
    return {key: until for key, until in latest.items() if until is not None}


def snapshot_on(programme: Programme, day: date) -> Snapshot | None:
    """The newest results that a review up to this day went by: the figures that were known then."""
    used = MembershipEvent.objects.filter(programme=programme, effective_on__lte=day).order_by("-effective_on", "-pk")
    newest = used.values_list("snapshot_id", flat=True).first()
    return published_snapshots().filter(pk=newest).first() if newest else None


def days_of_change(programme: Programme, *, latest: int = 60) -> list[date]:
    """The days on which the list changed, the newest first."""
    days = MembershipEvent.objects.filter(programme=programme).order_by("-effective_on")
    return list(days.values_list("effective_on", flat=True).distinct()[:latest])
