"""Comparisons in the lab: every algorithm and space, what one failing costs the others, and the same again."""

from typing import Any

import pytest

from analytics.algorithms import ALGORITHMS
from analytics.spaces import SPACES
from core.models import Run
from segmentation import lab_store
from segmentation.lab_wording import ALGORITHM_WORDS, SPACE_WORDS, USUAL_FEATURES
from segmentation.models import Comparison
from segmentation.services.lab import request_comparison
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
    tried = [each["k"] for each in found["tried"]]
    assert tried == (list(range(2, 9)) if ALGORITHMS[algorithm].needs_k else [])
