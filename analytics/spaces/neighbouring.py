"""What maps of neighbours share: when there is nothing to draw, and coordinates that do not tremble."""

from collections.abc import Callable

import numpy as np

from analytics.scoring.transform import Matrix

AXES = ("across", "up")
FEWEST = 8


def mapped(matrix: Matrix, draw: Callable[[Matrix], Matrix]) -> Matrix:
    """Two coordinates (n, 2) of each row of `matrix` (n, d) by `draw`; fewer rows than FEWEST, or equals, keep their
    first two axes, because neighbours need company."""
    drawn: Matrix = np.column_stack([matrix, np.zeros((len(matrix), 1))])[:, :2]
    if len(matrix) >= FEWEST and not np.allclose(matrix, matrix[0], rtol=0, atol=1e-9):
        drawn = np.asarray(draw(matrix), dtype=float)
    centred: Matrix = np.round(drawn - drawn.mean(axis=0), 6)
    return centred
