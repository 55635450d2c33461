"""Pages of lines for people and scripts who look through the ledger: by key, never by counting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from crm.ledger.lookups import Span, aware, ledger_view, may_hold, row_page, shown_entries, whole_rows
from crm.ledger.relations import LINES
from crm.ledger.sales import Links, linked, links_around_order
from crm.models import CatalogueEntry, CatalogueVersion

Edge = tuple[datetime, int, int]


@dataclass(frozen=True)
class LineFilter:
    """Which lines; None means any. Days are the shop's, both ends included."""

    upload: int | None = None
    customer_key: int | None = None
    order_id: str | None = None
    item_id: str | None = None
    first: date | None = None
    last: date | None = None
    country: str | None = None
    is_return: bool | None = None

    def span(self) -> Span:
        return Span(self.upload, self.first, self.last)

    def as_json(self) -> dict[str, Any]:
        """What is asked for alone, for a row of the database."""
        asked = {name: value for name, value in vars(self).items() if value is not None}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in asked.items()}

    @classmethod
    def from_json(cls, asked: dict[str, Any]) -> "LineFilter":
        days: dict[str, Any] = {name: date.fromisoformat(asked[name]) for name in ("first", "last") if name in asked}
        return cls(**{**asked, **days})

    def tests(self) -> dict[str, Any]:
        return {
            "upload_id = ?": self.upload,
            "customer_key = ?": self.customer_key,
            "order_id = ?": self.order_id,
            "item_id = ?": self.item_id,
            "ordered_on >= ?": self.first,
            "ordered_on <= ?": self.last,
            "country = ?": self.country,
            "(amount < 0 OR coalesce(is_cancellation, false)) = ?": self.is_return,
        }


def line_page(
    version: CatalogueVersion | None, chosen: LineFilter, *, after: tuple[int, int] = (0, 0), limit: int = 100
) -> list[dict[str, Any]]:
    """Lines that count and fit `chosen`, by upload and line number, behind `after`."""
    return row_page(version, LINES, chosen.tests(), chosen.span(), after=after, limit=limit)


def upload_lines(
    version: CatalogueVersion | None, upload: int, *, after: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """The lines of one upload that count, in the order of its file, behind line `after`."""
    return line_page(version, LineFilter(upload=upload), after=(upload, after), limit=limit)


def newest_lines(
    version: CatalogueVersion | None, chosen: LineFilter, *, before: Edge | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Lines that count and fit `chosen`, newest first, behind `before`.

    Files are taken from the latest day back, only as far as the page needs: with daily files, the newest few.
    """
    found: list[tuple[datetime, int, int]] = []
    entries = [
        entry
        for entry in shown_entries(version)
        if entry.file.kind in LINES.kinds and may_hold(entry, chosen.span()) and _is_before(entry, before)
    ]
    entries.sort(key=lambda entry: entry.file.last_on, reverse=True)
    taken: list[CatalogueEntry] = []
    while entries and not _is_whole(found, limit, entries[0]):
        # Twice as many files each time: a rare item asks few times for many, a usual page once for one.
        step = max(len(taken), 1)
        chunk, entries = entries[:step], entries[step:]
        taken += chunk
        found = sorted([*found, *_newest_keys(chunk, chosen, before, limit)], reverse=True)[:limit]
    with ledger_view([entry for entry in taken if any(key[1] == entry.file.upload_id for key in found)]) as connection:
        rows = whole_rows(connection, LINES, [key[1:] for key in found])
    lines = {(row["upload_id"], row["line_no"]): aware(row) for row in rows}
    return [lines[key[1:]] for key in found]


def return_links(version: CatalogueVersion | None, chosen: LineFilter) -> Links:
    """The sales behind the returns of the customers that a narrow filter asks for; nothing for a wide one."""
    if chosen.customer_key is None and chosen.order_id is None:
        return {}
    with ledger_view(shown_entries(version)) as connection:
        if chosen.customer_key is None:
            return links_around_order(connection, str(chosen.order_id))
        mine = "CREATE TEMP TABLE mine AS SELECT * FROM lines WHERE customer_key = ?"
        connection.execute(mine, [chosen.customer_key])
        return linked(connection, "mine")


def _newest_keys(
    entries: list[CatalogueEntry], chosen: LineFilter, before: Edge | None, limit: int
) -> list[tuple[datetime, int, int]]:
    used = {test: value for test, value in chosen.tests().items() if value is not None}
    tests, values = list(used), list(used.values())
    if before:
        # The first, simple bound is what lets whole row groups be skipped.
        tests = ["ordered_at <= ?", "(ordered_at, upload_id, line_no) < (?, ?, ?)", *tests]
        moment = before[0].astimezone(UTC).replace(tzinfo=None)
        values = [moment, moment, *before[1:], *values]
    where = f"WHERE {' AND '.join(tests)}" if tests else ""
    with ledger_view(entries) as connection:
        return connection.execute(
            f"SELECT ordered_at, upload_id, line_no FROM lines {where} ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT ?",
            [*values, limit],
        ).fetchall()


def _is_whole(found: Sequence[tuple[datetime, int, int]], limit: int, following: CatalogueEntry) -> bool:
    """Whether no file that is still to come can hold a newer line than the page's last.

    Days are the shop's and times UTC: a day's distance covers every zone.
    """
    return len(found) == limit and (found[-1][0].date() - following.file.last_on).days > 1


def _is_before(entry: CatalogueEntry, before: Edge | None) -> bool:
    return before is None or (entry.file.first_on - before[0].date()).days <= 1
