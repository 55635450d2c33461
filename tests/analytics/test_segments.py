"""Segments: found where they are, stable, named in plain words, and the same after a refit."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_score

from analytics.algorithms.silhouette import silhouettes
from analytics.scoring.segments import SegmentModelError, assign
from analytics.scoring.transform import TransformError
from analytics.segment_names import name_segments
from analytics.segments import Recipe, fit_segments, match_segments, profile_segments


def shop(groups: list[tuple[float, float, float]], size: int = 120, seed: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers around (days since last purchase, orders, revenue), and the group that each was drawn
    from."""
    generator = np.random.default_rng(seed)
    parts, truth = [], []
    for label, (days, orders, revenue) in enumerate(groups):
        noise = generator.lognormal(0, 0.08, (size, 3))
        order_count = np.maximum(1, np.round(orders * noise[:, 1]))
        parts.append(
            pd.DataFrame(
                {
                    "days_since_last_purchase": days * noise[:, 0],
                    "order_count": order_count,
                    "revenue": revenue * noise[:, 2],
                }
            )
        )
        truth += [label] * size
    table = pd.concat(parts, ignore_index=True)
    table["average_order_value"] = table["revenue"] / table["order_count"]
    return table, np.array(truth)


THREE = [(10.0, 30.0, 6000.0), (40.0, 6.0, 400.0), (300.0, 1.0, 60.0)]


def test_three_clear_groups_are_found_in_order_of_value() -> None:
    table, truth = shop(THREE)
    fit = fit_segments(table, random_state=1)
    assert fit.quality["k"] == 3
    assert adjusted_rand_score(truth, fit.labels) == 1
    assert table["revenue"].groupby(fit.labels).mean().is_monotonic_decreasing
    assert fit.quality["stability_ari"] == 1
    assert fit.reason is None


def test_the_quality_figures_are_those_of_the_chosen_candidate() -> None:
    table, _ = shop(THREE)
    fit = fit_segments(table, random_state=1)
    chosen = [candidate for candidate in fit.candidates if candidate["chosen"]]
    tried = [(candidate["algorithm"], candidate["k"]) for candidate in fit.candidates]
    assert tried == [(name, k) for name in ("kmeans", "gaussian_mixture") for k in range(2, 9)]
    assert [candidate["k"] for candidate in chosen] == [fit.quality["k"]]
    for name in ("algorithm", "silhouette", "stability_ari", "separation"):
        assert chosen[0][name] == fit.quality[name]
    assert fit.quality["sample"] == len(table)


def test_the_same_seed_gives_the_same_model() -> None:
    table, _ = shop(THREE)
    assert fit_segments(table, random_state=5).model == fit_segments(table, random_state=5).model


def test_a_stored_model_places_customers_as_it_did_when_fitted() -> None:
    table, _ = shop(THREE)
    fit = fit_segments(table, random_state=1)
    restored = json.loads(json.dumps(fit.model))
    np.testing.assert_array_equal(assign(restored, table), fit.labels)
    assert assign(restored, table.iloc[:1])[0] == fit.labels[0]


def test_a_model_of_another_format_is_refused() -> None:
    table, _ = shop(THREE)
    model = fit_segments(table, random_state=1).model
    model["format_version"] = 99
    with pytest.raises(SegmentModelError, match="refresh"):
        assign(model, table)


def test_a_missing_column_is_named() -> None:
    table, _ = shop(THREE)
    model = fit_segments(table, random_state=1).model
    with pytest.raises(TransformError, match="order_count"):
        assign(model, table.drop(columns="order_count"))


def test_silhouettes_equal_those_of_sklearn() -> None:
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(700, 4))
    labellings = [generator.integers(0, k, len(matrix)) for k in (2, 5)] + [np.r_[np.zeros(699, int), 1]]
    expected = [silhouette_score(matrix, labels) for labels in labellings]
    np.testing.assert_allclose(silhouettes(matrix, labellings), expected, atol=1e-9)


DEGENERATE = {
    "one customer": (shop(THREE)[0].iloc[:1], "Fewer than 10"),
    "nine customers": (shop(THREE)[0].iloc[::40], "Fewer than 10"),
    "identical rows": (pd.concat([shop(THREE)[0].iloc[:1]] * 50), "same figures"),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_a_base_that_cannot_be_divided_is_one_segment_with_a_reason(case: str) -> None:
    table, sentence = DEGENERATE[case]
    fit = fit_segments(table, random_state=1)
    assert fit.quality["k"] == 1
    assert fit.reason is not None
    assert sentence in fit.reason
    assert set(fit.labels) == set(assign(fit.model, table)) == {0}
    assert name_segments(table, fit.labels) == ["All customers"]


def test_a_constant_column_does_not_disturb_the_others() -> None:
    table, truth = shop(THREE)
    table["average_order_value"] = 25.0
    fit = fit_segments(table, random_state=1)
    assert adjusted_rand_score(truth, fit.labels) == 1


def test_two_distinct_customers_repeated_make_two_segments() -> None:
    table = pd.concat([shop(THREE)[0].iloc[[0, 200]]] * 20, ignore_index=True)
    fit = fit_segments(table, random_state=1)
    assert fit.quality["k"] == 2
    assert sorted(np.bincount(fit.labels)) == [20, 20]


@given(size=st.integers(1, 30), seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_any_small_shop_gets_segments_that_each_have_members_and_a_name(size: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "days_since_last_purchase": generator.choice([1.0, 50.0, 300.0], size),
            "order_count": generator.choice([1.0, 1.0, 5.0], size),
            "revenue": generator.choice([10.0, 20.0, 500.0, -5.0], size),
        }
    )
    table["average_order_value"] = table["revenue"] / table["order_count"]
    fit = fit_segments(table, random_state=seed)
    assert sorted(set(fit.labels)) == list(range(fit.quality["k"]))
    assert len(set(name_segments(table, fit.labels))) == fit.quality["k"]


def test_no_customers_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="no customers"):
        fit_segments(shop(THREE)[0].iloc[:0], random_state=1)


def test_missing_and_negative_values_do_no_harm() -> None:
    table, _ = shop(THREE)
    table.loc[0, "average_order_value"] = np.nan
    table.loc[1, "revenue"] = -500.0
    labels = fit_segments(table, random_state=1).labels
    assert len(labels) == len(table)


@given(order=st.permutations([0, 1, 2, 3]))
@settings(max_examples=24, deadline=None)
def test_matching_sees_through_any_renumbering(order: list[int]) -> None:
    model = _four_segments()
    shuffled = {**model, "centres": [model["centres"][place] for place in order]}
    assert match_segments(model, shuffled) == dict(enumerate(order))  # type: ignore[arg-type]


_CACHE: dict[str, Any] = {}


def _four_segments() -> Any:
    if "model" not in _CACHE:
        table, _ = shop([*THREE, (200.0, 12.0, 9000.0)])
        _CACHE["model"] = fit_segments(table, sizes=[4], random_state=1).model
    return _CACHE["model"]


def test_a_segment_keeps_its_identity_when_a_new_kind_appears() -> None:
    before = fit_segments(shop(THREE)[0], random_state=1).model
    after = fit_segments(shop([*THREE, (350.0, 60.0, 50000.0)], seed=8)[0], sizes=[4], random_state=2).model
    matched = match_segments(before, after)
    assert matched[0] is None  # the big spenders gone quiet come first by value and are new
    assert [matched[label] for label in (1, 2, 3)] == [0, 1, 2]


def test_segments_without_a_common_feature_do_not_match() -> None:
    table, _ = shop(THREE)
    left = fit_segments(table, recipe=Recipe(features=("revenue",)), random_state=1).model
    right = fit_segments(table, recipe=Recipe(features=("order_count",)), random_state=1).model
    assert set(match_segments(left, right).values()) == {None}


def test_names_say_who_they_are() -> None:
    table, truth = shop(THREE)
    names = name_segments(table, truth)
    assert names[0] == "Frequent big spenders"
    assert names[2] == "One-time, long ago"


def test_twins_get_different_names() -> None:
    table, truth = shop([THREE[0], THREE[0], THREE[2], THREE[2]])
    names = name_segments(table, truth)
    assert len(set(names)) == 4


def test_a_name_never_equals_that_of_a_tier() -> None:
    table, truth = shop(THREE)
    names = name_segments(table, truth, reserved=["FREQUENT big spenders"])
    assert names[0] == "Frequent big spenders customers"


def test_the_profile_counts_everyone_once() -> None:
    table, truth = shop(THREE)
    profile = profile_segments(table, truth, ["revenue"])
    assert profile["size"].sum() == len(table)
    assert profile["share"].sum() == pytest.approx(1)
    assert profile.loc[2, "revenue"] == table["revenue"][truth == 2].median()
