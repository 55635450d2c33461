"""Scaling of customer features as plain data: fitted in `analytics.scaling`, applied here in numpy alone."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

FORMAT_VERSION = 1
Matrix = NDArray[np.float64]


class Column(TypedDict):
    """How one feature is scaled: `(log(x) - centre) / spread`, the logarithm only where `log` is set.

    `typical` is the base's median in the feature's own unit; `constant` columns say nothing and scale to 0.
    """

    name: str
    log: bool
    centre: float
    spread: float
    typical: float
    constant: bool


class Transform(TypedDict):
    """Columns in the order of the scaled matrix. JSON-able."""

    format_version: int
    columns: list[Column]


class TransformError(ValueError):
    """The table does not fit the transform; the message says what is missing."""


def signed_log(values: Matrix) -> Matrix:
    """log(1 + |x|) with the sign of x: net revenue may be negative where returns exceed purchases."""
    result: Matrix = np.sign(values) * np.log1p(np.abs(values))
    return result


def signed_exp(values: Matrix) -> Matrix:
    """The inverse of `signed_log`."""
    result: Matrix = np.sign(values) * np.expm1(np.abs(values))
    return result


def apply_transform(transform: Transform, features: Mapping[str, Any]) -> Matrix:
    """Scale the named columns of `features` (each of length n) to shape (n, columns); missing values go to
    the centre.

    Raises TransformError when the format is unknown or a column is absent.
    """
    if transform["format_version"] != FORMAT_VERSION:
        raise TransformError("This scaling was written by another version of the product: refresh the snapshot.")
    return np.column_stack([_scale(column, _values(features, column["name"])) for column in transform["columns"]])


def _values(features: Mapping[str, Any], name: str) -> Matrix:
    try:
        return np.asarray(features[name], dtype=float)
    except KeyError:
        raise TransformError(f"The column “{name}” is missing from the customer figures.") from None


def _scale(column: Column, values: Matrix) -> Matrix:
    if column["constant"]:
        return np.zeros(len(values))
    scaled = ((signed_log(values) if column["log"] else values) - column["centre"]) / column["spread"]
    result: Matrix = np.where(np.isfinite(scaled), scaled, 0.0)
    return result


def invert_transform(transform: Transform, scaled: Matrix) -> dict[str, Matrix]:
    """The feature values in their own units of rows of the scaled matrix (n, columns)."""
    return {
        column["name"]: _unscale(column, np.asarray(scaled, dtype=float)[:, place])
        for place, column in enumerate(transform["columns"])
    }


def _unscale(column: Column, scaled: Matrix) -> Matrix:
    if column["constant"]:
        return np.full(len(scaled), column["typical"])
    values = scaled * column["spread"] + column["centre"]
    return signed_exp(values) if column["log"] else values


def column_names(transform: Transform) -> Sequence[str]:
    """The features that the transform reads, in order."""
    return [column["name"] for column in transform["columns"]]
