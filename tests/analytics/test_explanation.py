"""The tree that explains: equal to sklearn's, honest about its fidelity, sensible in what would move somebody up."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from analytics.explanation import fit_surrogate
from analytics.scoring.surrogate import (
    MOVABLE,
    Bound,
    Surrogate,
    SurrogateError,
    best_move,
    conditions,
    leaves,
    predict,
)
from analytics.segments import SEGMENT_FEATURES, Recipe, fit_segments
from tests.analytics.test_segments import THREE, shop


@pytest.fixture(scope="module")
def told() -> tuple[pd.DataFrame, np.ndarray, Surrogate]:
    table, _ = shop([*THREE, (200.0, 12.0, 9000.0)])
    fit = fit_segments(table, recipe=Recipe(("kmeans",), k=4), random_state=1)
    tree = fit_surrogate(table, fit.labels, SEGMENT_FEATURES, random_state=1)
    return table, fit.labels, json.loads(json.dumps(tree))


def test_clear_groups_are_told_nearly_without_fault(told: tuple[pd.DataFrame, np.ndarray, Surrogate]) -> None:
    table, labels, tree = told
    assert tree["fidelity"] is not None
    assert tree["fidelity"] > 0.97
    assert tree["checked"] == 144
    assert np.mean(predict(tree, table) == labels) > 0.97


def test_groups_by_chance_are_not_told_and_the_tree_says_so() -> None:
    table, _ = shop(THREE)
    labels = np.random.default_rng(1).integers(0, 3, len(table))
    tree = fit_surrogate(table, labels, SEGMENT_FEATURES, random_state=1)
    assert tree["fidelity"] is not None
    assert tree["fidelity"] < 0.5


def test_everybody_meets_the_conditions_of_the_own_leaf_and_of_no_other(
    told: tuple[pd.DataFrame, np.ndarray, Surrogate],
) -> None:
    table, _, tree = told
    ends = leaves(tree, table)
    for row in range(0, len(table), 17):
        for leaf in np.unique(ends):
            met = all(bound.holds(table[bound.feature].iloc[row]) for bound in conditions(tree, int(leaf)))
            assert met == (leaf == ends[row])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 300), kinds=st.integers(1, 5))
def test_the_stored_tree_is_the_one_of_sklearn(seed: int, count: int, kinds: int) -> None:
    """Also for values on and just beside its thresholds, as single precision has them."""
    generator = np.random.default_rng(seed)
    table = {"order_count": generator.integers(1, 6, count).astype(float), "revenue": generator.lognormal(4, 2, count)}
    labels = generator.integers(0, kinds, count)
    with pytest.MonkeyPatch.context() as patch:
        seen = watch(patch)
        tree = fit_surrogate(table, labels, ["order_count", "revenue"], random_state=seed)
    edges = np.array([value for value in tree["threshold"] if value] or [1.0])
    values = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf), edges * 1.0000001])
    probe = np.column_stack([generator.permutation(values), values])
    np.testing.assert_array_equal(
        predict(tree, {"order_count": probe[:, 0], "revenue": probe[:, 1]}), seen[0].predict(probe)
    )


def watch(patch: pytest.MonkeyPatch) -> list[DecisionTreeClassifier]:
    """The trees that are grown from now on."""
    seen: list[DecisionTreeClassifier] = []

    def grow(**options: object) -> DecisionTreeClassifier:
        seen.append(DecisionTreeClassifier(**options))
        return seen[-1]

    patch.setattr("analytics.explanation.DecisionTreeClassifier", grow)
    return seen


def test_a_tree_that_came_out_differently_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.explanation.predict", lambda tree, sample: np.full(360, 7))
    table, truth = shop(THREE)
    with pytest.raises(ArithmeticError, match="not supported"):
        fit_surrogate(table, truth, SEGMENT_FEATURES, random_state=1)


def test_a_tree_of_another_format_is_refused(told: tuple[pd.DataFrame, np.ndarray, Surrogate]) -> None:
    table, _, tree = told
    with pytest.raises(SurrogateError, match="refresh"):
        predict({**tree, "format_version": 9}, table)


def test_the_smallest_change_leads_where_it_says(told: tuple[pd.DataFrame, np.ndarray, Surrogate]) -> None:
    table, _, tree = told
    said = predict(tree, table)
    moved = 0
    for place in range(0, len(table), 11):
        row = {name: float(table[name].iloc[place]) for name in SEGMENT_FEATURES}
        move = best_move(tree, row, int(said[place]))
        if move is None:
            continue
        moved += 1
        after = row | {change.feature: change.needed for change in move.changes}
        assert predict(tree, {name: [value] for name, value in after.items()})[0] == move.label < said[place]
        assert 1 <= len(move.changes) <= 2
        assert all((change.needed - change.now) * MOVABLE[change.feature] > 0 for change in move.changes)
    assert moved > 10


def test_the_best_can_go_no_higher(told: tuple[pd.DataFrame, np.ndarray, Surrogate]) -> None:
    table, labels, tree = told
    best = table[labels == 0].iloc[0]
    assert best_move(tree, dict(best), 0) is None


def two_conditions(threshold_days: float, *, silent_is_best: bool) -> Surrogate:
    table = {"days_since_last_purchase": np.arange(1.0, 401.0), "order_count": np.arange(400.0) % 20 + 1}
    tree = fit_surrogate(table, np.zeros(400, int), list(table), random_state=0)
    quiet, lively = (0, 1) if silent_is_best else (1, 0)
    return {
        **tree,
        "feature": [0, -1, 1, -1, -1],
        "threshold": [threshold_days, 0, 4.5, 0, 0],
        "left": [1, -1, 3, -1, -1],
        "right": [2, -1, 4, -1, -1],
        "label": [1, lively, 1, 1, quiet],
    }


def test_a_whole_number_is_asked_for_as_one() -> None:
    tree = two_conditions(90.5, silent_is_best=False)
    move = best_move(tree, {"days_since_last_purchase": 200.0, "order_count": 2.0}, 1)
    assert move is not None
    assert [(each.feature, each.needed) for each in move.changes] == [("days_since_last_purchase", 90.0)]


def test_nobody_becomes_silent_by_buying() -> None:
    tree = two_conditions(90.5, silent_is_best=True)
    assert best_move(tree, {"days_since_last_purchase": 200.0, "order_count": 2.0}, 1) is None


def test_bounds_are_the_tightest_of_the_way_down(told: tuple[pd.DataFrame, np.ndarray, Surrogate]) -> None:
    _, _, tree = told
    for leaf in [node for node, feature in enumerate(tree["feature"]) if feature < 0]:
        bounds = conditions(tree, leaf)
        assert len({bound.feature for bound in bounds}) == len(bounds)
        assert all(bound.above is None or bound.most is None or bound.above < bound.most for bound in bounds)
    assert Bound("revenue", 1.0, 5.0).holds(5.0)
    assert not Bound("revenue", 1.0, 5.0).holds(1.0)


def test_a_base_of_one_or_of_equals_has_a_tree_without_conditions() -> None:
    for count in (1, 50):
        table = pd.concat([shop(THREE)[0].iloc[:1]] * count)
        tree = fit_surrogate(table, np.zeros(count, int), SEGMENT_FEATURES, random_state=0)
        assert tree["feature"] == [-1]
        assert tree["fidelity"] is None or tree["fidelity"] == 1
        assert all(left <= right for left, right in pairwise(tree["label"]))
