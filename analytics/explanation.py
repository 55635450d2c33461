"""Growing the small tree that explains a grouping, and measuring how far it can be believed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from analytics.algorithms.contract import sample_rows
from analytics.scaling import fit_transform_plan
from analytics.scoring.segments import Labels
from analytics.scoring.surrogate import FORMAT_VERSION, Surrogate, filled, predict
from analytics.scoring.transform import Matrix, Transform

DEPTH = 4
SAMPLE_ROWS = 50_000
HELD_OUT_SHARE = 0.3
FEWEST_TO_CHECK = 30
SMALLEST_LEAF_SHARE = 0.005


def fit_surrogate(
    features: Mapping[str, Any], labels: Labels, columns: Sequence[str], *, random_state: int, depth: int = DEPTH
) -> Surrogate:
    """A tree of at most `depth` conditions that tells from `columns` (length n >= 1 each) which of `labels` (n,) a
    customer has.

    It is grown on 70 % of a sample of at most SAMPLE_ROWS; its fidelity is measured on the other 30 %, which it has
    not seen, and with fewer than FEWEST_TO_CHECK of those there is none. Raises ArithmeticError if the stored tree
    disagrees with the grown one anywhere in the sample.
    """
    rows = sample_rows(len(labels), SAMPLE_ROWS, random_state)
    sample = {name: np.asarray(features[name], dtype=float)[rows] for name in columns}
    transform = fit_transform_plan(sample, columns)
    matrix = filled(transform, sample)
    grown, checked = _parts(len(rows), random_state)
    model = DecisionTreeClassifier(
        max_depth=depth,
        min_samples_leaf=max(1, round(SMALLEST_LEAF_SHARE * len(grown))),
        random_state=random_state,
    ).fit(matrix[grown], labels[rows][grown])
    tree = _as_numbers(model, transform)
    said = predict(tree, sample)
    if not np.array_equal(said, model.predict(matrix)):
        raise ArithmeticError("The stored tree disagrees with the grown one: the installed sklearn is not supported.")
    tree["checked"] = len(checked)
    tree["fidelity"] = round(float(np.mean(said[checked] == labels[rows][checked])), 4) if len(checked) else None
    return tree


def _parts(count: int, random_state: int) -> tuple[Labels, Labels]:
    """Rows to grow on, and rows to check with; all of a small base to grow on."""
    shuffled = np.random.default_rng(random_state).permutation(count)
    checked = int(HELD_OUT_SHARE * count)
    if checked < FEWEST_TO_CHECK:
        return shuffled, shuffled[:0]
    return shuffled[checked:], shuffled[:checked]


def _as_numbers(model: Any, transform: Transform) -> Surrogate:
    tree = model.tree_
    counts: Matrix = tree.value[:, 0, :]
    return Surrogate(
        format_version=FORMAT_VERSION,
        transform=transform,
        feature=np.where(tree.children_left < 0, -1, tree.feature).tolist(),
        threshold=np.where(tree.children_left < 0, 0.0, tree.threshold).tolist(),
        left=tree.children_left.tolist(),
        right=tree.children_right.tolist(),
        label=model.classes_[counts.argmax(axis=1)].tolist(),
        fidelity=None,
        checked=0,
    )
