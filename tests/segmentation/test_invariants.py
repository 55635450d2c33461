"""The checks hold after a refresh, and each notices its own damage."""

from collections.abc import Callable

import pytest

from core.invariants import Finding
from crm import ledger
from segmentation import invariants
from segmentation.models import ModelArtifact, ScoreA, SegmentSummary, Snapshot, SnapshotPointer
from tests.factories import make_segment_summary, make_snapshot

pytestmark = pytest.mark.django_db
CHECKS = [
    invariants.nothing_unpublished_is_shown,
    invariants.the_current_snapshot_is_complete,
    invariants.the_current_models_verify,
    invariants.one_candidate_waits,
    invariants.tables_hold_one_snapshot_each,
]


@pytest.mark.parametrize("check", CHECKS)
def test_check_holds_of_an_empty_installation(check: Callable[[], Finding]) -> None:
    assert check()[0]


def test_checks_hold_after_a_refresh() -> None:
    make_snapshot(20)
    assert [check() for check in CHECKS if not check()[0]] == []


def test_check_notices_a_pointer_to_an_unpublished_snapshot() -> None:
    snapshot = make_snapshot(20)
    Snapshot.objects.filter(pk=snapshot.pk).update(state=Snapshot.State.BUILDING)
    assert not invariants.nothing_unpublished_is_shown()[0]


def test_check_notices_a_segment_that_shows_too_early() -> None:
    early = make_segment_summary().snapshot
    Snapshot.objects.filter(pk=early.pk).update(state=Snapshot.State.BUILDING, published_at=None)
    assert "1 segment summaries" in invariants.nothing_unpublished_is_shown()[1]


def test_check_notices_a_missing_row() -> None:
    snapshot = make_snapshot(20)
    ScoreA.objects.filter(snapshot_id=snapshot.pk, pk=3).delete()
    assert "19 rows" in invariants.the_current_snapshot_is_complete()[1]


def test_check_notices_a_row_of_another_snapshot() -> None:
    make_snapshot(20)
    ScoreA.objects.filter(pk=3).update(snapshot_id=999)
    assert not invariants.the_current_snapshot_is_complete()[0]
    assert not invariants.tables_hold_one_snapshot_each()[0]


def test_check_notices_a_damaged_file() -> None:
    snapshot = make_snapshot(20)
    path = ledger.storage_path(snapshot.path)
    path.write_bytes(path.read_bytes() + b"!")
    assert "altered" in invariants.the_current_snapshot_is_complete()[1]


def test_check_notices_groups_that_do_not_add_up() -> None:
    snapshot = make_snapshot(20)
    snapshot.tiers[0]["size"] += 1
    snapshot.save()
    assert "do not add up" in invariants.the_current_snapshot_is_complete()[1]


def test_check_notices_a_model_that_was_altered() -> None:
    make_snapshot(20)
    model = ModelArtifact.objects.get(kind="purchases")
    model.parameters["champion"] = "nobody"
    model.save()
    assert "altered" in invariants.the_current_models_verify()[1]


def test_check_notices_current_models_of_nothing_current() -> None:
    make_snapshot(20)
    SnapshotPointer.objects.update(snapshot=None)
    assert not invariants.the_current_models_verify()[0]
    assert SegmentSummary.objects.exists()


def test_check_notices_two_that_wait() -> None:
    for _ in range(2):
        early = make_segment_summary().snapshot
        Snapshot.objects.filter(pk=early.pk).update(state=Snapshot.State.CANDIDATE)
    assert not invariants.one_candidate_waits()[0]
