"""Any table of events or visits of the right types comes back exactly, however it is split over files."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crm.ledger import EventFilter, SessionFilter, event_page, session_page
from crm.models import Customer, Upload
from crm.selectors import current_version
from tests.crm.kind_files import ISO
from tests.crm.test_events import whole
from tests.crm.test_ledger_properties import fresh_ledger
from tests.factories import imported, make_upload, undone

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
FEW = hypothesis_settings(max_examples=8, deadline=None, derandomize=True)
MANY = hypothesis_settings(max_examples=150, deadline=None)

# No white space at the ends, which is trimmed; nothing that a file can't hold.
TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=8)
MOMENTS = st.integers(86_400, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=6)
MEASURES = st.decimals(min_value=0, max_value=10**12, places=18)
RATES = st.decimals(min_value=0, max_value=1, places=18)
COUNTS = st.integers(0, 2**62)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


EVENT_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "session_id": TEXTS,
    "user_id": maybe(TEXTS),
    "occurred_at": MOMENTS,
    "page": maybe(TEXTS),
    "kind": maybe(st.sampled_from(["view", "cart", "purchase"])),
    "item_id": maybe(TEXTS),
    "price": maybe(MONEY),
    "converted": maybe(st.booleans()),
    "engagement_ms": maybe(MEASURES),
    "clicks": maybe(COUNTS),
    "bytes": maybe(COUNTS),
    "latency_ms": maybe(MEASURES),
}
SESSION_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "session_id": TEXTS,
    "user_id": maybe(TEXTS),
    "started_at": maybe(MOMENTS),
    "pages": maybe(COUNTS),
    "duration": maybe(MEASURES),
    "bounce_rate": maybe(RATES),
    "exit_rate": maybe(RATES),
    "page_value": maybe(MEASURES),
    "visitor_type": maybe(TEXTS),
    "converted": st.booleans(),
}
EVENT_ROWS, SESSION_ROWS = st.fixed_dictionaries(EVENT_FIELDS), st.fixed_dictionaries(SESSION_FIELDS)
# What tells one event from another: of two that agree in all of it, files can only say how many there are.
EVENT_LISTS = st.lists(
    EVENT_ROWS,
    min_size=1,
    max_size=8,
    unique_by=lambda row: tuple(
        row[name] for name in ("session_id", "user_id", "occurred_at", "kind", "page", "item_id")
    ),
)


def written(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def bring(kind: str, rows: list[dict[str, Any]], number: int = 0) -> Upload:
    """The rows as a file; the blanks behind a name of a column make equal rows different bytes."""
    names = list(EVENT_FIELDS if kind == "events" else SESSION_FIELDS)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([*names[:-1], names[-1] + " " * number])
    writer.writerows([written(row[name]) for name in names] for row in rows)
    options = {**ISO, "decimal": "."}
    mapping = {"kind": kind, "columns": {name: name for name in names}, "options": options}
    return imported(make_upload(out.getvalue()), mapping)


def stored(kind: str) -> Counter[str]:
    version, people = current_version(), dict(Customer.objects.values_list("pk", "external_id"))
    is_event = kind == "events"
    rows = (
        event_page(version, EventFilter(), limit=1000)
        if is_event
        else session_page(version, SessionFilter(), limit=1000)
    )
    return given_rows(kind, [{**row, "user_id": people.get(row["customer_key"])} for row in rows])


def given_rows(kind: str, rows: list[dict[str, Any]]) -> Counter[str]:
    names = EVENT_FIELDS if kind == "events" else SESSION_FIELDS
    return Counter(repr([plain(row[name]) for name in names]) for row in rows)


def plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def check(kind: str, rows: list[dict[str, Any]]) -> None:
    with fresh_ledger():
        upload = bring(kind, rows)
        assert (upload.accepted, upload.rejected) == (len(rows), 0), upload.rejections
        assert stored(kind) == given_rows(kind, rows)
        assert whole()


def check_split(kind: str, rows: list[dict[str, Any]], first: int, second: int) -> None:
    """Two files that overlap hold what one whole file would; taking one back leaves exactly the other."""
    head, tail = rows[: max(first, second)], rows[min(first, second) :]
    with fresh_ledger():
        one = bring(kind, head, 1) if head else None
        other = bring(kind, tail, 2) if tail else None
        assert stored(kind) == given_rows(kind, head) | given_rows(kind, tail)
        if one and other:
            undone(one)
            assert stored(kind) == given_rows(kind, tail)
        assert whole()


@FEW
@given(st.lists(EVENT_ROWS, min_size=1, max_size=12))
def test_any_events_come_back_exactly(rows: list[dict[str, Any]]) -> None:
    check("events", rows)


@FEW
@given(st.lists(SESSION_ROWS, min_size=1, max_size=12))
def test_any_visits_come_back_exactly(rows: list[dict[str, Any]]) -> None:
    check("sessions", rows)


SPLITS = st.tuples(st.integers(0, 8), st.integers(0, 8))


@FEW
@given(EVENT_LISTS, SPLITS)
def test_events_split_over_files_are_the_same_events(rows: list[dict[str, Any]], split: tuple[int, int]) -> None:
    check_split("events", rows, *split)


@FEW
@given(st.lists(SESSION_ROWS, min_size=1, max_size=8), SPLITS)
def test_visits_split_over_files_are_the_same_visits(rows: list[dict[str, Any]], split: tuple[int, int]) -> None:
    check_split("sessions", rows, *split)


@pytest.mark.long
@MANY
@given(st.lists(EVENT_ROWS, min_size=1, max_size=12))
def test_any_events_come_back_exactly_many_times(rows: list[dict[str, Any]]) -> None:
    check("events", rows)


@pytest.mark.long
@MANY
@given(st.lists(SESSION_ROWS, min_size=1, max_size=8), SPLITS)
def test_visits_split_over_files_many_times(rows: list[dict[str, Any]], split: tuple[int, int]) -> None:
    check_split("sessions", rows, *split)
