"""Groups with the figures that they lie between, in words."""

from datetime import date

import pytest

from core.formatting import number_text
from segmentation import boundaries, selectors
from segmentation.candidate_figures import candidate_rows
from segmentation.explaining import explanation_of
from segmentation.models import Snapshot
from segmentation.services import request_refresh
from tests.analytics.ledger import Line
from tests.factories import make_ledger, make_snapshot, refreshed

pytestmark = pytest.mark.django_db


def words(snapshot: Snapshot) -> dict[str, str]:
    return {name: str(entry.meaning) for name, entry in boundaries.rfm_words(snapshot).items()}


def test_the_six_groups_say_in_figures_whom_they_hold() -> None:
    ranges = {
        "r": [[201, 373], [96, 200], [36, 95], [15, 35], [0, 14]],
        "f": [[1, 1], None, [2, 2], [3, 5], [6, 210]],
        "newness": [[300, 373], [220, 299], [160, 219], [100, 159], [0, 99]],
    }
    found = words(Snapshot(quality={"rfm_boundaries": ranges}))
    assert found["loyal"].endswith("Here: 3 orders or more, the latest purchase at most 95 days ago.")
    assert found["potential_loyal"].endswith(
        "Here: at most 2 orders, the latest purchase at most 35 days ago, "
        "or 2 orders and the latest purchase at most 95 days ago."
    )
    assert found["new"].endswith("Here: at most 2 orders, the first purchase at most 99 days ago.")
    assert found["at_risk"].endswith("Here: 3 orders or more, no purchase for 96 days or longer.")
    assert found["dormant"].endswith("Here: at most 2 orders, the latest purchase 36 to 200 days ago.")
    assert found["lost"].endswith("Here: at most 2 orders, no purchase for 201 days or longer.")


def test_every_customer_lies_within_the_words_of_the_own_group() -> None:
    snapshot = make_snapshot(90)
    ranges = snapshot.quality["rfm_boundaries"]
    often = min(each[0] for each in ranges["f"][3:] if each)
    for score in selectors.scores(snapshot):
        assert (score.order_count >= often) == (score.rfm_group in {"loyal", "at_risk"})
        if score.rfm_group == "new":
            assert ranges["newness"][4][0] <= score.T <= ranges["newness"][4][1]
        if score.rfm_group == "potential_loyal":
            lately = score.days_since_last_purchase <= max(each[1] for each in ranges["r"][3:] if each)
            both = score.order_count in range(int(ranges["f"][2][0]), int(ranges["f"][2][1]) + 1)
            assert lately or (both and score.days_since_last_purchase <= ranges["r"][2][1])
        if score.rfm_group == "lost":
            assert score.days_since_last_purchase >= ranges["r"][0][0]


def test_results_from_before_have_the_words_alone() -> None:
    assert words(Snapshot())["lost"] == "Never bought often, and have been away longest."
    assert str(boundaries.tier_words(Snapshot())["platinum"].meaning).startswith("The top 10 %")


def test_tiers_name_the_shares_that_they_were_cut_at() -> None:
    tiers = [{"name": "platinum", "wanted_share": "0.05"}, {"name": "gold", "wanted_share": "0.125"}]
    found = boundaries.tier_words(Snapshot(tiers=[*tiers, {"name": "silver", "wanted_share": "0.825"}]))
    assert str(found["platinum"].meaning) == "The top 5 % by expected value over the next 12 months."
    assert str(found["gold"].meaning) == "The next 12.5 % by expected value."
    assert str(found["silver"].meaning) == "Everybody else: 82.5 %."


def test_every_way_that_was_tried_is_told_with_all_its_figures() -> None:
    snapshot = make_snapshot(60)
    rows = candidate_rows(snapshot.quality)
    assert len(rows) == len(snapshot.quality["candidates"]) >= 4
    assert [row.is_chosen for row in rows].count(True) == 1
    chosen = next(row for row in rows if row.is_chosen)
    assert chosen.name.startswith("K-means, ") or chosen.name.startswith("Gaussian mixture, ")
    assert all(len(row.figures) == 7 for row in rows)
    by_heading = {str(label): text for label, text in chosen.figures}
    assert by_heading["Stability"] == number_text(snapshot.quality["stability_ari"], 3)
    assert any("BIC" in row.favoured_by for row in rows)
    assert candidate_rows({"candidates": [{"k": 2, "silhouette": 0.3}]}) == []


def test_one_customer_stands_alone_and_is_told_so() -> None:
    make_ledger([Line(7, "a", date(2025, 5, 1), "10")])
    run = request_refresh(by=None)
    assert run is not None
    snapshot = refreshed(run)
    explained = explanation_of(snapshot, selectors.scores(snapshot).get())
    assert "Fewer than 10" in snapshot.quality["reason"]
    assert explained is not None
    assert explained.sentence == "All customers stand in “All customers”."
    assert explained.fidelity is None
    assert snapshot.quality["rfm_boundaries"]["f"] == [None, None, [1, 1], None, None]
    assert candidate_rows(snapshot.quality) == []
