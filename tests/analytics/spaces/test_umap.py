import subprocess
import sys

import numpy as np

from analytics.spaces import SPACES
from tests.analytics.test_segments import THREE, shop


def test_neighbours_on_the_map_are_of_one_group() -> None:
    table, truth = shop(THREE, size=60)
    matrix = SPACES["umap"].fit(table, random_state=1).matrix
    distances = np.linalg.norm(matrix[:, None] - matrix[None], axis=2) + np.eye(180) * 1e9
    assert np.mean(truth[distances.argmin(axis=1)] == truth) > 0.98


def test_the_library_is_loaded_when_a_map_is_drawn_and_no_sooner() -> None:
    code = "import sys, analytics.spaces; print('umap' in sys.modules, 'numba' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]
