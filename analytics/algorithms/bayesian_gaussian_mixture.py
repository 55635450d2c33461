"""Bayesian Gaussian mixture (Blei & Jordan 2006): like a Gaussian mixture, but needless groups wither by themselves."""

import numpy as np
from sklearn.mixture import BayesianGaussianMixture

from analytics.algorithms.contract import Algorithm, Found
from analytics.algorithms.mixtures import fitted, placed
from analytics.scoring.transform import Matrix

FLOOR = 1e-3
NEW_GROUP_PRIOR = 0.01  # small: another group has to earn its place


def find(matrix: Matrix, *, k: int, random_state: int) -> Found:
    """Rows (n, d) by the most probable of at most k normal distributions. It has no AIC or BIC: its likelihood is
    averaged over all parameters. Cost: n times k times d squared for each of a few hundred steps."""
    model = BayesianGaussianMixture(
        n_components=k,
        weight_concentration_prior_type="dirichlet_process",
        weight_concentration_prior=NEW_GROUP_PRIOR,
        reg_covar=FLOOR,
        n_init=2,
        max_iter=300,
        random_state=random_state,
    )
    fitted(model, matrix)
    return Found(np.asarray(placed(model, matrix)), place=lambda rows: placed(model, rows))


ALGORITHM = Algorithm("bayesian_gaussian_mixture", "Bayesian Gaussian mixture", True, max_rows=20_000, find=find)
