"""Reads of accounts, runs, the schedule and the audit chain."""

from datetime import datetime
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet

from core.models import ProcessBeat, Run


def run(pk: UUID) -> Run | None:
    return Run.objects.select_related("created_by").filter(pk=pk).first()


def active_runs(*, limit: int) -> list[Run]:
    return list(Run.objects.filter(state__in=Run.ACTIVE).order_by("-created_at")[:limit])


def newest_runs(*, limit: int) -> QuerySet[Run]:
    return Run.objects.select_related("created_by").order_by("-created_at")[:limit]


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
