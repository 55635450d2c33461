"""Pages by key: as fast on page 10,000 as on the first, and no row twice when new ones arrive meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.pagination import CursorPagination

M = TypeVar("M", bound=Model)


class KeyPagination(CursorPagination):
    """The API's `{next, previous, results}`. A view sets `ordering` to indexed columns that end in a unique one."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering: str | tuple[str, ...] = "-pk"


@dataclass(frozen=True)
class KeyPage(Generic[M]):
    """One page of rows for people, and the cursors of its neighbours where there are such."""

    rows: list[M]
    next: str | None
    previous: str | None


def key_page(rows: QuerySet[M], *, cursor: str, size: int = 50) -> KeyPage[M]:
    """A page of `rows`, newest (highest integer primary key) first. An unreadable cursor means the first page.

    One small query, whatever the size of the table: nothing is counted and nothing skipped.
    """
    direction, key = _read(cursor)
    if direction == "before":
        found = list(rows.filter(pk__gt=key).order_by("pk")[: size + 1])
        has_more, page = len(found) > size, found[:size][::-1]
        return KeyPage(page, _cursor("after", page[-1:]), _cursor("before", page[:1]) if has_more else None)
    wanted = rows.filter(pk__lt=key) if direction == "after" else rows
    found = list(wanted.order_by("-pk")[: size + 1])
    has_more, page = len(found) > size, found[:size]
    previous = _cursor("before", page[:1]) if direction == "after" else None
    return KeyPage(page, _cursor("after", page[-1:]) if has_more else None, previous)


def _cursor(direction: str, edge: Sequence[Model]) -> str | None:
    return f"{direction}-{edge[0].pk}" if edge else None


def _read(cursor: str) -> tuple[str, int]:
    direction, _, key = cursor.partition("-")
    if direction in {"after", "before"} and key.isascii() and key.isdigit() and len(key) < 19:
        return direction, int(key)
    return "", 0
