"""Which algorithm and how many segments: every candidate's figures, and the rule that decides.

Sources: Rousseeuw 1987 (silhouette); Thorndike 1953 (elbow), Satopää et al. 2011 (finding it); Akaike 1974; Schwarz
1978; Hennig 2007 (stability under bootstrap).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np

from analytics.algorithms import ALGORITHMS, inertia, separation, stability
from analytics.algorithms.contract import Grouping
from analytics.algorithms.silhouette import silhouettes
from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix

SMALLEST_SHARE = 0.01
STABLE_ARI = 0.8
NEAR_BEST = 0.95
REFITS = 6


class Candidate(TypedDict):
    """One tried way; the figures are those of `analytics.algorithms.Judgement`.

    `stability_ari` is None where the candidate could not have won with any stability, so it was not measured.
    `favoured_by`: the criteria that speak for it among its algorithm's candidates (elbow, AIC, BIC) or among all.
    """

    algorithm: str
    k: int
    silhouette: float
    inertia: float
    aic: float | None
    bic: float | None
    stability_ari: float | None
    separation: float | None
    smallest_share: float
    noise_share: float
    favoured_by: list[str]
    chosen: bool


@dataclass(frozen=True)
class Bench:
    """What candidates are tried on: the rows in the space (m, a) and which of the sample's rows those are (m,); the
    whole sample in scaled features (n, d), and its revenue (n,)."""

    space: Matrix
    kept: Labels
    sample: Matrix
    values: Matrix


@dataclass
class Trial:
    """A candidate with its groups: `found` of the rows that were kept, `labels` of the whole sample."""

    found: Grouping
    labels: Labels
    candidate: Candidate

    @property
    def promise(self) -> float:
        """The most that it can reach: as if it were perfectly stable."""
        separated = self.candidate["separation"]
        return max(self.candidate["silhouette"], 0.0) * (1.0 if separated is None else separated)

    @property
    def balance(self) -> float:
        """Silhouette, separation of revenue and stability, multiplied: none of them can be bought with another."""
        return self.promise * max(self.candidate["stability_ari"] or 0.0, 0.0)


def choose(trials: list[Trial], bench: Bench, *, random_state: int) -> Trial:
    """The best of `trials` (at least one), marked as chosen; stability is measured where it can decide.

    Silhouette, business separation and stability count alike: their product decides, so that a candidate twice as
    good in one and half as good in another is no better. A candidate that leaves a segment below SMALLEST_SHARE, or
    is less stable than STABLE_ARI, is passed over while another will do. Among those within NEAR_BEST of the best, the
    one that most criteria favour is taken, then the one with more segments, because more segments say more.
    """
    usable = [trial for trial in trials if trial.candidate["smallest_share"] >= SMALLEST_SHARE] or trials
    _measure_stability(usable, bench, random_state)
    mark_favoured([trial.candidate for trial in trials])
    measured = [trial for trial in usable if trial.candidate["stability_ari"] is not None]
    measured = measured or [max(usable, key=lambda trial: trial.promise)]
    steady = [trial for trial in measured if (trial.candidate["stability_ari"] or 0) >= STABLE_ARI] or measured
    best = max(trial.balance for trial in steady)
    near = [trial for trial in steady if trial.balance >= NEAR_BEST * best]
    chosen = max(near, key=lambda trial: (len(trial.candidate["favoured_by"]), trial.candidate["k"], trial.balance))
    chosen.candidate["chosen"] = True
    return chosen


def _measure_stability(trials: Sequence[Trial], bench: Bench, random_state: int) -> None:
    """The most promising first; one whose promise is below what another has reached can't win any more."""
    reached = 0.0
    for trial in sorted(trials, key=lambda each: -each.promise):
        if reached and trial.promise < NEAR_BEST * reached:
            break
        algorithm = ALGORITHMS[trial.candidate["algorithm"]]
        trial.candidate["stability_ari"] = stability(
            bench.space, trial.found.labels, algorithm, random_state=random_state, refits=REFITS
        )
        if (trial.candidate["stability_ari"] or 0) >= STABLE_ARI:
            reached = max(reached, trial.balance)


def try_all(wanted: Sequence[tuple[str, int | None]], bench: Bench, *, labelled: Any, random_state: int) -> list[Trial]:
    """Each (algorithm, k) on the bench; those that find no two groups are left out.

    `labelled(found)` gives the groups of the whole sample from those of the rows that were kept.
    """
    found = [(name, ALGORITHMS[name].group(bench.space, k=k, random_state=random_state)) for name, k in wanted]
    divided = [(name, grouping, labelled(grouping.labels)) for name, grouping in found if grouping.k > 1]
    scores = silhouettes(bench.sample, [labels for _, _, labels in divided])
    return [
        Trial(grouping, labels, candidate_of(name, grouping, labels, score, sample=bench.sample, values=bench.values))
        for (name, grouping, labels), score in zip(divided, scores, strict=True)
    ]


def candidate_of(
    name: str, grouping: Grouping, labels: Labels, silhouette: float, *, sample: Matrix, values: Matrix
) -> Candidate:
    """The figures of `grouping` by algorithm `name`, spread to `labels` (n,) over `sample` (n, d) with revenue
    `values` (n,); stability and what speaks for it are found later."""
    return Candidate(
        algorithm=name,
        k=grouping.k,
        silhouette=round(silhouette, 4),
        inertia=inertia(sample, labels),
        aic=grouping.aic,
        bic=grouping.bic,
        stability_ari=None,
        separation=separation(values, labels),
        smallest_share=float(np.bincount(labels).min() / len(labels)),
        noise_share=grouping.noise_share,
        favoured_by=[],
        chosen=False,
    )


def mark_favoured(candidates: Sequence[Candidate]) -> None:
    """Fill `favoured_by`: the highest silhouette, separation and stability of all; the elbow of inertia, and the
    lowest AIC and BIC, of each algorithm (their likelihoods are not comparable with another's)."""
    for name in ("silhouette", "separation", "stability_ari"):
        _favour(candidates, name, highest=True)
    for algorithm in {candidate["algorithm"] for candidate in candidates}:
        own = [candidate for candidate in candidates if candidate["algorithm"] == algorithm]
        for name in ("aic", "bic"):
            _favour(own, name, highest=False)
        if (place := elbow([candidate["inertia"] for candidate in own])) is not None:
            own[place]["favoured_by"].append("elbow")


def _favour(candidates: Sequence[Candidate], name: str, *, highest: bool) -> None:
    known = [(candidate[name], candidate) for candidate in candidates if candidate[name] is not None]  # type: ignore[literal-required]
    if known:
        best = (max if highest else min)(value for value, _ in known)
        for value, candidate in known:
            if value == best:
                candidate["favoured_by"].append(name)


def elbow(inertias: Sequence[float]) -> int | None:
    """Where falling `inertias` bend most: the place furthest below the line from the first to the last. None for
    fewer than three, or where nothing lies below that line."""
    if len(inertias) < 3:
        return None
    curve = np.asarray(inertias, dtype=float)
    below = np.linspace(curve[0], curve[-1], len(curve)) - curve
    place = int(np.argmax(np.round(below, 9)))
    return place if below[place] > 1e-9 * max(abs(curve[0]), 1.0) else None
