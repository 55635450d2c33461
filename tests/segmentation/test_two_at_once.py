"""Two refreshes with different settings in two real children at the same time: both are published, neither is torn."""

import threading

import pytest
from django.db import connections

from core.execution import execute
from core.models import Run
from segmentation import selectors
from segmentation.models import Snapshot
from segmentation.services import request_refresh, request_refresh_after
from tests.factories import make_shop
from tests.segmentation.test_invariants import CHECKS


@pytest.fixture(autouse=True)
def children(real_children: None) -> None:
    """The jobs run in processes of their own."""


def do_at_once(runs: list[Run]) -> None:
    barrier = threading.Barrier(len(runs))

    def body(run: Run) -> None:
        barrier.wait()
        try:
            execute(run.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)


def test_two_refreshes_at_once_take_their_turns() -> None:
    make_shop(60)
    runs = [run for run in (request_refresh(by=None, horizon_days=90), request_refresh_after()) if run]
    do_at_once(runs)
    assert [(run.state, run.error) for run in Run.objects.filter(pk__in=[run.pk for run in runs])] == [
        (Run.State.SUCCEEDED, "")
    ] * 2
    snapshots = list(Snapshot.objects.all())
    assert {(each.state, each.score_table) for each in snapshots} == {("published", "a"), ("published", "b")}
    assert {each.horizon_days for each in snapshots} == {90, 365}
    for each in snapshots:
        assert selectors.scores(each).count() == 60
    assert [check() for check in CHECKS if not check()[0]] == []
