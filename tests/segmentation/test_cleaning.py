"""What broken-off refreshes leave is removed by the next one, and nothing else is."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from core.runs import Lease
from crm import ledger
from segmentation.jobs import cleaning
from segmentation.models import Segment, Snapshot
from segmentation.services import request_refresh
from tests.factories import make_run, make_snapshot, refreshed

pytestmark = pytest.mark.django_db


def building(run: Any) -> Snapshot:
    segment = Segment.objects.create(name="Reserved", created_at=timezone.now())
    snapshot = Snapshot.objects.create(
        as_of=date(2025, 1, 1),
        unit="day",
        holdout_days=0,
        horizon_days=365,
        created_at=timezone.now(),
        run=run,
        segments=[{"reserved": segment.pk}],
    )
    ledger.write_atomically(f"snapshots/{snapshot.pk}-{run.fencing_token}.parquet", lambda path: path.touch())
    return snapshot


def file_of(snapshot: Snapshot, token: int) -> bool:
    return ledger.storage_path(f"snapshots/{snapshot.pk}-{token}.parquet").exists()


def another_refresh() -> Snapshot:
    run = request_refresh(by=None, horizon_days=30)
    assert run is not None
    return refreshed(run)


def test_cleaning_removes_a_dead_refresh_with_its_segments_and_file() -> None:
    published = make_snapshot(20)
    abandoned = building(make_run("segmentation.refresh", state="dead"))
    another_refresh()
    assert not Snapshot.objects.filter(pk=abandoned.pk).exists()
    assert not Segment.objects.filter(name="Reserved").exists()
    assert not file_of(abandoned, 0)
    assert ledger.storage_path(published.path).exists()


def test_cleaning_keeps_what_a_running_refresh_builds() -> None:
    make_snapshot(20)
    alive = building(make_run("segmentation.refresh", state="running", fencing_token=3))
    another_refresh()
    assert Snapshot.objects.filter(pk=alive.pk).exists()
    assert Segment.objects.filter(name="Reserved").exists()
    assert file_of(alive, 3)


def test_cleaning_removes_the_file_of_an_earlier_attempt() -> None:
    make_snapshot(20)
    alive = building(make_run("segmentation.refresh", state="running", fencing_token=3))
    ledger.write_atomically(f"snapshots/{alive.pk}-2.parquet", lambda path: path.touch())
    another_refresh()
    assert file_of(alive, 3)
    assert not file_of(alive, 2)


def test_cleaning_keeps_the_file_of_a_refresh_that_publishes_while_it_looks() -> None:
    """Published between the two reads: it must have been seen as one that is being built."""
    run = make_run("segmentation.refresh", state="running", fencing_token=3)
    alive = building(run)
    path = f"snapshots/{alive.pk}-3.parquet"
    reads: list[str] = []

    def publish_after_the_first_read(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if sql.startswith("SELECT") and f'FROM "{Snapshot._meta.db_table}"' in sql:
            reads.append(sql)
            if len(reads) == 1:
                now = timezone.now()
                Snapshot.objects.filter(pk=alive.pk).update(state="published", path=path, published_at=now)
        return answer

    with connection.execute_wrapper(publish_after_the_first_read):
        cleaning._remove_files(Lease(run))
    assert len(reads) == 2
    assert file_of(alive, 3)
