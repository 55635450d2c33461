"""Groups with the figures that they lie between, in words."""

import pytest

from segmentation import boundaries, selectors
from segmentation.models import Snapshot
from tests.factories import make_snapshot

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
    assert found["potential_loyal"].endswith("Here: at most 2 orders, the latest purchase at most 35 days ago.")
    assert found["new"].endswith("Here: at most 2 orders, the first purchase at most 99 days ago.")
    assert found["at_risk"].endswith("Here: 3 orders or more, no purchase for 96 days or longer.")
    assert found["dormant"].endswith("Here: at most 2 orders, the latest purchase at most 200 days ago.")
    assert found["lost"].endswith("Here: at most 2 orders, no purchase for 201 days or longer.")


def test_every_customer_lies_within_the_words_of_the_own_group() -> None:
    snapshot = make_snapshot(90)
    ranges = snapshot.quality["rfm_boundaries"]
    often = min(each[0] for each in ranges["f"][3:] if each)
    for score in selectors.scores(snapshot):
        assert (score.order_count >= often) == (score.rfm_group in {"loyal", "at_risk"})
        if score.rfm_group == "new":
            assert ranges["newness"][4][0] <= score.T <= ranges["newness"][4][1]
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
