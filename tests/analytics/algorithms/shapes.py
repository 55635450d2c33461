"""Known groups to find again, and bases that cannot be divided."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]


def blobs(size: int = 80, seed: int = 4) -> tuple[Matrix, Labels]:
    """Three round groups far apart in two figures, and the group that each row was drawn from."""
    generator = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    truth = np.repeat(np.arange(3), size)
    return centres[truth] + generator.normal(0, 0.6, (3 * size, 2)), truth


def stretched(size: int = 150, seed: int = 5) -> tuple[Matrix, Labels]:
    """Two long groups side by side: a straight cut between centres would go through both."""
    generator = np.random.default_rng(seed)
    truth = np.repeat([0, 1], size)
    matrix = np.column_stack([generator.normal(0, 5, 2 * size), generator.normal(0, 0.3, 2 * size)])
    matrix[:, 1] += 3 * truth
    return matrix, truth


def moons(size: int = 150, seed: int = 6) -> tuple[Matrix, Labels]:
    """Two crescents in each other: near by way of their own members only."""
    generator = np.random.default_rng(seed)
    turn = np.linspace(0, np.pi, size)
    upper = np.column_stack([np.cos(turn), np.sin(turn)])
    lower = np.column_stack([1 - np.cos(turn), 0.5 - np.sin(turn)])
    return np.vstack([upper, lower]) + generator.normal(0, 0.04, (2 * size, 2)), np.repeat([0, 1], size)


NOT_TO_BE_DIVIDED: dict[str, tuple[Matrix, str]] = {
    "one customer": (np.ones((1, 3)), "Fewer than 10"),
    "nine customers": (np.random.default_rng(0).normal(size=(9, 3)), "Fewer than 10"),
    "identical rows": (np.full((40, 3), 2.5), "same figures"),
}
