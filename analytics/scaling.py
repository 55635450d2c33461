"""Choosing how customer features are scaled, so that a few huge customers do not swallow every distance."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from analytics.scoring.transform import FORMAT_VERSION, Column, Matrix, Transform, signed_log

HEAVY_TAIL_SKEWNESS = 2.0  # an exponential distribution's; beyond it the mean and the spread belong to the tail
IQR_OF_NORMAL = 1.349  # turns an interquartile range into a standard deviation when the data are normal

Spread = Literal["robust", "standard"]


def fit_transform_plan(features: Mapping[str, Any], columns: Sequence[str], *, spread: Spread = "robust") -> Transform:
    """Learn the scaling of `columns` (each of length n >= 1): signed log1p where heavy-tailed, then centre
    and spread.

    `robust` takes median and interquartile range (falling back to the standard deviation where half the base
    shares one value), `standard` takes mean and standard deviation. Missing values are left out.
    """
    return Transform(
        format_version=FORMAT_VERSION,
        columns=[_fit_column(name, np.asarray(features[name], dtype=float), spread) for name in columns],
    )


def _fit_column(name: str, values: Matrix, spread: Spread) -> Column:
    known = values[np.isfinite(values)]
    if not known.size or known.min() == known.max():
        typical = float(known[0]) if known.size else 0.0
        return Column(name=name, log=False, centre=typical, spread=1.0, typical=typical, constant=True)
    log = is_heavy_tailed(known)
    scaled = signed_log(known) if log else known
    centre, width = _centre_and_spread(scaled, spread)
    return Column(name=name, log=log, centre=centre, spread=width, typical=float(np.median(known)), constant=width == 0)


def is_heavy_tailed(values: Matrix) -> bool:
    """Whether the sample skewness (either direction) of finite `values` (n,) passes that of an
    exponential."""
    centred = values - values.mean()
    deviation = float(np.sqrt(np.mean(centred**2)))
    if deviation == 0:
        return False
    return bool(abs(np.mean((centred / deviation) ** 3)) > HEAVY_TAIL_SKEWNESS)


def _centre_and_spread(values: Matrix, spread: Spread) -> tuple[float, float]:
    deviation = float(values.std())
    if spread == "standard":
        return float(values.mean()), deviation
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(middle), float((high - low) / IQR_OF_NORMAL) or deviation
