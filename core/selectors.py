"""Reads of accounts, runs, the schedule and the audit chain."""

from datetime import datetime
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import OuterRef, Q, QuerySet, Subquery

from core.models import ApiToken, AuditEvent, ProcessBeat, Run, ScheduleEntry, ScheduleSlot, User
from core.pagination import KeyPage, key_page


def run(pk: UUID) -> Run | None:
    return Run.objects.select_related("created_by").filter(pk=pk).first()


def active_runs(*, limit: int) -> list[Run]:
    return list(Run.objects.filter(state__in=Run.ACTIVE).order_by("-created_at")[:limit])


def newest_runs(*, limit: int) -> QuerySet[Run]:
    return Run.objects.select_related("created_by").order_by("-created_at")[:limit]


def team() -> QuerySet[User]:
    """Everybody with an account, those who may still sign in first."""
    return User.objects.order_by("-is_active", "username")


def tokens_of(user: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user=user, revoked_at=None).order_by("-created_at")


def schedule() -> list[ScheduleEntry]:
    """The entries, each with `latest_due_at`: the latest moment for which it started something."""
    slots = ScheduleSlot.objects.filter(entry=OuterRef("pk")).order_by("-due_at").values("due_at")
    return list(ScheduleEntry.objects.order_by("name").annotate(latest_due_at=Subquery(slots[:1])))


def audit_events(*, query: str, cursor: str, size: int = 50) -> KeyPage[AuditEvent]:
    """The book, newest first; `query` is the beginning of an action or of a key, such as `user.` or `user:7`."""
    events = AuditEvent.objects.all()
    if query:
        is_number = query.isascii() and query.isdigit()
        wanted = Q(action__startswith=query) | Q(actor_key=query) | Q(object_type=query)
        events = events.filter(wanted | Q(object_key=query) if is_number else wanted)
    return key_page(events, cursor=cursor, size=size)


def beat_at(name: str) -> datetime | None:
    """When this kind of process last proved that it works."""
    return ProcessBeat.objects.filter(name=name).values_list("at", flat=True).first()


class _Migrated:
    """Reading all migrations takes a while; once they are all applied they stay so for this process's code."""

    is_known = False


def is_migrated() -> bool:
    """Whether the database's schema is this code's. Raises DatabaseError when the database does not answer."""
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _Migrated.is_known:
        executor = MigrationExecutor(connection)
        _Migrated.is_known = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _Migrated.is_known
