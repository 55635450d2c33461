"""Movements on pages and in the API: the chosen pair, what one version alone says, and wrong requests."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from segmentation import comparing, identity_figures, movements, selectors
from segmentation.comparing import Flow
from segmentation.models import Snapshot
from segmentation.version_figures import version_name
from tests.factories import make_segment_summary, make_snapshot, make_user
from tests.segmentation.worlds import recomputed, waiting_results

pytestmark = pytest.mark.django_db

FLOWS = [
    Flow(1, 1, 10, Decimal(100), Decimal(150), 50.0, 60.0),
    Flow(1, 2, 5, Decimal(40), Decimal("44.50"), 20.0, 10.0),
    Flow(None, 2, 3, Decimal(0), Decimal(9), 0.0, 30.0),
    Flow(2, None, 1, Decimal(7), Decimal(0), 5.0, 0.0),
]


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(make_user("analyst"))
    return client


@pytest.fixture
def pair() -> tuple[Snapshot, Snapshot]:
    earlier = make_snapshot(60, as_of=date(2025, 6, 1))
    return earlier, recomputed()


def test_sentences_count_people_and_money() -> None:
    changed, came_and_went = movements.movement_sentence(FLOWS).split(". ")
    assert changed == "5 of 15 customers changed group, with 44.50 GBP of net revenue"
    assert came_and_went == "3 are new, 1 are gone."
    assert movements.membership_sentence(FLOWS, 2) == "0 customers stayed, 8 came and 1 left."
    assert movements.touching(FLOWS, 2) == FLOWS[1:]


def test_chart_and_its_table_say_the_same_in_people_and_in_money() -> None:
    names: tuple[dict[Any, str], dict[Any, str]] = ({1: "A", 2: "B", None: "new"}, {1: "A", 2: "B", None: "gone"})
    people = movements.movement_chart(FLOWS, names, measure="customers", summary="")
    assert people.rows()[1] == ["A", "B", "5", "44.50 GBP", "33.3 %", "20.00 GBP", "10.00 GBP"]
    assert people.rows()[3][:3] == ["B", "gone", "1"]
    money = movements.movement_chart(FLOWS, names, measure="revenue", summary="")
    assert money.rows()[1][:4] == ["A", "B", "44.50", "5"]
    assert len(people.headings()) == len(people.rows()[0])


def test_flows_without_money_stand_in_the_table_alone() -> None:
    names: tuple[dict[Any, str], dict[Any, str]] = ({1: "A", None: "new"}, {1: "A", 2: "B", None: "gone"})
    flows = [FLOWS[0], Flow(1, 2, 7, Decimal(90), Decimal("-12.50"), 5.0, 1.0)]
    money = movements.movement_chart(flows, names, measure="revenue", summary="")
    assert [row[:4] for row in money.rows()] == [["A", "A", "150.00", "10"], ["A", "B", "-12.50", "7"]]
    assert money.spec()["links"] == [["A", "A", 150.0]]
    assert len(movements.movement_chart(flows, names, measure="customers", summary="").spec()["links"]) == 2


def test_results_that_were_never_shown_are_not_compared(analyst: Client) -> None:
    shown, waiting = waiting_results(make_user("manager"), 20)
    page = analyst.get(f"/segments/?to={waiting.pk}&from={shown.pk}").content.decode()
    assert f'<option value="{waiting.pk}"' not in page
    assert movements.choices() == [(shown.pk, version_name(shown))]
    assert movements.chosen_pair(str(shown.pk), str(waiting.pk)) == movements.Pair(shown, shown)


def test_page_compares_the_latest_two_and_any_other_pair(analyst: Client, pair: tuple[Snapshot, Snapshot]) -> None:
    earlier, later = pair
    page = analyst.get("/segments/").content.decode()
    assert "Not a customer yet" in page
    assert f'<option value="{earlier.pk}" selected>' in page
    assert f'<option value="{later.pk}" selected>' in page
    assert "Best 10 %" in page
    other = analyst.get(f"/segments/?from={later.pk}&to={earlier.pk}&by=tier&measure=revenue").content.decode()
    assert "No customer any more" in other
    nonsense = analyst.get("/segments/?from=x&to=99999999999999999999&by=shoe&measure=hat")
    assert "Not a customer yet" in nonsense.content.decode()
    detail = analyst.get(f"/segments/{later.segments[0]['segment']}/").content.decode()
    assert "customers stayed" in detail


def test_page_with_one_version_says_when_movements_appear(analyst: Client) -> None:
    snapshot = make_snapshot(20)
    assert "Movements appear with the next ones" in analyst.get("/segments/").content.decode()
    page = analyst.get(f"/segments/{snapshot.segments[0]['segment']}/").content.decode()
    assert "Movements appear with the next ones" in page


def test_page_of_results_without_figures_of_today_shows_the_rest(analyst: Client) -> None:
    make_snapshot(20)
    snapshot = selectors.current_snapshot()
    assert snapshot is not None
    del snapshot.charts["value_bands"]
    snapshot.quality = {name: value for name, value in snapshot.quality.items() if not name.startswith("rfm")}
    snapshot.save()
    page = analyst.get("/segments/").content.decode()
    assert "before the bands were kept" in page
    assert "before the boundaries were kept" in page


def test_value_bands_hold_their_share_of_customers_and_all_money_above() -> None:
    snapshot = make_snapshot(60)
    bands = snapshot.charts["value_bands"]
    assert [(band["cut"], band["size"]) for band in bands] == [
        ("0.01", 1),
        ("0.05", 3),
        ("0.10", 6),
        ("0.25", 15),
        ("0.50", 30),
    ]
    platinum = next(tier for tier in snapshot.tiers if tier["name"] == "platinum")
    assert bands[2]["revenue"] == platinum["revenue"]
    shares = [band["share_of_value"] for band in bands]
    assert shares == sorted(shares)
    assert 0.5 < shares[-1] <= 1


def test_api_gives_a_segments_movements_with_exact_money(analyst: Client, pair: tuple[Snapshot, Snapshot]) -> None:
    earlier, later = pair
    best = later.segments[0]
    body = analyst.get(f"/api/v1/segments/{best['segment']}/transitions/").json()
    assert (body["before"]["id"], body["after"]["id"], body["reason"]) == (earlier.pk, later.pk, "")
    rows = body["transitions"]
    assert sum(row["customers"] for row in rows if row["target_group"] == best["segment"]) == best["size"]
    arrived = [Decimal(row["revenue_after"]) for row in rows if row["target_group"] == best["segment"]]
    assert sum(arrived) == Decimal(best["revenue"])
    assert all(best["segment"] in (row["source_group"], row["target_group"]) for row in rows)
    back = analyst.get(f"/api/v1/segments/{best['segment']}/transitions/?from={later.pk}&to={earlier.pk}").json()
    assert back["before"]["id"] == later.pk


def test_api_gives_all_movements_of_a_grouping(analyst: Client, pair: tuple[Snapshot, Snapshot]) -> None:
    _, later = pair
    body = analyst.get(f"/api/v1/snapshots/{later.pk}/transitions/?grouping=tier").json()
    sizes = {tier["name"]: tier["size"] for tier in later.tiers}
    for name, size in sizes.items():
        assert sum(row["customers"] for row in body["transitions"] if row["target_group"] == name) == size
    assert {row["source_name"] for row in body["transitions"] if row["source_group"] is None} == {"Not a customer yet"}


def test_api_of_the_first_results_says_why_there_are_none(analyst: Client) -> None:
    snapshot = make_snapshot(20)
    body = analyst.get(f"/api/v1/snapshots/{snapshot.pk}/transitions/").json()
    assert body["transitions"] == []
    assert "first results" in body["reason"]


@pytest.mark.parametrize("query", ["grouping=shoe", "from=x", "from=0", "from=99999999999999999999"])
def test_api_refuses_what_is_not_there(analyst: Client, query: str) -> None:
    snapshot = make_segment_summary().snapshot
    assert analyst.get(f"/api/v1/snapshots/{snapshot.pk}/transitions/?{query}").status_code == 400


def test_api_of_an_unknown_segment_is_not_found(analyst: Client) -> None:
    assert analyst.get("/api/v1/segments/404/transitions/").status_code == 404
    assert comparing.GROUPINGS.keys() == movements.GROUPING_NAMES.keys()


def test_notes_tell_splits_merges_and_newcomers_and_leave_out_what_goes_on() -> None:
    def entry(segment: int, kind: str, *shares: tuple[int, str, float, float]) -> dict[str, Any]:
        names = ("segment", "name", "of_previous", "of_this")
        return {"segment": segment, "kind": kind, "shares": [dict(zip(names, each, strict=True)) for each in shares]}

    identity = [
        entry(1, "same", (1, "Regulars", 0.9, 0.9)),
        entry(2, "split", (1, "Regulars", 0.25, 1.0)),
        entry(3, "merged", (8, "Old", 1.0, 0.6), (9, "Older", 1.0, 0.4)),
        entry(4, "new", (8, "Old", 0.1, 1.0)),
    ]
    names = {1: "Regulars of late", 2: "Weekend", 3: "Quiet", 4: "Fresh", 8: "Not so old"}
    snapshot = Snapshot(
        segments=[{"segment": key, "name": name} for key, name in names.items()], quality={"identity": identity}
    )
    assert identity_figures.identity_notes(snapshot) == [
        "Weekend is a part of what was Regulars: 25 % of its customers are here now.",
        "Quiet was formed from Old and Older.",
        "Fresh is new: no earlier segment was like it.",
    ]
    assert identity_figures.identity_note(snapshot, 1) == ""
    assert identity_figures.identity_note(snapshot, 2).startswith("Weekend")


def test_both_sides_have_the_names_of_their_own_results() -> None:
    before = Snapshot(segments=[{"segment": 1, "name": "Regulars"}, {"segment": 2, "name": "Guests"}])
    after = Snapshot(segments=[{"segment": 1, "name": "Champions"}, {"segment": 3, "name": "Regulars"}])
    left, right = movements.sides(movements.Pair(before, after), "segment")
    assert left == {1: "Regulars", 2: "Guests", None: "Not a customer yet"}
    assert right == {1: "Champions", 3: "Regulars", None: "No customer any more"}


def test_boundaries_of_scores_have_their_unit_and_say_where_nobody_is() -> None:
    found = {"f": [[1.0, 1.0], [2.0, 3.0], None, [4.0, 9.0], [10.0, 1200.0]]}
    (row,) = identity_figures.boundary_rows(Snapshot(quality={"rfm_boundaries": found}))
    assert (row.label, row.unit) == ("Frequency", "orders")
    assert row.ranges == ["1", "2 – 3", "nobody", "4 – 9", "10 – 1,200"]
