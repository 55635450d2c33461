"""What both Gaussian mixtures share."""

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix


def fitted(model: Any, matrix: Matrix) -> Any:
    """`model` fitted on `matrix` (n, d). Stopping at the last step is no fault: the likelihood only rose until then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(matrix)


def placed(model: Any, matrix: Matrix) -> Labels:
    """The most probable component of each row (n, d), shape (n,)."""
    return np.asarray(model.predict(matrix), dtype=np.int64)
