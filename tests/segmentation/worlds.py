"""Worlds of results that several tests begin with."""

from typing import Any

from core.execution import execute
from core.models import Run, User
from segmentation.models import Snapshot
from segmentation.selectors import candidate_snapshot, current_snapshot
from segmentation.services import promote_candidate, request_refresh, request_refresh_after, set_publishing
from tests.factories import make_shop, make_snapshot, make_user, refreshed


def recomputed(**options: Any) -> Snapshot:
    """What a person gets who asks for new results."""
    run = request_refresh(by=None, **options)
    assert run is not None
    return refreshed(run)


def automatic() -> Snapshot:
    """What the schedule gets."""
    run = request_refresh_after()
    assert run is not None
    return refreshed(run)


def waiting_results(manager: User, customers: int = 30) -> tuple[Snapshot, Snapshot]:
    """The results that are shown, and newer ones of other settings that wait."""
    shown = make_snapshot(customers)
    set_publishing(asks_first=True, by=manager)
    return shown, recomputed(horizon_days=90)


def results_to_promote() -> list[str]:
    """For the table of tasks: results that wait, and the run that shows them; the jobs in processes of their own."""
    make_shop()
    manager = make_user("manager")
    for horizon in (365, 90):
        run = request_refresh(by=None, horizon_days=horizon)
        assert run is not None
        execute(run.pk)
        set_publishing(asks_first=True, by=manager)
    shown, waiting = current_snapshot(), candidate_snapshot()
    assert shown is not None
    assert waiting is not None
    # What follows results has scenarios of its own.
    Run.objects.filter(kind="anomalies.scan").delete()
    return [str(promote_candidate(snapshot=waiting, instead_of=shown.pk, by=manager).pk)]
