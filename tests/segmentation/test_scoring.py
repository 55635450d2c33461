"""Each customer's values with how far to trust them, and what lies ahead of all."""

import numpy as np
import pytest

from segmentation import store
from segmentation.models import Snapshot
from tests.segmentation.bases import clockwork_lines, simulated_lines, snapshot_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Snapshot:
    return snapshot_of(simulated_lines())


def test_values_lie_within_their_intervals(shop: Snapshot) -> None:
    scores = store.read_scores(shop)
    for name in ("p_alive", "expected_purchases", "clv", "clv_12m"):
        low, value, high = scores[f"{name}_low"], scores[name], scores[f"{name}_high"]
        known = ~np.isnan(low)
        assert np.all((low <= value)[known] & (value <= high)[known])
        assert known[scores["frequency"] > 0].all()


def test_one_time_buyers_have_an_interval_of_their_value_but_not_of_p_alive(shop: Snapshot) -> None:
    assert shop.fits["champion"] == "bg_nbd"
    scores = store.read_scores(shop)
    once = scores["frequency"] == 0
    assert once.any()
    assert np.all(scores["p_alive"][once] == 1)
    assert np.isnan(scores["p_alive_low"][once]).all()
    assert np.isfinite(scores["clv_low"][once]).all()
    assert set(scores["value_reason"][once]) == {"one_time_buyer"}


def test_longer_horizons_bring_more_purchases_and_less_silence(shop: Snapshot) -> None:
    scores = store.read_scores(shop)
    for first, second in ((30, 90), (90, 180)):
        assert np.all(scores[f"no_purchase_{first}d"] >= scores[f"no_purchase_{second}d"])
        assert np.all(scores[f"expected_purchases_{first}d"] <= scores[f"expected_purchases_{second}d"])
        assert np.all(scores[f"clv_{first}d"] <= scores[f"clv_{second}d"])
    np.testing.assert_allclose(scores["expected_purchases_365d"], scores["expected_purchases"])


def test_next_order_lies_ahead_or_is_missing(shop: Snapshot) -> None:
    dates = [store.customer_row(shop, key)["next_order_on"] for key in range(1, 151)]
    assert any(day is None for day in dates)
    known = [day for day in dates if day is not None]
    assert known
    assert min(known) > shop.as_of


def test_what_is_ahead_of_all_adds_up_to_the_customers(shop: Snapshot) -> None:
    scores, ahead = store.read_scores(shop), shop.totals["ahead"]
    assert [entry["days"] for entry in ahead] == [30, 90, 180, 365]
    for entry in ahead:
        expected = scores[f"expected_purchases_{entry['days']}d"].sum()
        assert entry["purchases"] == pytest.approx(expected, abs=0.06)
        assert entry["purchases_low"] < entry["purchases"] < entry["purchases_high"]
        assert float(entry["gross_revenue_low"]) < float(entry["gross_revenue"]) < float(entry["gross_revenue_high"])


def test_a_rate_that_won_gives_values_without_intervals_and_says_why() -> None:
    snapshot = snapshot_of(clockwork_lines())
    assert snapshot.fits["champion"] == "naive"
    row = store.customer_row(snapshot, 1)
    assert row["expected_purchases"] > 0
    assert row["expected_purchases_low"] is None
    assert row["p_alive"] is None
    assert snapshot.fits["interval_reasons"]["clv"] == row["value_reason"] != ""
    assert snapshot.totals["ahead"][0]["purchases_low"] is None
