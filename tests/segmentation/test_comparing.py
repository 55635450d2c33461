"""Two snapshots side by side: flows, effect on people, and drift, against rows counted one by one."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache

from segmentation import comparing, store
from segmentation.models import Snapshot
from tests.factories import make_snapshot
from tests.segmentation.worlds import recomputed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


@pytest.fixture
def pair() -> tuple[Snapshot, Snapshot]:
    """Results half a year apart; some customers are there in the later ones only."""
    later = make_snapshot(60)
    earlier = recomputed(as_of=date(2025, 5, 1))
    assert earlier.customers < later.customers
    return earlier, later


@pytest.mark.parametrize("grouping", comparing.GROUPINGS)
def test_flows_count_everybody_once_with_their_money(grouping: str, pair: tuple[Snapshot, Snapshot]) -> None:
    earlier, later = pair
    flows = comparing.transitions(earlier, later, grouping)
    column = comparing.GROUPINGS[grouping]
    sides = [store.read_scores(each, ["customer_key", column]) for each in pair]
    before, after = (dict(zip(side["customer_key"].tolist(), side[column].tolist(), strict=True)) for side in sides)
    expected = Counter((before.get(key), after.get(key)) for key in before.keys() | after.keys())
    assert {(flow.source, flow.target): flow.customers for flow in flows} == expected
    assert sum(flow.revenue_after for flow in flows) == Decimal(later.totals["identified_revenue"])
    assert sum(flow.revenue_before for flow in flows) == Decimal(earlier.totals["identified_revenue"])
    newcomers = [flow for flow in flows if flow.source is None]
    assert sum(flow.customers for flow in newcomers) == later.customers - earlier.customers
    assert all(flow.revenue_before == 0 and flow.revenue == flow.revenue_after for flow in newcomers)


def test_flows_the_other_way_have_customers_that_are_gone(pair: tuple[Snapshot, Snapshot]) -> None:
    earlier, later = pair
    gone = [flow for flow in comparing.transitions(later, earlier, "tier") if flow.target is None]
    assert sum(flow.customers for flow in gone) == later.customers - earlier.customers
    assert all(flow.revenue == flow.revenue_before for flow in gone)


def test_effect_counts_people_and_names_the_biggest_movers(pair: tuple[Snapshot, Snapshot]) -> None:
    earlier, later = pair
    found = comparing.effect(earlier, later)
    names = ["customer_key", "tier", "segment_id", "rfm_group", "clv_12m"]
    sides = [store.read_scores(each, names) for each in pair]
    rows = [dict(zip(side["customer_key"].tolist(), range(len(side["tier"])), strict=True)) for side in sides]
    both = sorted(rows[0].keys() & rows[1].keys())

    def moved(name: str) -> int:
        return sum(sides[0][name][rows[0][key]] != sides[1][name][rows[1][key]] for key in both)

    values = {key: (sides[0]["clv_12m"][rows[0][key]], sides[1]["clv_12m"][rows[1][key]]) for key in both}
    assert (found.customers, found.new, found.gone) == (len(both), later.customers - earlier.customers, 0)
    assert (found.tier_moved, found.segment_moved) == (moved("tier"), moved("segment_id"))
    assert found.rfm_moved == moved("rfm_group")
    assert found.value_moved == sum(abs(new - old) > 0.25 * abs(old) for old, new in values.values())
    changes = sorted((new - old for old, new in values.values()), reverse=True)
    assert [each.value_after - each.value_before for each in found.up] == pytest.approx(changes[: len(found.up)])
    assert [each.value_after - each.value_before for each in found.down] == pytest.approx(
        changes[::-1][: len(found.down)]
    )


def test_nothing_moves_between_equal_results() -> None:
    first = make_snapshot(30)
    recomputed(horizon_days=90)
    again = recomputed()
    assert again.content_hash == first.content_hash
    found = comparing.effect(first, again)
    assert (found.tier_moved, found.segment_moved, found.rfm_moved, found.value_moved) == (0, 0, 0, 0)
    assert found.up == found.down == []
    assert {each.index for each in comparing.input_drift(first, again)} == {0}


def test_drift_finds_what_half_a_year_does(pair: tuple[Snapshot, Snapshot]) -> None:
    found = comparing.input_drift(*pair)
    assert {each.feature for each in found} == {*comparing.INPUTS, *comparing.CATEGORIES}
    assert [each.index for each in found] == sorted((each.index for each in found), reverse=True)
    bands = {each.feature: each.band for each in found}
    assert bands["T"] == "changed"
    assert bands["country"] == "steady"


def test_a_comparison_is_remembered(pair: tuple[Snapshot, Snapshot], monkeypatch: pytest.MonkeyPatch) -> None:
    first = comparing.effect(*pair)
    monkeypatch.setattr(store, "pair", None)
    assert comparing.effect(*pair) == first


def test_a_comparison_that_takes_too_long_says_so(
    pair: tuple[Snapshot, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "SECONDS", 0.5)
    endless = "SELECT count(*) FROM range(100000) a, range(100000) b, range(100000) c"
    monkeypatch.setattr(comparing, "_effect", lambda opened: opened.execute(endless).fetchall())
    with pytest.raises(comparing.TooLarge, match="too long for a page"):
        comparing.effect(*pair)
