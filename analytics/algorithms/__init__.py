"""Ways of dividing customers into groups, all behind one contract.

Another one is a line here, a file of its own with `find` and `ALGORITHM`, and a test.
"""

from analytics.algorithms import (
    agglomerative,
    bayesian_gaussian_mixture,
    dbscan,
    gaussian_mixture,
    hdbscan,
    kmeans,
    random_forest,
    spectral,
)
from analytics.algorithms.contract import Algorithm, Found, Grouping
from analytics.algorithms.judging import Judgement, gini, inertia, judge, separation, stability

ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        kmeans.ALGORITHM,
        gaussian_mixture.ALGORITHM,
        bayesian_gaussian_mixture.ALGORITHM,
        dbscan.ALGORITHM,
        hdbscan.ALGORITHM,
        agglomerative.ALGORITHM,
        spectral.ALGORITHM,
        random_forest.ALGORITHM,
    )
}

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "Found",
    "Grouping",
    "Judgement",
    "gini",
    "inertia",
    "judge",
    "separation",
    "stability",
]
