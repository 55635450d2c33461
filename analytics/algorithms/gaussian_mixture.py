"""Gaussian mixture by expectation maximisation (Dempster, Laird & Rubin 1977): longish groups of different spread."""

from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture

from analytics.algorithms.contract import Algorithm, Found
from analytics.algorithms.mixtures import fitted, placed
from analytics.scoring.transform import Matrix

FLOOR = 1e-3  # added to each variance, so that a group of equals is not infinitely dense
# From the centres of k-means long groups are never found; from random customers round ones sometimes aren't.
STARTS = (("kmeans", 1), ("random_from_data", 2))


def find(matrix: Matrix, *, k: int, random_state: int) -> Found:
    """Rows (n, d) by the most probable of k normal distributions, with AIC and BIC. Cost: n times k times d squared."""
    models = [_fitted(matrix, k, start, times, random_state) for start, times in STARTS]
    model = max(models, key=lambda each: float(np.round(each.lower_bound_, 9)))
    return Found(
        placed(model, matrix),
        aic=float(np.round(model.aic(matrix), 6)),
        bic=float(np.round(model.bic(matrix), 6)),
        place=lambda rows: placed(model, rows),
    )


def _fitted(matrix: Matrix, k: int, start: str, times: int, random_state: int) -> Any:
    mixture = GaussianMixture(
        k, reg_covar=FLOOR, n_init=times, max_iter=200, init_params=start, random_state=random_state
    )
    return fitted(mixture, matrix)


ALGORITHM = Algorithm("gaussian_mixture", "Gaussian mixture", needs_k=True, max_rows=50_000, find=find)
