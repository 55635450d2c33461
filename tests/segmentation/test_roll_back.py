"""Going back to earlier results, pinning them, and kills in the middle: through the services and the job."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import AuditEvent, Run, User
from crm import ledger
from crm.models import CataloguePointer
from segmentation import selectors, services, store, tables
from segmentation.models import Segment, Snapshot, SnapshotPointer
from segmentation.services import PromotionRefused
from tests.analytics.ledger import Line
from tests.factories import do_run, make_ledger, make_snapshot, make_user
from tests.segmentation.test_invariants import CHECKS
from tests.segmentation.worlds import recomputed, waiting_results

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return make_user("manager")


def state(snapshot: Snapshot) -> str:
    return str(Snapshot.objects.values_list("state", flat=True).get(pk=snapshot.pk))


def broken_promises() -> list[Any]:
    return [check() for check in CHECKS if not check()[0]]


def rolled_back(snapshot: Snapshot, by: User, **options: Any) -> Run:
    return do_run(services.roll_back(snapshot=snapshot, by=by, **options))


def test_roll_back_shows_the_same_scores_again_and_pins_them(manager: User) -> None:
    first = make_snapshot(30)
    before = list(selectors.scores(first).order_by("pk").values())
    recomputed(as_of=date(2025, 9, 1))
    run = rolled_back(first, manager)
    assert run.state == Run.State.SUCCEEDED, run.error
    again = selectors.current_snapshot()
    assert again == first
    assert list(selectors.scores(again).order_by("pk").values()) == before
    assert selectors.publishing_policy().is_pinned(timezone.localdate())
    assert again.segment_summaries.count() == len(first.segments)
    assert broken_promises() == []


def test_roll_back_brings_retired_segments_back() -> None:
    first = make_snapshot(60)
    make_ledger([Line(key, f"o{key}", date(2025, 5, 1), "10") for key in range(1, 13)])
    recomputed()
    ids = {entry["segment"] for entry in first.segments}
    assert Segment.objects.filter(pk__in=ids, retired_at__isnull=False).exists()
    rolled_back(first, make_user("manager"))
    assert set(Segment.objects.filter(retired_at__isnull=True).values_list("pk", flat=True)) == ids


def test_pinned_results_stay_while_newer_ones_wait(manager: User) -> None:
    first = make_snapshot(20)
    recomputed(horizon_days=90)
    rolled_back(first, manager)
    newer = recomputed(horizon_days=60)
    assert (selectors.current_snapshot(), state(newer)) == (first, "candidate")


def test_a_pin_ends_after_its_last_day(manager: User) -> None:
    pointer, today = SnapshotPointer.objects.get(pk=1), date(2025, 6, 1)
    pointer.snapshot_id, pointer.pinned_at, pointer.pinned_until = 1, timezone.now(), today
    assert pointer.is_holding(today)
    assert not pointer.is_holding(today + timedelta(days=1))


def test_roll_back_without_a_pin_lets_the_next_refresh_through(manager: User) -> None:
    first = make_snapshot(20)
    recomputed(horizon_days=90)
    rolled_back(first, manager, is_pinned=False)
    newest = recomputed(horizon_days=60)
    assert selectors.current_snapshot() == newest


def test_unpinning_and_promoting_end_a_pin(manager: User) -> None:
    first = make_snapshot(20)
    services.pin_snapshot(until=None, by=manager)
    waiting = recomputed(horizon_days=90)
    do_run(services.promote_candidate(snapshot=waiting, instead_of=first.pk, by=manager))
    assert selectors.publishing_policy().pinned_at is None
    services.pin_snapshot(until=timezone.localdate(), by=manager)
    services.unpin_snapshot(by=manager)
    services.unpin_snapshot(by=manager)
    assert not selectors.publishing_policy().is_holding(timezone.localdate())
    assert AuditEvent.objects.filter(action="snapshot.unpinned").count() == 1


def test_a_pin_that_ends_in_the_past_is_refused(manager: User) -> None:
    make_snapshot(20)
    with pytest.raises(PromotionRefused, match="past"):
        services.pin_snapshot(until=timezone.localdate() - timedelta(days=1), by=manager)


def test_pinning_nothing_is_refused(manager: User) -> None:
    with pytest.raises(PromotionRefused, match="no results"):
        services.pin_snapshot(until=None, by=manager)


def test_roll_back_to_the_current_results_is_refused(manager: User) -> None:
    with pytest.raises(PromotionRefused, match="every page shows"):
        services.roll_back(snapshot=make_snapshot(20), by=manager)


def test_roll_back_to_results_that_were_never_shown_is_refused(manager: User) -> None:
    _, waiting = waiting_results(manager, 20)
    with pytest.raises(PromotionRefused, match="never shown"):
        services.roll_back(snapshot=waiting, by=manager)


def test_roll_back_to_a_damaged_file_is_refused(manager: User) -> None:
    first = make_snapshot(20)
    recomputed(horizon_days=90)
    path = ledger.storage_path(first.path)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(PromotionRefused, match="altered"):
        services.roll_back(snapshot=first, by=manager)


def test_roll_back_to_a_file_of_an_earlier_version_says_what_it_lacks(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_snapshot(20)
    recomputed(horizon_days=90)
    monkeypatch.setitem(store.LISTED, "shoe_size", "INTEGER")
    with pytest.raises(PromotionRefused, match="shoe_size"):
        services.roll_back(snapshot=first, by=manager)


def test_roll_back_after_every_file_was_taken_back_is_refused(manager: User) -> None:
    first = make_snapshot(20)
    recomputed(horizon_days=90)
    CataloguePointer.objects.update(version=None)
    assert rolled_back(first, manager).error_code == "no_purchases"


class Killed(BaseException):
    """As sudden as a kill: no except clause of ours catches it."""


def _kill(*args: Any, **kwargs: Any) -> None:
    raise Killed


@pytest.mark.parametrize(
    "place", [(tables, "load_snapshot"), (tables, "holding_claim")], ids=["while loading", "before the swap"]
)
@pytest.mark.parametrize("request_it", ["promote", "roll back"])
def test_killed_promotion_changes_nothing_and_ends_the_same_next_time(
    manager: User, monkeypatch: pytest.MonkeyPatch, place: tuple[Any, str], request_it: str
) -> None:
    first = make_snapshot(20)
    if request_it == "promote":
        services.set_publishing(asks_first=True, by=manager)
    wanted = recomputed(horizon_days=90)
    ask: Callable[[], Run] = lambda: services.promote_candidate(snapshot=wanted, instead_of=first.pk, by=manager)  # noqa: E731
    if request_it == "roll back":
        first, wanted = wanted, first
        ask = lambda: services.roll_back(snapshot=wanted, by=manager)  # noqa: E731
    run = ask()
    with monkeypatch.context() as patched:
        patched.setattr(*place, _kill)
        with pytest.raises(Killed):
            do_run(run)
    assert selectors.current_snapshot() == first
    assert broken_promises() == []
    Run.objects.filter(pk=run.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    run.refresh_from_db()
    assert do_run(run).state == Run.State.SUCCEEDED
    assert selectors.current_snapshot() == wanted
    assert broken_promises() == []


def test_after_a_roll_back_a_segments_page_speaks_of_the_results_shown(manager: User, client: Client) -> None:
    first = make_snapshot(30)
    later = recomputed(as_of=date(2025, 9, 1))
    rolled_back(first, manager)
    shared = {entry["segment"] for entry in first.segments} & {entry["segment"] for entry in later.segments}
    assert shared
    client.force_login(manager)
    for segment in shared:
        answer = client.get(f"/segments/{segment}/")
        assert answer.context["summary"].snapshot_id == first.pk
        assert answer.context["is_current"]
        assert "no longer found" not in answer.content.decode()
        assert answer.context["history_chart"] is None


def test_a_segment_of_later_results_alone_keeps_its_page(manager: User, client: Client) -> None:
    make_ledger([Line(key, f"o{key}", date(2025, 5, 1), "10") for key in range(1, 13)])
    first = recomputed()
    later = make_snapshot(60)
    rolled_back(first, manager)
    client.force_login(manager)
    segment = ({entry["segment"] for entry in later.segments} - {entry["segment"] for entry in first.segments}).pop()
    page = client.get(f"/segments/{segment}/").content.decode()
    assert "no longer found" not in page
    assert "found in later results" in page
