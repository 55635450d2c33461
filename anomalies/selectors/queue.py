"""The queue: what waits for a word, worst first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from anomalies.models import Anomaly, Scan, Verdict
from anomalies.selectors.scans import latest_scan, open_by_kind
from anomalies.wording import severity_word
from core.models import User
from crm.models import Customer
from segmentation.selectors import current_snapshot

PAGE_SIZE = 50
HIGHEST = 5
MINE, NOBODY = "me", "none"
KIND_ICONS = {
    Anomaly.Kind.CUSTOMER: "user",
    Anomaly.Kind.TRANSACTION: "receipt",
    Anomaly.Kind.PRODUCT: "package",
    Anomaly.Kind.METRIC: "chart-line",
    Anomaly.Kind.SESSION: "pointer",
    Anomaly.Kind.BOT: "bolt",
    Anomaly.Kind.PAGE: "file",
    Anomaly.Kind.DATA: "database",
}
SEVERITY_TONES = ((60, "bad"), (30, "warning"), (0, "neutral"))
VERDICT_TONES = {"real": "bad", "expected": "good", "data_error": "warning", "noise": "neutral"}


@dataclass(frozen=True)
class Filters:
    """What a reader wants to see; empty means everything. `assignee` is a name, `me` or `none`."""

    status: str = Anomaly.Status.OPEN
    kind: str = ""
    assignee: str = ""


@dataclass(frozen=True)
class QueueRow:
    """One anomaly, ready for a table or a card."""

    pk: int
    kind: str
    kind_label: str
    icon: str
    severity: int
    severity_word: str
    severity_tone: str
    summary: str
    money: Decimal | None
    customer_key: int | None
    customer_id: str
    occurred_on: date | None
    found_at: datetime
    status: str
    status_label: str
    assignee: str
    verdict: str
    verdict_label: str
    verdict_tone: str
    verdict_by: str

    @property
    def is_open(self) -> bool:
        return self.status == Anomaly.Status.OPEN


@dataclass(frozen=True)
class QueuePage:
    """A page of the queue and the cursors of its neighbours."""

    rows: list[QueueRow]
    next: str | None
    previous: str | None


def queue(filters: Filters, *, reader: User | None = None) -> QuerySet[Anomaly]:
    """The anomalies of these filters, worst first; none while no results are published."""
    rows = Anomaly.objects.order_by("-severity", "-pk") if current_snapshot() else Anomaly.objects.none()
    if filters.status:
        rows = rows.filter(status=filters.status)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    return rows.filter(_assigned(filters.assignee, reader))


def _assigned(assignee: str, reader: User | None) -> Q:
    if assignee == MINE:
        return Q(assignee=reader) if reader else Q(pk__in=[])
    if assignee == NOBODY:
        return Q(assignee__isnull=True)
    return Q(assignee__username=assignee) if assignee else Q()


def with_row_parts(rows: QuerySet[Anomaly]) -> QuerySet[Anomaly]:
    """What a row shows beside its own columns: one join and one query, however many rows."""
    verdicts = Prefetch("verdicts", Verdict.objects.select_related("by"))
    return rows.select_related("customer", "assignee").prefetch_related(verdicts)


def queue_page(filters: Filters, *, cursor: str = "", reader: User | None = None, size: int = PAGE_SIZE) -> QueuePage:
    """One page by key: equally fast on every page, whatever arrives meanwhile. A bad cursor means the first page."""
    rows = with_row_parts(queue(filters, reader=reader)).defer("evidence", "reasons")
    direction, severity, key = _read(cursor)
    if direction == "before":
        nearer = rows.filter(Q(severity__gt=severity) | Q(severity=severity, pk__gt=key))
        found = list(nearer.order_by("severity", "pk")[: size + 1])
        page = found[:size][::-1]
        return QueuePage(_rows(page), _cursor("after", page[-1:]), _edge("before", page[:1], len(found) > size))
    if direction == "after":
        rows = rows.filter(Q(severity__lt=severity) | Q(severity=severity, pk__lt=key))
    found = list(rows[: size + 1])
    page = found[:size]
    previous = _cursor("before", page[:1]) if direction == "after" else None
    return QueuePage(_rows(page), _edge("after", page[-1:], len(found) > size), previous)


def _edge(direction: str, edge: Sequence[Anomaly], has_more: bool) -> str | None:
    return _cursor(direction, edge) if has_more else None


def _cursor(direction: str, edge: Sequence[Anomaly]) -> str | None:
    return f"{direction}_{edge[0].severity!r}_{edge[0].pk}" if edge else None


def _read(cursor: str) -> tuple[str, float, int]:
    direction, _, rest = cursor.partition("_")
    severity, _, key = rest.partition("_")
    is_number = severity.replace(".", "", 1).isdigit() and severity.isascii()
    if direction in {"after", "before"} and is_number and key.isascii() and key.isdigit() and len(key) < 19:
        return direction, float(severity), int(key)
    return "", 0.0, 0


def _rows(anomalies: Sequence[Anomaly]) -> list[QueueRow]:
    return [queue_row(anomaly) for anomaly in anomalies]


def queue_row(anomaly: Anomaly) -> QueueRow:
    """The finished row; its customer, assignee and verdicts should be fetched with it."""
    verdict = next(iter(anomaly.verdicts.all()), None) if anomaly.status == Anomaly.Status.RESOLVED else None
    return QueueRow(
        pk=anomaly.pk,
        kind=anomaly.kind,
        kind_label=anomaly.get_kind_display(),
        icon=KIND_ICONS[Anomaly.Kind(anomaly.kind)],
        severity=round(anomaly.severity),
        severity_word=severity_word(anomaly.severity),
        severity_tone=next(tone for least, tone in SEVERITY_TONES if anomaly.severity >= least),
        summary=anomaly.summary,
        money=anomaly.money,
        customer_key=anomaly.customer_id,
        customer_id=anomaly.customer.external_id if anomaly.customer else "",
        occurred_on=anomaly.occurred_on,
        found_at=anomaly.created_at,
        status=anomaly.status,
        status_label=anomaly.get_status_display(),
        assignee=anomaly.assignee.username if anomaly.assignee else "",
        verdict=verdict.verdict if verdict else "",
        verdict_label=verdict.get_verdict_display() if verdict else "",
        verdict_tone=VERDICT_TONES[verdict.verdict] if verdict else "neutral",
        verdict_by=verdict.by.username if verdict and verdict.by else "",
    )


def status_counts(*, kind: str = "") -> dict[str, int]:
    """How many there are in each state, of one kind or of all; counted from the index of states and kinds alone."""
    counts = dict.fromkeys(Anomaly.Status.values, 0)
    for status, of_kind, count in Anomaly.objects.order_by().values_list("status", "kind").annotate(Count("pk")):
        counts[status] += count if kind in {"", of_kind} else 0
    return counts


def people() -> list[str]:
    """Names of those who may be given an anomaly."""
    return list(User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True))


def anomalies_of(customer: Customer, *, limit: int = 20) -> list[QueueRow]:
    """A customer's anomalies for the profile: open ones first, those that are gone left out."""
    rows = with_row_parts(Anomaly.objects.filter(customer=customer).exclude(status=Anomaly.Status.GONE))
    return _rows(list(rows.defer("evidence").order_by("status", "-severity", "-pk")[:limit]))


def queue_summary(*, reader: User | None = None) -> dict[str, Any]:
    """For the first page: `open`, `kinds` (with something open), `highest` rows, `mine`, and the `scan` behind them."""
    scan: Scan | None = latest_scan() if current_snapshot() else None
    if scan is None:
        return {"open": 0, "kinds": [], "highest": [], "mine": 0, "scan": None}
    now_open = open_by_kind()
    kinds = [
        {"kind": kind.value, "label": kind.label, "open": now_open[kind], "icon": KIND_ICONS[kind]}
        for kind in Anomaly.Kind
        if now_open[kind]
    ]
    mine = Anomaly.objects.filter(status=Anomaly.Status.OPEN, assignee=reader).count() if reader else 0
    highest = queue_page(Filters(), size=HIGHEST).rows
    return {"open": sum(now_open.values()), "kinds": kinds, "highest": highest, "mine": mine, "scan": scan}
