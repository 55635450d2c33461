"""The API's segments and snapshots: what the pages say, for scripts."""

import pytest
from django.test import Client

from segmentation.models import Snapshot
from tests.factories import make_segment_summary, make_snapshot, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client: Client) -> Client:
    client.force_login(make_user())
    return client


def test_segments_name_their_snapshot_and_come_best_first(api: Client) -> None:
    snapshot = make_snapshot(60)
    body = api.get("/api/v1/segments/").json()
    assert set(body) == {"next", "previous", "results"}
    assert [row["id"] for row in body["results"]] == [entry["segment"] for entry in snapshot.segments]
    assert {row["snapshot"] for row in body["results"]} == {snapshot.pk}
    assert sum(row["size"] for row in body["results"]) == 60
    assert isinstance(body["results"][0]["revenue"], str)


def test_segments_of_an_empty_installation_are_none(api: Client) -> None:
    assert api.get("/api/v1/segments/").json()["results"] == []


def test_snapshot_tells_what_the_command_tells(api: Client) -> None:
    snapshot = make_snapshot(60)
    body = api.get(f"/api/v1/snapshots/{snapshot.pk}/").json()
    assert (body["is_current"], body["as_of"], body["customers"]) == (True, "2025-12-31", 60)
    assert body["models"]["bg_nbd"] == snapshot.fits["bg_nbd"]
    assert body["tiers"] == snapshot.tiers
    assert body["totals"]["revenue"] == snapshot.totals["revenue"]


def test_snapshots_are_listed_newest_first_and_published_only(api: Client) -> None:
    older = make_segment_summary().snapshot
    unpublished = make_segment_summary().snapshot
    Snapshot.objects.filter(pk=unpublished.pk).update(state=Snapshot.State.BUILDING)
    newer = make_segment_summary().snapshot
    body = api.get("/api/v1/snapshots/").json()
    assert [row["id"] for row in body["results"]] == [newer.pk, older.pk]
    assert api.get(f"/api/v1/snapshots/{unpublished.pk}/").status_code == 404
