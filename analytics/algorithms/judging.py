"""How good a grouping is: how far apart its groups are, how stable, and how much they say about revenue.

Sources: Rousseeuw 1987 (silhouette); Hubert & Arabie 1985 (adjusted Rand index); Hennig 2007 (bootstrap refits);
Gini 1912, Mookherjee & Shorrocks 1982 (concentration within and between groups).
"""

from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import adjusted_rand_score

from analytics.algorithms.contract import Algorithm, Grouping, distinct_rows, neighbours, sample_rows
from analytics.algorithms.silhouette import silhouettes
from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix

JUDGED_ROWS = 5_000
REFITS = 8


class Judgement(TypedDict):
    """Figures of one grouping; None where the algorithm has no such figure or one group leaves nothing to measure.

    `silhouette` -1 to 1; `inertia` in squared units of the matrix; `aic` and `bic` lower is better; `stability_ari`
    1 the same, 0 chance; `separation` 0 to 1; `smallest_share` and `noise_share` of customers; `sample` rows judged.
    """

    k: int
    silhouette: float | None
    inertia: float
    aic: float | None
    bic: float | None
    stability_ari: float | None
    separation: float | None
    smallest_share: float
    noise_share: float
    sample: int


def judge(
    matrix: Matrix,
    labels: Labels,
    values: ArrayLike,
    *,
    grouping: Grouping | None = None,
    algorithm: Algorithm | None = None,
    random_state: int = 0,
) -> Judgement:
    """Figures of the groups `labels` (n,) of `matrix` (n, d), with `values` (n,) the revenue of each row.

    Everything but silhouette and stability speaks of all rows; those of at most JUDGED_ROWS. Stability is measured
    only with the `algorithm`, because it fits again; AIC, BIC and noise come from the `grouping`, when it is given.
    """
    sizes = np.bincount(labels)
    rows = sample_rows(len(matrix), JUDGED_ROWS, random_state)
    is_divided = len(sizes) > 1
    return Judgement(
        k=len(sizes),
        silhouette=round(silhouettes(matrix[rows], [labels[rows]])[0], 4) if is_divided else None,
        inertia=inertia(matrix, labels),
        aic=grouping.aic if grouping else None,
        bic=grouping.bic if grouping else None,
        stability_ari=stability(matrix[rows], labels[rows], algorithm, random_state=random_state)
        if algorithm and is_divided
        else None,
        separation=separation(values, labels),
        smallest_share=float(sizes.min() / len(labels)),
        noise_share=grouping.noise_share if grouping else 0.0,
        sample=len(rows),
    )


def inertia(matrix: Matrix, labels: Labels) -> float:
    """Squared distances of all rows (n, d) to the mean of their group, added up."""
    sizes = np.maximum(np.bincount(labels), 1)
    means = np.column_stack([np.bincount(labels, weights=column) / sizes for column in matrix.T])
    return float(np.round(((matrix - means[labels]) ** 2).sum(), 6))


def stability(
    sample: Matrix, labels: Labels, algorithm: Algorithm, *, random_state: int, refits: int = REFITS
) -> float | None:
    """Mean adjusted Rand index between `labels` (n,) and refits on bootstrap draws of `sample` (n, d).

    Each refit sees the rows of one draw with replacement, each of them once (63 % of the base on average), because
    copies of a row would look like density; the others then join their nearest neighbour. 1: the same customers come
    together whoever happens to be in the base; 0: chance. Draws of equals are passed over; None where all are such.
    """
    generator = np.random.default_rng(random_state)
    k = int(labels.max()) + 1
    scores = []
    for refit in range(refits):
        rows = np.unique(generator.integers(0, len(sample), len(sample)))
        if distinct_rows(sample[rows]) < 2:
            continue
        again = algorithm.fit(sample[rows], k=k, random_state=random_state + refit + 1)
        scores.append(adjusted_rand_score(labels, neighbours(sample[rows], again, sample)))
    return round(float(np.mean(scores)), 4) if scores else None


def separation(values: ArrayLike, labels: Labels) -> float | None:
    """How much of the concentration of `values` (n,) the groups explain: Gini index between groups / among rows.

    0: every group earns the same per customer, so knowing somebody's group says nothing about revenue; 1: the groups
    say all there is to say. Net revenue below 0 counts as 0. None when everybody brings the same.
    """
    worth = np.maximum(np.nan_to_num(np.asarray(values, dtype=float)), 0)
    whole = gini(worth)
    if whole <= 1e-12:
        return None
    sizes = np.bincount(labels)
    means = np.bincount(labels, weights=worth) / np.maximum(sizes, 1)
    return round(gini(means, sizes) / whole, 4)


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Gini index of `values` (n,) >= 0, each standing for `weights` (n,) people: 0 all equal, towards 1 one has all."""
    worth = np.asarray(values, dtype=float)
    people = np.ones(len(worth)) if weights is None else np.asarray(weights, dtype=float)
    order = np.argsort(worth, kind="stable")
    share = people[order] / people.sum()
    if (total := float(worth @ people)) <= 0:
        return 0.0
    held = np.cumsum((worth * people)[order]) / total
    return float(max(0.0, 1 - (share * (2 * held - np.diff(held, prepend=0.0))).sum()))
