import numpy as np
import pandas as pd

from analytics.spaces import SPACES


def test_two_habits_behind_four_figures_are_found() -> None:
    generator = np.random.default_rng(1)
    spending, visiting = generator.normal(size=(2, 800))
    noise = generator.normal(0, 0.3, (4, 800))
    table = pd.DataFrame(
        {
            "revenue": spending + noise[0],
            "items": spending + noise[1],
            "order_count": visiting + noise[2],
            "recency": visiting + noise[3],
        }
    )
    matrix = SPACES["factor_analysis"].fit(table, random_state=0).matrix
    ties = np.abs(np.corrcoef(np.column_stack([matrix, spending, visiting]).T)[:2, 2:])
    assert matrix.shape == (800, 2)
    assert ties.max(axis=1).min() > 0.9
    assert ties.min(axis=1).max() < 0.3
