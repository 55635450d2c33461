"""Pages of versions: what waits, what it would change, and the decisions; whatever is missing is said."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.models import Run, User
from core.permissions import may
from segmentation import selectors, services
from segmentation.models import Snapshot, SnapshotPointer
from tests.factories import do_run, make_segment_summary, make_shop, make_snapshot, make_user
from tests.segmentation.worlds import recomputed

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> User:
    user = make_user("manager")
    client.force_login(user)
    return user


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_one_version_says_what_a_second_one_will_bring(client: Client, manager: User) -> None:
    first = make_snapshot(30)
    page = text_of(client, "/models/")
    assert "There is only one version yet" in page
    assert "drift is measured from the second one on" in page
    assert "New results are shown by themselves" in page
    page = text_of(client, f"/models/{first.pk}/")
    assert "Every page shows these results" in page
    assert first.content_hash in page
    assert "Roll back to these" not in page


def test_a_candidate_is_seen_promoted_and_rolled_back(client: Client, manager: User) -> None:
    first = make_snapshot(60)
    client.post("/models/publishing/", {"asks_first": "yes"})
    waiting = recomputed(as_of=date(2025, 5, 1))
    page = text_of(client, "/models/")
    assert "Newer results wait for a decision" in page
    assert "New results wait until somebody promotes them" in page
    page = text_of(client, f"/models/{waiting.pk}/")
    for sentence in ("Move to another tier", "Values that rise most", "would change tier", "Value changes by more"):
        assert sentence in page
    assert '<a href="/customers/' in page
    assert "days since the first purchase" in page, "the drift names its worst input"

    answer = client.post(f"/models/{waiting.pk}/promote/", {"instead_of": first.pk})
    run = Run.objects.get(kind="segmentation.promote")
    assert answer["Location"] == f"/runs/{run.pk}/"
    do_run(run)
    assert selectors.current_snapshot() == waiting
    assert "Errors on days kept back" in text_of(client, "/models/")

    assert "These results were shown before" in text_of(client, f"/models/{first.pk}/")
    client.post(f"/models/{first.pk}/roll-back/", {"is_pinned": "on", "until": ""})
    do_run(Run.objects.filter(kind="segmentation.promote").latest("created_at"))
    assert selectors.current_snapshot() == first
    page = text_of(client, "/models/")
    assert "These results are pinned: newer ones are computed and wait" in page
    assert "Release the pin" in page
    client.post("/models/unpin/")
    assert "Release the pin" not in text_of(client, "/models/")


def test_turning_down_leaves_everything_as_it_was(client: Client, manager: User) -> None:
    shown = make_snapshot(20)
    services.set_publishing(asks_first=True, by=manager)
    waiting = recomputed(horizon_days=90)
    client.post(f"/models/{waiting.pk}/decline/")
    assert "These results were not taken." in text_of(client, f"/models/{waiting.pk}/")
    assert selectors.current_snapshot() == shown
    answer = client.post(f"/models/{waiting.pk}/decline/", follow=True)
    assert "do not wait any more" in answer.content.decode()


def test_promoting_without_having_seen_the_preview_is_refused_with_its_reason(client: Client, manager: User) -> None:
    make_snapshot(20)
    services.set_publishing(asks_first=True, by=manager)
    waiting = recomputed(horizon_days=90)
    for seen in ("x", "1" * 5000, "9" * 19):
        answer = client.post(f"/models/{waiting.pk}/promote/", {"instead_of": seen}, follow=True)
        assert "look again at what would change" in answer.content.decode()
    assert not Run.objects.filter(kind="segmentation.promote").exists()


def test_pinning_until_a_day_says_so_and_refuses_the_past(client: Client, manager: User) -> None:
    make_segment_summary()
    answer = client.post("/models/pin/", {"until": ""}, follow=True)
    assert "There are no results yet" in answer.content.decode()
    snapshot = make_segment_summary().snapshot
    pointer = selectors.publishing_policy()
    pointer.snapshot = snapshot
    pointer.save()
    past, future = (timezone.localdate() + timedelta(days=days) for days in (-1, 30))
    assert "in the past" in client.post("/models/pin/", {"until": str(past)}, follow=True).content.decode()
    assert "not a date" in client.post("/models/pin/", {"until": "soon"}, follow=True).content.decode()
    client.post("/models/pin/", {"until": str(future)})
    assert f"pinned until {future:%-d %B %Y}" in text_of(client, "/models/")


def test_a_marketer_decides_nothing_and_sees_nothing_before_the_decision(client: Client) -> None:
    snapshot = make_segment_summary().snapshot
    Snapshot.objects.filter(pk=snapshot.pk).update(state=Snapshot.State.CANDIDATE)
    client.force_login(make_user("marketer"))
    assert client.get(f"/models/{snapshot.pk}/").status_code == 403
    assert "When new results are complete" not in text_of(client, "/models/")


def test_a_version_whose_file_is_gone_says_what_can_not_be_said(client: Client, manager: User) -> None:
    make_snapshot(20)
    older = make_segment_summary().snapshot
    page = text_of(client, f"/models/{older.pk}/")
    assert "are not in the store" in page
    assert "It could not be fitted" in page


def test_a_snapshot_that_is_being_built_has_no_page(client: Client, manager: User) -> None:
    building = make_segment_summary().snapshot
    Snapshot.objects.filter(pk=building.pk).update(state=Snapshot.State.BUILDING)
    assert client.get(f"/models/{building.pk}/").status_code == 404


def test_every_page_says_that_newer_results_wait_for_a_decision(client: Client, manager: User) -> None:
    make_snapshot(20)
    services.set_publishing(asks_first=True, by=manager)
    make_shop(21)
    assert "They wait to be recomputed." in text_of(client, "/segments/")
    recomputed()
    assert "Newer results wait for a decision." in text_of(client, "/segments/")


@pytest.mark.parametrize("role", ["marketer", "analyst", "manager", "admin"])
@pytest.mark.parametrize("state", [Snapshot.State.CANDIDATE, Snapshot.State.DECLINED])
def test_results_never_shown_are_for_those_who_decide(client: Client, role: str, state: str) -> None:
    """Beside the access table, whose line for this address speaks of published results."""
    kept = make_segment_summary().snapshot
    Snapshot.objects.filter(pk=kept.pk).update(state=state)
    shown = make_segment_summary().snapshot
    SnapshotPointer.objects.filter(pk=1).update(snapshot=shown)
    user = make_user(role)
    client.force_login(user)
    is_deciding = may(user, "snapshots.promote")
    assert client.get(f"/models/{kept.pk}/").status_code == (200 if is_deciding else 403)
    assert client.get(f"/models/{shown.pk}/").status_code == 200
    assert client.get(f"/api/v1/snapshots/{kept.pk}/").status_code == 404
    page = text_of(client, "/models/")
    assert (f"/models/{kept.pk}/" in page) is is_deciding
    assert ("Newer results wait for a decision" in page) is (state == "candidate")
