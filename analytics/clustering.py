"""KMeans pieces on an already scaled matrix: the choice of k, its silhouette, and how stable the result is.

Sources: Lloyd 1982; Rousseeuw 1987 (silhouette); Hubert & Arabie 1985 (adjusted Rand index).
"""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from analytics.algorithms.silhouette import silhouettes
from analytics.scoring.segments import nearest
from analytics.scoring.transform import Matrix

REFITS = 8
REFIT_SHARE = 0.8
SMALLEST_SHARE = 0.01
NEAR_BEST = 0.9
STABLE_ARI = 0.8


class Candidate(TypedDict):
    """One tried number of segments; `silhouette` from -1 to 1, `smallest_share` of the sample in the smallest
    one."""

    k: int
    silhouette: float
    stability_ari: float | None
    inertia: float
    smallest_share: float
    chosen: bool


def fit_centres(matrix: Matrix, k: int, *, random_state: int, starts: int = 4, init: Matrix | None = None) -> Matrix:
    """Centres (k, d) of KMeans on `matrix` (n, d), n >= k; `init` continues from given centres instead of
    starting anew."""
    if init is None and len(distinct := np.unique(np.round(matrix, 9), axis=0)) <= k:
        return distinct  # a subsample may hold fewer different customers than segments
    model = KMeans(
        n_clusters=k,
        init="k-means++" if init is None else init,
        n_init=starts if init is None else 1,
        max_iter=100,
        random_state=random_state,
    )
    # Parallel sums differ in their last digits from run to run; rounded centres do not.
    return np.round(np.asarray(model.fit(matrix).cluster_centers_, dtype=float), 9)


def choose_k(sample: Matrix, sizes: Sequence[int], *, random_state: int) -> tuple[Matrix, float, list[Candidate]]:
    """Centres (k, d) for the chosen k of `sizes` on `sample` (n, d), their stability, and the table of
    candidates.

    The best silhouette decides; where others come near it (NEAR_BEST of it), the most segments that are still
    stable (STABLE_ARI) are taken, because more segments say more and silhouette alone nearly always prefers
    two. A k that leaves a segment below SMALLEST_SHARE is shown but passed over while another will do: a
    handful of extreme customers is a matter for the anomaly queue, not a segment.
    """
    centres = [fit_centres(sample, k, random_state=random_state) for k in sizes]
    candidates = _candidates(sample, centres)
    usable = [c for c in candidates if c["smallest_share"] >= SMALLEST_SHARE] or candidates
    best = max(usable, key=lambda candidate: (candidate["silhouette"], -candidate["k"]))
    near = [c for c in usable if c["k"] == best["k"] or c["silhouette"] >= NEAR_BEST * abs(best["silhouette"])]
    for candidate in near:
        found = centres[sizes.index(candidate["k"])]
        candidate["stability_ari"] = round(stability_ari(sample, found, random_state=random_state), 4)
    stable = [c for c in near if (c["stability_ari"] or 0) >= STABLE_ARI and c["k"] > best["k"]]
    chosen = max(stable, key=lambda candidate: candidate["k"], default=best)
    chosen["chosen"] = True
    return centres[sizes.index(chosen["k"])], chosen["stability_ari"] or 0.0, candidates


def _candidates(sample: Matrix, centres: Sequence[Matrix]) -> list[Candidate]:
    labellings = [nearest(sample, each) for each in centres]
    return [
        Candidate(
            k=len(each),
            silhouette=round(score, 4),
            stability_ari=None,
            inertia=float(((sample - each[labels]) ** 2).sum()),
            smallest_share=float(np.bincount(labels, minlength=len(each)).min() / len(sample)),
            chosen=False,
        )
        for each, labels, score in zip(centres, labellings, silhouettes(sample, labellings), strict=True)
    ]


def stability_ari(sample: Matrix, centres: Matrix, *, random_state: int, refits: int = REFITS) -> float:
    """Mean adjusted Rand index between the given centres (k, d) and refits on random subsamples of `sample`
    (n, d).

    Each refit sees REFIT_SHARE of the rows and starts from scratch; both then label all of `sample`. 1 means
    that the same customers come together whoever happens to be in the base; 0 is chance.
    """
    generator = np.random.default_rng(random_state)
    base = nearest(sample, centres)
    size = max(len(centres), int(REFIT_SHARE * len(sample)))
    scores = []
    for seed in range(refits):
        rows = generator.choice(len(sample), size=size, replace=False)
        refit = fit_centres(sample[rows], len(centres), random_state=random_state + seed + 1, starts=2)
        scores.append(adjusted_rand_score(base, nearest(sample, refit)))
    return float(np.mean(scores))
