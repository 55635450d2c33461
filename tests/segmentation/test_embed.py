"""Maps of the customers: after the results, once for each state of the data, and never in anybody's way."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.spaces import SPACES
from core.kinds import KINDS
from core.models import Run
from segmentation import lab_selectors, lab_store
from segmentation.models import Embedding, Snapshot
from segmentation.services import request_refresh
from segmentation.services.maps import METHODS, request_maps_after
from tests.factories import do_run, make_run, make_snapshot, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def snapshot() -> Snapshot:
    return make_snapshot(60)


def drawn(*methods: str) -> Embedding:
    """The map of the current results; by principal components alone, unless methods are named."""
    run = request_maps_after()
    assert run is not None
    params = {**run.params, "methods": list(methods) or ["pca"]}
    Run.objects.filter(pk=run.pk).update(not_before=timezone.now(), params=params)
    assert do_run(run).state == Run.State.SUCCEEDED, run.error
    return Embedding.objects.get()


def test_a_refresh_asks_for_a_map_that_waits_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    refresh = KINDS["segmentation.refresh"]
    monkeypatch.setattr(refresh, "follow_ups", ["segmentation.services.maps.request_maps_after"])
    make_snapshot(30)
    run = Run.objects.get(kind="segmentation.embed")
    assert run.state == Run.State.PENDING
    assert run.not_before > run.created_at


def test_every_map_places_everybody_of_the_sample(snapshot: Snapshot) -> None:
    drawing = drawn(*METHODS)
    wanted = list(METHODS)
    assert set(wanted) <= set(SPACES)
    assert list(drawing.methods) == wanted
    assert lab_selectors.drawn_methods(drawing) == wanted
    assert drawing.sample == 60
    for name in wanted:
        held = lab_store.read_columns(drawing.path, ["customer_key", f"x_{name}", f"y_{name}"])
        assert len(set(zip(held[f"x_{name}"], held[f"y_{name}"], strict=True))) > 50


def test_the_sample_is_as_large_as_the_setting_says(snapshot: Snapshot, settings: Any) -> None:
    settings.MAP_ROWS = 25
    assert drawn().sample == 25


def test_the_setting_switches_maps_off(snapshot: Snapshot, settings: Any, client: Client) -> None:
    settings.MAP_ROWS = 0
    assert request_maps_after() is None
    client.force_login(make_user("marketer"))
    assert "Maps are switched off" in client.get("/segments/lab/").content.decode()


def test_the_same_purchases_are_never_drawn_twice(snapshot: Snapshot) -> None:
    drawing = drawn()
    run = request_refresh(by=None, horizon_days=90)
    assert run is not None
    assert do_run(run).state == Run.State.SUCCEEDED
    assert request_maps_after() is None
    again = make_run("segmentation.embed")
    again.params = {"snapshot": snapshot.pk, "fingerprint": drawing.fingerprint, "rows": 60, "methods": ["pca"]}
    again.save()
    assert (do_run(again).result or {})["unchanged"] is True
    assert Embedding.objects.count() == 1


def test_a_waiting_refresh_goes_first(snapshot: Snapshot) -> None:
    run = request_maps_after()
    assert run is not None
    Run.objects.filter(pk=run.pk).update(not_before=timezone.now())
    assert request_refresh(by=None, horizon_days=90) is not None
    do_run(run)
    assert run.state == Run.State.PENDING
    assert run.attempts == 0
    assert not Embedding.objects.exists()


def test_a_map_that_can_not_be_drawn_costs_no_other(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, _: Any) -> Any:
        if name != "pca":
            raise ArithmeticError(name)
        return points(name, _)

    from segmentation.jobs import embed

    points = embed._points
    monkeypatch.setattr(embed, "_points", fail)
    assert lab_selectors.drawn_methods(drawn("pca", "quantile")) == ["pca"]


def test_the_page_shows_the_map_by_segment(snapshot: Snapshot, client: Client) -> None:
    client.force_login(make_user("marketer"))
    assert "The map follows the next refresh." in client.get("/segments/lab/").content.decode()
    request_maps_after()
    assert "is being drawn" in client.get("/segments/lab/").content.decode()
    Run.objects.filter(kind="segmentation.embed").delete()
    drawn()
    page = client.get("/segments/lab/?map=pca").content.decode()
    assert "Drawn for 60 of 60 customers" in page
    points = client.get("/segments/lab/map/pca/").json()
    assert [len(group) for group in points["points"]] == [entry["size"] for entry in snapshot.segments]
    assert len(points["ids"]) == 60
    assert client.get("/segments/lab/map/nothing/").json()["ids"] == []
