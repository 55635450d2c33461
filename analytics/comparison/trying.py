"""One way of forming segments, tried on a sample of customers and looked at from every side.

It goes the way of `analytics.segments`: extremes set aside, the space laid out by the others, numbers of groups
tried, one chosen by the same rule. Several are compared on the same rows; a silhouette measured in one space says
nothing about one measured in another, so each is also measured on a common yardstick.
Sources: Rousseeuw 1987 (silhouette); Pearson 1901 (principal components, for drawing).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import silhouette_samples
from threadpoolctl import threadpool_limits

from analytics.algorithms import ALGORITHMS, Algorithm, Grouping, Judgement, judge, separation, stability
from analytics.algorithms.contract import distinct_rows, neighbours, sample_rows
from analytics.algorithms.judging import JUDGED_ROWS
from analytics.algorithms.silhouette import silhouettes
from analytics.comparison.picture import by_value, drawn, typical_rows
from analytics.scaling import fit_transform_plan
from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix, apply_transform
from analytics.segments.choosing import Bench, Candidate, Trial, candidate_of, choose, mark_favoured
from analytics.segments.extremes import extreme_rows, nearest_kept
from analytics.segments.fitting import SIZES
from analytics.spaces import SPACES, Space

NO_BOUNDARY = "No boundary was found between these customers, so all stand in one group."

Step = Callable[[], None]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Combination:
    """What is combined: names from the two registries, the features looked at, `k` (None: found from the data), and
    the share of extreme customers (0 to below 1) that the fit does not see."""

    algorithm: str
    space: str
    columns: tuple[str, ...]
    k: int | None = None
    set_aside: float = 0.0


@dataclass(frozen=True)
class Compared:
    """What came of a combination on n customers.

    `labels` (n,) from 0, the group with the highest mean value first; `silhouettes` (n,) in its own space, NaN for
    rows that were not judged; `points` (n, 2) to draw; `aside` (n,) who was set aside and then assigned;
    `typical[label]` the rows nearest to the middle of their group; `shared_silhouette` on the yardstick; `tried` every
    number of groups, measured on the scaled features of the combination; `reason` why there is one group only, or "".
    """

    labels: Labels
    silhouettes: Matrix
    points: Matrix
    aside: Flags
    typical: list[list[int]]
    judgement: Judgement
    shared_silhouette: float | None
    tried: list[Candidate]
    reason: str


@dataclass(frozen=True)
class _Base:
    """Everybody (n rows): scaled features, place in the space, revenue; and the rows that the fit sees."""

    scaled: Matrix
    matrix: Matrix
    values: Matrix
    kept: Labels
    judged: Labels  # places in `kept`


def step_count(combination: Combination) -> int:
    """How often `compare` calls `step`."""
    return 3 + (len(SIZES) if ALGORITHMS[combination.algorithm].needs_k else 0)


def most_rows(combination: Combination) -> int:
    """The largest sample on which the combination can be compared; raises ValueError for unknown names."""
    algorithm, space = _ways(combination)
    return min(algorithm.max_rows, space.max_rows)


def _ways(combination: Combination) -> tuple[Algorithm, Space]:
    if combination.algorithm not in ALGORITHMS:
        raise ValueError(f"There is no algorithm “{combination.algorithm}”: choose from {', '.join(ALGORITHMS)}.")
    if combination.space not in SPACES:
        raise ValueError(f"There is no space “{combination.space}”: choose from {', '.join(SPACES)}.")
    return ALGORITHMS[combination.algorithm], SPACES[combination.space]


def yardstick(features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Matrix:
    """The scaled figures (n, columns) in which all combinations are measured beside their own space."""
    return SPACES["scaled"].fit(features, columns=columns, random_state=random_state).matrix


def compare(
    features: Mapping[str, Any],
    combination: Combination,
    *,
    values: Any,
    common: Matrix,
    random_state: int,
    step: Step = lambda: None,
) -> Compared:
    """Try `combination` on customers with `features` (columns of length n, at most `most_rows`) and `values` (n,).

    `common` (n, c) is the yardstick; `step` is called after each part of the work, and may raise to stop it. Raises
    ValueError with a sentence when the combination can't be tried on these customers.
    """
    algorithm, space = _ways(combination)
    with threadpool_limits(limits=1):
        base = _base(features, combination, space, np.asarray(values, dtype=float), random_state)
        step()
        groupings = list(_groupings(base, algorithm, combination.k, random_state, step))
        trial, tried, reason = _decided(base, algorithm, combination.k, groupings, random_state)
        labels = by_value(trial.labels, values) if trial else np.zeros(len(base.scaled), dtype=np.int64)
        step()
        judgement = _judgement(base, algorithm, labels, trial, random_state)
        step()
        return Compared(
            labels=labels,
            silhouettes=_silhouette_of_each(base, labels),
            points=drawn(base.matrix),
            aside=~np.isin(np.arange(len(labels)), base.kept),
            typical=typical_rows(base.scaled, labels),
            judgement=judgement,
            shared_silhouette=_shared(common, labels, random_state),
            tried=tried,
            reason=reason,
        )


def _base(
    features: Mapping[str, Any], combination: Combination, space: Space, values: Matrix, random_state: int
) -> _Base:
    columns = [name for name in combination.columns if name in features]
    scaled = apply_transform(fit_transform_plan(features, columns), features)
    aside = extreme_rows(scaled, combination.set_aside, random_state=random_state)
    kept = np.flatnonzero(~aside)
    chosen = {name: np.asarray(features[name], dtype=float) for name in columns}
    laid = space.fit(
        {name: column[kept] for name, column in chosen.items()}, columns=columns, random_state=random_state
    )
    if len(laid.rows) != len(kept):
        raise ValueError(f"{space.label} takes at most {space.max_rows} customers: compare on fewer.")
    matrix = np.empty((len(scaled), laid.matrix.shape[1]))
    matrix[kept] = laid.matrix
    if aside.any():
        others = {name: column[aside] for name, column in chosen.items()}
        # Who has no place in the space is drawn on the nearest neighbour.
        near = neighbours(scaled[kept], kept, scaled[aside])
        matrix[aside] = laid.place(others) if laid.place else matrix[near]
    return _Base(scaled, matrix, values, kept, sample_rows(len(kept), JUDGED_ROWS, random_state))


def _groupings(
    base: _Base, algorithm: Algorithm, k: int | None, random_state: int, step: Step
) -> Iterator[tuple[int, Grouping]]:
    """Each number of groups that is possible with its grouping of the kept rows; 0 where the algorithm finds it."""
    matrix = base.matrix[base.kept]
    if not algorithm.needs_k:
        yield 0, algorithm.group(matrix, random_state=random_state)
        return
    most = max(2, min(distinct_rows(base.scaled[base.kept]), len(base.kept) // 2))
    for size in SIZES:
        if size <= most:
            yield size, algorithm.group(matrix, k=size, random_state=random_state)
        step()
    if k is not None and k not in SIZES:
        yield k, algorithm.group(matrix, k=k, random_state=random_state)


def _decided(
    base: _Base, algorithm: Algorithm, k: int | None, groupings: list[tuple[int, Grouping]], random_state: int
) -> tuple[Trial | None, list[Candidate], str]:
    """The trial that is taken (of everybody), all candidates, and why there is one group only, if so."""
    divided = [(size, grouping) for size, grouping in groupings if grouping.k > 1]
    if not divided:
        return None, [], next((grouping.reason for _, grouping in groupings if grouping.reason), NO_BOUNDARY)
    trials = dict(zip([size for size, _ in divided], _trials(base, algorithm, divided, random_state), strict=True))
    if k is not None and algorithm.needs_k:
        chosen = trials.get(k) or trials[max(trials)]
        chosen.candidate["chosen"] = True
        mark_favoured([trial.candidate for trial in trials.values()])
    else:
        chosen = choose(list(trials.values()), _judged_bench(base), random_state=random_state)
    return chosen, [trial.candidate for trial in trials.values()], ""


def _judged_bench(base: _Base) -> Bench:
    rows = base.kept[base.judged]
    return Bench(base.matrix[rows], np.arange(len(rows)), base.scaled[rows], base.values[rows])


def _trials(base: _Base, algorithm: Algorithm, divided: list[tuple[int, Grouping]], random_state: int) -> list[Trial]:
    """Groups of everybody, those who were set aside by their nearest neighbour; scores of at most JUDGED_ROWS."""
    near = nearest_kept(base.scaled, base.kept)
    labellings = [grouping.labels[near] for _, grouping in divided]
    rows = sample_rows(len(base.scaled), JUDGED_ROWS, random_state)
    scores = silhouettes(base.scaled[rows], [labels[rows] for labels in labellings])
    return [
        Trial(
            replace(grouping, labels=grouping.labels[base.judged]),
            labels,
            candidate_of(algorithm.name, grouping, labels, score, sample=base.scaled, values=base.values),
        )
        for (_, grouping), labels, score in zip(divided, labellings, scores, strict=True)
    ]


def _judgement(base: _Base, algorithm: Algorithm, labels: Labels, trial: Trial | None, random_state: int) -> Judgement:
    """Silhouette in the combination's own space and stability of the kept rows; the other figures of everybody."""
    found = trial.found if trial else None
    judgement = judge(
        base.matrix[base.kept], labels[base.kept], base.values[base.kept], grouping=found, random_state=random_state
    )
    judgement["separation"] = separation(base.values, labels)
    judgement["smallest_share"] = float(np.bincount(labels).min() / len(labels))
    if trial is not None:
        known = trial.candidate["stability_ari"]
        rows = base.kept[base.judged]
        judgement["stability_ari"] = known or stability(
            base.matrix[rows], labels[rows], algorithm, random_state=random_state
        )
    return judgement


def _silhouette_of_each(base: _Base, labels: Labels) -> Matrix:
    """The silhouette of every judged row, NaN for the others; all NaN with one group."""
    result: Matrix = np.full(len(labels), np.nan)
    rows = base.kept[base.judged]
    if 1 < len(np.unique(labels[rows])) < len(rows):
        result[rows] = silhouette_samples(base.matrix[rows], labels[rows])
    return result


def _shared(common: Matrix, labels: Labels, random_state: int) -> float | None:
    if not labels.any():
        return None
    rows = sample_rows(len(common), JUDGED_ROWS, random_state)
    return round(silhouettes(common[rows], [labels[rows]])[0], 4)
