"""Results that wait, are promoted or turned down: through the services and the job."""

from typing import Any

import pytest
from django.utils import timezone

from core.models import AuditEvent, Run, User
from crm.models import CatalogueEntry, CataloguePointer, CatalogueVersion
from segmentation import selectors, services, tables
from segmentation.models import ModelArtifact, Snapshot
from segmentation.services import PromotionRefused
from tests.factories import do_run, make_shop, make_snapshot, make_user
from tests.segmentation.test_invariants import CHECKS
from tests.segmentation.worlds import automatic, recomputed, waiting_results

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return make_user("manager")


def state(snapshot: Snapshot) -> str:
    return str(Snapshot.objects.values_list("state", flat=True).get(pk=snapshot.pk))


def broken_promises() -> list[Any]:
    return [check() for check in CHECKS if not check()[0]]


def test_new_results_are_shown_by_themselves_unless_asked_otherwise() -> None:
    make_snapshot(20)
    newer = recomputed(horizon_days=90)
    assert selectors.current_snapshot() == newer
    assert selectors.candidate_snapshot() is None


def test_asked_first_new_results_wait_and_nobody_sees_them(manager: User) -> None:
    shown, waiting = waiting_results(manager)
    assert (state(waiting), selectors.current_snapshot()) == ("candidate", shown)
    assert selectors.candidate_snapshot() == waiting
    assert waiting not in selectors.published_snapshots()
    assert not waiting.segment_summaries.exists()
    assert selectors.scores(waiting).count() == 0
    assert broken_promises() == []


def test_the_very_first_results_never_wait(manager: User) -> None:
    services.set_publishing(asks_first=True, by=manager)
    first = make_snapshot(20)
    assert selectors.current_snapshot() == first


def test_the_run_says_that_its_results_wait(manager: User) -> None:
    _, waiting = waiting_results(manager)
    assert waiting.run is not None
    assert waiting.run.result is not None
    assert waiting.run.result["published"] is False


def test_newer_results_overtake_those_that_wait(manager: User) -> None:
    _, first = waiting_results(manager)
    second = recomputed(horizon_days=60)
    assert (state(first), state(second)) == ("declined", "candidate")


def test_promotion_shows_what_waited(manager: User) -> None:
    shown, waiting = waiting_results(manager)
    run = do_run(services.promote_candidate(snapshot=waiting, instead_of=shown.pk, by=manager))
    assert run.state == Run.State.SUCCEEDED, run.error
    assert selectors.current_snapshot() == waiting
    assert (state(waiting), state(shown)) == ("published", "published")
    assert selectors.scores(Snapshot.objects.get(pk=waiting.pk)).count() == waiting.customers
    assert (
        ModelArtifact.objects.filter(state="current").values_list("snapshot", flat=True).distinct().get() == waiting.pk
    )
    event = AuditEvent.objects.get(action="snapshot.promoted")
    assert (event.actor_key, event.facts["before"]) == (f"user:{manager.pk}", shown.pk)
    assert broken_promises() == []


def test_promotion_of_what_a_newer_one_overtook_is_refused(manager: User) -> None:
    shown, first = waiting_results(manager)
    run = services.promote_candidate(snapshot=first, instead_of=shown.pk, by=manager)
    recomputed(horizon_days=60)
    assert (do_run(run).state, run.error_code) == (Run.State.FAILED, "not_waiting")
    with pytest.raises(PromotionRefused, match="do not wait any more"):
        services.promote_candidate(snapshot=first, instead_of=shown.pk, by=manager)


def test_promotion_after_other_results_were_shown_is_refused(manager: User) -> None:
    _, waiting = waiting_results(manager)
    with pytest.raises(PromotionRefused, match="look again"):
        services.promote_candidate(snapshot=waiting, instead_of=None, by=manager)


def test_promotion_of_results_that_do_not_know_the_newest_lines_is_refused(manager: User) -> None:
    shown, waiting = waiting_results(manager)
    make_shop(31)
    run = do_run(services.promote_candidate(snapshot=waiting, instead_of=shown.pk, by=manager))
    assert (run.state, run.error_code) == (Run.State.FAILED, "outdated")
    assert selectors.current_snapshot() == shown


def test_turned_down_results_do_not_wait_again_by_themselves(manager: User) -> None:
    make_snapshot(20, horizon_days=90)
    services.set_publishing(asks_first=True, by=manager)
    waiting = automatic()
    services.decline_candidate(snapshot=waiting, by=manager)
    assert automatic() == waiting
    assert state(waiting) == "declined"
    assert state(recomputed()) == "candidate", "a person who asks for them gets them"


def test_results_that_wait_are_shown_once_nothing_keeps_them_back(manager: User) -> None:
    make_snapshot(20, horizon_days=90)
    services.set_publishing(asks_first=True, by=manager)
    waiting = automatic()
    services.set_publishing(asks_first=False, by=manager)
    assert automatic() == waiting
    assert selectors.current_snapshot() == waiting
    assert selectors.scores(selectors.current_snapshot()).count() == 20
    assert broken_promises() == []


def new_version_of_the_same_lines() -> CatalogueVersion:
    """What an upload of events leaves: a newer ledger that holds the same purchases."""
    pointer = CataloguePointer.objects.get(pk=1)
    assert pointer.version is not None
    newer = CatalogueVersion.objects.create(
        reason="publish", lines_from=pointer.version.lines_mark, created_at=timezone.now()
    )
    for entry in CatalogueEntry.objects.filter(version=pointer.version):
        CatalogueEntry.objects.create(version=newer, file=entry.file, position=entry.position)
    pointer.version = newer
    pointer.save()
    return newer


def held_back_no_more(manager: User) -> Snapshot:
    """Results that wait although nothing keeps them back any more."""
    make_snapshot(20, horizon_days=90)
    services.set_publishing(asks_first=True, by=manager)
    waiting = automatic()
    services.set_publishing(asks_first=False, by=manager)
    return waiting


def test_results_that_wait_are_shown_although_events_came_meanwhile(manager: User) -> None:
    waiting = held_back_no_more(manager)
    newer = new_version_of_the_same_lines()
    assert automatic() == waiting
    assert selectors.current_snapshot() == waiting
    assert Snapshot.objects.get(pk=waiting.pk).catalogue_version == newer


@pytest.mark.parametrize(
    ("is_automatic", "outcome"), [(True, (Run.State.CANCELLED, "")), (False, (Run.State.FAILED, "not_waiting"))]
)
def test_what_is_turned_down_while_it_loads_is_not_shown(
    manager: User, monkeypatch: pytest.MonkeyPatch, is_automatic: bool, outcome: tuple[str, str]
) -> None:
    waiting, shown = held_back_no_more(manager), selectors.current_snapshot()
    load = tables.load_snapshot

    def load_and_decline(*args: Any) -> None:
        load(*args)
        services.decline_candidate(snapshot=waiting, by=manager)

    monkeypatch.setattr(tables, "load_snapshot", load_and_decline)
    run = services.request_refresh_after() if is_automatic else services.request_refresh(by=manager)
    assert run is not None
    assert (do_run(run).state, run.error_code) == outcome
    assert (state(waiting), selectors.current_snapshot()) == ("declined", shown)
    assert broken_promises() == []


def test_withdrawal_ends_pins_and_turns_down_what_waits(manager: User) -> None:
    _, waiting = waiting_results(manager, 20)
    services.pin_snapshot(until=None, by=manager)
    services.withdraw_snapshot(by=None)
    assert (state(waiting), selectors.publishing_policy().pinned_at) == ("declined", None)
    assert broken_promises() == []


def test_policy_is_audited_once(manager: User) -> None:
    services.set_publishing(asks_first=True, by=manager)
    services.set_publishing(asks_first=True, by=manager)
    assert AuditEvent.objects.get(action="publishing.changed").facts == {"asks_first": True}
