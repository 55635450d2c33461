"""Fixtures of the programme's tests."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.experiments.drawing import draw


@pytest.fixture
def same_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same groups in every run, where a test asks what their figures say."""

    def drawn(keys: Sequence[int], strata: NDArray[np.int64], *, share: float, seed: str) -> NDArray[np.bool_]:
        return draw(keys, strata, share=share, seed="the same")

    monkeypatch.setattr("loyalty.experiments.draw", drawn)
