"""Ways of dividing customers into groups, all behind one contract.

Another one is a line here, a file of its own with `find` and `ALGORITHM`, and a test.
"""

from analytics.algorithms import gaussian_mixture, kmeans
from analytics.algorithms.contract import Algorithm, Found, Grouping
from analytics.algorithms.judging import Judgement, gini, inertia, judge, separation, stability

ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        kmeans.ALGORITHM,
        gaussian_mixture.ALGORITHM,
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
