"""From features to segments: sample, set extremes aside, try, choose, assign everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from sklearn.neighbors import KDTree
from threadpoolctl import threadpool_limits

from analytics.algorithms import ALGORITHMS
from analytics.algorithms.centres import fit_centres
from analytics.algorithms.contract import FEWEST_ROWS, distinct_rows, sample_rows, why_single
from analytics.algorithms.silhouette import silhouettes
from analytics.scaling import fit_transform_plan
from analytics.scoring.segments import FORMAT_VERSION, Labels, SegmentModel, nearest
from analytics.scoring.transform import Matrix, Transform, apply_transform
from analytics.segments.choosing import Bench, Candidate, Trial, choose, try_all
from analytics.segments.extremes import extreme_rows, nearest_kept
from analytics.segments.points import telling_points
from analytics.segments.recipe import DEFAULT_RECIPE, Recipe
from analytics.spaces import SPACES

SIZES = tuple(range(2, 9))
SAMPLE_ROWS = 5_000
REFINE_ROWS = 200_000


class SegmentQuality(TypedDict):
    """How the segments were found and how good they are; None where a single segment leaves nothing to measure.

    `set_aside` counts the extreme customers of the `sample` that were kept out of the fit; `set_aside_share` is what
    was allowed. `separation` as in `analytics.algorithms.separation`.
    """

    algorithm: str
    k: int
    space: str
    sample: int
    set_aside: int
    set_aside_share: float
    silhouette: float | None
    stability_ari: float | None
    separation: float | None
    noise_share: float


@dataclass(frozen=True)
class SegmentFit:
    """The model, the label of each row (n,), quality, all candidates, and why there is only one segment, if so."""

    model: SegmentModel
    labels: Labels
    quality: SegmentQuality
    candidates: list[Candidate]
    reason: str | None


def fit_segments(
    features: Mapping[str, Any],
    *,
    recipe: Recipe = DEFAULT_RECIPE,
    value: str = "revenue",
    sizes: Sequence[int] = SIZES,
    random_state: int,
) -> SegmentFit:
    """Segments of everybody by `recipe` from `features` (columns of length n >= 1), the highest mean `value` first.

    Algorithm, k and stability are judged on a sample of at most SAMPLE_ROWS rows (fewer where the algorithm or the
    space is dearer), all in scaled features, so that spaces can be compared. Extreme customers are left out while
    groups are found, and assigned to the nearest afterwards, as is everybody outside the sample; centres of k-means
    are refined on at most REFINE_ROWS. A base that cannot be divided gives one segment and a reason. Raises ValueError
    for no rows.
    """
    # Many small steps: threads would wait for each other longer than they work, and sum in another order each time.
    with threadpool_limits(limits=1):
        return _fit(features, recipe, value, sizes, random_state)


def _fit(
    features: Mapping[str, Any], recipe: Recipe, value: str, sizes: Sequence[int], random_state: int
) -> SegmentFit:
    transform = fit_transform_plan(features, [name for name in recipe.features if name in features])
    matrix = apply_transform(transform, features)
    if not len(matrix):
        raise ValueError("There are no customers to divide: publish an upload with purchases first.")
    values = np.asarray(features[value], dtype=float)
    rows = sample_rows(len(matrix), most_rows(recipe), random_state)
    bench, reason = _bench(features, recipe, matrix[rows], values[rows], rows, random_state)
    if reason:
        return _single(transform, matrix, recipe, len(rows), reason)
    trials = try_all(_wanted(recipe, sizes, bench), bench, labelled=_spread(bench), random_state=random_state)
    if not trials:
        return _single(transform, matrix, recipe, len(rows), NO_BOUNDARY)
    chosen = choose(trials, bench, random_state=random_state)
    model = _model(transform, matrix, recipe, bench, chosen, values, random_state)
    return _finish(model, matrix, recipe, bench, rows, values, chosen, trials)


NO_BOUNDARY = "No boundary was found between these customers, so all stand in one segment."
TOO_ALIKE = "The customers differ too little to be divided, so all stand in one segment."


def most_rows(recipe: Recipe) -> int:
    """The sample that the recipe is judged on: the dearest of its parts decides."""
    return min(SAMPLE_ROWS, SPACES[recipe.space].max_rows, *(ALGORITHMS[name].max_rows for name in recipe.algorithms))


def _bench(
    features: Mapping[str, Any], recipe: Recipe, sample: Matrix, values: Matrix, rows: Labels, random_state: int
) -> tuple[Bench, str]:
    kept = np.arange(len(sample))
    if not (reason := why_single(sample)):
        kept = np.flatnonzero(~extreme_rows(sample, recipe.set_aside, random_state=random_state))
        reason = why_single(sample[kept])
    if reason or len(kept) < FEWEST_ROWS:
        return Bench(sample, kept, sample, values), reason or TOO_ALIKE
    chosen = {name: np.asarray(features[name], dtype=float)[rows][kept] for name in recipe.features if name in features}
    space = SPACES[recipe.space].fit(chosen, columns=recipe.features, random_state=random_state).matrix
    return Bench(space, kept, sample, values), why_single(space)


def _wanted(recipe: Recipe, sizes: Sequence[int], bench: Bench) -> list[tuple[str, int | None]]:
    possible = min(distinct_rows(bench.sample[bench.kept]), len(bench.kept) // 2)
    tried = [recipe.k] if recipe.k else [k for k in sizes if k <= possible]
    return [(name, k) for name in recipe.algorithms for k in (tried if ALGORITHMS[name].needs_k else [None])]


def _spread(bench: Bench) -> Any:
    """From the groups of the kept rows to those of the whole sample: extremes join their nearest neighbour."""
    near = nearest_kept(bench.sample, bench.kept)
    return lambda labels: labels[near]


def _model(
    transform: Transform,
    matrix: Matrix,
    recipe: Recipe,
    bench: Bench,
    chosen: Trial,
    values: Matrix,
    random_state: int,
) -> SegmentModel:
    """The chosen groups as numbers: centres for k-means on scaled features, else points with their labels."""
    points, labels = bench.sample[bench.kept], chosen.found.labels
    algorithm = chosen.candidate["algorithm"]
    if algorithm == "kmeans" and recipe.space == "scaled":
        centres = _means(points, labels)
        if len(matrix) > len(bench.sample):
            rows = sample_rows(len(matrix), REFINE_ROWS, random_state)
            kept = rows[~extreme_rows(matrix[rows], recipe.set_aside, random_state=random_state)]
            centres = fit_centres(matrix[kept], len(centres), random_state=random_state, init=centres)
        centres = centres[_by_value(nearest(matrix, centres), values, len(centres))]
        return SegmentModel(
            format_version=FORMAT_VERSION, algorithm=algorithm, transform=transform, centres=centres.tolist()
        )
    told, told_labels = telling_points(points, labels)
    model = SegmentModel(
        format_version=FORMAT_VERSION,
        algorithm=algorithm,
        transform=transform,
        centres=[],
        points=told.tolist(),
        point_labels=told_labels.tolist(),
    )
    order = _by_value(place(model, matrix), values, chosen.found.k)
    by_value = np.argsort(order)
    model["centres"] = _means(points, by_value[labels], len(order)).tolist()
    model["point_labels"] = by_value[told_labels].tolist()
    return model


def _means(points: Matrix, labels: Labels, count: int | None = None) -> Matrix:
    sizes = np.maximum(np.bincount(labels, minlength=count or 0), 1)
    sums = [np.bincount(labels, weights=column, minlength=count or 0) for column in points.T]
    result: Matrix = np.round(np.column_stack(sums) / sizes[:, None], 9)
    return result


def _by_value(labels: Labels, worth: Matrix, count: int) -> Labels:
    """The labels 0 to count - 1 in the order of their mean value, the highest first."""
    sizes = np.bincount(labels, minlength=count)
    means = np.bincount(labels, weights=np.nan_to_num(worth), minlength=count) / np.maximum(sizes, 1)
    return np.lexsort((np.arange(count), -np.round(means, 9)))


def _finish(
    model: SegmentModel,
    matrix: Matrix,
    recipe: Recipe,
    bench: Bench,
    rows: Labels,
    values: Matrix,
    chosen: Trial,
    trials: Sequence[Trial],
) -> SegmentFit:
    labels = place(model, matrix)
    candidate = chosen.candidate
    quality = SegmentQuality(
        algorithm=candidate["algorithm"],
        k=len(model["centres"]),
        space=recipe.space,
        sample=len(rows),
        set_aside=len(bench.sample) - len(bench.kept),
        set_aside_share=recipe.set_aside,
        silhouette=round(silhouettes(bench.sample, [labels[rows]])[0], 4),
        stability_ari=candidate["stability_ari"],
        separation=candidate["separation"],
        noise_share=candidate["noise_share"],
    )
    return SegmentFit(model, labels, quality, [trial.candidate for trial in trials], None)


def place(model: SegmentModel, matrix: Matrix) -> Labels:
    """The label of each row of the scaled `matrix` (n, d), as `analytics.scoring.segments.assign` gives it, but by a
    tree of the points, which a million rows need."""
    if "points" not in model:
        return nearest(matrix, np.asarray(model["centres"], dtype=float))
    found = KDTree(np.asarray(model["points"])).query(matrix, k=1, return_distance=False)[:, 0]
    labels: Labels = np.asarray(model["point_labels"], dtype=np.int64)[found]
    return labels


def _single(transform: Transform, matrix: Matrix, recipe: Recipe, sample: int, reason: str) -> SegmentFit:
    centre = matrix.mean(axis=0).round(9).tolist()
    model = SegmentModel(format_version=FORMAT_VERSION, algorithm="single", transform=transform, centres=[centre])
    quality = SegmentQuality(
        algorithm="single",
        k=1,
        space=recipe.space,
        sample=sample,
        set_aside=0,
        set_aside_share=recipe.set_aside,
        silhouette=None,
        stability_ari=None,
        separation=None,
        noise_share=0.0,
    )
    return SegmentFit(model, np.zeros(len(matrix), dtype=np.int64), quality, [], reason)
