"""A small decision tree that says in conditions what a grouping does, evaluated in numpy alone.

Source: Breiman, Friedman, Olshen & Stone 1984; explaining one model by a simpler one: Craven & Shavlik 1996.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np

from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix, Transform, apply_transform

FORMAT_VERSION = 1
MOST_CHANGES = 2
# What a customer can do, and in which direction: everything but sending less back takes a purchase.
MOVABLE: Mapping[str, int] = {
    "days_since_last_purchase": -1,
    "order_count": 1,
    "frequency": 1,
    "orders_12m": 1,
    "revenue": 1,
    "gross_revenue": 1,
    "revenue_12m": 1,
    "average_order_value": 1,
    "monetary_value": 1,
    "items": 1,
    "distinct_items": 1,
    "return_rate": -1,
}
SILENCE = "days_since_last_purchase"
WHOLE = frozenset({"days_since_last_purchase", "order_count", "frequency", "orders_12m", "distinct_items"})


class Surrogate(TypedDict):
    """Nodes in one numbering, the root first: rows go left where their `feature` is at most the `threshold`. JSON-able.

    At a leaf `feature` is -1, and `label` is the group that most of its customers stand in. `fidelity` is the share
    of `checked` customers, none of whom it was grown on, whose leaf names the group that they stand in; None when
    there were too few to check. `transform` says how far apart two values are, and what stands for a missing one.
    """

    format_version: int
    transform: Transform
    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    label: list[int]
    fidelity: float | None
    checked: int


@dataclass(frozen=True)
class Bound:
    """A condition on one feature: more than `above`, at most `most`; None where that side is open."""

    feature: str
    above: float | None = None
    most: float | None = None

    def holds(self, value: float) -> bool:
        """Compared in single precision, as the tree was grown."""
        return not self.is_too_low(value) and not self.is_too_high(value)

    def is_too_low(self, value: float) -> bool:
        return self.above is not None and float(np.float32(value)) <= self.above

    def is_too_high(self, value: float) -> bool:
        return self.most is not None and float(np.float32(value)) > self.most


@dataclass(frozen=True)
class Change:
    """What one feature would have to be instead."""

    feature: str
    now: float
    needed: float


@dataclass(frozen=True)
class Move:
    """The smallest change that leads into a better group; `distance` in standard deviations of the base."""

    label: int
    changes: tuple[Change, ...]
    distance: float


class SurrogateError(ValueError):
    """The stored tree cannot be used; the message says what to do."""


def predict(tree: Surrogate, features: Mapping[str, Any]) -> Labels:
    """The group that the tree names for each row of `features` (columns of length n), shape (n,)."""
    return np.asarray(tree["label"], dtype=np.int64)[leaves(tree, features)]


def leaves(tree: Surrogate, features: Mapping[str, Any]) -> Labels:
    """The leaf in which each row of `features` (columns of length n) ends, shape (n,). Raises SurrogateError for an
    unknown format."""
    if tree["format_version"] != FORMAT_VERSION:
        raise SurrogateError("These rules were written by another version of the product: refresh the snapshot.")
    # sklearn compares in single precision; doing otherwise would send rows on a threshold the other way.
    rows = filled(tree["transform"], features).astype(np.float32)
    feature, threshold = np.asarray(tree["feature"]), np.asarray(tree["threshold"])
    left, right = np.asarray(tree["left"]), np.asarray(tree["right"])
    nodes = np.zeros(len(rows), dtype=np.int64)
    while (inner := feature[nodes] >= 0).any():
        own = rows[np.arange(len(rows)), np.maximum(feature[nodes], 0)]
        nodes = np.where(inner, np.where(own <= threshold[nodes], left[nodes], right[nodes]), nodes)
    return nodes


def filled(transform: Transform, features: Mapping[str, Any]) -> Matrix:
    """The transform's columns (n, d) in their own units, the base's median where a value is missing."""
    columns = []
    for column in transform["columns"]:
        values = np.asarray(features[column["name"]], dtype=float)
        columns.append(np.where(np.isfinite(values), values, column["typical"]))
    return np.column_stack(columns)


def conditions(tree: Surrogate, leaf: int) -> list[Bound]:
    """What holds for everybody in `leaf`: one bound a feature, in the order of the way down."""
    for node, bounds in _walk(tree):
        if node == leaf:
            return bounds
    raise SurrogateError("There is no such leaf: refresh the snapshot.")


def _walk(tree: Surrogate) -> Iterator[tuple[int, list[Bound]]]:
    """Every leaf with its conditions."""
    waiting: list[tuple[int, list[Bound]]] = [(0, [])]
    while waiting:
        node, bounds = waiting.pop()
        if tree["feature"][node] < 0:
            yield node, bounds
            continue
        name = tree["transform"]["columns"][tree["feature"][node]]["name"]
        threshold = tree["threshold"][node]
        waiting.append((tree["right"][node], _narrowed(bounds, name, above=threshold)))
        waiting.append((tree["left"][node], _narrowed(bounds, name, most=threshold)))


def _narrowed(
    bounds: Sequence[Bound], name: str, *, above: float | None = None, most: float | None = None
) -> list[Bound]:
    """Every further condition on the way down lies within the earlier ones, so the latest is the tightest."""
    former = next((bound for bound in bounds if bound.feature == name), Bound(name))
    tighter = Bound(name, former.above if above is None else above, former.most if most is None else most)
    return [tighter if bound.feature == name else bound for bound in bounds] + ([] if former in bounds else [tighter])


def best_move(tree: Surrogate, row: Mapping[str, float], label: int) -> Move | None:
    """The nearest leaf of a better group (a lower label) that `row` could reach by changing at most MOST_CHANGES
    features in ways that customers can; None when there is none.

    Whoever buys has bought just now, so a leaf of those who have long been silent can't be reached by buying.
    """
    moves = [
        _move(tree, row, bounds, tree["label"][leaf]) for leaf, bounds in _walk(tree) if tree["label"][leaf] < label
    ]
    return min((move for move in moves if move), key=lambda move: (move.distance, move.label), default=None)


def _move(tree: Surrogate, row: Mapping[str, float], bounds: Sequence[Bound], label: int) -> Move | None:
    values = {column["name"]: _known(row, column) for column in tree["transform"]["columns"]}
    unmet = [bound for bound in bounds if not bound.holds(values[bound.feature])]
    changes = [_change(bound, values[bound.feature]) for bound in unmet]
    if not changes or len(changes) > MOST_CHANGES or None in changes:
        return None
    known = tuple(change for change in changes if change is not None)
    wants_silence = any(bound.feature == SILENCE and (bound.above or -1) >= 0 for bound in bounds)
    if wants_silence and any(change.feature != "return_rate" for change in known):
        return None
    return Move(label, known, _distance(tree["transform"], values, known))


def _known(row: Mapping[str, float], column: Any) -> float:
    value = float(row[column["name"]])
    return value if np.isfinite(value) else float(column["typical"])


def _change(bound: Bound, now: float) -> Change | None:
    """The nearest value that meets the bound, or None where no customer can go that way."""
    direction = MOVABLE.get(bound.feature, 0)
    if bound.is_too_low(now) and bound.above is not None:
        return Change(bound.feature, now, _just_above(bound.feature, bound.above)) if direction > 0 else None
    assert bound.most is not None  # noqa: S101 - a bound that does not hold is missed on one of its sides
    if direction >= 0:
        return None
    return Change(bound.feature, now, float(np.floor(bound.most)) if bound.feature in WHOLE else bound.most)


def _just_above(name: str, threshold: float) -> float:
    if name in WHOLE:
        return float(np.floor(threshold) + 1)
    return float(np.ceil((threshold + 0.01) * 100) / 100)


def _distance(transform: Transform, values: Mapping[str, float], changes: Sequence[Change]) -> float:
    after = {**values, **{change.feature: change.needed for change in changes}}
    both = {name: np.array([values[name], after[name]]) for name in values}
    before, then = apply_transform(transform, both)
    return round(float(np.sqrt(((then - before) ** 2).sum())), 6)
