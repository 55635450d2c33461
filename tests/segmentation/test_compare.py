"""Comparisons in the lab: every algorithm and space, what one failing costs the others, and the same again."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from analytics.algorithms import ALGORITHMS
from analytics.segments import SEGMENT_FEATURES
from analytics.spaces import SPACES
from core.child import perform
from core.models import Run
from core.runs import acquire
from crm.ledger.storage import listing
from segmentation import lab_store
from segmentation.lab_wording import ALGORITHM_WORDS, BUILT_IN_FEATURES, SPACE_WORDS, USUAL_FEATURES
from segmentation.models import Comparison
from segmentation.selectors import current_choice, current_snapshot, scores
from segmentation.services.lab import LabRefused, choose_combination, request_comparison
from tests.factories import do_run, make_snapshot

pytestmark = pytest.mark.django_db


def combination(algorithm: str = "kmeans", space: str = "scaled", **more: Any) -> dict[str, Any]:
    return {"algorithm": algorithm, "space": space, "features": list(USUAL_FEATURES), "k": None, **more}


def compared(*combinations: dict[str, Any], sample: int = 1000) -> Comparison:
    entry = request_comparison(combinations=list(combinations), sample=sample, by=None)
    assert entry.run is not None
    run = do_run(entry.run)
    assert run.state == Run.State.SUCCEEDED, (run.error_code, run.error)
    entry.refresh_from_db()
    return entry


def test_the_words_and_limits_are_those_of_the_registries() -> None:
    assert {name: (each.needs_k, each.max_rows) for name, each in ALGORITHM_WORDS.items()} == {
        name: (each.needs_k, each.max_rows) for name, each in ALGORITHMS.items()
    }, "a line in segmentation/lab_wording.py for each algorithm"
    assert {name: (each.is_slow, each.max_rows) for name, each in SPACE_WORDS.items()} == {
        name: (each.is_slow, each.max_rows) for name, each in SPACES.items()
    }, "a line in segmentation/lab_wording.py for each space"
    assert BUILT_IN_FEATURES == SEGMENT_FEATURES


@pytest.fixture
def results() -> None:
    make_snapshot(90)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_divides_everybody(algorithm: str, results: None) -> None:
    entry = compared(combination(algorithm, "pca"))
    (found,) = entry.results
    assert found["state"] == "done", found
    assert sum(group["size"] for group in found["groups"]) == entry.sample == 90
    assert sum(group["revenue_share"] for group in found["groups"]) == pytest.approx(1, abs=1e-4)
    kept = lab_store.read_columns(entry.path, ["customer_key", "group_0", "x_0", "y_0", "silhouette_0"])
    assert sorted(set(kept["group_0"])) == list(range(len(found["groups"])))
    sizes = [kept["group_0"].count(label) for label in range(len(found["groups"]))]
    assert sizes == [group["size"] for group in found["groups"]]
    tried = {each["k"] for each in found["tried"]}
    if algorithm in ("kmeans", "gaussian_mixture", "agglomerative", "spectral", "random_forest"):
        assert tried == set(range(2, 9))
    else:
        assert tried <= set(range(2, 91)), "found by the algorithm, or fewer than it may use"
    assert [each["chosen"] for each in found["tried"]].count(True) == (1 if tried else 0)


def test_the_same_comparison_again_is_there_at_once(results: None) -> None:
    entry = compared(combination(k=3))
    again = request_comparison(combinations=[combination(k=3, set_aside=0)], sample=1000, by=None)
    assert again == entry
    assert Run.objects.filter(kind="segmentation.compare").count() == 1
    assert request_comparison(combinations=[combination(k=4)], sample=1000, by=None) != entry


def test_new_results_make_another_comparison(results: None) -> None:
    entry = compared(combination(k=3))
    make_snapshot(60)
    assert request_comparison(combinations=[combination(k=3)], sample=1000, by=None) != entry


def test_one_that_fails_says_why_and_costs_the_others_nothing(results: None) -> None:
    entry = request_comparison(combinations=[combination(k=3), combination(k=2)], sample=1000, by=None)
    entry.combinations[1]["algorithm"] = "withdrawn"
    entry.save()
    assert entry.run is not None
    assert do_run(entry.run).state == Run.State.SUCCEEDED
    entry.refresh_from_db()
    good, bad = entry.results
    assert good["state"] == "done"
    assert bad["state"] == "failed"
    assert bad["error"].startswith("There is no algorithm “withdrawn”: choose from ")
    assert (entry.run.result or {})["failed"] == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(RuntimeError("x"), "on our side"), (MemoryError(), "more memory"), (ValueError("x"), "our side")],
)
def test_an_accident_in_one_says_whose_fault_it_is(
    results: None, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("segmentation.jobs.compare.lab.compare", fail)
    (found,) = compared(combination()).results
    assert sentence in found["error"]


def test_the_dearest_part_limits_the_sample_of_all(results: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ALGORITHMS, "gaussian_mixture", replace(ALGORITHMS["gaussian_mixture"], max_rows=40))
    entry = compared(combination(k=3), combination("gaussian_mixture", k=3))
    assert entry.sample == 40
    assert [sum(group["size"] for group in each["groups"]) for each in entry.results] == [40, 40]


def test_a_stopped_comparison_leaves_nothing_behind(results: None) -> None:
    entry = request_comparison(combinations=[combination()], sample=1000, by=None)
    assert entry.run is not None
    lease = acquire(entry.run.pk, owner="test")
    assert lease is not None
    Run.objects.filter(pk=entry.run.pk).update(is_cancel_requested=True)
    perform(lease)
    entry.refresh_from_db()
    assert entry.run.state == Run.State.CANCELLED
    assert entry.path == ""
    assert not list(listing("comparisons"))


def test_files_that_nobody_refers_to_are_cleared_by_the_next(results: None) -> None:
    lab_store.write_columns("comparisons", "f" * 64, 3, {"customer_key": np.array([1])})
    lab_store.write_columns("maps", "f" * 64, 3, {"customer_key": np.array([1])})
    entry = compared(combination(k=3))
    assert [file.name for file in listing("comparisons")] == [entry.path]
    assert not list(listing("maps"))


def test_the_oldest_comparisons_are_forgotten_but_not_those_in_use(
    results: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab_store, "KEPT_COMPARISONS", 1)
    used, forgotten = compared(combination(k=2)), compared(combination(k=3))
    choose_combination(entry=used, number=0, by=None)
    latest = compared(combination(k=4))
    compared(combination(k=5))
    kept = set(Comparison.objects.values_list("pk", flat=True))
    assert {used.pk, latest.pk} <= kept
    assert forgotten.pk not in kept


def test_moves_add_up_and_a_combination_like_the_present_one_moves_nobody(results: None) -> None:
    entry = compared(combination(k=3))
    (found,) = entry.results
    assert sum(sum(move["customers"]) for move in found["moves"]) == entry.sample
    heirs = {group["continues"]: place for place, group in enumerate(found["groups"])}
    staying = sum(move["customers"][heirs[move["segment"]]] for move in found["moves"] if move["segment"] in heirs)
    assert found["moved"] == entry.sample - staying


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ([combination("magic")], "unknown_algorithm"),
        ([combination(space="nowhere")], "unknown_space"),
        ([combination(features=["revenue"])], "features"),
        ([combination(features=["revenue", "shoe_size", "items"])], "features"),
        ([combination(k=1)], "groups_out_of_range"),
        ([combination(set_aside=0.5)], "set_aside_out_of_range"),
        ([combination(), combination()], "twice"),
        ([], "combinations"),
    ],
)
def test_what_can_not_be_compared_is_refused(results: None, asked: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(LabRefused) as refusal:
        request_comparison(combinations=asked, sample=1000, by=None)
    assert refusal.value.code == code
    assert not Comparison.objects.exists()


def test_a_map_can_be_looked_at_but_not_chosen(results: None) -> None:
    entry = compared(combination(k=3))
    entry.combinations[0]["space"] = "tsne"
    with pytest.raises(LabRefused) as refusal:
        choose_combination(entry=entry, number=0, by=None)
    assert refusal.value.code == "slow_space"
    assert current_choice() is None


@pytest.mark.parametrize("space", ["scaled", "pca"])
def test_what_a_comparison_foretells_is_what_the_refresh_then_does(space: str, results: None) -> None:
    """On a sample of everybody: the same groups, and as many customers who change segment as were announced."""
    before = {score.customer_id: score.segment_id for score in scores(current_snapshot())}
    entry = compared(combination(space=space, k=4, set_aside=0.02))
    run = choose_combination(entry=entry, number=0, by=None)
    assert run is not None
    assert do_run(run).state == Run.State.SUCCEEDED, run.error
    snapshot = current_snapshot()
    assert snapshot is not None
    after = {score.customer_id: score.segment_id for score in scores(snapshot)}
    kept = lab_store.read_columns(entry.path, ["customer_key", "group_0"])
    foretold = [kept["group_0"][kept["customer_key"].index(key)] for key in after]
    assert adjusted_rand_score(list(after.values()), foretold) > 0.97
    moved = sum(after[key] != before[key] for key in before)
    assert abs(moved - entry.results[0]["moved"]) <= 2
