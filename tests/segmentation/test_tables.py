"""Two refreshes at once, and workers that come back from the dead: the idle table has one writer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from core.models import Run
from core.runs import Lease, LeaseLost, acquire
from segmentation import selectors, store, tables
from segmentation.models import SCORE_TABLES, SnapshotPointer
from segmentation.services import request_refresh
from tests.factories import make_run, make_snapshot, refreshed

pytestmark = pytest.mark.django_db


def lease_of(run: Run) -> Lease:
    lease = acquire(run.pk, owner="test")
    assert lease is not None
    return lease


def refresh_lease() -> Lease:
    return lease_of(make_run("segmentation.refresh"))


def index_names(table: str) -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    return {name for name, facts in found.items() if facts["index"] and not facts["primary_key"]}


def test_claim_is_the_table_that_pages_do_not_read() -> None:
    snapshot = make_snapshot(20)
    assert snapshot.score_table == "a"
    assert tables.claim_idle_table(refresh_lease()) == "b"


def test_claim_again_by_the_same_attempt_is_granted() -> None:
    lease = refresh_lease()
    assert tables.claim_idle_table(lease) == tables.claim_idle_table(lease) == "a"


def test_claim_waits_while_another_refresh_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = refresh_lease(), refresh_lease()
    tables.claim_idle_table(first)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        first.complete({})

    monkeypatch.setattr("segmentation.tables.time.sleep", sleep)
    assert tables.claim_idle_table(second) == "a"
    assert waited == [tables.WAIT_SECONDS]
    second.run.refresh_from_db()
    assert second.run.stage == "Waiting for another calculation"


def test_claim_of_a_refresh_whose_lease_lapsed_is_taken_over() -> None:
    first, second = refresh_lease(), refresh_lease()
    tables.claim_idle_table(first)
    Run.objects.filter(pk=first.run.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    tables.claim_idle_table(second)
    with pytest.raises(LeaseLost), tables.holding_claim(first):
        pytest.fail("the claim was lost")


def test_load_by_a_worker_that_lost_its_claim_writes_nothing() -> None:
    snapshot = make_snapshot(20)
    late = refresh_lease()
    idle = tables.claim_idle_table(late)
    SnapshotPointer.objects.update(loading_token=late.token + 1)
    with store.connection(snapshot) as scores, pytest.raises(LeaseLost):
        tables.load_table(idle, snapshot_id=99, scores=scores, total=20, lease=late)
    assert not SCORE_TABLES[idle]._default_manager.exists()
    assert selectors.scores(snapshot).count() == 20


def test_load_replaces_what_a_broken_off_attempt_left(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = make_snapshot(20)
    monkeypatch.setattr(tables, "BATCH", 7)
    lease = refresh_lease()
    idle = tables.claim_idle_table(lease)
    for _ in range(2):
        with store.connection(snapshot) as scores:
            tables.load_table(idle, snapshot_id=7, scores=scores, total=20, lease=lease)
    rows = SCORE_TABLES[idle]._default_manager.filter(snapshot_id=7)
    assert rows.count() == SCORE_TABLES[idle]._default_manager.count() == 20
    copied = [row[1:] for row in rows.order_by("pk").values_list("snapshot_id", "pk", "revenue", "clv", "country", "T")]
    own = selectors.scores(snapshot).order_by("pk").values_list("snapshot_id", "pk", "revenue", "clv", "country", "T")
    assert copied == [row[1:] for row in own]


def test_load_leaves_every_index_in_place() -> None:
    make_snapshot(20)
    run = request_refresh(by=None, horizon_days=30)
    assert run is not None
    refreshed(run)
    for model in SCORE_TABLES.values():
        assert {index.name for index in model._meta.indexes} <= index_names(model._meta.db_table)


def test_refresh_waits_for_nobody_who_is_dead() -> None:
    make_snapshot(20)
    dead = make_run("segmentation.refresh", state="dead")
    SnapshotPointer.objects.update(loading_run=dead.pk, loading_token=0)
    run = request_refresh(by=None, horizon_days=30)
    assert run is not None
    assert refreshed(run).score_table == "b"
    assert SnapshotPointer.objects.get().loading_run is None
