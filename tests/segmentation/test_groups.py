"""What people decide about groups, and that refreshes keep to it: names, shares, the way to form segments."""

import re
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from analytics.segments import recipe
from core.models import AuditEvent, Run
from core.runs import JobRefused
from segmentation import selectors
from segmentation.jobs.groups import wanted_recipe
from segmentation.models import MOST_SET_ASIDE, GroupSettings, Segment, SegmentationChoice, Snapshot
from segmentation.services import (
    GroupsRefused,
    change_shares,
    rename_segment,
    request_refresh,
)
from tests.factories import make_shop, make_snapshot, make_user, refreshed

pytestmark = pytest.mark.django_db


def again(**options: object) -> Snapshot:
    run = request_refresh(by=None, **options)  # type: ignore[arg-type]
    assert run is not None
    return refreshed(run)


def test_a_renamed_segment_keeps_its_name_on_refits_and_shows_it_at_once() -> None:
    first = make_snapshot(60)
    segment = Segment.objects.get(pk=first.segments[0]["segment"])
    rename_segment(segment=segment, name="  Our   best ", by=make_user("analyst"))
    current = selectors.current_snapshot()
    assert current is not None
    assert current.segments[0]["name"] == "Our best"
    assert current.segment_summaries.get(segment=segment).name == "Our best"
    later = again(horizon_days=90)
    kept = next(entry for entry in later.segments if entry["segment"] == segment.pk)
    assert kept["name"] == "Our best"
    segment.refresh_from_db()
    assert (segment.name, segment.is_renamed) == ("Our best", True)
    event = AuditEvent.objects.get(action="segment.renamed")
    assert event.facts == {"name": "Our best", "earlier": first.segments[0]["name"]}


@pytest.mark.parametrize(
    ("name", "code"), [("  ", "no_name"), ("x" * 81, "name_too_long"), ("GOLD", "name_of_tier"), (None, "name_taken")]
)
def test_a_name_that_would_mix_people_up_is_refused(name: str | None, code: str) -> None:
    snapshot = make_snapshot(60)
    first, second = (Segment.objects.get(pk=entry["segment"]) for entry in snapshot.segments[:2])
    with pytest.raises(GroupsRefused) as refusal:
        rename_segment(segment=first, name=second.name.upper() if name is None else name, by=make_user("analyst"))
    assert refusal.value.code == code
    assert not Segment.objects.filter(is_renamed=True).exists()


def test_a_name_by_rule_that_somebody_has_given_away_gets_a_number() -> None:
    from segmentation.jobs.identities import names

    named = Segment.objects.create(name="Regular buyers", is_renamed=True, created_at=timezone.now())
    other = Segment.objects.create(name="Other", created_at=timezone.now())
    assert names(["Frequent", "Regular buyers"], [named.pk, other.pk]) == ["Regular buyers", "Regular buyers (2)"]


def test_the_snapshot_says_where_each_segment_comes_from() -> None:
    first = make_snapshot(60)
    assert {entry["kind"] for entry in first.quality["identity"]} == {"new"}
    later = again(horizon_days=90)
    ids = [entry["segment"] for entry in first.segments]
    assert [entry["segment"] for entry in later.quality["identity"]] == ids
    for entry in later.quality["identity"]:
        assert entry["kind"] == "same"
        assert entry["from"] == [entry["segment"]]
        assert entry["shares"][0]["of_previous"] == entry["shares"][0]["of_this"] == 1
        assert entry["shares"][0]["name"]


def test_tier_shares_hold_from_the_next_refresh_on() -> None:
    first = make_snapshot(60)
    assert [entry["wanted_share"] for entry in first.tiers] == ["0.1", "0.2", "0.7"]
    user = make_user("manager")
    change_shares(platinum=Decimal("0.05"), gold=Decimal("0.25"), by=user)
    later = again()
    assert later != first
    assert [(entry["size"], entry["wanted_share"]) for entry in later.tiers] == [(3, "0.05"), (15, "0.25"), (42, "0.7")]
    event = AuditEvent.objects.get(action="shares.changed")
    assert event.facts["platinum"] == {"from": "0.1", "to": "0.05"}
    change_shares(platinum=Decimal("0.05"), gold=Decimal("0.25"), by=user)
    assert again() == later


@pytest.mark.parametrize(("platinum", "gold"), [("0", "0.2"), ("0.5", "0.5"), ("-0.1", "0.2"), ("0.1", "0")])
def test_a_tier_that_nobody_could_reach_is_refused(platinum: str, gold: str) -> None:
    with pytest.raises(GroupsRefused):
        change_shares(platinum=Decimal(platinum), gold=Decimal(gold), by=make_user("manager"))
    assert not GroupSettings.objects.exists()


def test_the_database_refuses_shares_without_sense_too() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupSettings.objects.create(platinum=Decimal("0.8"), gold=Decimal("0.3"), changed_at=timezone.now())


def test_the_share_of_extremes_is_adjustable_and_visible() -> None:
    user = make_user("analyst")
    with pytest.raises(GroupsRefused):
        change_shares(set_aside=Decimal("0.3"), by=user)
    change_shares(set_aside=Decimal("0.1"), by=user)
    snapshot = make_snapshot(60)
    assert snapshot.quality["set_aside_share"] == 0.1
    assert 1 <= snapshot.quality["set_aside"] <= 6
    assert sum(entry["size"] for entry in snapshot.segments) == 60
    change_shares(platinum=Decimal("0.2"), gold=Decimal("0.2"), by=user)
    assert selectors.group_settings().set_aside == Decimal("0.1")


def test_a_way_chosen_in_the_lab_is_what_the_refresh_does() -> None:
    make_shop(60)
    SegmentationChoice.objects.create(
        algorithm="agglomerative", space="quantile", features=["order_count", "revenue"], k=3, chosen_at=timezone.now()
    )
    run = request_refresh(by=None)
    assert run is not None
    snapshot = refreshed(run)
    quality = snapshot.quality
    assert (quality["algorithm"], quality["space"], quality["k"]) == ("agglomerative", "quantile", 3)
    assert quality["features"] == ["order_count", "revenue"]


def test_a_way_that_no_longer_exists_is_refused_with_what_to_do() -> None:
    SegmentationChoice.objects.create(algorithm="telepathy", space="scaled", chosen_at=timezone.now())
    with pytest.raises(JobRefused, match="lab"):
        wanted_recipe()


def test_settings_asked_for_while_a_refresh_waits_are_another_refresh() -> None:
    make_shop(20)
    earlier = request_refresh(by=None)
    change_shares(platinum=Decimal("0.3"), gold=Decimal("0.3"), by=make_user("manager"))
    later = request_refresh(by=None)
    assert earlier is not None
    assert later is not None
    assert earlier.pk != later.pk
    assert Run.objects.filter(state__in=Run.ACTIVE).count() == 1


def test_the_figures_of_rfm_scores_are_kept() -> None:
    found = make_snapshot(60).quality["rfm_boundaries"]
    assert set(found) == {"r", "f", "m", "newness"}
    assert len(found["f"]) == 5


def test_shares_of_tiers_and_of_extremes_are_changed_on_the_page(client: Client) -> None:
    client.force_login(make_user("analyst"))
    make_shop(20)
    client.post("/segments/", {"platinum": "5", "gold": "25", "set_aside": "2.5"})
    assert selectors.group_settings().tier_shares == (("platinum", "0.05"), ("gold", "0.25"))
    assert selectors.group_settings().set_aside == Decimal("0.025")
    client.post("/segments/", {"platinum": "10", "gold": "20"})
    assert selectors.group_settings().tier_shares == (("platinum", "0.1"), ("gold", "0.2"))
    assert selectors.group_settings().set_aside == Decimal("0.025")
    answer = client.post("/segments/", {"platinum": "10", "gold": "20", "set_aside": "30"})
    assert answer.status_code == 200
    assert selectors.group_settings().set_aside == Decimal("0.025")
    asides = [event for event in AuditEvent.objects.filter(action="shares.changed") if "set_aside" in event.facts]
    assert [event.facts["set_aside"] for event in asides] == [{"from": "0.01", "to": "0.025"}]


def test_shares_that_count_already_compute_nothing_anew(client: Client) -> None:
    client.force_login(make_user("analyst"))
    make_shop(20)
    page = client.post("/segments/", {"platinum": "10", "gold": "20", "set_aside": "1"}, follow=True).content.decode()
    assert "nothing was changed" in page
    assert not Run.objects.filter(kind="segmentation.refresh").exists()
    assert not GroupSettings.objects.exists()


def test_the_share_of_extremes_is_that_of_the_lab_while_a_way_from_there_is_in_use(client: Client) -> None:
    analyst = make_user("analyst")
    make_snapshot(20)
    SegmentationChoice.objects.create(
        algorithm="kmeans", space="scaled", features=["T", "revenue"], k=2, set_aside=0.05, chosen_at=timezone.now()
    )
    with pytest.raises(GroupsRefused, match="chosen in the lab"):
        change_shares(platinum=Decimal("0.3"), set_aside=Decimal("0.1"), by=analyst)
    assert not GroupSettings.objects.exists(), "all of it or nothing"
    client.force_login(analyst)
    page = client.get("/segments/").content.decode()
    assert "chosen in the lab, with this share" in page
    assert re.search(r'<input[^>]*name="set_aside"[^>]*value="5.0"[^>]*disabled', page)
    client.post("/segments/", {"platinum": "30", "gold": "20", "set_aside": "15"})
    assert selectors.group_settings().platinum == Decimal("0.3")
    assert selectors.group_settings().set_aside == Decimal("0.01")


def test_the_highest_share_of_extremes_is_the_same_everywhere() -> None:
    assert recipe.MOST_SET_ASIDE == MOST_SET_ASIDE
    with pytest.raises(GroupsRefused, match="between 0 % and 20 %"):
        change_shares(set_aside=Decimal("0.201"), by=make_user("analyst"))
    change_shares(set_aside=Decimal("0.2"), by=make_user("manager"))
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupSettings.objects.create(set_aside=Decimal("0.21"), changed_at=timezone.now())
