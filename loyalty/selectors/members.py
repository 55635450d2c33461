"""The members list, of today or of a past day: filtered, sorted, in pages by key, each row with its reason."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery

from core.pagination import SortKey, sorted_page
from core.search import starts_with
from crm.selectors import external_ids, search_prefix
from loyalty import rules, sentences
from loyalty.models import DecisionKind, MemberNote, Membership, MembershipEvent, Pin, Programme
from loyalty.selectors.past import graces_on, members_on, snapshot_on
from loyalty.selectors.standing import day_of, latest_review
from segmentation import store
from segmentation.models import Score, Snapshot
from segmentation.selectors import scores

PAGE = 50
BATCH = 1_000
STATUSES = ("new", "warned", "pinned", "noted")
FIGURES = (
    *("revenue", "revenue_12m", "orders_12m", "order_count", "days_since_last_purchase", "clv_12m", "p_alive"),
    *("tier", "rfm_group", "country"),
)
BY_SCORE = {
    "revenue": SortKey("revenue", is_key_descending=True),
    "order_count": SortKey("order_count", is_key_descending=True),
    "days_since_last_purchase": SortKey("days_since_last_purchase"),
}
BY_MEMBERSHIP = {"entered_on": SortKey("entered_on")}
SORTS = {
    **BY_SCORE,
    **BY_MEMBERSHIP,
    **{f"-{name}": sort.reversed() for name, sort in (BY_SCORE | BY_MEMBERSHIP).items()},
}
DEFAULT_ORDERING = "-revenue"


@dataclass(frozen=True)
class Filters:
    """What the page's filter bar, a saved view and the API offer; `day` is a past day, None today's list."""

    q: str = ""
    status: str = ""
    tier: str = ""
    day: date | None = None
    ordering: str = DEFAULT_ORDERING


@dataclass(frozen=True)
class Member:
    """One row of the list, finished; `figures` are those of FIGURES, empty for who has none."""

    customer_id: int
    external_id: str
    entered_on: date
    grace_until: date | None
    reason: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    pin: str = ""
    notes: int = 0


@dataclass(frozen=True)
class MemberPage:
    members: list[Member]
    next: str | None
    previous: str | None


def members(
    programme: Programme, snapshot: Snapshot | None, filters: Filters, *, cursor: str = "", size: int = PAGE
) -> MemberPage:
    """One page, by revenue unless told otherwise; a past day's list by the day of joining. A few small queries."""
    is_by_score = filters.ordering.removeprefix("-") in BY_SCORE and filters.day is None
    if is_by_score:
        found = sorted_page(_by_score(programme, snapshot, filters), sort=_sort(filters), cursor=cursor, size=size)
        keys = [score.pk for score in found.rows]
        standing = {row.customer_id: row for row in members_on(programme).filter(customer__in=keys)}
        rows = [standing[key] for key in keys if key in standing]
        return MemberPage(finished(programme, snapshot, filters, rows), found.next, found.previous)
    page = sorted_page(filtered(programme, snapshot, filters), sort=_sort(filters), cursor=cursor, size=size)
    return MemberPage(finished(programme, snapshot, filters, page.rows), page.next, page.previous)


def _sort(filters: Filters) -> SortKey:
    if filters.day is not None and filters.ordering.removeprefix("-") in BY_SCORE:
        return SORTS["-entered_on"]
    return SORTS.get(filters.ordering, SORTS[DEFAULT_ORDERING])


def _by_score(programme: Programme, snapshot: Snapshot | None, filters: Filters) -> QuerySet[Score]:
    plain = Filters(status=filters.status, q=filters.q)
    standing = filtered(programme, snapshot, plain).filter(customer=OuterRef("pk"))
    found = scores(snapshot).filter(Exists(standing))
    return found.filter(tier=filters.tier) if filters.tier else found


def filtered(programme: Programme, snapshot: Snapshot | None, filters: Filters) -> QuerySet[Membership]:
    """Everybody whom the filters leave. The tier is today's: a past day's list can't be narrowed by it."""
    found = members_on(programme, filters.day)
    if prefix := search_prefix(filters.q):
        found = found.filter(starts_with("customer__search_key", prefix))
    if filters.tier and filters.day is None:
        found = found.filter(Exists(scores(snapshot).filter(pk=OuterRef("customer_id"), tier=filters.tier)))
    return _of_status(programme, snapshot, found, filters)


def _of_status(
    programme: Programme, snapshot: Snapshot | None, found: QuerySet[Membership], filters: Filters
) -> QuerySet[Membership]:
    mine = {"programme": programme, "customer": OuterRef("customer_id")}
    if filters.status == "pinned":
        return found.filter(Exists(Pin.objects.counting(day_of(snapshot)).filter(**mine)))
    if filters.status == "noted":
        return found.filter(Exists(MemberNote.objects.filter(**mine)))
    if filters.status == "warned" and filters.day is None:
        return found.filter(grace_until__isnull=False)
    if filters.status == "warned":
        told = MembershipEvent.objects.filter(**mine, effective_on__lte=filters.day).order_by("-pk").values("kind")[:1]
        return found.alias(told=Subquery(told)).filter(told=DecisionKind.WARNED)
    if filters.status == "new":
        latest = _latest_day(programme, filters.day)
        return found.filter(entered_on=latest) if latest else found.none()
    return found


def _latest_day(programme: Programme, day: date | None) -> date | None:
    """The day of the review that the list of this day came from."""
    if day is None:
        review = latest_review(programme)
        return review.snapshot.as_of if review else None
    snapshot = snapshot_on(programme, day)
    return snapshot.as_of if snapshot else None


def member_batches(programme: Programme, snapshot: Snapshot | None, filters: Filters) -> Iterator[list[Member]]:
    """Everybody whom the filters leave, by key, a batch at a time."""
    latest, found = 0, filtered(programme, snapshot, filters).order_by("customer_id")
    while batch := list(found.filter(customer_id__gt=latest)[:BATCH]):
        yield finished(programme, snapshot, filters, batch, figures=_stored)
        latest = batch[-1].customer_id


def _figures(snapshot: Snapshot | None, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    found = scores(snapshot).filter(pk__in=keys).values("pk", *FIGURES)
    return {row.pop("pk"): dict(row) for row in found}


def finished(
    programme: Programme,
    snapshot: Snapshot | None,
    filters: Filters,
    rows: Collection[Membership],
    *,
    figures: Callable[[Snapshot | None, Collection[int]], dict[int, dict[str, Any]]] = _figures,
) -> list[Member]:
    """These memberships with everything that a row shows; a past day's with the figures and reasons of that time.

    A file that is written for minutes takes its `figures` from where newer results don't replace them.
    """
    keys = [row.customer_id for row in rows]
    names = external_ids(set(keys))
    told = latest_sentences(programme, keys, filters.day)
    pins = dict(programme.pins.counting(day_of(snapshot)).filter(customer__in=keys).values_list("customer", "kind"))
    notes = MemberNote.objects.filter(programme=programme, customer__in=keys).values_list("customer")
    counts = dict(notes.annotate(count=Count("pk")).order_by())
    day = filters.day
    graces = {row.customer_id: row.grace_until for row in rows} if day is None else graces_on(programme, day, keys)
    found = figures(snapshot, keys) if day is None else _stored(snapshot_on(programme, day), keys)
    return [
        Member(
            customer_id=row.customer_id,
            external_id=names[row.customer_id],
            entered_on=row.entered_on,
            grace_until=graces.get(row.customer_id),
            reason=told.get(row.customer_id, ""),
            figures=found.get(row.customer_id, {}),
            pin=pins.get(row.customer_id, ""),
            notes=counts.get(row.customer_id, 0),
        )
        for row in rows
    ]


def _stored(snapshot: Snapshot | None, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """Figures out of the results' own file, which stays when newer ones take their place in the tables."""
    if snapshot is None or not keys:
        return {}
    places = ", ".join(str(int(key)) for key in keys)
    with store.connection(snapshot) as opened:
        found = opened.execute(
            f"SELECT customer_key, {', '.join(FIGURES)} FROM scores WHERE customer_key IN ({places})"
        )
        return {key: dict(zip(FIGURES, values, strict=True)) for key, *values in found.fetchall()}


def without_figures(programme: Programme, snapshot: Snapshot | None) -> list[Membership]:
    """Members whom the results do not know, so that no order by a figure can show them: they were pinned in."""
    pinned = programme.pins.counting(day_of(snapshot)).filter(kind=Pin.Kind.IN).values("customer_id")
    found = members_on(programme).filter(~Exists(scores(snapshot).filter(pk=OuterRef("customer_id"))))
    return list(found.filter(customer__in=pinned).select_related("customer")[:PAGE])


def latest_sentences(programme: Programme, keys: Iterable[int], day: date | None = None) -> dict[int, str]:
    """For each customer the sentence of the newest event, up to a day when one is given."""
    events = MembershipEvent.objects.filter(programme=programme, customer__in=list(keys)).order_by("pk")
    if day is not None:
        events = events.filter(effective_on__lte=day)
    latest = {event.customer_id: event for event in events}
    return dict(zip(latest, event_texts(list(latest.values())), strict=True))


def event_texts(events: Sequence[MembershipEvent]) -> list[str]:
    """The sentence of each event; names of segments are read once for all."""
    reasons = rules.with_names(event.reasons for event in events)
    return [
        sentences.event_sentence(event.kind, event.effective_on, event.grace_until, why, event.detail)
        for event, why in zip(events, reasons, strict=True)
    ]
