"""Why a customer stands in a segment: in a sentence that the scores bear out."""

import pytest

from analytics.scoring.surrogate import Bound, Change
from segmentation import selectors
from segmentation.explaining import _change, _condition, _trust, explanation_of
from segmentation.models import ModelArtifact
from segmentation.registry import load_model
from tests.factories import make_snapshot

pytestmark = pytest.mark.django_db


def test_most_customers_are_explained_by_the_conditions_of_their_segment() -> None:
    snapshot = make_snapshot(120)
    found = [explanation_of(snapshot, score) for score in selectors.scores(snapshot)]
    fidelity = snapshot.quality["fidelity"]["segment"]
    assert fidelity > 0.8
    names = [entry["name"] for entry in snapshot.segments]
    for each in found:
        assert each is not None
        assert each.conditions
        assert each.fidelity == fidelity
        assert any(name in each.sentence for name in names)
    typical = sum(each is not None and each.is_typical for each in found)
    assert typical / len(found) > 0.8


def test_the_best_need_no_advice_and_some_others_get_one() -> None:
    snapshot = make_snapshot(120)
    best = snapshot.segments[0]["segment"]
    scores = selectors.scores(snapshot)
    top = explanation_of(snapshot, scores.filter(segment_id=best)[0])
    assert top is not None
    assert "already" in top.next_segment
    rest = [explanation_of(snapshot, score) for score in scores.exclude(segment_id=best)]
    assert any(each and each.next_segment.startswith("To come into “") for each in rest)
    silver = [explanation_of(snapshot, score) for score in scores.filter(tier="silver")]
    assert any(each and each.next_tier for each in silver)
    platinum = explanation_of(snapshot, scores.filter(tier="platinum")[0])
    assert platinum is not None
    assert platinum.next_tier == ""


def test_results_from_before_have_no_explanation() -> None:
    snapshot = make_snapshot(60)
    score = selectors.scores(snapshot)[0]
    ModelArtifact.objects.filter(kind="surrogate").update(checksum="altered")
    assert explanation_of(snapshot, score) is None
    ModelArtifact.objects.filter(kind="surrogate").delete()
    assert explanation_of(snapshot, score) is None


def test_the_tree_is_kept_with_the_names_of_its_groups() -> None:
    snapshot = make_snapshot(60)
    stored = load_model("surrogate", snapshot=snapshot)
    assert stored["segment_ids"] == [entry["segment"] for entry in snapshot.segments]
    assert stored["tiers"] == ["platinum", "gold", "silver"]


def test_trust_says_when_it_is_low() -> None:
    assert "95 %" in _trust(0.95)
    assert _trust(0.62).startswith("Take it as a hint only")
    assert "too few" in _trust(None)


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (Bound("order_count", above=2.5), "orders since the first purchase of at least 3"),
        (Bound("days_since_last_purchase", most=90.5), "time since the latest purchase of at most 90 days"),
        (Bound("revenue", 100.0, 250.5), "revenue since the first purchase between 100 GBP and 250.50 GBP"),
        (Bound("average_order_value", above=20.25), "average order value of more than 20.25 GBP"),
    ],
)
def test_conditions_are_read_as_people_say_them(bound: Bound, words: str) -> None:
    assert _condition(bound) == words


def test_changes_are_what_a_customer_could_do() -> None:
    assert _change(Change("days_since_last_purchase", 200, 90)) == (
        "a purchase now (at most 90 days since the latest one)"
    )
    assert _change(Change("order_count", 1, 3)) == "orders since the first purchase up by 2 to 3"
    assert _change(Change("return_rate", 0.5, 0.1)) == "share of purchases returned down to 10 %"
