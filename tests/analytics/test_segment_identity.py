"""Segments keep their identity by their members; splits and merges are told."""

import numpy as np
import pandas as pd

from analytics.segments import Recipe, fit_segments, match_members, trace_identity
from analytics.segments.fitting import SegmentFit
from tests.analytics.test_segments import THREE, shop

FIXED = {size: Recipe(("kmeans",), k=size, set_aside=0) for size in (2, 3, 4)}


def fit(table: pd.DataFrame, k: int) -> SegmentFit:
    return fit_segments(table, recipe=FIXED[k], random_state=1)


def trace(before: SegmentFit, after: SegmentFit) -> list[tuple[int | None, str]]:
    keys = np.arange(len(before.labels))
    found = trace_identity(after.model, after.labels, np.arange(len(after.labels)), before.model, before.labels, keys)
    return [(each.previous, each.kind) for each in found]


def test_nothing_changed_and_everything_is_the_same() -> None:
    table, _ = shop(THREE)
    assert trace(fit(table, 3), fit(table, 3)) == [(0, "same"), (1, "same"), (2, "same")]


def test_a_group_that_changed_together_keeps_its_identity() -> None:
    """Last month's middling buyers all spent ten times as much: the same people, although nothing like before."""
    table, truth = shop(THREE)
    before = fit(table, 3)
    later = table.copy()
    later.loc[truth == 1, ["revenue", "average_order_value"]] *= 100
    after = fit(later, 3)
    assert after.labels[truth == 1][0] == 0
    assert trace(before, after) == [(1, "same"), (0, "same"), (2, "same")]


def test_a_group_in_two_halves_is_a_split_and_the_larger_part_keeps_the_identity() -> None:
    table, truth = shop(THREE)
    before = fit(table, 3)
    later = table.copy()
    left = np.flatnonzero(truth == 0)[:50]
    later.loc[left, "days_since_last_purchase"] = 330.0 + np.arange(50) % 7
    after = fit(later, 4)
    found = trace(before, after)
    assert sorted(kind for _, kind in found) == ["same", "same", "split", "split"]
    stayed = int(np.bincount(after.labels[truth == 0][50:]).argmax())
    gone = int(np.bincount(after.labels[left]).argmax())
    assert found[stayed] == (0, "split")
    assert found[gone] == (None, "split")


def test_two_groups_that_became_one_are_a_merge_of_the_larger_one() -> None:
    table, truth = shop(THREE)
    before = fit(table, 3)
    later = table.copy()
    for name in table:
        later.loc[truth == 1, name] = table.loc[truth == 0, name].to_numpy()
    found = trace(before, fit(later, 2))
    assert {kind for _, kind in found} == {"merged", "same"}
    merged = next(previous for previous, kind in found if kind == "merged")
    assert merged in {0, 1}


def test_a_group_of_strangers_is_new_and_another_of_its_likes_is_not() -> None:
    table, _ = shop(THREE)
    before = fit(table, 3)
    strangers = shop([(350.0, 60.0, 50_000.0)], seed=8)[0]
    after = fit(pd.concat([table, strangers], ignore_index=True), 4)
    assert trace(before, after) == [(None, "new"), (0, "same"), (1, "same"), (2, "same")]
    keys = np.arange(len(table)) + 10_000  # nobody of before is left
    found = trace_identity(before.model, before.labels, keys, before.model, before.labels, np.arange(len(table)))
    assert [each.previous for each in found] == [0, 1, 2]


def test_pairs_keep_as_many_people_as_possible() -> None:
    counts = np.array([[60, 50], [10, 40]])
    assert match_members(counts) == {0: 0, 1: 1}
    assert match_members(np.array([[5, 95], [5, 95]])) == {0: 1, 1: None}


def test_shares_say_who_went_where() -> None:
    table, truth = shop(THREE)
    before = fit(table, 3)
    after = fit(table, 2)
    found = trace_identity(after.model, after.labels, np.arange(360), before.model, before.labels, np.arange(360))
    merged = next(each for each in found if each.kind == "merged")
    assert [(went, came) for _, went, came in merged.origins] == [(1.0, 0.5), (1.0, 0.5)]
    assert truth.max() == 2
