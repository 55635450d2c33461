"""Finding customers: what the list, its CSV, the search box and the API have in common.

It looks into scores and memberships, which crm's own domain code may not know; so it stands with the interface.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.pagination import KeyPage, SortKey, sorted_page
from core.search import starts_with
from core.spreadsheets import csv_lines
from crm import selectors
from crm.models import Customer
from loyalty.models import Membership
from segmentation.models import Score, Snapshot
from segmentation.selectors import scores
from segmentation.wording import RFM_WORDS, TIER_WORDS

PAGE_SIZE = 50
SUGGESTIONS = 8
# Up to so many matches are named one by one, so that any order of them is quick; more than these are met soon while
# walking along the order's index.
FEW = 1_000
DEFAULT_ORDERING = "-clv"
SORTS = {
    "clv": SortKey("clv", is_key_descending=True, is_nullable=True),
    "revenue": SortKey("revenue", is_key_descending=True),
    "order_count": SortKey("order_count", is_key_descending=True),
    "days_since_last_purchase": SortKey("days_since_last_purchase"),
    "customer_id": SortKey("customer__search_key"),
}
ORDERINGS = {**SORTS, **{f"-{name}": sort.reversed() for name, sort in SORTS.items()}}
EXPORTED = (
    *("first_purchase_on", "latest_purchase_on", "frequency", "recency", "T", "monetary_value"),
    *("days_since_last_purchase", "order_count", "revenue", "gross_revenue", "returned_value", "revenue_12m"),
    *("p_alive", "expected_purchases", "clv", "clv_12m", "rfm_group", "tier", "country"),
)


@dataclass(frozen=True)
class Suggestion:
    """Somebody whom a search found: the name where a file of customers gives one, the score where there is one."""

    customer: Customer
    name: str
    score: Score | None


@dataclass(frozen=True)
class CustomerFilter:
    """What the list shows; empty means everybody. Whatever is no value of a filter is left out when it is read."""

    search: str = ""
    segment: int | None = None
    tier: str = ""
    rfm_group: str = ""
    member: bool | None = None
    ordering: str = DEFAULT_ORDERING

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.segment or self.tier or self.rfm_group or self.member is not None)


def read_filter(query: Mapping[str, Any], *, search: str = "search") -> CustomerFilter:
    """The filter of a query string; what makes no sense counts as not said. A search is sorted by id unless told."""
    text = selectors.search_prefix(query.get(search, ""))
    ordering = query.get("ordering", "")
    segment = str(query.get("segment", ""))
    tier, rfm_group = query.get("tier", ""), query.get("rfm_group", "")
    return CustomerFilter(
        search=text,
        segment=int(segment) if segment.isascii() and segment.isdigit() and len(segment) < 19 else None,
        tier=tier if tier in TIER_WORDS else "",
        rfm_group=rfm_group if rfm_group in RFM_WORDS else "",
        member={"yes": True, "true": True, "no": False, "false": False}.get(query.get("member", "")),
        ordering=ordering if ordering in ORDERINGS else "customer_id" if text else DEFAULT_ORDERING,
    )


def senseless(query: Mapping[str, Any]) -> list[str]:
    """Names in a query string whose value no filter understands: a script has to be told, a person sees it."""
    segment = str(query.get("segment", ""))
    allowed = {
        "tier": {"", *TIER_WORDS},
        "rfm_group": {"", *RFM_WORDS},
        "member": {"", "yes", "true", "no", "false"},
        "ordering": {"", *ORDERINGS},
        "segment": {segment} if segment.isascii() and segment.isdigit() else {""},
    }
    return [name for name, values in allowed.items() if str(query.get(name, "")) not in values]


def customer_page(
    snapshot: Snapshot | None, wanted: CustomerFilter, *, cursor: str, size: int = PAGE_SIZE
) -> KeyPage[Score]:
    """One page of scores with their customers. At most six small queries, however many customers there are."""
    rows = filtered(snapshot, wanted).select_related("customer")
    return sorted_page(rows, sort=ORDERINGS[wanted.ordering], cursor=cursor, size=size)


def filtered(snapshot: Snapshot | None, wanted: CustomerFilter) -> QuerySet[Score]:
    rows = scores(snapshot)
    chosen = {"segment_id": wanted.segment, "tier": wanted.tier, "rfm_group": wanted.rfm_group}
    rows = rows.filter(**{name: value for name, value in chosen.items() if value})
    if wanted.search:
        rows = _searched(rows, wanted)
    elif _is_by_id(wanted):
        # A bound on the id, be it empty, makes the database begin with the ids' index instead of sorting everybody.
        rows = rows.filter(customer__search_key__gte="")
    if wanted.member is not None:
        current = Membership.objects.filter(left_on__isnull=True)
        is_member = Q(Exists(current.filter(customer=OuterRef("pk"))))
        keys = current.order_by("pk").values_list("customer_id", flat=True)
        rows = _narrowed(rows, keys, is_member) if wanted.member else rows.exclude(is_member)
    return rows


def _is_by_id(wanted: CustomerFilter) -> bool:
    return wanted.ordering.endswith("customer_id")


def _searched(rows: QuerySet[Score], wanted: CustomerFilter) -> QuerySet[Score]:
    """Who is found by id, and by name or address where few ids begin like this.

    Many ids are met soon while walking along an index, and so are many names; a list of few is read as it is.
    """
    found = selectors.customers_starting_with(wanted.search)
    ids = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
    if len(ids) > FEW:
        # Asked row by row unless the ids' own order leads, so that the order's index stays in the lead.
        begins = starts_with("customer__search_key", wanted.search)
        return rows.filter(begins if _is_by_id(wanted) else Exists(found.order_by().filter(pk=OuterRef("pk"))))
    called = selectors.keys_called(wanted.search, FEW + 1)
    if len(called) <= FEW:
        return rows.filter(pk__in={*ids, *called})
    rows = rows.filter(customer__search_key__gte="") if _is_by_id(wanted) else rows
    return rows.filter(Q(pk__in=ids) | selectors.is_called(wanted.search))


def _narrowed(rows: QuerySet[Score], keys: QuerySet[Any, int], condition: Q) -> QuerySet[Score]:
    few = list(keys[: FEW + 1])
    return rows.filter(pk__in=few) if len(few) <= FEW else rows.filter(condition)


def members_among(rows: list[Score]) -> set[int]:
    """The keys of those who are members now."""
    current = Membership.objects.filter(left_on__isnull=True, customer__in=[row.pk for row in rows])
    return set(current.values_list("customer_id", flat=True))


def without_scores(snapshot: Snapshot | None, text: str, *, limit: int = 10) -> list[Customer]:
    """Customers found by id, name or address that bought nothing by the day of the results, if the search names few."""
    if not text:
        return []
    found = _found(text, FEW + 1)
    if len(found) > FEW:
        return []
    scored = set(scores(snapshot).filter(pk__in=[customer.pk for customer in found]).values_list("pk", flat=True))
    return [customer for customer in found if customer.pk not in scored][:limit]


def suggestions(snapshot: Snapshot | None, text: str) -> list[Suggestion]:
    """The first customers whose id, name or address begins with the text. At most seven small queries."""
    if not selectors.search_prefix(text):
        return []
    found = _found(text, SUGGESTIONS)
    keys = {customer.pk for customer in found}
    known = {row.pk: row for row in scores(snapshot).filter(pk__in=keys)}
    names = selectors.names_of(keys)
    return [Suggestion(customer, names.get(customer.pk, ""), known.get(customer.pk)) for customer in found]


def _found(text: str, limit: int) -> list[Customer]:
    """Customers by the beginning of their id, then by that of their name or address."""
    found = list(selectors.customers_starting_with(text)[:limit])
    if len(found) < limit and (called := selectors.keys_called(text, limit)):
        known = {customer.pk for customer in found}
        more = Customer.objects.filter(pk__in=set(called) - known).order_by("search_key", "pk")
        found += more[: limit - len(found)]
    return found


def customers_csv(snapshot: Snapshot | None, wanted: CustomerFilter) -> Iterator[str]:
    """The filtered customers as CSV, a batch at a time; the last column names the day of the results."""
    rows = filtered(snapshot, wanted).select_related("customer")
    ordered = rows.order_by(*ORDERINGS[wanted.ordering].order())
    names = {entry["segment"]: entry["name"] for entry in snapshot.segments} if snapshot else {}
    header = ["customer_id", *EXPORTED, "segment", "as_of"]
    yield from csv_lines(header, (_exported(row, names, snapshot) for row in ordered.iterator(chunk_size=2_000)))


def _exported(row: Score, names: Mapping[int, str], snapshot: Snapshot | None) -> list[Any]:
    figures = [_plain(getattr(row, name)) for name in EXPORTED]
    return [row.customer.external_id, *figures, names.get(row.segment_id, ""), snapshot and snapshot.as_of]


def _plain(value: Any) -> Any:
    """Decimals and floats without an exponent, so that a negative one is still a number to a spreadsheet."""
    return f"{Decimal(str(value)):f}" if isinstance(value, float | Decimal) else value
