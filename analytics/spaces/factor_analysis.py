"""Factor analysis (Spearman 1904; Rubin & Thayer 1982) with varimax (Kaiser 1958): the few habits
behind the figures."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.decomposition import FactorAnalysis
from sklearn.exceptions import ConvergenceWarning

from analytics.scaling import fit_transform_plan
from analytics.scoring.transform import Matrix, apply_transform
from analytics.spaces.contract import Laid, Space

MOST_FACTORS = 3


def lay(features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Laid:
    """At most MOST_FACTORS axes, half as many as there are features that differ; what one feature has for itself
    counts as noise and is left out."""
    plan = fit_transform_plan(features, columns, spread="standard")
    matrix = apply_transform(plan, features)
    alive = np.flatnonzero(matrix.std(axis=0) > 1e-9)
    weights, mean = _scores(matrix[:, alive])

    def place(others: Mapping[str, Any]) -> Matrix:
        result: Matrix = (apply_transform(plan, others)[:, alive] - mean) @ weights
        return result

    return Laid(place(features), tuple(f"factor {number + 1}" for number in range(weights.shape[1])), place)


def _scores(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """Weights (d, f) that turn centred rows into factor scores, and the mean (d,)."""
    factors = max(1, min(MOST_FACTORS, matrix.shape[1] // 2))
    mean = matrix.mean(axis=0) if matrix.shape[1] else np.zeros(0)
    if matrix.shape[1] < 2 or len(matrix) < 3:
        return np.eye(max(matrix.shape[1], 1))[: matrix.shape[1], :1], mean
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = FactorAnalysis(factors, svd_method="lapack", rotation="varimax" if factors > 1 else None).fit(matrix)
    # The posterior mean of the factors is linear in the row (Bishop 2006, 12.66).
    loadings, noise = model.components_, model.noise_variance_
    inner = np.eye(factors) + (loadings / noise) @ loadings.T
    return np.round((loadings / noise).T @ np.linalg.inv(inner), 9), mean


SPACE = Space("factor_analysis", "Factors", max_rows=200_000, is_slow=False, lay=lay)
