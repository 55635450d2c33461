"""Array types, checked inputs and the folding of equal rows, which makes a million customers cheap."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
# Enough to rank the starts of a search, and to know its curvature.
ROUGH_ROWS = 20_000


@dataclass(frozen=True)
class Folded:
    """Distinct rows of several equally long columns: `columns[i][inverse]` gives column i back."""

    columns: tuple[FloatArray, ...]
    inverse: IntArray

    def sums(self, weights: FloatArray) -> FloatArray:
        """The weights added up by distinct row."""
        return np.bincount(self.inverse, weights=weights, minlength=len(self.columns[0])).astype(np.float64)


def fold(*columns: FloatArray) -> Folded:
    """Find the distinct rows of (n,) columns, in ascending order, by hashing integer codes and never rows of floats."""
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        inverse, values = pd.factorize(column, sort=True)
        codes = codes * len(values) + inverse
        # Recoding after each column keeps the product of the sizes far from 2**63.
        codes = pd.factorize(codes, sort=True)[0].astype(np.int64)
    first = np.empty(int(codes.max(initial=-1)) + 1, dtype=np.intp)
    # Of equal rows the first one is written last.
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return Folded(columns=tuple(column[first] for column in columns), inverse=codes.astype(np.intp))


def dot(first: FloatArray, second: FloatArray) -> float:
    """Sum of products by numpy's pairwise summation.

    BLAS would split a long product over threads: slower by far when the cores are busy, and with another rounding
    on another machine.
    """
    return float(np.sum(first * second))


def vector(name: str, values: ArrayLike) -> FloatArray:
    """A finite, non-negative (n,) array of floats, or a ValueError that names the column."""
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if array.ndim != 1:
        raise ValueError(f"{name} must be one column, not {array.ndim}-dimensional.")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} holds a missing or infinite value: fill or drop these customers first.")
    if np.any(array < 0):
        raise ValueError(f"{name} holds a negative value; it can only be 0 or more.")
    return array


def histories(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Three checked (n,) columns of purchase histories.

    Raises ValueError when lengths differ, when `recency > T`, or when a customer without repeat purchase has
    a recency.
    """
    x, t_x, age = vector("frequency", frequency), vector("recency", recency), vector("T", T)
    if not len(x) == len(t_x) == len(age):
        raise ValueError("frequency, recency and T must have the same length.")
    if np.any(t_x > age):
        raise ValueError("recency is larger than T for some customer: the observation ends before a purchase.")
    if np.any((x == 0) & (t_x > 0)):
        raise ValueError("A customer without repeat purchases must have recency 0.")
    return x, t_x, age


def checked_weights(weights: ArrayLike | None, length: int) -> FloatArray:
    """Customers a row stands for: (n,) non-negative floats, ones when not given."""
    if weights is None:
        return np.ones(length, dtype=np.float64)
    array = vector("weights", weights)
    if len(array) != length:
        raise ValueError("weights must have one entry for each row.")
    return array


def every_kth(*columns: FloatArray) -> tuple[FloatArray, ...]:
    """At most `ROUGH_ROWS` rows, spread evenly and the same each time; the columns themselves when they are few."""
    step = -(-len(columns[0]) // ROUGH_ROWS)
    return columns if step <= 1 else tuple(column[::step] for column in columns)
