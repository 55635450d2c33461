"""The members list: by revenue, with reasons, in pages by key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from crm.models import Customer
from loyalty import sentences
from loyalty.models import Membership, MembershipEvent, Programme
from segmentation.models import Score, Snapshot
from segmentation.selectors import scores

PAGE = 50
STATUSES = ("warned", "new")


@dataclass(frozen=True)
class Filters:
    """What the page's filter bar and the API offer."""

    q: str = ""
    status: str = ""
    tier: str = ""


@dataclass(frozen=True)
class Member:
    """One row of the list, finished."""

    customer_id: int
    external_id: str
    entered_on: date
    grace_until: date | None
    reason: str
    revenue: Decimal
    order_count: int
    days_since_last_purchase: int
    tier: str
    country: str


@dataclass(frozen=True)
class MemberPage:
    members: list[Member]
    next: str | None
    previous: str | None


def members(
    programme: Programme, snapshot: Snapshot | None, filters: Filters, *, cursor: str = "", size: int = PAGE
) -> MemberPage:
    """Members by revenue, highest first. Four queries, however many members there are."""
    rows, is_back = _rows(_filtered(programme, snapshot, filters), cursor, size)
    has_more, page = len(rows) > size, rows[:size]
    page = page[::-1] if is_back else page
    following = (has_more or is_back) and page
    earlier = (has_more if is_back else bool(cursor)) and page
    return MemberPage(
        members=_finished(programme, page),
        next=_cursor("after", page[-1]) if following else None,
        previous=_cursor("before", page[0]) if earlier else None,
    )


def _filtered(programme: Programme, snapshot: Snapshot | None, filters: Filters) -> QuerySet[Score]:
    standing = Membership.objects.filter(programme=programme, left_on__isnull=True, customer=OuterRef("pk"))
    if filters.status == "warned":
        standing = standing.filter(grace_until__isnull=False)
    if filters.status == "new" and snapshot is not None:
        standing = standing.filter(entered_on=snapshot.as_of)
    found = scores(snapshot).filter(Exists(standing))
    if filters.tier:
        found = found.filter(tier=filters.tier)
    if prefix := filters.q.strip().casefold():
        # A range, so that the index on the key is used on every database.
        found = found.filter(customer__search_key__gte=prefix, customer__search_key__lt=prefix + "\U0010ffff")
    return found


def _rows(found: QuerySet[Score], cursor: str, size: int) -> tuple[list[Score], bool]:
    direction, edge = _read(cursor)
    if edge is None:
        return list(found.order_by("-revenue", "pk")[: size + 1]), False
    revenue, key = edge
    if direction == "before":
        ahead = found.filter(Q(revenue__gt=revenue) | Q(revenue=revenue, pk__lt=key))
        return list(ahead.order_by("revenue", "-pk")[: size + 1]), True
    behind = found.filter(Q(revenue__lt=revenue) | Q(revenue=revenue, pk__gt=key))
    return list(behind.order_by("-revenue", "pk")[: size + 1]), False


def _cursor(direction: str, row: Score) -> str:
    return f"{direction}_{row.revenue:f}_{row.pk}"


def _read(cursor: str) -> tuple[str, tuple[Decimal, int] | None]:
    """An unreadable cursor means the first page."""
    try:
        direction, revenue, key = cursor.split("_")
        edge = Decimal(revenue), int(key)
    except (ValueError, InvalidOperation):
        return "", None
    is_usable = direction in {"after", "before"} and edge[0].is_finite() and 0 <= edge[1] < 2**62
    return (direction, edge) if is_usable else ("", None)


def _finished(programme: Programme, page: Sequence[Score]) -> list[Member]:
    keys = [row.pk for row in page]
    names = dict(Customer.objects.filter(pk__in=keys).values_list("pk", "external_id"))
    current = Membership.objects.filter(programme=programme, left_on__isnull=True, customer__in=keys)
    standing = {member.customer_id: member for member in current}
    told = latest_sentences(programme, keys)
    return [_member(row, names[row.pk], standing[row.pk], told.get(row.pk, "")) for row in page if row.pk in standing]


def _member(row: Score, name: str, standing: Membership, reason: str) -> Member:
    return Member(
        customer_id=row.pk,
        external_id=name,
        entered_on=standing.entered_on,
        grace_until=standing.grace_until,
        reason=reason,
        revenue=row.revenue,
        order_count=row.order_count,
        days_since_last_purchase=row.days_since_last_purchase,
        tier=row.tier,
        country=row.country,
    )


def latest_sentences(programme: Programme, keys: Iterable[int]) -> dict[int, str]:
    """For each customer the sentence of the newest event."""
    events = MembershipEvent.objects.filter(programme=programme, customer__in=list(keys)).order_by("pk")
    return {event.customer_id: event_text(event) for event in events}


def event_text(event: MembershipEvent) -> str:
    reasons: list[dict[str, Any]] = event.reasons
    return sentences.event_sentence(event.kind, event.effective_on, event.grace_until, reasons, event.detail)
