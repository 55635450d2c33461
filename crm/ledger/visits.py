"""What visitors did, out of the ledger: pages of events and sessions, and one customer's visits."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from crm.ledger.lookups import Span, ledger_view, row_page, shown_entries
from crm.ledger.relations import EVENTS, SESSIONS
from crm.models import CatalogueVersion


@dataclass(frozen=True)
class EventFilter:
    """Which events; None means any. Days are the shop's, both ends included."""

    upload: int | None = None
    customer_key: int | None = None
    session_key: str | None = None
    kind: str | None = None
    item_id: str | None = None
    first: date | None = None
    last: date | None = None

    def span(self) -> Span:
        return Span(self.upload, self.first, self.last)

    def tests(self) -> dict[str, Any]:
        return {
            "upload_id = ?": self.upload,
            "customer_key = ?": self.customer_key,
            "session_key = ?": self.session_key,
            "kind = ?": self.kind,
            "item_id = ?": self.item_id,
            "occurred_on >= ?": self.first,
            "occurred_on <= ?": self.last,
        }


@dataclass(frozen=True)
class SessionFilter:
    """Which sessions; None means any. A session without a time fits no day."""

    upload: int | None = None
    customer_key: int | None = None
    session_id: str | None = None
    converted: bool | None = None
    first: date | None = None
    last: date | None = None

    def span(self) -> Span:
        return Span(self.upload, self.first, self.last)

    def tests(self) -> dict[str, Any]:
        return {
            "upload_id = ?": self.upload,
            "customer_key = ?": self.customer_key,
            "session_id = ?": self.session_id,
            "converted = ?": self.converted,
            "started_on >= ?": self.first,
            "started_on <= ?": self.last,
        }


def event_page(
    version: CatalogueVersion | None, chosen: EventFilter, *, after: tuple[int, int] = (0, 0), limit: int = 100
) -> list[dict[str, Any]]:
    """Events that count and fit `chosen`, by upload and line number, behind `after`."""
    return row_page(version, EVENTS, chosen.tests(), chosen.span(), after=after, limit=limit)


def session_page(
    version: CatalogueVersion | None, chosen: SessionFilter, *, after: tuple[int, int] = (0, 0), limit: int = 100
) -> list[dict[str, Any]]:
    """Sessions that count and fit `chosen`, by upload and line number, behind `after`."""
    return row_page(version, SESSIONS, chosen.tests(), chosen.span(), after=after, limit=limit)


@dataclass(frozen=True)
class Visit:
    """One visit of a customer: from its events, or from the one row that a session table has of it.

    `pages` counts different pages of events; None where nothing is known. `duration` is in seconds.
    """

    session: str
    started_at: datetime | None
    duration: Any
    pages: int | None
    events: int
    landing: str | None
    device: str | None
    os: str | None
    browser: str | None
    referrer: str | None
    converted: bool | None


@dataclass(frozen=True)
class Visits:
    """What is known of a customer's visits; `recent` are the newest, `kinds` (kind, events) the most frequent first."""

    sessions: int
    events: int
    converted: int
    first_at: datetime | None
    latest_at: datetime | None
    kinds: list[tuple[str | None, int]]
    recent: list[Visit]


_VISITS = """
    SELECT session_key AS session, min(occurred_at) AS started_at,
        date_diff('second', min(occurred_at), max(occurred_at)) AS duration, count(DISTINCT page) AS pages,
        count(*) AS events, arg_min(page, (occurred_at, line_no)) AS landing, max(device) AS device, max(os) AS os,
        max(browser) AS browser, arg_min(referrer, (occurred_at, line_no)) AS referrer, bool_or(converted) AS converted
    FROM mine GROUP BY session_key
    UNION ALL
    SELECT session_id, started_at, duration, pages, 0, NULL, device, os, browser, referrer, converted
    FROM sessions WHERE customer_key = $key AND session_id NOT IN (SELECT session_key FROM mine)
"""
_SUMMARY = """
    SELECT count(*), coalesce(sum(events), 0), count(*) FILTER (converted), min(started_at),
        greatest(max(started_at), (SELECT max(occurred_at) FROM mine)) FROM visits
"""
_RECENT = "SELECT * FROM visits ORDER BY started_at DESC NULLS LAST, session LIMIT $limit"
_KINDS = "SELECT kind, count(*) FROM mine GROUP BY 1 ORDER BY 2 DESC, 1"


def customer_visits(version: CatalogueVersion | None, customer_key: int, *, limit: int = 10) -> Visits | None:
    """The customer's visits; None where the ledger holds neither events nor sessions of anybody."""
    entries = [entry for entry in shown_entries(version) if entry.file.kind in EVENTS.kinds + SESSIONS.kinds]
    if not entries:
        return None
    with ledger_view(entries, EVENTS, SESSIONS) as connection:
        key = {"key": customer_key}
        connection.execute("CREATE TEMP TABLE mine AS SELECT * FROM events WHERE customer_key = $key", key)
        connection.execute(f"CREATE TEMP TABLE visits AS {_VISITS}", key)
        sessions, events, converted, first_at, latest_at = connection.execute(_SUMMARY).fetchone() or (0,) * 5
        kinds = connection.execute(_KINDS).fetchall()
        recent = connection.execute(_RECENT, {"limit": limit}).fetchall()
    found = [Visit(session, _aware(at), *rest) for session, at, *rest in recent]
    return Visits(sessions, int(events), converted, _aware(first_at), _aware(latest_at), kinds, found)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
