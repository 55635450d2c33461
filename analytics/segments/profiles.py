"""What segments are like, in the units of the features."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.scoring.segments import Labels


def profile_segments(features: Mapping[str, Any], labels: Labels, columns: Sequence[str]) -> pd.DataFrame:
    """One row per label: `size`, `share` of customers, and the median of each of `columns`; index `label`."""
    table = pd.DataFrame({name: np.asarray(features[name], dtype=float) for name in columns})
    grouped = table.groupby(labels)
    profile = grouped.median()
    profile.insert(0, "size", grouped.size())
    profile.insert(1, "share", profile["size"] / len(table))
    return profile.rename_axis("label")
