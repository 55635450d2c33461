"""The features by rank, drawn as a bell curve: no customer can be far out, however large."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import norm

from analytics.scoring.transform import Matrix
from analytics.spaces.contract import Laid, Space

STEPS = 1_000
EDGE = 0.005  # the outermost half per cent of either side stands in one place


def lay(features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Laid:
    """One axis a feature: the normal score of the mean rank of a value; equals share one place, missing the middle."""
    ladders = {name: _ladder(features[name]) for name in columns}

    def place(others: Mapping[str, Any]) -> Matrix:
        return np.column_stack(
            [_normal_score(ladders[name], np.asarray(others[name], dtype=float)) for name in columns]
        )

    return Laid(place(features), tuple(columns), place)


def _ladder(values: Any) -> Matrix:
    known = values[np.isfinite(values)]
    return np.quantile(known, np.linspace(0, 1, STEPS + 1)) if len(known) else np.zeros(2)


def _normal_score(ladder: Matrix, values: Matrix) -> Matrix:
    """From below and from above, then the middle: a value that many share stands at the middle of their ranks."""
    steps = np.linspace(0, 1, len(ladder))
    above = np.interp(values, ladder, steps)
    below = 1 - np.interp(-values, -ladder[::-1], steps)
    score: Matrix = norm.ppf(np.clip((above + below) / 2, EDGE, 1 - EDGE))
    return np.where(np.isfinite(values) & (ladder[0] < ladder[-1]), score, 0.0)


SPACE = Space("quantile", "Ranks", max_rows=1_000_000, is_slow=False, lay=lay)
