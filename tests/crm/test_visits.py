"""Events and sessions read out of the ledger: pages of rows, and what one customer's visits were."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from crm import ledger
from crm.ledger import EventFilter, SessionFilter, customer_visits, event_page, session_page
from crm.selectors import current_version
from tests.crm.ledger_kinds import publish_rows
from tests.factories import imported, make_upload

pytestmark = pytest.mark.django_db


def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2025, 3, day, hour, minute, tzinfo=UTC).replace(tzinfo=None)


def event(day: int, minute: int, **more: Any) -> dict[str, Any]:
    moment = at(day, minute=minute)
    values = {"customer_key": 7, "session_key": f"s{day}", "session_id": f"s{day}", "kind": "view", "page": "/"}
    return {**values, "occurred_at": moment, "occurred_on": moment.date(), **more}


EVENTS = [
    event(1, 0, referrer="https://search.example/", device="mobile"),
    event(1, 5, page="/cup", item_id="cup", price=Decimal("4.5")),
    event(1, 6, page="/checkout", kind="purchase", converted=True),
    event(2, 0, page="/mug"),
    event(3, 0, customer_key=8),
    event(3, 1, customer_key=None),
]
SESSIONS = [
    {"customer_key": 7, "session_id": "s1", "pages": 99, "converted": False},
    {"customer_key": 7, "session_id": "s9", "pages": 4, "duration": Decimal("0.000119048"), "converted": True},
    {"session_id": "s10", "started_at": at(4), "started_on": date(2025, 3, 4), "converted": False},
]


def test_each_kind_of_rows_has_a_view_of_its_own() -> None:
    imported(make_upload())
    publish_rows("events", EVENTS)
    publish_rows("sessions", SESSIONS)
    with ledger.reading(current_version()) as connection:
        counted = [
            connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("lines", "events", "sessions")
        ]
    assert counted == [(2,), (6,), (3,)]


def test_views_of_kinds_that_nobody_brought_are_empty() -> None:
    with ledger.reading(current_version()) as connection:
        assert connection.execute("SELECT count(price), count(customer_key) FROM events").fetchone() == (0, 0)
        assert connection.execute("SELECT count(bounce_rate) FROM sessions").fetchone() == (0,)


@pytest.mark.parametrize(
    ("chosen", "lines"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"customer_key": 7}, [1, 2, 3, 4]),
        ({"session_key": "s3"}, [5, 6]),
        ({"kind": "purchase"}, [3]),
        ({"item_id": "cup"}, [2]),
        ({"first": date(2025, 3, 2), "last": date(2025, 3, 2)}, [4]),
        ({"first": date(2025, 3, 4)}, []),
    ],
)
def test_events_are_found_by_what_they_are(chosen: dict[str, Any], lines: list[int]) -> None:
    publish_rows("events", EVENTS)
    assert [row["line_no"] for row in event_page(current_version(), EventFilter(**chosen))] == lines


def test_events_come_page_by_page_with_exact_values() -> None:
    upload = publish_rows("events", EVENTS)
    first = event_page(current_version(), EventFilter(), limit=2)
    assert first[1]["price"] == Decimal("4.500000")
    assert first[1]["occurred_at"] == datetime(2025, 3, 1, 10, 5, tzinfo=UTC)
    following = event_page(current_version(), EventFilter(upload=upload.pk), after=(upload.pk, 2), limit=2)
    assert [row["line_no"] for row in following] == [3, 4]


def test_sessions_are_found_with_or_without_a_time() -> None:
    publish_rows("sessions", SESSIONS)
    everything = session_page(current_version(), SessionFilter())
    assert [row["started_at"] for row in everything] == [None, None, datetime(2025, 3, 4, 10, tzinfo=UTC)]
    assert everything[1]["duration"] == Decimal("0.000119048")
    dated = session_page(current_version(), SessionFilter(first=date(2025, 3, 4)))
    assert [row["session_id"] for row in dated] == ["s10"]
    assert len(session_page(current_version(), SessionFilter(converted=True))) == 1


def test_a_customers_visits_come_from_events_and_from_rows_of_visits_each_once() -> None:
    publish_rows("events", EVENTS)
    publish_rows("sessions", SESSIONS)
    visits = customer_visits(current_version(), 7)
    assert visits is not None
    assert (visits.sessions, visits.events, visits.converted) == (3, 4, 2)
    assert (visits.first_at, visits.latest_at) == (
        datetime(2025, 3, 1, 10, tzinfo=UTC),
        datetime(2025, 3, 2, 10, tzinfo=UTC),
    )
    assert visits.kinds == [("view", 3), ("purchase", 1)]
    assert [(visit.session, visit.pages, visit.events) for visit in visits.recent] == [
        ("s2", 1, 1),
        ("s1", 3, 3),
        ("s9", 4, 0),
    ]
    known = visits.recent[1]
    assert (known.duration, known.landing, known.referrer, known.device) == (
        360,
        "/",
        "https://search.example/",
        "mobile",
    )


def test_a_customer_who_never_visited_has_no_visits_and_without_such_files_nothing_is_said() -> None:
    assert customer_visits(current_version(), 7) is None
    publish_rows("events", EVENTS)
    visits = customer_visits(current_version(), 99)
    assert visits is not None
    assert (visits.sessions, visits.latest_at, visits.recent) == (0, None, [])
